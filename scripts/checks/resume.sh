#!/bin/sh
# Kills a training run with SIGKILL at so many random moments (20 when no number is given), resumes it each time, and compares the
# adapter and the losses byte by byte with those of a run that nobody disturbed.
set -eu
cd "$(dirname "$0")/../.."
LORALINT_KILLS="${1:-20}" LORALINT_SEED=random dotnet test tests/LoraLint.Tests.csproj \
    --filter "FullyQualifiedName~TrainerProcessTests.A_process_that_is_killed_at_any_moment"
