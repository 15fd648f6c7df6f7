# Sourced: how ./dev speaks while it sets up. POSIX sh.
#
#   [2/3] OCaml toolchain: downloading, 40 of 162 MB
#
# On a terminal the line is rewritten in place; elsewhere a new line is printed when the stage changes and every 15 seconds.

STEP=0 STEPS=1 STEP_NAME= STEP_SHOWN= STEP_CLOCK=0
LOG=/dev/null

step() { STEP=$((STEP + 1)) STEP_NAME=$1 STEP_SHOWN=; }

say() {
  STEP_CLOCK=0
  STEP_SHOWN=${1%%,*}
  if [ -t 2 ]; then printf '\r\033[K[%s/%s] %s: %s' "$STEP" "$STEPS" "$STEP_NAME" "$1" >&2
  else printf '[%s/%s] %s: %s\n' "$STEP" "$STEPS" "$STEP_NAME" "$1" >&2; fi
}

# The same stage goes on: `say`, but seldom where lines cannot be rewritten.
still() {
  STEP_CLOCK=$((STEP_CLOCK + 1))
  if [ -t 2 ] || [ "$STEP_SHOWN" != "${1%%,*}" ] || [ $((STEP_CLOCK % 15)) -eq 0 ]; then say "$1"; fi
}

finish() { say "$1"; if [ -t 2 ]; then printf '\n' >&2; fi; }

hash() { sha256sum 2>/dev/null || shasum -a 256; }

# Waits until nobody else sets up the same thing: alone DESCRIPTOR
alone() {
  if ! command -v flock >/dev/null || flock -n "$1"; then return; fi
  say "waiting for another ./dev to finish"
  flock "$1"
}

# Runs a command with its output in $LOG, calling `$1` (which prints a progress text) every second: watch PROGRESS COMMAND...
watch() {
  progress=$1; shift
  "$@" >>"$LOG" 2>&1 </dev/null &
  child=$!
  trap 'kill "$child" 2>/dev/null; exit 130' INT TERM HUP
  while kill -0 "$child" 2>/dev/null; do still "$($progress)"; sleep 1; done
  trap - INT TERM HUP
  wait "$child"
}

fail() {
  if [ -t 2 ] && [ -n "$STEP_SHOWN" ]; then printf '\n' >&2; fi
  printf 'dev: %s\n' "$1" >&2
  exit 1
}

# Fails with the reason that $LOG gives: fail_because WHAT-WAS-TRIED
fail_because() {
  if grep -qi 'no space left' "$LOG"; then why="the disk is full (free space, then run the command again)"
  elif grep -qiE 'temporary failure|could not (resolve|connect)|unable to connect|network is unreachable|connection (refused|reset|timed)|newconnectionerror|read timed out|connection failed|failed to establish' "$LOG"; then
    why="the network or the archive did not answer (check the connection, then run the command again; it goes on where it stopped)"
  elif grep -qi 'permission denied' "$LOG"; then why="permission denied: $(grep -i 'permission denied' "$LOG" | tail -n 1)"
  else why=$(grep -E '^(E:|ERROR|error|fatal)' "$LOG" | tail -n 1); why=${why:-$(tail -n 1 "$LOG")}; fi
  fail "$1: $why. The log is $LOG."
}
