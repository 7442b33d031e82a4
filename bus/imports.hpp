// References that this process holds, and what their owners are told about them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "bus/exports.hpp"

namespace rmi {

namespace detail {
class Import;
}

/// Thread safety: thread safe.
class Imports : public std::enable_shared_from_this<Imports> {
 public:
  /// Receipts, by the session that they go to.
  using Batches = std::map<std::uint32_t, std::vector<Receipt>>;

  /// @param news  called when there are receipts to be sent, after there were none; must be quick.
  explicit Imports(std::function<void()> news) : news_(std::move(news)) {}

  /// A reference came. @return what holds it.
  std::shared_ptr<const detail::Import> receive(const std::string& name);
  /// All receipts that are due.
  Batches take();
  /// A new session has begun: owners are to be told of all that is held. What they did not keep
  /// for us is gone.
  void tell_again();
  /// Nobody is told anything any more.
  void stop();
  std::size_t size() const;

 private:
  friend class detail::Import;
  struct Entry {
    std::weak_ptr<const detail::Import> import;
    std::uint32_t received = 0;
  };
  void touch(const std::string& name);

  mutable std::mutex mutex_;
  std::function<void()> news_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::set<std::string> touched_;
};

namespace detail {

class Import {
 public:
  Import(std::string name, std::weak_ptr<Imports> owner)
      : name_(std::move(name)), owner_(std::move(owner)) {}
  ~Import();
  Import(const Import&) = delete;
  Import& operator=(const Import&) = delete;

 private:
  const std::string name_;
  const std::weak_ptr<Imports> owner_;
};

}  // namespace detail
}  // namespace rmi
