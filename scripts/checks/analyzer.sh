#!/usr/bin/env bash
# The analyzer's package installs in a plain project and works in `dotnet build`: tests/consumer shows the findings it should, none once
# they are fixed, and honours .editorconfig and #pragma. `dotnet format` applies the fixes that are safe.
set -euo pipefail
cd "$(dirname "$0")/../.."
repository=$PWD
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

scripts/pack-analyzers.sh "$out/feed" >/dev/null
packages=("$out"/feed/*.nupkg)
[ ${#packages[@]} -eq 1 ] || { echo "expected one package, got: ${packages[*]}" >&2; exit 1; }
diff <(unzip -Z1 "${packages[0]}" | grep -E '\.dll$' | sort) - <<'EOF' || { echo "the package holds other assemblies" >&2; exit 1; }
analyzers/dotnet/cs/LoraLint.CodeFixes.dll
analyzers/dotnet/cs/LoraLint.Rules.dll
EOF
! unzip -p "${packages[0]}" '*.nuspec' | grep -q '<dependency ' || { echo "the package has dependencies" >&2; exit 1; }

# Nothing but the package's folder is asked for packages.
printf '<configuration><packageSources><clear /><add key="here" value="%s" /></packageSources></configuration>' "$out/feed" >"$out/nuget.config"
export NUGET_PACKAGES="$out/packages"
cp -r tests/consumer "$out/consumer"
cd "$out/consumer"
rm -rf bin obj
dotnet add package LoraLint.Analyzers >"$out/add" 2>&1 || { cat "$out/add"; exit 1; }

# file(line,column): severity code, once each; whatever says that the analyzer was not loaded or threw comes with it.
findings() {
  dotnet build --nologo -v quiet --no-incremental 2>&1 | tee "$out/log" |
    grep -oE '[A-Za-z]+\.cs\([0-9]+,[0-9]+\): (error|warning) (LL[0-9]+|CS[0-9]+)|(CS9057|AD0001|CS8032|CS8034)' | sort -u -t'(' -k1,1 -k2,2n || true
}

diff "$repository/tests/consumer/expected.txt" <(findings) || { echo "these are not the findings that tests/consumer should have" >&2; exit 1; }

# What is safe to fix goes by itself, what is not does not. The records of LoraLint.Rules are referenced as a program does that trains.
mkdir ../safe
cp Consumer.csproj .editorconfig ../safe
cat >../safe/Directory.Build.targets <<EOF
<Project>
  <ItemGroup>
    <Reference Include="LoraLint.Rules" HintPath="$repository/src/Rules/bin/Release/netstandard2.0/LoraLint.Rules.dll" />
  </ItemGroup>
</Project>
EOF
cat >../safe/Configs.cs <<'EOF'
using LoraLint.Rules.Runs;

var run = new TrainingRun { Lora = new() { Rank = 64, Alpha = 16, TargetModules = ["q_proj,up_proj"] } };
Console.WriteLine(run);
EOF
sed 's/"q_proj,up_proj"/"q_proj", "up_proj"/' ../safe/Configs.cs >"$out/wanted"
sed -i 's|<TargetFramework>|<OutputType>Exe</OutputType>&|' ../safe/Consumer.csproj
(cd ../safe && dotnet restore -v quiet --nologo && dotnet format analyzers --no-restore --severity info >"$out/format" 2>&1) ||
  { cat "$out/format"; echo "dotnet format failed" >&2; exit 1; }
diff "$out/wanted" ../safe/Configs.cs || { cat "$out/format"; echo "dotnet format made other fixes than the safe ones" >&2; exit 1; }

cp fixed/Configs.cs Configs.cs
diff /dev/null <(findings) || { echo "findings are left after the fixes" >&2; exit 1; }
[ -f bin/Debug/net10.0/Consumer.dll ] || { cat "$out/log"; echo "the fixed project does not build" >&2; exit 1; }
