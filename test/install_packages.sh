#!/usr/bin/env bash
# Installs the Debian packages that rmibus needs, and only those that are missing.
#
#   test/install_packages.sh build    what building, testing and the samples need (the default)
#   test/install_packages.sh ci       the same, and what the checks of .ci/run need
#
# Touches nothing, and needs no network, when all of them are there.
set -euo pipefail

build_packages=(
  g++ meson ninja-build pkg-config python3
  cmake                # finds cereal for Meson, and the install test builds a sample with it
  ccache               # a second build takes seconds
  libzmq3-dev libcereal-dev libcli11-dev libfmt-dev nlohmann-json3-dev
  libsqlite3-dev       # the durable names of rmi-broker
  catch2               # the tests
  scdoc                # the man pages
)
ci_packages=(
  clang clang-format-14 clang-tidy-14
  libclang-rt-14-dev   # sanitizers and libFuzzer for clang
)

case "${1:-build}" in
  build) wanted=("${build_packages[@]}") ;;
  ci) wanted=("${build_packages[@]}" "${ci_packages[@]}") ;;
  *)
    echo "usage: $0 [build|ci]" >&2
    exit 2
    ;;
esac

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "Not a Debian system: taking it that these, or their like, are installed: ${wanted[*]}" >&2
  exit 0
fi

missing=()
for package in "${wanted[@]}"; do
  state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" = 0 ]; then
  as_root=()
elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
  as_root=(sudo)
else
  echo "These packages are missing, and installing them takes root or sudo:" >&2
  echo "  apt-get install ${missing[*]}" >&2
  exit 1
fi

echo "Installing what is missing from Debian: ${missing[*]}"
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
    -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 "$@" </dev/null
}
# The package lists may be old or, in a container, not there at all: fetch them only then.
if ! apt install --no-install-recommends "${missing[@]}"; then
  echo "That did not work with the package lists that are here: fetching new ones."
  apt update
  apt install --no-install-recommends "${missing[@]}"
fi
