#!/usr/bin/env bash
# Exactly one package comes out, and installs as a tool that works.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
dotnet pack -c Release --nologo -v quiet --property PackageOutputPath="$out/packages"
packages=("$out"/packages/*.nupkg)
[ ${#packages[@]} -eq 1 ] || { echo "expected one package, got: ${packages[*]}" >&2; exit 1; }
printf '<configuration><packageSources><clear /><add key="here" value="%s" /></packageSources></configuration>' "$out/packages" >"$out/nuget.config"
dotnet tool install loralint --tool-path "$out/tool" --configfile "$out/nuget.config" >/dev/null
code=0
"$out/tool/loralint" check examples >"$out/text" || code=$?
[ "$code" -eq 1 ] || { echo "expected exit code 1, got $code" >&2; exit 1; }
grep -q 'target-modules-comma-string' "$out/text"

# The package brings the trainer beside the tool.
"$out/tool/loralint" train examples/quickstart/run.yaml --max-steps 2 --output "$out/run" >"$out/train" 2>&1 || { cat "$out/train"; echo "the installed tool does not train" >&2; exit 1; }
[ -f "$out/run/adapter/adapter_model.safetensors" ] || { cat "$out/train"; echo "no adapter was written" >&2; exit 1; }

# It brings the sources of the TorchSharp engine, all of them and nothing that was built from them.
store=$(find "$out/tool/.store" -type d -path '*/tools/net10.0/any' | head -1)
diff <(cd src/Trainer/Engines/Torch && git ls-files | sort) <(cd "$store/torch" && find . -type f | sed 's|^\./||' | sort) ||
  { echo "the package lacks sources of the engine, or has others" >&2; exit 1; }
