#!/usr/bin/env bash
# The schemas are sound, say of real configs what the linter says, and serve an editor: ajv validates, yaml-language-server completes.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
command -v npm >/dev/null || { echo "npm is not installed" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp scripts/checks/schemas/* "$work"
cd "$work"
npm install --silent --no-save --ignore-scripts --no-audit --no-fund ajv@8.20.0 ajv-formats@3.0.1 yaml@2.8.1 yaml-language-server@1.25.0 >npm.log 2>&1 ||
  { cat npm.log; exit 1; }

# The linter's word on the golden files, the examples and the examples of the rules' pages.
node collect.mjs "$root" "$work/files"
cd "$work/files"
code=0
dotnet run --project "$root/src/Advisor" --no-restore -- check . --format json --fail-on error >"$work/findings.json" || code=$?
[ "$code" -le 1 ] || { echo "the linter gave exit code $code" >&2; exit 1; }
cd "$work"
node verdicts.mjs "$root" "$work/files" "$work/findings.json" differences.txt
node editor.mjs "$root"
