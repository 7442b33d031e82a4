#!/usr/bin/env bash
# Builds rmibus and the benchmarks for speed, and runs them; see README.md beside this.
#
#   test/bench/run.sh [--quick] [--sweep] [--rows PART,...] [--only NAME,...] [--rounds N]
#
# Installs missing Debian packages first, as test/run.sh does; those of the peers only on request:
# what is not there is skipped. Prints the tables, and where they and the JSON lie.
#
#   RMI_BENCH_DIR    where to build (default: build-bench/ in this repository)
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${RMI_BENCH_DIR:-$root/build-bench}
export PYTHONDONTWRITEBYTECODE=1 # the source tree may be read-only

bash "$root/test/install_packages.sh" build
if [ ! -f "$build/build.ninja" ]; then
  meson setup --buildtype=release "$build" "$root" </dev/null >/dev/null
fi
ninja -C "$build" ns/rmi-broker cli/rmi-keys test/bench/bench-{raw,bare,rmibus,archive} </dev/null >&2
exec python3 "$root/test/bench/bench.py" --build "$build" "$@"
