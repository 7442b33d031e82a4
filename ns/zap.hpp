// Answers libzmq when it asks whether a key may connect (ZAP, RFC 27).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bus/event_fd.hpp"
#include "bus/keys.hpp"
#include "bus/socket.hpp"
#include "ns/authorized_keys.hpp"

namespace rmi::ns {

/// A broker's own keys, and whom it lets in.
struct BrokerKeys {
  KeyPair own;
  std::shared_ptr<AuthorizedKeys> authorized;
};

/// Of the broker's endpoints that have keys.
inline constexpr std::string_view zap_domain = "rmibus";

/// The name of a key's holder, if it may connect from there.
using Admit =
    std::function<std::optional<std::string>(std::string_view key, std::string_view address)>;

/// The answer to a request of RFC 27, each without the envelope: whose status is 200, with the
/// holder's name as user id, for CURVE keys that are let in, and 400 for all else. Pure.
std::vector<std::string> zap_answer(std::span<const std::string> request, const Admit& admit);

/// Answers the requests of one libzmq context, on a thread of its own. Must be there before what
/// listens with keys, and go after it.
class ZapHandler {
 public:
  /// @throws std::runtime_error  there is no socket or thread to be had.
  ZapHandler(ZmqContext& context, std::shared_ptr<AuthorizedKeys> authorized);
  ~ZapHandler();
  ZapHandler(const ZapHandler&) = delete;
  ZapHandler& operator=(const ZapHandler&) = delete;

 private:
  void run();
  bool answer_one();

  const std::shared_ptr<AuthorizedKeys> authorized_;
  void* socket_;
  EventFd stop_;
  std::thread thread_;
};

}  // namespace rmi::ns
