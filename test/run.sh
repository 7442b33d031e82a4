#!/usr/bin/env bash
# Builds rmibus and runs all its tests. The last line says `N passed, N failed`.
#
#   test/run.sh [OPTION OF meson setup]...      e.g. test/run.sh -Db_sanitize=address,undefined
#
# Installs missing Debian packages first (as root or with sudo) and says so. Ends with 0 when at
# least one test ran and none failed.
#
#   RMI_BUILD_DIR           where to build             (default: build/ beside this repository)
#   RMI_TEST_TIMEOUT_SCALE  multiplies all timeouts    (default: 1)
#   RMI_SUITES              suites to run              (default: all; e.g. "unit integration")
#   RMI_SKIP_SUITES         suites to leave out        (default: none; e.g. "checks install")
#
# Only what the tests of these suites need is built then.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${RMI_BUILD_DIR:-$root/build}
export PYTHONDONTWRITEBYTECODE=1  # the source tree may be read-only
# A compiler's cache, if there is one, may serve what a precompiled header is in.
export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros}

say() { printf '\n== %s\n' "$*"; }
# Ends the run before a test could: that is one failure, and the closing line says so.
give_up() {
  printf '%s\n\n0 passed, 1 failed\n' "$*"
  exit 1
}

bash "$root/test/install_packages.sh" build || give_up "Cannot go on without these packages."

say "Configuring $build"
setup=(meson setup "$@")
[ ! -f "$build/build.ninja" ] || setup+=(--reconfigure)
"${setup[@]}" "$build" "$root" </dev/null || give_up "meson setup failed: see above."

arguments=(--timeout-multiplier "${RMI_TEST_TIMEOUT_SCALE:-1}")
for suite in ${RMI_SUITES:-}; do
  arguments+=(--suite "$suite")
done
for suite in ${RMI_SKIP_SUITES:-}; do
  arguments+=(--no-suite "$suite")
done

say "Building (five to thirty minutes the first time)"
if [ -z "${RMI_SUITES:-}${RMI_SKIP_SUITES:-}" ]; then
  ninja -C "$build" </dev/null || give_up "The build failed: see above."
  arguments+=(--no-rebuild)
fi

say "Running the tests"
rm -f "$build/meson-logs/testlog.json"
# Its exit code is not asked: count.py reads the log, and a missing log is a failure too.
meson test -C "$build" "${arguments[@]}" </dev/null || true
exec python3 "$root/test/count.py" "$build/meson-logs/testlog.json"
