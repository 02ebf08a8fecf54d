#!/bin/sh
# A private PostgreSQL cluster in a temporary directory, for tests and trials.
# Prints its postgres:// URL once it answers, then serves until standard input closes or a line is typed,
# so that it ends with whoever started it, however that one ends. Nothing of it is left behind.
# With the URL of another such cluster it is a streaming replica of that one, and takes no writes until it is promoted.
# Three lines do something else: `kill` kills the server and all its sessions and prints `killed`; `start` starts it again
# on the same data and the same port and prints `started`; `promote` makes a replica a primary and prints `promoted`.
set -eu
export LC_ALL=C
umask 022

fail() {
    echo "scripts/postgres.sh: $*" >&2
    exit 1
}

# Debian keeps initdb and pg_ctl out of PATH, one directory a version; a link in PATH may lead to one of them.
find_binaries() {
    {
        command -v initdb | xargs -r readlink -f | xargs -r dirname
        pg_config --bindir
        printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV
    } 2>/dev/null | while read -r candidate; do
        if [ -x "$candidate/initdb" ] && [ -x "$candidate/pg_ctl" ]; then
            echo "$candidate"
            break
        fi
    done
}

bin=$(find_binaries)
[ -n "$bin" ] || fail "no PostgreSQL server found (initdb, pg_ctl); install one, on Debian: apt-get install postgresql"

dir=$(mktemp -d "${TMPDIR:-/tmp}/entitled-postgres.XXXXXX")
# PostgreSQL refuses to run as root.
if [ "$(id -u)" = 0 ]; then
    user=postgres
    id "$user" >/dev/null 2>&1 || user=nobody
    chown "$user" "$dir"
    as_user() { setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups -- "$@"; }
else
    as_user() { "$@"; }
fi
cd "$dir"

is_killed=false
stop() {
    # Started once more, a killed server takes away what it left in shared memory.
    if "$is_killed"; then start_again || true; fi
    as_user "$bin/pg_ctl" stop -D "$dir/data" -m immediate >/dev/null 2>&1 || true
    cd /
    rm -rf "$dir"
}
trap stop EXIT
# PIPE: whoever started it is gone before it hears an answer.
trap 'exit 130' INT TERM HUP PIPE

primary=${1-}
# What a replica is made of has its primary's settings with it.
copy() {
    as_user "$bin/pg_basebackup" --dbname="$primary" --pgdata="$dir/data" --write-recovery-conf --checkpoint=fast \
        --no-sync >pg_basebackup.log 2>&1 ||
        fail "pg_basebackup failed: $(cat pg_basebackup.log)"
}

# ICU's order of text, not the order of bytes: what production databases mostly have, and where they differ from SQLite.
create() {
    as_user "$bin/initdb" --pgdata="$dir/data" --username=postgres --auth=trust --encoding=UTF8 \
        --locale-provider=icu --icu-locale=en --no-sync >initdb.log 2>&1 ||
        fail "initdb failed (PostgreSQL 15 or newer is needed): $(cat initdb.log)"
    cat >>"$dir/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
fsync = on
synchronous_commit = on
CONF
}

if [ -n "$primary" ]; then copy; else create; fi

start_once() {
    as_user "$bin/pg_ctl" start -D "$dir/data" -l "$dir/server.log" -o "-p $port" -t 60 -w >pg_ctl.log 2>&1
}

# A port below the range the system gives to others; a clash is found by the server and another one is tried.
start() {
    for _ in 1 2 3 4 5; do
        port=$((15000 + $(od -An -N2 -tu2 /dev/urandom) % 15000))
        start_once && return
    done
    return 1
}

# What was killed may take a moment to be gone.
start_again() {
    for _ in 1 2 3 4 5; do
        start_once && return
    done
    return 1
}

kill_all() {
    postmaster=$(head -n 1 "$dir/data/postmaster.pid")
    # Stopped, it starts no sessions between the look and the blow.
    kill -STOP "$postmaster"
    sessions=$(ps -A -o pid= -o ppid= | awk -v parent="$postmaster" '$2 == parent { print $1 }')
    # shellcheck disable=SC2086 # many words; some of them may have ended by themselves
    kill -KILL "$postmaster" $sessions || true
    # Where nobody reaps the dead, its id stays taken, and the next server would think that it runs.
    rm -f "$dir/data/postmaster.pid"
}

start || fail "the server did not start: $(cat pg_ctl.log server.log)"

echo "postgres://postgres@127.0.0.1:$port/postgres"
while read -r word; do
    case $word in
        kill)
            kill_all
            is_killed=true
            echo killed
            ;;
        start)
            start_again || fail "the server did not start again: $(cat pg_ctl.log server.log)"
            is_killed=false
            echo started
            ;;
        promote)
            as_user "$bin/pg_ctl" promote -D "$dir/data" -t 60 -w >pg_ctl.log 2>&1 ||
                fail "the replica was not promoted: $(cat pg_ctl.log server.log)"
            echo promoted
            ;;
        *) break ;;
    esac
done
