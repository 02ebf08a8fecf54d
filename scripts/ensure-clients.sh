#!/bin/sh
# What the clients of `make clients-test` are built with: installs what is missing of Debian's packages.
set -eu

PACKAGES='chromium openssl protoc-gen-go protoc-gen-go-grpc golang-google-grpc-dev golang-google-genproto-dev
    golang-google-protobuf-dev golang-github-golang-protobuf-1-5-dev golang-github-google-uuid-dev'

missing=
for package in $PACKAGES; do
    dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
# These may come from elsewhere.
command -v go >/dev/null || missing="$missing golang-go"
command -v npm >/dev/null || missing="$missing npm"
python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null; then
    echo 'scripts/ensure-clients.sh: install what clients/*/README.md name' >&2
    exit 1
fi
echo "installing for the clients:$missing"
if [ "$(id -u)" = 0 ]; then sudo=; else sudo='sudo -n'; fi
$sudo apt-get update -qq
# shellcheck disable=SC2086 # words on purpose
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
