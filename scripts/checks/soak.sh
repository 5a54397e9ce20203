#!/usr/bin/env bash
# A training's memory does not grow: the short form of bench/soak.sh, which a leak of 64 KiB a step fails. The Debug build, because the
# tests have made it already.
set -euo pipefail
cd "$(dirname "$0")/../.."
bash bench/soak.sh 30 Debug 5
