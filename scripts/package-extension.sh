#!/usr/bin/env bash
# scripts/package-extension.sh OUT                     leaves OUT/loralint-VERSION.vsix, which needs a loralint on the machine.
# scripts/package-extension.sh OUT TARGET [BINARY]     leaves OUT/loralint-TARGET-VERSION.vsix with BINARY in it (linux-x64, darwin-arm64,
#                                                      win32-x64 ...); without BINARY this machine's own is published first.
# Needs node 20 and npm.
set -euo pipefail
usage="usage: scripts/package-extension.sh OUT [TARGET [BINARY]]"
out=${1:?$usage}
target=${2:-}
binary=${3:-}
mkdir -p "$out"
out=$(cd "$out" && pwd)
[ -z "$binary" ] || binary=$(realpath "$binary")
cd "$(dirname "$0")/../vscode-extension"
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

# What npm installed last is written down there; a newer lock file is installed anew.
[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
node node_modules/typescript/bin/tsc --noEmit
node build.mjs
# A folder of its own, so that no file of another package is in it.
cp -R package.json .vscodeignore README.md CHANGELOG.md LICENSE dist images walkthrough "$stage"
if [ -n "$target" ]; then
  if [ -z "$binary" ]; then
    bash ../scripts/publish-native.sh "$stage/native"
    binary=$stage/native/loralint
  fi
  mkdir "$stage/bin"
  install -m 755 "$binary" "$stage/bin/loralint$([[ $target == win32-* ]] && echo .exe)"
  rm -rf "$stage/native"
fi
vsce=$PWD/node_modules/@vscode/vsce/vsce
cd "$stage"
# Links of the README are relative to its folder; in the package they lead to the repository.
base=$(node -p 'const { url, directory } = require("./package.json").repository; `${url.replace(/\.git$/, "")}/KIND/HEAD/${directory}`')
node "$vsce" package --no-dependencies --baseImagesUrl "${base/KIND/raw}" --baseContentUrl "${base/KIND/blob}" \
  ${target:+--target "$target"} --out "$out" >vsce.log 2>&1 || { cat vsce.log >&2; exit 1; }
ls "$out"/loralint-"${target:+$target-}$(node -p 'require("./package.json").version')".vsix
