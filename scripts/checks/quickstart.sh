#!/usr/bin/env bash
# The quick start from end to end, as real processes: train, check, generate, merge, inspect; and a run that is killed in the middle and
# resumed ends in the same bytes.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trainer=
trap '[ -z "$trainer" ] || kill -9 "$trainer" 2>/dev/null || true; rm -rf "$work"' EXIT
fail() { echo "$*" >&2; exit 1; }
config=examples/quickstart/run.yaml
loralint=src/Advisor/bin/Debug/net10.0/loralint.dll
dotnet build src/Trainer --nologo -v quiet >/dev/null
dotnet build src/Advisor --nologo -v quiet >/dev/null
loralint() { dotnet "$loralint" "$@"; }

loralint train "$config" --max-steps 60 --output "$work/run" >"$work/train.log" 2>&1 || { cat "$work/train.log"; fail "training failed"; }
python3 - "$work/run/metrics.jsonl" <<'PY'
import json
import sys

losses = [event["loss"] for event in map(json.loads, open(sys.argv[1])) if event["event"] == "step"]
assert len(losses) == 60, f"{len(losses)} steps"
first, last = sum(losses[:5]) / 5, sum(losses[-5:]) / 5
assert last < 0.8 * first, f"the loss went from {first:.3f} to {last:.3f}"
PY

loralint check "$work/run/adapter" >"$work/check.log" || { cat "$work/check.log"; fail "the adapter has findings"; }
loralint adapter inspect "$work/run/adapter" >"$work/inspect.log" || fail "adapter inspect failed"
grep -q q_proj "$work/inspect.log" || { cat "$work/inspect.log"; fail "adapter inspect does not tell the modules"; }

generate() { loralint generate "$@" --prompt "Tell me a story about a toad." --max-tokens 40 --threads 1 --json; }
text() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]]["text"])' "$1"; }
generate "$work/run" >"$work/run.json"
[ "$(text base <"$work/run.json")" != "$(text adapter <"$work/run.json")" ] || { cat "$work/run.json"; fail "the adapter changes nothing"; }
loralint merge "$work/run/adapter" --output "$work/merged" >"$work/merge.log" 2>&1 || { cat "$work/merge.log"; fail "merge failed"; }
generate "$work/merged" >"$work/merged.json"
[ "$(text base <"$work/merged.json")" = "$(text adapter <"$work/run.json")" ] || { cat "$work/run.json" "$work/merged.json"; fail "the merged model writes another text"; }

# The same run, killed behind its first checkpoint. The trainer itself is started: killing the command would let it save and end.
killed() { loralint train "$config" --max-steps 60 --output "$work/killed" "$@"; }
killed >"$work/killed.log" 2>&1 &
command=$!
for ((i = 0; i < 300; i++)); do
  [ -d "$work/killed/checkpoints/step-50" ] && break
  kill -0 "$command" 2>/dev/null || break
  sleep 0.05
done
trainer=$(pgrep -f "loralint-trainer.dll run $work/killed " || true)
[ -n "$trainer" ] || { cat "$work/killed.log"; fail "the trainer ended before it could be killed"; }
kill -9 "$trainer"
trainer=
code=0; wait "$command" || code=$?
[ "$code" -eq 2 ] || { cat "$work/killed.log"; fail "a trainer that was killed gave exit code $code"; }
grep -q SIGKILL "$work/killed.log" || { cat "$work/killed.log"; fail "what ended the trainer is not told"; }
killed --resume >"$work/resumed.log" 2>&1 || { cat "$work/resumed.log"; fail "resuming failed"; }
grep -q 'goes on from the checkpoint' "$work/resumed.log" || { cat "$work/resumed.log"; fail "the run started anew"; }
cmp "$work/run/adapter/adapter_model.safetensors" "$work/killed/adapter/adapter_model.safetensors" || fail "a resumed run ends in other bytes"
