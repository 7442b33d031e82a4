// Calls over a further lane of the broker.
#include "bus/lane_link.hpp"

#include <thread>
#include <utility>

#include <rmi/errors.hpp>

#include "bus/signals_blocked.hpp"

namespace rmi {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr int workers = 2;

}  // namespace

LaneLink::LaneLink(Host& host, Connection::Options options, std::function<bool(Hello&)> introduce)
    : DirectLink(std::move(options),
                 {.introduce = std::move(introduce),
                  // Whoever waited for calls of an earlier session has been told.
                  .welcome = [this](const Welcome&) { host_.lose(*this, 0, 0, false); },
                  .ready = {},
                  .tick = {},
                  .need_workers =
                      [this] {
                        const SignalsBlocked blocked;
                        for (int i = 0; i < workers; ++i)
                          host_.join_at_end(std::thread(
                              [this, self = std::make_unique<Channel::Worker>()] { work(*self); }));
                      },
                  .unclaimed = [this](const Frame& answer) { host_.log_refused_oneway(answer); }}),
      host_(host) {}

void LaneLink::stop() {
  if (std::exchange(stopped_, true)) return;
  connection().stop();
  connection().close_work();
}

bool LaneLink::answer(Frame& frame, std::uint64_t link, bool takes_next) {
  return connection().put(frame, link, takes_next);
}

/// One worker stays with the channel.
bool LaneLink::may_run_here() noexcept {
  int running = running_;
  while (running + 1 < workers)
    if (running_.compare_exchange_weak(running, running + 1)) return true;
  return false;
}

void LaneLink::work(Channel::Worker& self) {
  bool here = false;
  const Host::MayRunHere ask = [&](SteadyTime /*now*/) { return here = may_run_here(); };
  for (;;) {
    Host::Intake intake;
    WorkPtr task;
    const auto take = [&](Channel::Request&& request) {
      host_.take_in(std::move(request), *this, intake);
    };
    if (!connection().next_work(self, take, task)) return;
    here = task && may_run_here();
    if (!task)
      host_.go_on(intake, ask, steady_clock::now());
    else if (here)
      task->run();
    else
      host_.connection().submit_work(std::move(task));
    if (here) --running_;
  }
}

void LaneLink::settle(SteadyTime deadline) {
  CallSpec ping;
  ping.kind = wire::Kind::ping;
  ping.deadline = deadline;
  ping.no_wait = true;
  try {
    connection().call(ping, [](std::span<std::byte>) {});
  } catch (const Error&) {
    return;  // it is gone, and nothing comes
  }
  while (connection().requests_waiting() != 0 && steady_clock::now() < deadline)
    std::this_thread::sleep_for(1ms);
}

}  // namespace rmi
