#!/usr/bin/env bash
# Trains on the quick start's data for so many seconds, samples the process's resident memory each second, and fails when it grows:
# when the median of the last third is over that of the second third by more than 2 %, or the percentage given: in its first half
# minute the runtime itself still compiles and sizes its heap. bench/soak.sh SECONDS [CONFIGURATION [PERCENT]]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:?bench/soak.sh SECONDS [CONFIGURATION [PERCENT]]}
configuration=${2:-Release}
allowed=${3:-2}
work=$(mktemp -d)
trainer=
trap '[ -z "$trainer" ] || kill -9 "$trainer" 2>/dev/null || true; rm -rf "$work"' EXIT
dotnet build src/Trainer -c "$configuration" --nologo -v quiet >/dev/null
dotnet build src/Advisor -c "$configuration" --nologo -v quiet >/dev/null
# The quick start's run without early stopping: its validation loss does not fall for an hour.
sed -E "/early_stopping_patience/d; s#^(base_model|  train|  validation): #&$PWD/examples/quickstart/#" examples/quickstart/run.yaml >"$work/run.yaml"
# The command writes run.json; the trainer it would start is one that does nothing, because the real one is measured by its process id.
LORALINT_TRAINER=$(type -P true) dotnet "src/Advisor/bin/$configuration/net10.0/loralint.dll" train "$work/run.yaml" \
  --output "$work/out" --max-steps 100000000 >"$work/plan.log" 2>&1 || [ -f "$work/out/run.json" ] || { cat "$work/plan.log"; exit 1; }
dotnet "src/Trainer/bin/$configuration/net10.0/loralint-trainer.dll" run "$work/out" >"$work/events" 2>"$work/errors" &
trainer=$!
until grep -q '"event":"step"' "$work/events"; do
  kill -0 "$trainer" 2>/dev/null || { cat "$work/events" "$work/errors"; trainer=; exit 1; }
  sleep 0.1
done
for ((i = 0; i < seconds; i++)); do
  sleep 1
  sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$trainer/status" >>"$work/memory" || { cat "$work/errors"; tail -n 1 "$work/events"; exit 1; }
done
kill "$trainer"
code=0; wait "$trainer" || code=$?
trainer=
[ "$code" -eq 130 ] || { tail -n 1 "$work/events"; cat "$work/errors"; echo "the trainer ended with exit code $code" >&2; exit 1; }
python3 - "$work/memory" "$work/events" "$allowed" <<'PY'
import json
import statistics
import sys

memory = [int(line) for line in open(sys.argv[1])]
third = len(memory) // 3
second, last = statistics.median(memory[third:2 * third]), statistics.median(memory[2 * third:])
steps = sum(json.loads(line)["event"] == "step" for line in open(sys.argv[2]))
print(f"{steps} steps; resident memory {second / 1024:.1f} MiB in the second third, {last / 1024:.1f} MiB in the last")
if last > (1 + float(sys.argv[3]) / 100) * second:
    sys.exit(f"memory grows: {(last / second - 1) * 100:.1f} % from the second third to the last")
PY
