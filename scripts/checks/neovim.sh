#!/usr/bin/env bash
# Neovim, set up as docs/editors.md says, shows a finding, applies its fix and sees it go. LORALINT_NATIVE names a binary to use; without it
# the one of the working copy is built. The exit code is 77 where Neovim cannot be had.
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! command -v nvim >/dev/null; then
  { [ "$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq --no-install-recommends neovim; } >/dev/null 2>&1 ||
    { echo "skipped: neovim cannot be installed here" >&2; exit 77; }
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
loralint=${LORALINT_NATIVE:-}
if [ ! -x "$loralint" ]; then
  dotnet build src/Advisor --nologo -v quiet >"$work/build.log" || { cat "$work/build.log" >&2; exit 1; }
  loralint=$PWD/src/Advisor/bin/Debug/net10.0/loralint
fi
mkdir "$work/bin" "$work/configs"
ln -s "$loralint" "$work/bin/loralint"
# The first block of Lua in the section on Neovim is the set-up.
sed -n '/^## Neovim/,/^## Helix/{/^```lua/,/^```$/p}' docs/editors.md | sed -n '1,/^```$/{/^```/d;p}' >"$work/init.lua"
grep -q nvim_create_autocmd "$work/init.lua" || { echo "docs/editors.md has no set-up for Neovim" >&2; exit 1; }

run() {
  cp examples/axolotl/qlora.yml "$work/configs"
  (cd "$work/configs" && HOME=$work XDG_CONFIG_HOME=$work XDG_STATE_HOME=$work PATH=$work/bin:$PATH LORALINT=$loralint \
    timeout 120 nvim --headless --clean -u "$work/init.lua" qlora.yml -c "luafile $OLDPWD/scripts/checks/neovim.lua")
}
run || { echo "Neovim did not do what docs/editors.md says" >&2; exit 1; }
grep -qx 'adapter: qlora' "$work/configs/qlora.yml" || { echo "the fix did not reach the file" >&2; exit 1; }

# The negative control: a server that reports nothing must not pass.
rm "$work/bin/loralint"
printf '#!/bin/sh\nexec cat >/dev/null\n' >"$work/bin/loralint"
chmod +x "$work/bin/loralint"
if PATIENCE=3000 run >"$work/control.log" 2>&1; then
  echo "a server that reports nothing passed" >&2; exit 1
fi
grep -q 'FAILED: no findings' "$work/control.log" || { cat "$work/control.log" >&2; echo "the control failed for another reason" >&2; exit 1; }
