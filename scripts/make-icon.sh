#!/usr/bin/env bash
# Draws vscode-extension/images/icon.png from icon.svg beside it. Needs rsvg-convert (Debian: librsvg2-bin).
set -euo pipefail
cd "$(dirname "$0")/../vscode-extension/images"
rsvg-convert --width 256 --height 256 --output icon.png icon.svg
