// Connections to the further lanes of the broker.
#include <algorithm>
#include <future>
#include <iterator>
#include <thread>
#include <utility>

#include <rmi/bus.hpp>
#include <rmi/endpoint.hpp>
#include <rmi/errors.hpp>

#include "bus/broker_lanes.hpp"
#include "bus/direct.hpp"
#include "bus/lane_link.hpp"
#include "bus/name_rules.hpp"

namespace rmi {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// The first call over a lane waits so long before it goes over the first one.
constexpr auto connect_patience = 2s;
// The first call of a bus waits so long to hear how many lanes there are. Those that begin before
// go over the first one.
constexpr auto welcome_patience = 50ms;
constexpr auto common_end_patience = 50ms;

}  // namespace

void DirectLinks::on_welcome(const Welcome& welcome) {
  lanes_ = std::max<std::uint32_t>(1, welcome.lanes);
  if (lanes_ == 1) trails_.clear();
  for (const auto& link : all_lanes())
    link->connection().change_session(bus_.connection().session());
}

std::vector<std::shared_ptr<LaneLink>> DirectLinks::all_lanes() {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<LaneLink>> links;
  std::ranges::copy_if(lane_links_, std::back_inserter(links),
                       [](const auto& link) { return link != nullptr; });
  return links;
}

/// Null while there is none, and no port for it either.
std::shared_ptr<LaneLink> DirectLinks::lane(std::uint32_t number) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return nullptr;
  if (lane_links_.size() <= number) lane_links_.resize(number + 1);
  auto& link = lane_links_[number];
  if (link) return link;
  Connection::Options options = bus_.connection().options();
  try {
    options.endpoint = lane_endpoint(options.endpoint, number);
  } catch (const UriError&) {
    return nullptr;
  }
  options.to_lane = true;
  // The connection starts at once: whatever comes over it must find the whole link.
  std::promise<void> whole;
  const auto introduce = [this, built = whole.get_future().share()](Hello& hello) {
    built.wait();
    const SessionId session = bus_.connection().session();
    if (session == SessionId{}) return false;
    hello.session = session;
    return true;
  };
  link = std::make_shared<LaneLink>(bus_.host(), std::move(options), introduce);
  whole.set_value();
  return link;
}

/// Whether calls of it that go over the first lane are to be known.
bool DirectLinks::leaves_trail(std::string_view object) const {
  const std::uint32_t lanes = lanes_;
  return lanes != 1 && own_threads_ && is_plain(object) &&
         (lanes == 0 || lane_of(object, lanes) != 0);
}

std::shared_ptr<LaneTrails::Call> DirectLinks::trail(std::string_view object, bool waits) {
  return leaves_trail(object) ? trails_.begin(object, waits) : nullptr;
}

void DirectLinks::note_oneway(std::string_view object) {
  if (leaves_trail(object)) trails_.note_oneway(object);
}

std::shared_ptr<DirectLink> DirectLinks::to_lane_of(std::string_view object, SteadyTime deadline) {
  if (!own_threads_) return nullptr;
  const auto now = steady_clock::now();
  if (lanes_ == 0 && !waited_.exchange(true))
    bus_.connection().wait_until_resolved(std::min<SteadyTime>(deadline, now + welcome_patience));
  const std::uint32_t lanes = lanes_;
  const auto number = lanes == 0 ? 0 : lane_of(object, lanes);
  if (number == 0 || !trails_.is_clear(object, now)) return nullptr;
  auto link = lane(number);
  if (!link) return nullptr;
  Connection& connection = link->connection();
  if (connection.ready() ||
      connection.wait_until_resolved(std::min<SteadyTime>(deadline, now + connect_patience)))
    return link;
  return nullptr;
}

void DirectLinks::open_lanes(SteadyTime deadline) {
  const std::uint32_t lanes = lanes_;
  std::vector<std::shared_ptr<LaneLink>> links;
  for (std::uint32_t number = 1; number < lanes; ++number)
    if (const auto link = lane(number)) links.push_back(link);
  for (const auto& link : links) {
    link->connection().expect_calls();
    link->connection().wait_until_resolved(deadline);
  }
}

/// The connections to all lanes break when their broker dies, but not at the same moment. One that
/// is closed before that is noticed waits a second for its goodbye to leave.
void DirectLinks::await_common_end() {
  const auto links = all_lanes();
  const auto deadline = steady_clock::now() + common_end_patience;
  const auto some_broke = [&] {
    const auto ready =
        std::ranges::count_if(links, [](const auto& link) { return link->connection().ready(); });
    const bool all = static_cast<std::size_t>(ready) == links.size() && bus_.connection().ready();
    return !all && (ready != 0 || bus_.connection().ready());
  };
  while (some_broke() && steady_clock::now() < deadline)
    std::this_thread::sleep_for(1ms);
}

void DirectLinks::settle_lanes(SteadyTime deadline) {
  if (!any_lanes()) return;
  for (const auto& link : all_lanes())
    link->settle(deadline);
}

}  // namespace rmi
