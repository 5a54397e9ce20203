#!/usr/bin/env bash
# Makes each mistake of tests/Mutations in every config where it is one, not only in the first sixty: bench/mutations.sh
# Prints how many are caught, and each miss with its file. Needs the built tests; takes about a minute.
set -euo pipefail
cd "$(dirname "$0")/.."
LORALINT_MUTATIONS=all tests/bin/Debug/net10.0/LoraLint.Tests -class LoraLint.Tests.Mutations.MutationTests -showliveoutput
