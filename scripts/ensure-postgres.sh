#!/bin/sh
# The integration tests start a PostgreSQL server of their own: installs one where there is none.
set -eu

# Debian keeps the server out of PATH.
for initdb in "$(command -v initdb || true)" /usr/lib/postgresql/*/bin/initdb; do
    if [ -x "$initdb" ]; then exit 0; fi
done

echo 'installing a PostgreSQL server for the tests, 15 or newer'
exec "$(dirname "$0")/apt-install.sh" postgresql
