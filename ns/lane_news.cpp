// News of sessions go to all lanes, those of a name to the one that carries its calls.
#include "ns/lane_news.hpp"

#include <utility>

#include "bus/broker_lanes.hpp"

namespace rmi::ns {

LaneNews::LaneNews(std::vector<Follower> followers, Registry& registry, const Routing& routing)
    : followers_(std::move(followers)), registry_(registry), routing_(routing) {
  registry_.observe(*this);
}

LaneNews::~LaneNews() {
  registry_.forget(*this);
}

void LaneNews::tell_all(const std::function<void(Mirror&, Time)>& act) {
  for (const auto& [lane, mirror] : followers_)
    lane->post([act, mirror = mirror](Time now) { act(*mirror, now); });
}

void LaneNews::on_change(NameEvent what, const Registration& registration,
                         const std::set<std::string>& /*former_tags*/) {
  const bool served = what != NameEvent::removed && registration.owner != nobody;
  const auto session = served ? routing_.number_of(registration.owner) : 0;
  if (served && daemons_.insert(session).second)
    tell_all([session](Mirror& mirror, Time) { mirror.serves(session); });
  const auto lanes = static_cast<std::uint32_t>(followers_.size() + 1);
  const auto at = lane_of(registration.name.view(), lanes);
  if (at == 0) return;
  const auto [lane, mirror] = followers_[at - 1];
  if (!served)
    return lane->post(
        [mirror = mirror, number = registration.number](Time) { mirror->removed(number); });
  Mirror::Entry entry{.number = registration.number,
                      .session = session,
                      .offer = {.name = registration.name.str(),
                                .object_id = registration.object_id.str(),
                                .mode = registration.mode,
                                .sticky = registration.sticky}};
  lane->post(
      [mirror = mirror, entry = std::move(entry)](Time now) { mirror->entered(entry, now); });
}

void LaneNews::begun(const Session& session) {
  tell_all([number = session.number, id = session.id](Mirror& mirror, Time) {
    mirror.begun(number, id);
  });
}

void LaneNews::ended(const Session& session, bool for_good) {
  daemons_.erase(session.number);
  tell_all([number = session.number, for_good](Mirror& mirror, Time now) {
    mirror.ended(number, for_good, now);
  });
}

void LaneNews::lapsed(const Session& session) {
  tell_all([number = session.number](Mirror& mirror, Time now) { mirror.lapsed(number, now); });
}

}  // namespace rmi::ns
