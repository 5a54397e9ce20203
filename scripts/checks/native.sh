#!/usr/bin/env bash
# The native binary is published and says the same as the ordinary tool.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
bash scripts/publish-native.sh "$out"
if [ -n "${LORALINT_NATIVE:-}" ]; then
  mkdir -p "$(dirname "$LORALINT_NATIVE")"
  cp "$out/loralint" "$LORALINT_NATIVE"
fi
code() { "$@" || echo "exit code $?"; }
code "$out/loralint" check examples --format json >"$out/native.json"
code dotnet run --project src/Advisor --no-restore -- check examples --format json >"$out/jit.json"
diff "$out/native.json" "$out/jit.json"
grep -q 'exit code 1' "$out/native.json"
# The language server too: a reader or writer that native code lacks would show in the first answers.
python3 bench/editor.py --edits 200 "$out/loralint" lsp
