// An object that is served: finds the method that a frame asks for, runs it, builds the answer.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include <rmi/detail/object.hpp>
#include <rmi/errors.hpp>
#include <rmi/limits.hpp>
#include <rmi/log.hpp>
#include <rmi/schema.hpp>

#include "bus/frame.hpp"
#include "bus/kept_replies.hpp"
#include "bus/served_call.hpp"
#include "bus/wire.hpp"

namespace rmi {

/// Thrown by a method of the broker's own objects: nothing happened, ask again when that name is
/// there. The only thing that leaves ServedObject::dispatch.
struct Postponed {
  std::string until_name;
};

/// Thread safety: dispatch() may run on several threads at once; whether it should is the caller's
/// affair (see Scheduler).
class ServedObject {
 public:
  /// Where it is served, for error texts and remote exceptions.
  struct Place {
    std::string host;
    std::string process;
    std::size_t max_reply = default_max_message;  ///< largest frame that a reply may be
    /// Errors of the bus that a method throws are the bus's own answer (the broker's objects), not
    /// an exception of the method (everybody else's).
    bool speaks_for_bus = false;
    LogSink log;
  };

  /// @throws std::logic_error  two methods of one name, or parameter names that do not fit.
  ServedObject(std::string name, detail::ObjectDescription description, Place place);

  const std::string& name() const noexcept { return name_; }
  const std::string& interface() const noexcept { return description_.described.interface; }
  const detail::ObjectDescription& description() const noexcept { return description_; }
  /// Hash of all its signatures.
  std::uint32_t interface_hash() const noexcept { return interface_hash_; }
  /// Null if it keeps none. Belongs to the host, under its mutex.
  KeptReplies* kept() const noexcept { return kept_.get(); }

  /// Whether a method is answered with nothing that the class does: it may overtake all calls.
  static bool answers_aside(std::string_view method) noexcept;
  /// Runs what a frame of kind call asks for. Blocks for as long as the method does.
  /// @param served  the call of which `call` is the frame, or a part of it; null for the broker's
  ///                own objects, which answer at once.
  /// @return the frame that answers it: reply or error; empty when the answer comes later, through
  ///         the host of `served`.
  Frame dispatch(const wire::View& call, const Job& served = nullptr);

 private:
  struct Method {
    detail::MethodEntry::Invoke invoke;
    std::uint32_t hash;
    std::string signature;
  };
  class Reply;
  class Late;

  const Method* find(std::string_view name) noexcept;
  void* instance_for(const Job& served);
  Frame run(const Method& method, const wire::View& call, const Job& served);
  Frame run_raw(const wire::View& call, const Job& served);
  template <class Invoke>
  Frame guard(const wire::View& call, const Job& served, std::string_view signature,
              Invoke&& invoke);
  Frame report(const std::exception_ptr& thrown, const wire::View& call, const Job& served);
  bool is_news(const std::exception_ptr& thrown);
  Frame too_large(const wire::View& call, std::size_t size) const;
  Frame not_sent(const wire::View& call, const Overloaded& over) const;
  Frame answer_reserved(const wire::View& call, const Job& served);
  Frame give_ticket(const wire::View& call, const Job& served);
  Frame run_batch(const wire::View& call, const Job& served);
  Frame refuse_unknown(const wire::View& call) const;

  const std::string name_;
  const detail::ObjectDescription description_;
  const Place place_;
  std::string schema_text_;
  std::uint32_t interface_hash_ = 0;
  std::unique_ptr<KeptReplies> kept_;
  using Methods = std::unordered_map<std::string_view, Method>;
  Methods methods_;  ///< as the constructor made it; keys point into description_
  std::atomic<const Methods::value_type*> called_{nullptr};  ///< the last one that was called
  std::mutex logged_mutex_;
  std::exception_ptr logged_;  ///< the last one, under logged_mutex_
};

}  // namespace rmi
