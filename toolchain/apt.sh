# Sourced: Debian packages fetched and verified by the host's own apt, with a state folder of ours. POSIX sh, needs say.sh.
#
# Works as root and as an ordinary user, on a machine whose package lists were never fetched. Nothing of the host is touched: not
# its lists, not its package database, not its locks; no maintainer script runs. apt checks the archive's signature (with the
# host's Debian keyring) and each package's hash, as ever.

SUITE=trixie
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# Opens the state folder: apt_open FOLDER. Afterwards `apt-get` and `apt-cache` speak of $SUITE only.
apt_open() {
  command -v apt-get >/dev/null && [ -e "$KEYRING" ] ||
    fail "this is not a Debian system, so the OCaml toolchain cannot be fetched; install OCaml >= 4.14 and dune >= 3 with opam, then run the command again."
  APT=$1
  mkdir -p "$APT/lists/partial" "$APT/cache/archives/partial" "$APT/etc"
  [ -e "$APT/status" ] || : >"$APT/status"
  cat >"$APT/apt.conf" <<CONF
Dir::Etc "$APT/etc"; Dir::Etc::sourcelist "$APT/sources.list"; Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null"; Dir::Etc::preferencesparts "/dev/null"; Dir::Etc::trusted "/dev/null"; Dir::Etc::trustedparts "/dev/null";
Dir::State "$APT"; Dir::State::status "$APT/status"; Dir::State::lists "$APT/lists"; Dir::Cache "$APT/cache"; Dir::Log "$APT";
APT::Install-Recommends "false"; APT::Install-Suggests "false"; APT::Get::Assume-Yes "true"; APT::Sandbox::User "";
APT::Architecture "amd64"; APT::Architectures "amd64"; Acquire::Languages "none"; Acquire::Retries "5"; Acquire::http::Timeout "60";
APT::Update::Error-Mode "any"; Debug::NoLocking "true"; quiet "1";
CONF
  for archive in $(apt_archives); do
    printf 'deb [signed-by=%s] %s %s main\ndeb-src [signed-by=%s] %s %s main\n' "$KEYRING" "$archive" "$SUITE" "$KEYRING" "$archive" "$SUITE" >"$APT/sources.list"
    # Only the list of binary packages: source packages are asked for seldom (toolchain/source).
    if APT_CONFIG="$APT/apt.conf" watch apt_reading apt-get update -o Acquire::IndexTargets::deb-src::Sources::DefaultEnabled="${APT_SOURCES:-false}"; then
      export APT_CONFIG="$APT/apt.conf"
      return
    fi
  done
  [ -n "${archive:-}" ] || fail "no Debian archive is named in this machine's apt sources; set AID_DEBIAN to one, or install OCaml with opam, then run the command again."
  fail_because "the package lists of Debian $SUITE could not be read"
}

apt_reading() { echo "reading the package lists of Debian $SUITE"; }

# The Debian archives that the host's own apt uses, before any list was fetched too.
apt_archives() {
  [ -z "${AID_DEBIAN:-}" ] || { echo "$AID_DEBIAN"; return; }
  mkdir -p "$APT/none/partial"
  apt-get update --print-uris -o Debug::NoLocking=true -o "Dir::State::lists=$APT/none" 2>/dev/null |
    sed -nE "s#^'([^']*)/dists/(buster|bullseye|bookworm|trixie|forky|oldstable|stable|testing|sid|unstable)/InRelease'.*#\1#p" | sort -u
}

# Downloads the packages and what they depend on into $APT/cache/archives: apt_fetch PACKAGE...
apt_fetch() {
  apt-get install --print-uris --download-only "$@" >"$APT/plan" 2>>"$LOG" || fail_because "Debian $SUITE does not have the packages that are needed"
  sum=$(sed -n "s/^'.*' [^ ]* \([0-9]*\) .*/\1/p" "$APT/plan" | awk '{ s += $1 } END { print int(s / 1000000), NR }')
  APT_MB=$((${sum% *} + $(apt_have_mb))) APT_COUNT=$((${sum#* } + $(find "$APT/cache/archives" -name '*.deb' | wc -l)))
  enough_space "$APT" $((APT_MB * 5 - $(apt_have_mb)))
  watch apt_downloading apt-get install --download-only "$@" || fail_because "the packages could not be downloaded"
}

apt_downloading() { echo "downloading $APT_COUNT packages, $(apt_have_mb) of $APT_MB MB"; }

# What an earlier, interrupted run has left counts: apt checks it and goes on from there.
apt_have_mb() { du -sk "$APT/cache/archives" | awk '{ print int($1 * 1.024 / 1000) }'; }

# Fails early where the disk is too full: enough_space FOLDER MEGABYTES
enough_space() {
  free=$(df -Pk "$1" | awk 'NR == 2 { print int($4 / 1000) }')
  [ "$free" -ge "$2" ] || fail "$2 MB are needed under $1, and only $free MB are free; make room, then run the command again."
}
