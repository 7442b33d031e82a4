// Finding daemons, and connecting to them.
#include "bus/direct.hpp"

#include <algorithm>
#include <future>
#include <system_error>
#include <utility>
#include <vector>

#include <rmi/detail/invoke.hpp>
#include <rmi/errors.hpp>
#include <rmi/names.hpp>

#include "bus/host.hpp"
#include "bus/lane_link.hpp"
#include "bus/name_rules.hpp"
#include "bus/paths.hpp"
#include "bus/request.hpp"
#include "bus/signals_blocked.hpp"

namespace rmi {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// What the broker said about a name is believed for so long; it may move to another daemon.
constexpr auto believed = 2s;
// The first call over a new connection waits so long before it goes through the broker.
constexpr auto connect_patience = 2s;

}  // namespace

DirectLink::DirectLink(Connection::Options options, ConnectionEvents events)
    : connection_(std::move(options), std::move(events)) {}

DirectLink::DirectLink(Connection::Options options, std::function<bool(Hello&)> introduce)
    : connection_(std::move(options), {.introduce = std::move(introduce),
                                       .welcome = {},
                                       .ready = {},
                                       .tick = {},
                                       .need_workers =
                                           [this] {
                                             const std::lock_guard lock(mutex_);
                                             start_worker();
                                           },
                                       .unclaimed = {}}) {}

DirectLink::~DirectLink() {
  DirectLink::stop();
}

void DirectLink::stop() {
  if (std::exchange(stopped_, true)) return;
  connection_.stop();
  connection_.close_work();
  {
    const std::lock_guard lock(mutex_);
    if (!worker_.joinable()) start_worker();
  }
  worker_.join();
}

/// Precondition: mutex_ is held.
void DirectLink::start_worker() {
  worker_ = std::thread([this, self = std::make_unique<Channel::Worker>()] { work(*self); });
}

void DirectLink::work(Channel::Worker& self) {
  WorkPtr task;
  while (connection_.next_work(
      self, [](Channel::Request) {}, task))
    if (task) std::exchange(task, nullptr)->run();
}

/// @return nullopt when the broker is to be asked.
std::optional<std::shared_ptr<DirectLink>> DirectLinks::known(std::string_view object) {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(object);
  if (found == known_.end() || found->second.until < steady_clock::now()) return std::nullopt;
  return found->second.link;
}

void DirectLinks::remember(std::string_view object, std::shared_ptr<DirectLink> link) {
  const std::lock_guard lock(mutex_);
  known_.insert_or_assign(std::string(object),
                          Known{std::move(link), steady_clock::now() + believed});
}

/// A daemon that has gone for good leaves a link that would try to connect for ever.
void DirectLinks::end_useless() {
  const std::lock_guard lock(mutex_);
  const auto now = steady_clock::now();
  std::erase_if(known_, [now](const auto& name) { return name.second.until < now; });
  std::erase_if(ending_,
                [](const auto& end) { return end.wait_for(0s) == std::future_status::ready; });
  std::erase_if(links_, [this](const auto& item) {
    const auto& link = item.second;
    // Nobody gets at it while the mutex is held: so the last owner is the last one that will be.
    if (link->connection().ready() || link.use_count() != 1) return false;
    const SignalsBlocked blocked;
    try {  // its worker may run what waits for the thread that has come here
      ending_.push_back(std::async(std::launch::async, [link] { link->stop(); }));
    } catch (const std::system_error&) {
      return false;  // there is no thread to be had: later
    }
    return true;
  });
}

/// Where the daemon listens that the broker would choose now; empty if it does not.
std::string DirectLinks::ask(std::string_view object, SteadyTime deadline) {
  detail::CallTarget names;
  names.bus = &bus_;
  names.object = "rmi.names";
  names.timeout = time_left(deadline);
  names.own_timeout = true;
  using Sign = detail::Signed<&Names::lookup>;
  try {
    return detail::invoke<NameEntry>(names, {"lookup", Sign::hash(), &Sign::print},
                                     std::string(object))
        .direct;
  } catch (const Error&) {
    return {};  // the call itself will say so, or wait
  }
}

std::shared_ptr<DirectLink> DirectLinks::to_object(std::string_view object, Path path,
                                                   SteadyTime deadline) {
  const bool straight = own_threads_ && prefers_direct(path);
  if (!straight && !any_lanes()) return nullptr;
  if (!is_plain(object)) return nullptr;
  auto link = straight ? to_daemon(object, deadline) : nullptr;
  return link || !any_lanes() ? link : to_lane_of(object, deadline);
}

std::shared_ptr<DirectLink> DirectLinks::to_daemon(std::string_view object, SteadyTime deadline) {
  auto there = known(object);
  if (!there) {
    const std::string endpoint = ask(object, deadline);
    there = endpoint.empty() ? nullptr : to_endpoint(endpoint);
    remember(object, *there);
    end_useless();
  }
  auto link = std::move(*there);
  if (!link || link->connection().ready() ||
      link->connection().wait_until_resolved(
          std::min<SteadyTime>(deadline, steady_clock::now() + connect_patience)))
    return link;
  remember(object, nullptr);
  return nullptr;
}

std::shared_ptr<DirectLink> DirectLinks::to_endpoint(const std::string& endpoint) {
  const std::lock_guard lock(mutex_);
  if (stopped_) throw NotConnected("cannot connect to " + endpoint + ": the bus is being closed");
  auto& link = links_[endpoint];
  if (!link) {
    Connection::Options options = bus_.connection().options();
    options.endpoint = endpoint;
    options.to_daemon = true;
    options.keys = nullptr;  // they are for the broker, and no daemon has any
    link = std::make_shared<DirectLink>(std::move(options), [this](Hello& hello) {
      {
        const std::lock_guard known(mutex_);
        sessions_.insert(hello.session);
      }
      if (own_threads_ && bus_.connection().ready()) {
        // The daemon asks the bus, through the broker and before it answers, whether that is so.
        hello.peer = bus_.connection().welcome().session;
        bus_.connection().expect_calls();
      }
      return true;
    });
  }
  return link;
}

void DirectLinks::stop() {
  await_common_end();
  std::map<std::string, std::shared_ptr<DirectLink>, std::less<>> links;
  std::vector<std::future<void>> ending;  // are waited for when this returns
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    known_.clear();
    links.swap(links_);
    ending.swap(ending_);
  }
  for (auto& [endpoint, link] : links)
    link->stop();
  for (const auto& link : all_lanes())
    link->stop();
}

void DirectLinks::forget(std::string_view object) {
  const std::lock_guard lock(mutex_);
  if (const auto found = known_.find(object); found != known_.end()) known_.erase(found);
  if (any_lanes()) trails_.avoid(object, steady_clock::now() + believed);
}

bool DirectLinks::vouch(const SessionId& session) const {
  const std::lock_guard lock(mutex_);
  return sessions_.contains(session);
}

}  // namespace rmi
