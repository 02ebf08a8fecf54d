#!/bin/sh
# Dependencies: none is unused (cargo-machete), and none has an advisory or another licence than deny.toml allows
# (cargo-deny). Both are built once, into .tools/. What cannot be had without a network is named as not checked, and
# fails nothing.
set -eu
cd "$(dirname "$0")/.."

MACHETE=0.9.2
DENY=0.20.2
tools=.tools/bin

# Whether the tool $1 of version $2 is there; it is built where it is not. Without optimising: that takes longer than it saves.
have() {
    case "$("$tools/$1" --version 2>/dev/null)" in *"$2"*) return 0 ;; esac
    echo "building $1 $2"
    cargo install --quiet --locked --debug --root .tools "$1@$2"
}

status=0
if have cargo-machete "$MACHETE"; then
    "$tools/cargo-machete" || status=1
else
    echo 'not checked: unused dependencies (cargo-machete could not be built)'
fi
if have cargo-deny "$DENY"; then
    "$tools/cargo-deny" check bans licenses sources || status=1
    # What was fetched is looked at without a network, so that a failure is one of the dependencies.
    if "$tools/cargo-deny" fetch db; then
        "$tools/cargo-deny" check --disable-fetch advisories || status=1
    else
        echo 'not checked: advisories (their database could not be fetched)'
    fi
else
    echo 'not checked: advisories and licences (cargo-deny could not be built)'
fi
exit "$status"
