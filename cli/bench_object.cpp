// Compares by the hashes that calls carry.
#include "cli/bench_object.hpp"

#include <fmt/format.h>

#include <rmi/detail/entry_list.hpp>
#include <rmi/detail/members.hpp>
#include <rmi/errors.hpp>

namespace rmi::cli {

void check_is_echo(const InterfaceSchema& schema, std::string_view object) {
  InterfaceSchema wanted =
      detail::schema_of(detail::describe_interfaces<BenchObject, BenchObject>());
  for (Signature& method : wanted.methods) {
    method.traits = {};  // each object has its own
    const Signature* const found = find(schema, method.name);
    if (found != nullptr && hash(*found, schema.types) == hash(method, wanted.types)) continue;
    throw SignatureMismatch(
        fmt::format("'{}' is of {} and cannot be measured: expected {}, found {}; "
                    "rmi-bench calls what `rmi-echo` serves",
                    object, schema.name, to_string(method),
                    found == nullptr ? "no such method" : to_string(*found)),
        Outcome::not_executed);
  }
}

}  // namespace rmi::cli
