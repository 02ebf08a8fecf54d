#!/bin/sh
# Installs Debian packages that the tests need.
set -eu

if ! command -v apt-get >/dev/null; then
    echo "scripts/apt-install.sh: there is no apt-get; install what Debian calls: $*" >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then sudo=; else sudo='sudo -n'; fi
$sudo apt-get update -qq
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
