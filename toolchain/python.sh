# Sourced: the virtual environment .venv, from hashed requirements. POSIX sh, needs say.sh, and apt.sh where Debian hides pip.
#
#   .venv/ready-run    stamp: what `aid` needs is installed; its text names the requirements, the project and the checkout's place
#   .venv/ready-dev    stamp: also what the tests need
#
# A stamp is written last and removed first: without one, .venv is made anew, so an interrupted set-up repairs itself.

python_stamp() { # run|dev
  { cat "$HERE/requirements/$1.txt"; awk '/^\[/ { on = /^\[(build-system|project|tool\.hatch)/ } on' "$HERE/pyproject.toml"; echo "$HERE"; } | hash
}

python_ready() { # run|dev
  [ -x "$HERE/.venv/bin/python" ] && [ -e "$HERE/.venv/ready-$1" ] && [ "$(cat "$HERE/.venv/ready-$1")" = "$(python_stamp "$1")" ]
}

# Some people's pip settings would install elsewhere.
export PIP_USER=0
unset PIP_TARGET PIP_PREFIX PIP_ROOT PYTHONPATH PYTHONHOME

# Prints the interpreter to build on: the first Python >= 3.11 on PATH that has the modules we need, links followed.
python_find() {
  for candidate in ${AID_PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3 /usr/local/bin/python3}; do
    "$candidate" -c '
import os, sys
sys.version_info >= (3, 11) or sys.exit(1)
import ctypes, sqlite3, ssl, venv
print(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))' 2>>"$LOG" && return
  done
  fail "no Python >= 3.11 with its standard library was found${AID_PYTHON:+ (AID_PYTHON is $AID_PYTHON)}; on Debian 12 it is the package python3; then run the command again."
}

# Makes .venv ready: python_make run|dev
python_make() {
  step "Python environment"
  [ -w "$HERE" ] || fail "cannot write to $HERE, where .venv belongs; clone the project as the user that runs it."
  exec 7<"$HERE"
  alone 7
  if python_ready "$1"; then finish "ready"; return; fi
  venv=$HERE/.venv
  if ! { [ -e "$venv/ready-run" ] && "$venv/bin/python" -c 'import pip' 2>>"$LOG" && [ "$("$venv/bin/python" -c 'import sys; print(sys.prefix)')" = "$venv" ]; }; then
    python_create
  fi
  rm -f "$venv/ready-run" "$venv/ready-dev"
  # One list after the other: what the first one brings builds what has no wheel in the second.
  python_install run
  [ "$1" = run ] || python_install "$1"
  rm -f "$venv/bin/nvim" # tests start this second Neovim by its path; `nvim` is the toolchain's
  watch python_linking "$venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e "$HERE" ||
    fail_because "the project could not be installed into .venv"
  python_stamp run >"$venv/ready-run"
  [ "$1" = run ] || python_stamp "$1" >"$venv/ready-$1"
  finish "ready, $("$venv/bin/python" --version) in .venv"
  exec 7<&-
}

python_linking() { echo "linking the checkout"; }

python_create() {
  python=$(python_find) || exit 1
  rm -rf "$venv"
  if "$python" -c 'import ensurepip' 2>>"$LOG"; then
    watch python_creating "$python" -m venv "$venv" || fail_because "the virtual environment could not be created"
  else
    # Debian keeps ensurepip in python3-venv; the wheel of its pip serves as well, and needs no root.
    watch python_creating "$python" -m venv --without-pip "$venv" || fail_because "the virtual environment could not be created"
    apt_open "$CACHE/pip"
    (cd "$APT" && watch python_fetching apt-get download python3-pip-whl && dpkg-deb -x python3-pip-whl_*.deb wheel) || fail_because "pip could not be fetched"
    wheel=$(ls "$APT"/wheel/usr/share/python-wheels/pip-*.whl)
    watch python_creating "$venv/bin/python" "$wheel/pip" install -q --no-index "$wheel" || fail_because "pip could not be installed"
    rm -rf "$APT"
    unset APT_CONFIG
  fi
}

python_creating() { echo "creating .venv with $python"; }
python_fetching() { echo "fetching pip"; }

python_install() { # run|dev
  python_list=$HERE/requirements/$1.txt
  python_count=$(grep -c '^[a-z0-9].*==' "$python_list")
  : >"$LOG"
  watch python_progress "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --progress-bar off --no-build-isolation --require-hashes -r "$python_list" ||
    fail_because "the Python packages could not be installed"
}

python_progress() {
  done=$(grep -cE '^(Collecting|Requirement already satisfied)' "$LOG") || :
  if grep -q '^Installing collected' "$LOG"; then echo "installing $python_count packages"
  else echo "fetching packages, $done of $python_count"; fi
}
