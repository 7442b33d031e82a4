// What is still on its way over the first lane.
#include "bus/lane_trails.hpp"

namespace rmi {
namespace {

// Names that nobody serves, called by somebody who tries many.
constexpr std::size_t most_avoided = 10'000;

struct Trail {
  LaneTrails::Time avoided_until{};
  std::size_t in_flight = 0;
  std::uint64_t oneways = 0;  ///< number of the last one that may be on its way; 0 for none
  bool is_clear(LaneTrails::Time now) const {
    return in_flight == 0 && oneways == 0 && avoided_until <= now;
  }
};

}  // namespace

struct LaneTrails::Call::State {
  std::mutex mutex;  ///< guards what follows
  std::map<std::string, Trail, std::less<>> trails;
  std::uint64_t last_oneway = 0;
};

LaneTrails::Call::Call(std::shared_ptr<State> state, std::string_view object, bool in_flight)
    : state_(std::move(state)), object_(object), in_flight_(in_flight) {
  const std::lock_guard lock(state_->mutex);
  oneways_ = state_->last_oneway;
  if (in_flight_) ++state_->trails[object_].in_flight;
}

LaneTrails::Call::~Call() {
  if (!in_flight_) return;
  const std::lock_guard lock(state_->mutex);
  const auto at = state_->trails.find(object_);
  if (at != state_->trails.end() && at->second.in_flight != 0) --at->second.in_flight;
}

void LaneTrails::Call::answered() noexcept {
  const std::lock_guard lock(state_->mutex);
  const auto at = state_->trails.find(object_);
  if (at != state_->trails.end() && at->second.oneways <= oneways_) at->second.oneways = 0;
}

LaneTrails::LaneTrails() : state_(std::make_shared<Call::State>()) {}

bool LaneTrails::is_clear(std::string_view object, Time now) {
  const std::lock_guard lock(state_->mutex);
  const auto at = state_->trails.find(object);
  if (at == state_->trails.end()) return true;
  if (!at->second.is_clear(now)) return false;
  state_->trails.erase(at);
  return true;
}

void LaneTrails::avoid(std::string_view object, Time until) {
  const std::lock_guard lock(state_->mutex);
  auto& trails = state_->trails;
  if (trails.size() >= most_avoided) {
    const auto now = std::chrono::steady_clock::now();
    std::erase_if(trails, [&](const auto& entry) { return entry.second.is_clear(now); });
    if (trails.size() >= most_avoided) return;
  }
  trails[std::string(object)].avoided_until = until;
}

std::shared_ptr<LaneTrails::Call> LaneTrails::begin(std::string_view object, bool waits) {
  if (waits) {
    const std::lock_guard lock(state_->mutex);
    if (!state_->trails.contains(object)) return nullptr;
  }
  return std::shared_ptr<Call>(new Call(state_, object, !waits));
}

void LaneTrails::note_oneway(std::string_view object) {
  const std::lock_guard lock(state_->mutex);
  state_->trails[std::string(object)].oneways = ++state_->last_oneway;
}

void LaneTrails::clear() {
  const std::lock_guard lock(state_->mutex);
  state_->trails.clear();
}

}  // namespace rmi
