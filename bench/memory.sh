#!/usr/bin/env bash
# What the engines take beside what LoraLint estimates, each case in a process of its own on this machine's CPU:
#   bench/memory.sh PROGRAM [--plain-attention]      PROGRAM is LoraLint.Benchmarks, built with -p:TorchSharp=cpu
# --plain-attention for a libtorch before 2.0, whose attention keeps all scores.
set -euo pipefail
program=$1
plain=("${@:2}")
# glibc gives large blocks back at once, so that what is resident is what is in use.
export OMP_WAIT_POLICY=passive MALLOC_MMAP_THRESHOLD_=65536 MALLOC_ARENA_MAX=1

run() {
    local engine=$1
    shift
    local extra=()
    [ "$engine" = managed ] || extra=("${plain[@]}")
    printf '%s %s: ' "$engine" "$*"
    "$program" --training --engine "$engine" --threads 1 --steps 1 --warmup 1 --memory "${extra[@]}" "$@" | grep '^memory'
}

for engine in managed torch; do
    for batch in "--sequences 4 --length 256" "--sequences 1 --length 1024" "--sequences 8 --length 64"; do
        for way in "" "--checkpoint" "--mask half" "--quantize nf4" "--quantize nf4 --checkpoint"; do
            # shellcheck disable=SC2086
            run "$engine" $batch $way
        done
    done
done
run torch --precision bf16 --sequences 4 --length 256
run torch --precision bf16 --sequences 4 --length 256 --checkpoint
run torch --precision bf16 --sequences 4 --length 256 --quantize nf4 --checkpoint
