#!/usr/bin/env bash
# A training's memory does not grow: the short form of bench/soak.sh. The Debug build, because the tests have made it already.
set -euo pipefail
cd "$(dirname "$0")/../.."
bash bench/soak.sh 20 Debug
