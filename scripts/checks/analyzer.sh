#!/usr/bin/env bash
# The packages for C# install in a plain project and work in `dotnet build`: tests/consumer shows a finding of every rule that can speak of
# C#, none once they are fixed, and honours .editorconfig and #pragma. `dotnet format` applies the fixes that are safe. The records throw
# at run time what the analyzer says at compile time.
set -euo pipefail
cd "$(dirname "$0")/../.."
repository=$PWD
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

scripts/pack-analyzers.sh "$out/feed" >/dev/null
packages=("$out"/feed/*.nupkg)
[ ${#packages[@]} -eq 2 ] || { echo "expected two packages, got: ${packages[*]}" >&2; exit 1; }
dlls() { unzip -Z1 "$out"/feed/"$1".[0-9]*.nupkg | grep -E '\.dll$' | sort; }
diff <(dlls LoraLint.Analyzers) - <<'EOF' || { echo "the analyzer's package holds other assemblies" >&2; exit 1; }
analyzers/dotnet/cs/LoraLint.CodeFixes.dll
analyzers/dotnet/cs/LoraLint.Rules.dll
EOF
diff <(dlls LoraLint.Rules) <(echo lib/netstandard2.0/LoraLint.Rules.dll) || { echo "the library's package holds other assemblies" >&2; exit 1; }
for package in "${packages[@]}"; do
  ! unzip -p "$package" '*.nuspec' | grep -q '<dependency ' || { echo "$package has dependencies" >&2; exit 1; }
done

# Nothing but the packages' folder is asked for packages.
printf '<configuration><packageSources><clear /><add key="here" value="%s" /></packageSources></configuration>' "$out/feed" >"$out/nuget.config"
export NUGET_PACKAGES="$out/packages"
cp -r tests/consumer "$out/consumer"
cd "$out/consumer"
rm -rf bin obj
for package in LoraLint.Analyzers LoraLint.Rules; do
  dotnet add package $package >"$out/add" 2>&1 || { cat "$out/add"; exit 1; }
done

# file(line,column): severity code, once each; whatever says that the analyzer was not loaded or threw comes with it.
findings() {
  dotnet build --nologo -v quiet --no-incremental 2>&1 | tee "$out/log" |
    grep -oE '[A-Za-z]+\.cs\([0-9]+,[0-9]+\): (error|warning) (LL[0-9]+|CS[0-9]+)|(CS9057|AD0001|CS8032|CS8034)' | sort -u | LC_ALL=C sort -t'(' -k1,1 -k2,2n || true
}

diff "$repository/tests/consumer/expected.txt" <(findings) || { echo "these are not the findings that tests/consumer should have" >&2; exit 1; }

# What is safe to fix goes by itself, what is not does not.
mkdir ../safe
cp Consumer.csproj .editorconfig ../safe
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

cp fixed/*.cs .
diff /dev/null <(findings) || { echo "findings are left after the fixes" >&2; exit 1; }
[ -f bin/Debug/net10.0/Consumer.dll ] || { cat "$out/log"; echo "the fixed project does not build" >&2; exit 1; }

# What only run time knows the record says, in the rule's words.
cat >../safe/Configs.cs <<'EOF'
using LoraLint.Rules.Runs;

try
{
    Console.WriteLine(new LoraOptions { Rank = args.Length });
}
catch (InvalidSettingException refused)
{
    Console.WriteLine($"{refused.ParamName}: {refused.Message}");
}
EOF
(cd ../safe && dotnet run --no-restore >"$out/said" 2>&1) || true
grep -qx 'Rank: Rank 0 is no rank: it has to be at least 1; 8 or 16 is where most runs start' "$out/said" ||
  { cat "$out/said"; echo "the record did not refuse a rank of 0" >&2; exit 1; }
