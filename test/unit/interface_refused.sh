#!/bin/sh
# Compiles interface_refused.cpp with the command given and checks that it fails with each sentence.
here=$(dirname "$0")
case "$("$@" --version)" in *clang*) unlimited=-ferror-limit=0 ;; *) unlimited= ;; esac
if text=$("$@" -fsyntax-only $unlimited "$here/interface_refused.cpp" 2>&1); then
  echo "interface_refused.cpp compiled, it must not" >&2
  exit 1
fi
failed=0
expect() {
  if ! printf '%s\n' "$text" | grep -q "rmi: $1"; then
    echo "expected \"rmi: $1\"" >&2
    failed=1
  fi
}
expect 'RMI_INTERFACE(Overloaded, add): there is no single public method of that name; if it is overloaded, give the one to be called remotely a name of its own'
expect 'RMI_INTERFACE(Misspelt, rum): there is no single public method'
expect 'RMI_INTERFACE(Private, hidden): there is no single public method'
expect 'RMI_INTERFACE(Static, count): is not a non-static method or data member'
expect 'RMI_INTERFACE(Output, fill): has a parameter of type T&; a remote method cannot write to a variable of its caller: take const T& or T, and return the result'
expect 'RMI_INTERFACE(Returned, at): returns T&; a caller in another process gets a copy: return T or const T&'
expect "raw pointers cannot travel; use the value, std::optional or std::unique_ptr"
expect "views do not own what they show and cannot travel; use std::string or std::vector"
expect "this class has no cereal serialize function; add one"
expect 'this class has no RMI_INTERFACE'
expect 'RMI_INTERFACE(Nothing): lists no methods; list those that may be called, or an interface that it extends'
expect 'RMI_INTERFACE(Answering, ask): rmi::oneway is for methods that return void: nobody waits for the result'
expect 'RMI_INTERFACE(Named, add): rmi::params names more parameters than the method has'
expect 'RMI_INTERFACE(Timed, now): rmi::timeout must be positive and at most 30 days'
expect 'RMI_INTERFACE(NotSet, reset): rmi::readonly is for properties, not for methods'
expect 'RMI_INTERFACE(Stranger, rmi::extends<Base>): Stranger must derive publicly from that class, which needs an RMI_INTERFACE of its own before this one'
expect 'RMI_INTERFACE(Gauge, depth): the property needs a public method depth() that returns its value'
expect 'RMI_INTERFACE(Gauge, value): the property needs a public method set_value(value) that takes what value() returns'
expect 'RMI_INTERFACE(Gauge, level): rmi::oneway is for methods that return void'
expect 'RMI_INTERFACE(Dial, size): a property takes rmi::doc, rmi::readonly, rmi::idempotent and rmi::timeout'
expect 'this property is read-only: it is const, has no setter, or is listed with rmi::readonly'
[ $failed = 0 ] || printf '%s\n' "$text" >&2
exit $failed
