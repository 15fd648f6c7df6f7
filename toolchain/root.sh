# Sourced: the OCaml toolchain and the editors, as a Debian root that is unpacked and never installed. POSIX sh, needs say.sh, apt.sh.
#
#   ${XDG_CACHE_HOME:-~/.cache}/aid/toolchain/
#     demo-1a2b3c4d/bin/dune     wrapper (toolchain/enter); the folder is named after everything that shapes the root
#     demo-1a2b3c4d/root/usr/    the unpacked packages
#     test-5e6f7a8b/...          the larger set of the tests: also libraries, and editors/{emacs,nvim,hx,tmux}
#     apt/                       lists and downloads, while a root is being made
#     new/                       a root in the making; renamed when it is whole, so what exists is complete

OCAML_TOOLS="dune ocaml ocamlc ocamlopt ocamldep ocamlfind ocamlobjinfo ocamlcmt ocamlformat ocamllex ocamlyacc cppo"
EDITOR_TOOLS="emacs nvim hx tmux"

root_packages() { # SET
  cat "$HERE/toolchain/demo.txt"
  [ "$1" = demo ] || cat "$HERE/toolchain/$1.txt"
}

root_folder() { # SET
  key=$({ root_packages "$1"; cat "$HERE/toolchain/root.sh" "$HERE/toolchain/enter"; } | sha256sum | cut -c 1-8)
  echo "$TOOLCHAINS/$1-$key"
}

root_ready() { [ -x "$1/bin/dune" ] && [ -e "$1/root/usr/.aid-root" ] && [ -x "$1/root/usr/bin/dune" ]; } # FOLDER

# Whether this machine's own dune (>= 3) and OCaml (>= 4.14) do.
host_has_ocaml() {
  command -v dune >/dev/null && command -v ocamlc >/dev/null || return 1
  case $(dune --version 2>/dev/null) in [3-9].* | [1-9][0-9]*) ;; *) return 1 ;; esac
  case $(ocamlc -version 2>/dev/null) in 4.1[4-9]* | [5-9].* | [1-9][0-9]*) ;; *) return 1 ;; esac
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
  flock -n 8 || { say "waiting for another ./dev to finish"; flock 8; }
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
    mv "$new" "$folder"
    rm -rf "$APT"
  fi
  "$folder/bin/dune" --version >>"$LOG" 2>&1 || fail "the OCaml toolchain does not start: $(tail -n 1 "$LOG")"
  exec 8>&-
}

root_unpacking() { echo "unpacking, $(wc -c <"$APT/unpacked" | tr -d ' ') of $(wc -l <"$APT/archives" | tr -d ' ') packages"; }

# The merged-/usr layout, and a mount point for everything of the host that stays visible inside (toolchain/enter).
root_lay_out() {
  mkdir -p "$1/usr/bin" "$1/usr/sbin" "$1/usr/lib" "$1/usr/lib64" "$1/usr/local" "$1/usr/src" "$1/etc/ssl" "$1/etc/alternatives"
  for directory in bin sbin lib lib64; do ln -s "usr/$directory" "$1/$directory"; done
  for file in passwd group nsswitch.conf hosts resolv.conf localtime machine-id gitconfig pip.conf; do : >"$1/etc/$file"; done
  for minor in 11 12 13 14 15; do mkdir "$1/usr/lib/python3.$minor"; : >"$1/usr/bin/python3.$minor"; done
}

root_unpack() {
  xargs -P "$(nproc)" -I '{}' sh -c '
    dpkg-deb --fsys-tarfile "$1" | tar -C "$2" -xf - --no-same-owner --keep-directory-symlink \
      --exclude="./usr/share/man/*" --exclude="./usr/share/locale/*" --exclude="./usr/share/doc/*" \
      --exclude="./usr/share/info/*" --exclude="./usr/share/lintian/*" || exit 255
    printf . >>"$3"' sh '{}' "$1" "$APT/unpacked" <"$APT/archives"
}

# What maintainer scripts would have done and is needed here.
root_finish() {
  for pair in cc:gcc awk:mawk emacs:emacs-nox; do
    link=$1/usr/bin/${pair%%:*}
    [ -e "$link" ] || [ ! -e "$1/usr/bin/${pair#*:}" ] || ln -s "${pair#*:}" "$link"
  done
  rm -f "$1/etc/ld.so.cache"
  : >"$1/usr/.aid-root"
}

# A wrapper for each tool that the root has; editors apart, so that they can be used beside the host's own OCaml.
root_wrap() {
  mkdir -p "$1/bin" "$1/editors"
  cp "$HERE/toolchain/enter" "$1/bin/enter"
  chmod 755 "$1/bin/enter"
  for tool in $OCAML_TOOLS; do [ ! -x "$1/root/usr/bin/$tool" ] || ln -s enter "$1/bin/$tool"; done
  for tool in $EDITOR_TOOLS; do [ ! -x "$1/root/usr/bin/$tool" ] || ln -s ../bin/enter "$1/editors/$tool"; done
}
