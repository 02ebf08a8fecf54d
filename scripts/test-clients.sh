#!/bin/sh
# Builds the clients by the lines of their READMEs, and runs them against servers of the program $1, some of which are
# started as the chart renders them.
set -eu
cd "$(dirname "$0")/.."
ENTITLED_BINARY=$(realpath "$1")
export ENTITLED_BINARY
shift
PATH="$PWD/.venv/bin:$PATH"
for client in python typescript go; do
    python3 clients/tests/readme.py clients/$client/README.md Build
done
(cd clients/tests && npm ci --silent --ignore-scripts)
python=clients/python/.venv/bin/python
$python -m pip install --quiet --requirement clients/tests/requirements.txt --requirement helm/tests/requirements.txt
PYTHONPATH=clients/python:clients/python/gen:clients/tests:helm/tests $python -m pytest --quiet -p no:cacheprovider clients/tests "$@"
