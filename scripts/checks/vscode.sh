#!/usr/bin/env bash
# The packaged extension works in the real VS Code workbench: code-server, driven through Chromium. scripts/checks/vscode.sh
# [--screenshots DIR] [--only SCENARIO] [--failures DIR]; docs/images are made with --screenshots docs/images.
# LORALINT_NATIVE names a native binary to use; without it one is published. The exit code is 77 where this cannot run.
set -euo pipefail
options=()
while [ $# -gt 0 ]; do
  case $1 in
    --screenshots | --failures) mkdir -p "$2"; options+=("$1" "$(realpath "$2")") ;;
    *) options+=("$1" "$2") ;;
  esac
  shift 2
done
cd "$(dirname "$0")/../.."

skip() { echo "skipped: $1" >&2; exit 77; }
missing=()
need() { command -v "$1" >/dev/null || missing+=("$2"); }
need chromium chromium
need g++ g++
need make make
need python3 python3
[ "$(uname -s)" = Linux ] || skip "the workbench's native parts are built for Linux alone"
if [ ${#missing[@]} -gt 0 ]; then
  { [ "$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" fonts-dejavu-core; } \
    >/dev/null 2>&1 || skip "${missing[*]} cannot be installed here"
fi
[ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 20' 2>/dev/null)" = true ] || skip "node 20 is not installed"
command -v npm >/dev/null || skip "npm is not installed"

cache=${LORALINT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/loralint}
tools=$cache/workbench
log=$(mktemp)
work=$(mktemp -d)
trap 'rm -rf "$work" "$log"' EXIT
# Only a registry that is out of reach is a reason to skip; whatever else goes wrong is a failure.
npm view code-server@4.100.3 version >"$log" 2>&1 || [ -e "$tools" ] || skip "the npm registry is out of reach: $(tail -n 1 "$log")"
bash vscode-extension/e2e/install-workbench.sh "$tools" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }

loralint=${LORALINT_NATIVE:-}
if [ ! -x "$loralint" ]; then
  bash scripts/publish-native.sh "$work/native" >/dev/null
  loralint=$work/native/loralint
fi
target=$(node -p '`${process.platform}-${process.arch}`')
bash scripts/package-extension.sh "$work/vsix" "$target" "$loralint" >/dev/null
(cd vscode-extension && node build.mjs --test && node --test dist/test/ >"$log" 2>&1) || { cat "$log" >&2; exit 1; }
grep -E '^# (tests|pass|fail) ' "$log"
node vscode-extension/e2e/run.mjs "$tools" "$work"/vsix/*.vsix "$loralint" "${options[@]}"
