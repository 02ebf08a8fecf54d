#!/bin/sh
# The integration tests start a PostgreSQL server of their own: installs one where there is none.
set -eu

# Debian keeps the server out of PATH.
for initdb in "$(command -v initdb || true)" /usr/lib/postgresql/*/bin/initdb; do
    if [ -x "$initdb" ]; then exit 0; fi
done

if ! command -v apt-get >/dev/null; then
    echo "scripts/ensure-postgres.sh: install a PostgreSQL server, 15 or newer" >&2
    exit 1
fi
echo 'installing a PostgreSQL server for the tests'
if [ "$(id -u)" = 0 ]; then sudo=; else sudo='sudo -n'; fi
$sudo apt-get update -qq
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql
