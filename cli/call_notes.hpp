// Notes that go with a call of rmi-call, and those that come with its answer.
#pragma once

#include <iosfwd>
#include <memory>
#include <span>
#include <string>

#include <rmi/annotations.hpp>
#include <rmi/detail/invoke.hpp>

namespace rmi::cli {

/// Lifetime: must outlive the calls of the targets that it was attached to.
class CallNotes {
 public:
  /// @param texts  KEY=VALUE each. @throws UsageError
  explicit CallNotes(std::span<const std::string> texts);

  void attach(detail::CallTarget& target);
  /// A line `note KEY: VALUE` for each that came, which are forgotten then.
  void show(std::ostream& out);

 private:
  std::shared_ptr<const Annotations> sent_;
  Annotations answered_;
};

}  // namespace rmi::cli
