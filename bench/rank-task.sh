#!/usr/bin/env bash
# Does `loralint sweep` find the rank that a task was built to need? bench/rank-task.sh [RANKS] [SEEDS] [FOLDER]
# For each rank of RANKS (default "4 8 16") and each seed of SEEDS ("1 2 3"): the teacher with an adapter of that rank writes texts
# (bench/RankTask.cs), and a sweep over ranks 1 to 64 looks for it with examples/rank-task/run.yaml. Prints a line each, after some minutes
# each. FOLDER keeps the sweeps.
set -euo pipefail
ranks=${1:-4 8 16}
seeds=${2:-1 2 3}
root=$(cd "$(dirname "$0")/.." && pwd)
folder=${3:-$(mktemp -d)}
[ $# -ge 3 ] || trap 'rm -rf "$folder"' EXIT
for project in bench src/Advisor src/Trainer; do
  dotnet build "$root/$project" -c Release --nologo -v quiet >&2
done
for rank in $ranks; do
  for seed in $seeds; do
    at=$folder/rank-$rank-seed-$seed
    mkdir -p "$at"
    told=$(cd "$root" && bench/bin/Release/net10.0/LoraLint.Benchmarks --rank-task "$at" --rank "$rank" --seed "$seed")
    sed "s#\.\./quickstart/model#$root/examples/quickstart/model#" "$root/examples/rank-task/run.yaml" >"$at/run.yaml"
    (cd "$at" && "$root/src/Advisor/bin/Release/net10.0/loralint" sweep run.yaml --set rank=1,2,4,8,16,32,64 >sweep.txt 2>&1)
    echo "$told; seed $seed: $(grep '^take ' "$at/sweep.txt")"
  done
done
