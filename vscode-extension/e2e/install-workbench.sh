#!/usr/bin/env bash
# install-workbench.sh DIR: code-server (the real VS Code workbench with a real extension host) and playwright-core from the npm registry.
# Their install scripts fetch prebuilt parts from elsewhere, so none is run: native modules are built here, with g++, make, python3 and
# node's headers. Does nothing when DIR has them already.
set -euo pipefail
dir=${1:?usage: install-workbench.sh DIR}
code_server=4.100.3 playwright=1.65.1 ripgrep=1.18.0
mark=$dir/installed-$code_server-$playwright-$ripgrep-node$(node -p process.versions.modules)
[ -e "$mark" ] && exit 0

rm -rf "$dir"
mkdir -p "$dir"
cd "$dir"
npm=$(dirname "$(readlink -f "$(command -v npm)")")/..
node_gyp=$npm/node_modules/node-gyp/bin/node-gyp.js
headers=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
[ -e "$headers/include/node/node.h" ] || headers=""
echo '{"private":true}' >package.json
quiet=(--ignore-scripts --no-audit --no-fund --loglevel=error)
npm install "${quiet[@]}" --save-exact "code-server@$code_server" "playwright-core@$playwright" "@vscode/ripgrep-linux-x64@$ripgrep"

vscode=$dir/node_modules/code-server/lib/vscode
# Not `npm ci`: what code-server ships does not match its own lock file.
(cd "$vscode" && npm install "${quiet[@]}" --omit=dev)
build() { node "$@" ${headers:+--nodedir="$headers"} >build.log 2>&1 || { cat build.log >&2; exit 1; }; }
for module in @vscode/spdlog native-watchdog node-pty; do
  (cd "$vscode/node_modules/$module" && build "$node_gyp" rebuild)
done
(cd node_modules/argon2 && build ../@mapbox/node-pre-gyp/bin/node-pre-gyp rebuild --build-from-source)
mkdir -p "$vscode/node_modules/@vscode/ripgrep/bin"
ln -sf "$(find "$dir/node_modules/@vscode/ripgrep-linux-x64" -name rg -type f)" "$vscode/node_modules/@vscode/ripgrep/bin/rg"
ln -sfn node_modules "$vscode/node_modules.asar"
touch "$mark"
