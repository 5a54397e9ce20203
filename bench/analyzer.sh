#!/usr/bin/env bash
# What the analyzer costs a build: a project of 1,000 generated files, every tenth with a LoRA config, the others with as many object
# creations of other kinds. Prints the compiler's own figure for each analyzer and the time of builds with and without the package.
set -euo pipefail
cd "$(dirname "$0")/.."
files=${1:-1000}
rounds=${2:-3}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
scripts/pack-analyzers.sh "$out/feed" >/dev/null
export NUGET_PACKAGES="$out/packages"

for kind in without with; do
  mkdir -p "$out/$kind"
  printf '<configuration><packageSources><clear /><add key="here" value="%s" /></packageSources></configuration>' "$out/feed" >"$out/$kind/nuget.config"
  printf 'root = true\n' >"$out/$kind/.editorconfig"
  cat >"$out/$kind/Bench.csproj" <<EOF
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
    <Nullable>enable</Nullable>
    <ImplicitUsings>enable</ImplicitUsings>
    <EnableNETAnalyzers>false</EnableNETAnalyzers>
    <ReportAnalyzer>true</ReportAnalyzer>
  </PropertyGroup>
  <ItemGroup>$([ "$kind" = with ] && echo '<PackageReference Include="LoraLint.Analyzers" Version="*" PrivateAssets="all" />')</ItemGroup>
</Project>
EOF
  python3 - "$out/$kind" "$files" <<'EOF'
import sys
folder, count = sys.argv[1], int(sys.argv[2])
with open(f"{folder}/Types.cs", "w") as f:
    f.write("namespace Bench;\npublic sealed record LoraConfig { public int Rank { get; init; } = 16; public double Alpha { get; init; } = 32;\n"
            "  public double Dropout { get; init; } public string[] TargetModules { get; init; } = []; }\n"
            "public sealed record Point(double X, double Y) { public string Name { get; init; } = \"\"; public int Size { get; init; } }\n")
for i in range(count):
    lines = [f"namespace Bench;\npublic static class File{i}\n{{"]
    for m in range(5):
        lines.append(f"""    public static IEnumerable<Point> Method{m}(int count)
    {{
        var points = new List<Point>();
        for (var i = 0; i < count; i++)
        {{
            var point = new Point(i, i * 2.0) {{ Name = $"point {{i}}", Size = i % {m + 1} }};
            if (point.X > 10 && point.Name.Length > 3)
                points.Add(point with {{ Size = count }});
            else
                points.Add(new(point.Y, point.X));
        }}

        return points.Where(p => p.Size > {m}).OrderBy(p => p.X);
    }}
""")
    if i % 10 == 0:
        lines.append("    public static LoraConfig Lora { get; } = new() { Rank = 16, Alpha = 32, TargetModules = [\"q_proj\", \"up_proj\"] };")
    lines.append("}\n")
    with open(f"{folder}/File{i}.cs", "w") as f:
        f.write("\n".join(lines))
EOF
  (cd "$out/$kind" && dotnet build --nologo -v quiet >/dev/null)
done

echo "files $files, every tenth with a config; $(nproc) cores; .NET SDK $(dotnet --version)"
for kind in without with; do
  for _ in $(seq "$rounds"); do
    (cd "$out/$kind" && dotnet build --nologo --no-restore --no-incremental -v detailed -clp:PerformanceSummary >"$out/log")
    csc=$(awk '/ms +Csc /{print $1}' "$out/log" | tail -1)
    own=$(awk '/LoraConfigAnalyzer \(/{print $1}' "$out/log" | head -1)
    echo "$kind: compiler $csc ms${own:+; the analyzer, summed over threads, $own s}"
  done
done
