#!/bin/sh
# The program rmi-broker as a person starts and stops it. Argument: the program.
set -eu
broker=$1
folder=$(mktemp -d)
running=
cleanup() {
  [ -z "$running" ] || kill -9 "$running" 2>/dev/null || true
  rm -rf "$folder"
}
trap cleanup EXIT
fail() {
  echo "FAILED: $1" >&2
  cat "$folder/out" "$folder"/err* >&2
  exit 1
}
# Starts a broker and waits until it has said where it listens: $1 lines.
start() {
  lines=$1
  shift
  rm -f "$folder/pipe"
  mkfifo "$folder/pipe"
  "$broker" "$@" >"$folder/pipe" 2>"$folder/err" &
  running=$!
  head -n "$lines" "$folder/pipe" >"$folder/out"
}

for signal in INT TERM; do
  start 2 --listen 'tcp://127.0.0.1:*' --listen "ipc://$folder/bus"
  [ "$(wc -l <"$folder/out")" -eq 2 ] || fail "not one line for each endpoint"
  grep -qE '^rmi-broker [0-9.]+ listening on tcp://127\.0\.0\.1:[0-9]+$' "$folder/out" ||
    fail "the tcp line"
  endpoint=$(sed -n '1s/.*listening on //p' "$folder/out")

  code=0
  "$broker" --listen "$endpoint" >"$folder/out2" 2>"$folder/err2" || code=$?
  [ $code -eq 5 ] || fail "a second broker on the port ends with $code, not 5"
  [ "$(wc -l <"$folder/err2")" -eq 1 ] || fail "a second broker says it in more than one line"
  grep -q "^rmi-broker: cannot listen at $endpoint: another program listens there" \
    "$folder/err2" || fail "what a second broker says"

  kill -s $signal "$running"
  code=0
  wait "$running" || code=$?
  running=
  [ $code -eq 0 ] || fail "SIG$signal ends it with $code, not 0"
  [ ! -e "$folder/bus" ] || fail "the socket file is still there after SIG$signal"
done

code=0
"$broker" --listen 'tcp://0.0.0.0:*' 2>"$folder/err2" || code=$?
[ $code -eq 2 ] || fail "an open address without --insecure ends with $code, not 2"
grep -q -- '--insecure' "$folder/err2" || fail "the way out is not named"
