#!/usr/bin/env bash
# Times LoRA training steps of an 8B-shaped Llama on a GPU beside PyTorch with PEFT, alternating in one run on the same card:
#   bench/gpu.sh [--plain] [ROUNDS]         needs a CUDA card of its own, the TorchSharp packages, and Python with torch, transformers,
#                                           peft and bitsandbytes; --plain does with torch alone (see gpu_rival.py)
#   bench/gpu.sh --cpu-check [ROUNDS]       the same rows in a tiny shape on the CPU, with plain PyTorch, in 32 bits too: fails unless the
#                                           losses of both sides agree, and so tells that they do the same work
# Environment: PYTHON, the interpreter (python3); PROGRAM, the benchmark program LoraLint.Benchmarks.dll with the TorchSharp engine, when
# it is built already; THREADS of the CPU check (1).
# Prints a line for each run; compare medians. A row for which a side has not the memory says so, and the rest goes on.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
packages=cuda-linux
where=(--device cuda:0 --shape llama-3-8b --sequences 8 --length 2048 --steps 5 --warmup 2)
rival_options=()
checks=false
while [[ ${1:-} == --* ]]; do
  case $1 in
    --plain) rival_options=(--plain) ;;
    --cpu-check)
      checks=true packages=cpu rival_options=(--plain)
      where=(--device cpu --shape tiny --sequences 3 --length 48 --steps 20 --warmup 1 --rate 1e-3 --threads "${THREADS:-1}")
      ;;
    *) echo "gpu.sh: unknown option $1" >&2 && exit 2 ;;
  esac
  shift
done
rounds=${1:-$($checks && echo 1 || echo 3)}

if [ -z "${PROGRAM:-}" ]; then
  # Publishing for one system puts all native libraries into one folder, where they find each other.
  dotnet publish "$here" -c Release -r linux-x64 --self-contained false --nologo -v quiet -p:TorchSharp="$packages" -o "$here/bin/gpu"
  PROGRAM=$here/bin/gpu/LoraLint.Benchmarks.dll
fi

printf '%s\n' "$(date -u +%F), $(dotnet --version) SDK" "$("$python" "$here/gpu_rival.py" --versions)"
if ! $checks; then
  nvidia-smi --query-gpu=name,driver_version,memory.total,memory.used,power.limit,clocks.max.sm --format=csv
fi

engine() { dotnet "$PROGRAM" --training --engine torch "${where[@]}" "$@"; }
rival() { "$python" "$here/gpu_rival.py" "${rival_options[@]}" "${where[@]}" "$@"; }

# Runs a side and prints its line, which stays in $line. 3 says that the device has not the memory.
show() {
  local status=0
  line=$("${@:2}" 2>&1) || status=$?
  [ "$status" = 0 ] || [ "$status" = 3 ] || { printf '%s: failed\n%s\n' "$1" "$line" >&2 && exit 1; }
  line=$(tail -n 1 <<<"$line")
  printf '%s: %s\n' "$1" "$line"
}

# The first and the last loss of both lines, compared.
agree() {
  local losses
  losses=$(printf '%s\n' "$1" "$2" | sed -n 's/.*loss \([0-9.]*\) to \([0-9.]*\).*/\1 \2/p' | tr '\n' ' ')
  awk -v most=1e-3 '
    function far(a, b) { return a - b > most || b - a > most }
    NF != 4 || far($1, $3) || far($2, $4) { exit 1 }' <<<"$losses"
}

beside() {
  local title=$1 round ours
  shift
  for ((round = 1; round <= rounds; round++)); do
    show "$title, engine" engine "$@"
    ours=$line
    show "$title, rival " rival "$@"
    if $checks && ! agree "$ours" "$line"; then
      echo "gpu.sh: the losses of both sides differ" >&2
      exit 1
    fi
  done
}

beside "bf16" --precision bf16
beside "bf16, recomputing" --precision bf16 --checkpoint
beside "nf4" --precision bf16 --quantize nf4
beside "nf4, recomputing" --precision bf16 --quantize nf4 --checkpoint
if $checks; then
  beside "fp32" --precision fp32
  beside "fp32, half supervised, unequal lengths" --precision fp32 --mask half
  beside "fp32, recomputing" --precision fp32 --checkpoint
  beside "fp32, nf4, recomputing" --precision fp32 --quantize nf4 --checkpoint
fi
