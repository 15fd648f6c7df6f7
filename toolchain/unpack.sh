# Sourced by root.sh: what shapes a root. Its text is part of the root's name, so a change here makes new roots. POSIX sh.

OCAML_TOOLS="dune ocaml ocamlc ocamlopt ocamldep ocamlfind ocamlobjinfo ocamlcmt ocamlformat ocamllex ocamlyacc cppo bwrap"
EDITOR_TOOLS="emacs nvim hx tmux"

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
  : >"$1/etc/ld.so.cache"
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
