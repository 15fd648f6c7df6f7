# Sourced: the OCaml toolchain and the editors, as a Debian root that is unpacked and never installed. POSIX sh, needs say.sh, apt.sh.
#
#   ${XDG_CACHE_HOME:-~/.cache}/aid/toolchain/
#     demo-1a2b3c4d/bin/dune     wrapper (toolchain/enter); the folder is named after everything that shapes the root
#     demo-1a2b3c4d/root/usr/    the unpacked packages
#     demo-1a2b3c4d/used         touched by every ./dev; a root that nobody used for 30 days goes when another one is made
#     test-5e6f7a8b/...          the larger set of the tests: also libraries, and editors/{emacs,nvim,hx,tmux}
#     browser-9c0d1e2f/...       bin/chromium, for the tests of VS Code (workbench.sh)
#     apt/                       lists and downloads, while a root is being made
#     new/                       a root in the making; renamed when it is whole, so what exists is complete

# shellcheck source=unpack.sh
. "$HERE/toolchain/unpack.sh"

root_packages() { # SET
  [ "$1" = browser ] || cat "$HERE/toolchain/demo.txt"
  [ "$1" = demo ] || cat "$HERE/toolchain/$1.txt"
}

root_folder() { # SET
  key=$({ root_packages "$1"; cat "$HERE/toolchain/unpack.sh" "$HERE/toolchain/enter"; } | hash | cut -c 1-8)
  echo "$TOOLCHAINS/$1-$key"
}

root_ready() { # FOLDER
  probe=$(root_probe "$1")
  [ -x "$1/bin/$probe" ] && [ -e "$1/root/usr/.aid-root" ] && [ -x "$1/root/usr/bin/$probe" ]
}

# The tool that shows whether a root works.
root_probe() { case ${1##*/} in browser*) echo chromium ;; *) echo dune ;; esac; } # SET or FOLDER

# Whether this machine's own dune (>= 3) and OCaml (>= 4.14) do.
host_has_ocaml() {
  command -v dune >/dev/null && command -v ocamlc >/dev/null || return 1
  case $(dune --version 2>/dev/null) in [3-9].* | [1-9][0-9]*) ;; *) return 1 ;; esac
  case $(ocamlc -version 2>/dev/null) in 4.1[4-9]* | [5-9].* | [1-9][0-9]*) ;; *) return 1 ;; esac
}

# Whether this machine's own Emacs (>= 29, with Eglot), Neovim (>= 0.10), Helix and tmux do.
host_has_editors() {
  command -v hx >/dev/null && command -v tmux >/dev/null || return 1
  case $(emacs --version 2>/dev/null) in "GNU Emacs 29."* | "GNU Emacs "[3-9][0-9].*) ;; *) return 1 ;; esac
  case $(nvim --version 2>/dev/null) in "NVIM v0.1"[0-9].* | "NVIM v"[1-9]*) ;; *) return 1 ;; esac
}

# Says before 160 MB are downloaded whether a root could be entered afterwards.
root_possible() {
  opam="install OCaml >= 4.14 and dune >= 3 with opam${1:+, and Emacs >= 29, Neovim >= 0.10, Helix and tmux}, then run the command again"
  [ "$(uname -sm)" = "Linux x86_64" ] || fail "the ready-made OCaml toolchain is for Linux on x86-64 and this machine is $(uname -sm); $opam."
  perl -e 'exit !(syscall(272, 0x20000) == 0 || syscall(272, 0x10020000) == 0)' ||
    fail "the ready-made OCaml toolchain needs mount namespaces, and this machine grants them neither to you nor to user namespaces (a container needs --privileged; otherwise run as root); or $opam."
}

# Makes the root of a package set: root_make SET. One at a time; whoever comes second finds it ready.
root_make() {
  set_name=$1 folder=$(root_folder "$1")
  mkdir -p "$TOOLCHAINS" 2>>"$LOG" || fail "cannot write to $TOOLCHAINS; set XDG_CACHE_HOME to a folder of yours, then run the command again."
  exec 8>"$TOOLCHAINS/lock"
  alone 8
  if ! root_ready "$folder"; then
    new=$TOOLCHAINS/new
    rm -rf "$new" "$folder"
    apt_open "$TOOLCHAINS/apt"
    # shellcheck disable=SC2046 # a list of words
    apt_fetch $(root_packages "$set_name" | sed 's/#.*//')
    mkdir -p "$new/root" "$new/bin"
    root_lay_out "$new/root"
    ls "$APT"/cache/archives/*.deb >"$APT/archives"
    : >"$APT/unpacked"
    watch root_unpacking root_unpack "$new/root" || fail_because "the packages could not be unpacked"
    root_finish "$new/root"
    root_wrap "$new"
    if [ "$1" = browser ]; then
      # Debian's own /usr/bin/chromium is a script that would need a shell and more of them.
      ln -sf ../lib/chromium/chromium "$new/root/usr/bin/chromium"
      ln -s enter "$new/bin/chromium"
    fi
    mv "$new" "$folder"
    rm -rf "$APT"
    unset APT_CONFIG
    find "$TOOLCHAINS" -mindepth 2 -maxdepth 2 -name used -mtime +30 | while read -r used; do rm -rf "${used%/used}"; done
  fi
  "$folder/bin/$(root_probe "$1")" --version >>"$LOG" 2>&1 || fail "the toolchain does not start: $(tail -n 1 "$LOG")"
  exec 8>&-
}

root_unpacking() { echo "unpacking, $(wc -c <"$APT/unpacked" | tr -d ' ') of $(wc -l <"$APT/archives" | tr -d ' ') packages"; }
