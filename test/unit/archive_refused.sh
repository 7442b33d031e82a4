#!/bin/sh
# Compiles archive_refused.cpp with the command given and checks that it fails with each sentence.
here=$(dirname "$0")
if text=$("$@" -fsyntax-only "$here/archive_refused.cpp" 2>&1); then
  echo "archive_refused.cpp compiled, it must not" >&2
  exit 1
fi
failed=0
expect() {  # how often, which sentence
  found=$(printf '%s\n' "$text" | grep -c "error: .*rmi: $2")
  if [ "$found" -lt "$1" ]; then
    echo "expected $1 times \"rmi: $2\", found $found times" >&2
    failed=1
  fi
}
expect 2 'long double cannot be sent.*: use double'
expect 3 'a raw pointer cannot be sent.*: use the value itself, std::optional or std::unique_ptr'
expect 2 'std::shared_ptr and std::weak_ptr cannot be sent.*: use the value itself'
expect 1 'std::unique_ptr to an array cannot be sent.*: use std::vector'
expect 1 'a pointer to a polymorphic class cannot be sent.*: use std::variant'
expect 1 'a view or reference .* cannot be sent.*: use std::string, std::vector or the value'
[ $failed = 0 ] || printf '%s\n' "$text" >&2
exit $failed
