#!/usr/bin/env bash
# One stage of .ci/run: bash .ci/stages.sh NAME. Each builds in its own folder below $RMI_CI_DIR.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
builds=${RMI_CI_DIR:-$root/build-ci}

# Configures a build folder with these options, a new one or one that is there.
configure() {
  local folder=$1
  shift
  if [ -f "$folder/build.ninja" ]; then
    meson setup --reconfigure "$@" "$folder"
  else
    meson setup "$@" "$folder"
  fi
}

stage_packages() {
  bash test/install_packages.sh ci
}

# What the README says, with warnings as errors.
stage_test() {
  RMI_BUILD_DIR=$builds/test bash test/run.sh -Dwerror=true
}

# All targets with clang, and the suite under
# AddressSanitizer and UndefinedBehaviorSanitizer: clang compiles with them in half of g++'s time. The
# checks of text and of packaging do not change with a sanitizer, and ran in the stage before; samples,
# benchmarks and the tests that start programs by the hundred do nothing with the library that the
# others do not.
stage_asan() {
  use_clang
  configure "$builds/asan" "${asan[@]}"
  ninja -C "$builds/asan"
  RMI_BUILD_DIR=$builds/asan RMI_SKIP_SUITES="checks install samples bench programs" RMI_TEST_TIMEOUT_SCALE=4 RMI_TEST_DEADLINE=300 \
    ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 \
    UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
    bash test/run.sh "${asan[@]}"
}

# b_lundef: clang's sanitizers are linked to programs only, not to libraries. Their reports need names
# and lines only, which takes a tenth less of the compiler's time than all that a debugger wants.
readonly sanitized=(-Db_lundef=false -Ddebug=false -Doptimization=0 -Dcpp_args=-gline-tables-only)
readonly asan=(-Dwerror=true -Db_sanitize=address,undefined "${sanitized[@]}")

# All of that which has threads under ThreadSanitizer.
stage_tsan() {
  use_clang
  RMI_BUILD_DIR=$builds/tsan RMI_SUITES="threads integration acceptance fault" \
    RMI_SKIP_SUITES="programs" RMI_TEST_TIMEOUT_SCALE=6 RMI_TEST_DEADLINE=300 \
    TSAN_OPTIONS="suppressions=$root/test/tsan.supp second_deadlock_stack=1" \
    bash test/run.sh -Db_sanitize=thread "${sanitized[@]}"
}

# The installed tree once more, with a static library. Compiled as in the stage test, so that the
# compiler's cache has most of it.
stage_static() {
  configure "$builds/static" -Ddefault_library=static -Dwerror=true
  # Only what is installed: the tests were built often enough.
  meson introspect --targets "$builds/static" | python3 -c '
import json, os, sys
for target in json.load(sys.stdin):
    if target["installed"]:
        print(os.path.relpath(target["filename"][0], sys.argv[1]))
' "$builds/static" | xargs ninja -C "$builds/static"
  meson test -C "$builds/static" --no-rebuild --suite install --print-errorlogs
}

# The fuzz targets, which only clang can build: those of the suite run over saved inputs with any.
stage_fuzz() {
  use_clang
  configure "$builds/asan" "${asan[@]}"
  ninja -C "$builds/asan" fuzz
}

# clang-tidy over our sources, as clang compiles them; two files at a time.
stage_tidy() {
  CXX=$(clang_command) configure "$builds/clang" -Dbuildtype=debug -Db_pch=false
  ninja -C "$builds/clang" # some headers are made by the build
  local files
  mapfile -t files < <(find bus daemon ns cli samples -name '*.cpp' | sort)
  printf '%s\0' "${files[@]}" |
    xargs -0 -P 2 -n 3 clang-tidy-14 --quiet -p "$builds/clang" --warnings-as-errors='*'
}

# clang's precompiled headers hold the whole paths of what is in them, so that the compiler's cache
# must not give them to another checkout.
use_clang() {
  export CXX
  CXX=$(clang_command)
  unset CCACHE_NOHASHDIR
}

clang_command() {
  if command -v ccache >/dev/null; then
    echo "ccache clang++-14"
  else
    echo clang++-14
  fi
}

"stage_$1"
