#!/bin/sh
# Compiles reflect_refused.cpp with the command given and checks that it fails with each sentence.
here=$(dirname "$0")
if text=$("$@" -fsyntax-only "$here/reflect_refused.cpp" 2>&1); then
  echo "reflect_refused.cpp compiled, it must not" >&2
  exit 1
fi
failed=0
expect() {  # how often, which sentence
  found=$(printf '%s\n' "$text" | grep -c "error: .*rmi: $2")
  if [ "$found" -ne "$1" ]; then
    echo "expected $1 times \"rmi: $2\", found $found times" >&2
    failed=1
  fi
}
expect 1 'long double has no fixed size on the wire; use double'
expect 1 'raw pointers cannot travel; use the value, std::optional or std::unique_ptr'
expect 1 'shared and weak pointers cannot travel; use the value or std::unique_ptr'
expect 1 'a pointer to an array does not say how long it is; use std::vector'
expect 1 'pointers to polymorphic classes cannot travel; use std::variant'
expect 1 'views do not own what they show and cannot travel; use std::string or std::vector'
expect 1 'wide characters cannot travel; use UTF-8 in std::string'
expect 1 'this class has no cereal serialize function; add one'
expect 1 'this type cannot travel'
expect 1 'a serialize function that writes a size by hand cannot be described'
expect 1 'cereal::binary_data cannot be described'
[ $failed = 0 ] || printf '%s\n' "$text" >&2
exit $failed
