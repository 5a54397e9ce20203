#!/usr/bin/env bash
# Times LoRA training steps of SmolLM2-135M's shape beside PyTorch, alternating in one run: bench/training.sh [THREADS] [ROUNDS]
# Needs python3-torch, libopenblas0-openmp and libtcmalloc-minimal4 (Debian), and an otherwise idle machine.
# Prints a line for each run; compare medians. The engine's side is the benchmark program's switch --training, which takes the
# same options and prints the same line.
set -euo pipefail
threads=${1:-1}
rounds=${2:-3}
here=$(cd "$(dirname "$0")" && pwd)
dotnet build "$here" -c Release --nologo -v quiet
engine() { dotnet run --project "$here" -c Release --no-build -- --training --threads "$threads" "$@"; }
rival() { /usr/bin/python3 "$here/rival.py" --threads "$threads" "$@"; }

beside() {
    local title=$1
    shift
    for ((round = 1; round <= rounds; round++)); do
        printf '%s, engine: ' "$title"
        engine "$@"
        printf '%s, rival:  ' "$title"
        rival "$@"
    done
}

beside "all supervised"
beside "half supervised, unequal lengths" --mask half
beside "recomputing" --checkpoint
printf 'half supervised, rival without masked logits: '
rival --mask half --skip-masked-logits
printf 'all supervised, rival in bf16: '
rival --bf16
