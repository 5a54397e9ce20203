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

# What is safe to fix goes by itself: a project of one list in one string.
mkdir ../safe
cp Consumer.csproj LoraConfig.cs .editorconfig ../safe
cat >../safe/Configs.cs <<'EOF'
namespace Consumer;

public static class Configs
{
    public static LoraConfig HeadIsTargeted { get; } = new() { Rank = 64, Alpha = 16 };
}
EOF
(cd ../safe && dotnet restore -v quiet --nologo && dotnet format analyzers --no-restore --severity info >"$out/format" 2>&1) || { cat "$out/format"; exit 1; }
grep -q 'Alpha = 16' ../safe/Configs.cs || { echo "dotnet format applied a fix that is not safe" >&2; exit 1; }

cp fixed/Configs.cs Configs.cs
diff /dev/null <(findings) || { echo "findings are left after the fixes" >&2; exit 1; }
[ -f bin/Debug/net10.0/Consumer.dll ] || { cat "$out/log"; echo "the fixed project does not build" >&2; exit 1; }
