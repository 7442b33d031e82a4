// A connection to a further lane of the broker.
#pragma once

#include <atomic>

#include "bus/direct.hpp"
#include "bus/host.hpp"

namespace rmi {

/// Calls go over it in both directions, as over the connection to the first lane. It has two
/// workers: while one runs a method, or what follows an asynchronous call, the other one receives,
/// and leaves what comes to the threads of the host.
class LaneLink final : public DirectLink, public Route {
 public:
  /// Borrows the host, whose stop() joins the workers. Must live until then.
  LaneLink(Host& host, Connection::Options options, std::function<bool(Hello&)> introduce);
  void stop() override;

  bool answer(Frame& frame, std::uint64_t link, bool takes_next) override;
  bool to_broker() const noexcept override { return true; }
  /// Returns when what the lane has sent until now is taken in, or at the deadline.
  void settle(SteadyTime deadline);

 private:
  void work(Channel::Worker& self);
  bool may_run_here() noexcept;

  Host& host_;
  std::atomic<int> running_{0};  ///< workers that do not receive
};

}  // namespace rmi
