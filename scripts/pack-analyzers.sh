#!/usr/bin/env bash
# Packs what C# programs use into a folder: LoraLint.Analyzers, the rules as a Roslyn analyzer with its code fixes, and LoraLint.Rules, the
# records of a run as a library: scripts/pack-analyzers.sh OUT
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: $0 OUT" >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
# Not packable without the properties: `dotnet pack` of the repository makes one package, the tool.
dotnet pack src/Rules -c Release --nologo -v quiet -p:PackRules=true --property:PackageOutputPath="$out"
dotnet pack src/Rules/CodeFixes -c Release --nologo -v quiet -p:PackAnalyzers=true --property:PackageOutputPath="$out"
