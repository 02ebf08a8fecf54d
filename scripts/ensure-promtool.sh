#!/bin/sh
# The chart's alerts are tested by promtool: takes it out of Debian's package `prometheus`, without installing the service.
set -eu
cd "$(dirname "$0")/.."
promtool=.tools/promtool
if command -v promtool >/dev/null || [ -x "$promtool" ]; then exit 0; fi

if ! command -v apt-get >/dev/null; then
    echo "scripts/ensure-promtool.sh: install promtool (it comes with Prometheus)" >&2
    exit 1
fi
echo 'fetching promtool for the tests of the chart'
if [ "$(id -u)" = 0 ]; then sudo=; else sudo='sudo -n'; fi
$sudo apt-get update -qq
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# apt's own user writes there.
chmod 777 "$dir"
(cd "$dir" && apt-get download -qq prometheus && dpkg-deb -x prometheus_*.deb .)
mkdir -p .tools
mv "$dir/usr/bin/promtool" "$promtool"
