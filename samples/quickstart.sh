#!/usr/bin/env bash
# Shows rmibus at work: builds it, starts a broker and a service, calls the service, stops both.
#
#   samples/quickstart.sh
#
# Installs missing Debian packages first (as root or with sudo) and says so. Uses a free port of
# the loopback, and stops only what it started. RMI_BUILD_DIR: where to build (default: build/).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${RMI_BUILD_DIR:-$root/build}
folder=$(mktemp -d)
started=()  # process ids, the oldest first

clean_up() {
  local code=$?
  trap - EXIT
  for pid in "${started[@]}"; do
    kill -KILL "$pid" 2>/dev/null || true
  done
  if [ "$code" -ne 0 ]; then
    echo "The quick start failed: see above." >&2
    for log in "$folder"/*.log; do
      [ ! -s "$log" ] || { echo "-- $(basename "$log" .log) said:" && tail -n 20 "$log"; } >&2
    done
  fi
  rm -rf "$folder"
  exit "$code"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

step() { printf '\n== %s\n' "$*"; }
# Shows a command as it would be typed, then runs it.
show() {
  printf '$ %s\n' "$(basename "$1")${2:+ ${*:2}}"
  "$@"
}
# Runs one of the programs in the background; its output goes to NAME.log.
start() {
  printf '$ %s &\n' "$(basename "$2")${3:+ ${*:3}}"
  : >"$folder/$1.log"
  "${@:2}" >>"$folder/$1.log" 2>&1 </dev/null &
  started+=($!)
}
# Waits, 30 s at most, until NAME.log matches a pattern; prints the match.
wait_for() {
  local until=$((SECONDS + 30))
  while ! grep -m1 -oE "$2" "$folder/$1.log"; do
    if [ $SECONDS -ge $until ] || ! kill -0 "$3" 2>/dev/null; then
      echo "$1 did not say '$2'" >&2
      return 1
    fi
    sleep 0.05
  done
}
# Asks one of them to stop, and checks that it did so in order.
stop() {
  kill -TERM "$2"
  wait "$2" || {
    echo "$1 ended with exit code $?" >&2
    return 1
  }
  echo "$1 stopped, exit code 0"
}
# Checks that the last answer is the one to expect.
expect() {
  echo "$2"
  [ "$1" = "$2" ] || {
    echo "expected: $1" >&2
    return 1
  }
}

step "Building the broker, the two commands and the greeting (five to fifteen minutes the first time)"
bash "$root/test/install_packages.sh" build
[ -f "$build/build.ninja" ] || meson setup "$build" "$root" </dev/null
ninja -C "$build" ns/rmi-broker cli/rmi-ns cli/rmi-call \
  samples/greeting-server samples/greeting-client </dev/null

step "Starting a broker on a free port"
start broker "$build/ns/rmi-broker" --listen 'tcp://127.0.0.1:*'
broker=${started[0]}
RMI_BROKER=$(wait_for broker 'tcp://127\.0\.0\.1:[0-9]+' "$broker")
export RMI_BROKER
echo "It listens on $RMI_BROKER; every program below finds it through \$RMI_BROKER."

step "Starting the service: samples/greeting/server.cpp"
start server "$build/samples/greeting-server"
server=${started[1]}
wait_for server 'Ready.*' "$server"

step "What is served?"
show "$build/cli/rmi-ns" wait server
show "$build/cli/rmi-ns" list

step "What can it do? rmi-call has never seen its header"
show "$build/cli/rmi-call" server

step "Calling it from the shell"
echo '$ rmi-call server welcome_message Rashmi'
expect '"Hi welcome Rashmi"' "$("$build/cli/rmi-call" server welcome_message Rashmi)"

step "Calling it from C++: samples/greeting/client.cpp"
echo '$ greeting-client'
expect 'Hi welcome Rashmi' "$("$build/samples/greeting-client")"

step "Stopping both"
stop greeting-server "$server"
stop rmi-broker "$broker"
started=()

step "Done. Read on in docs/guide.md"
