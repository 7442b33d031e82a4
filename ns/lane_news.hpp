// What the first lane of a broker tells the further ones.
#pragma once

#include <functional>
#include <set>
#include <string_view>
#include <vector>

#include "ns/lane.hpp"
#include "ns/mirror.hpp"
#include "ns/registry.hpp"
#include "ns/routing.hpp"
#include "ns/transport.hpp"

namespace rmi::ns {

/// A lane that follows the first one.
struct Follower {
  Lane* lane;
  Mirror* mirror;  ///< used on the lane's thread
};

/// A lane does what it is told before it takes its next frame. So whoever has been answered by the
/// first lane finds in the others what that has done.
/// Thread safety: on the first lane's thread.
class LaneNews final : public RegistryObserver, public SessionEvents {
 public:
  /// Borrows all. Observes the registry from now on.
  LaneNews(std::vector<Follower> followers, Registry& registry, const Routing& routing);
  ~LaneNews() override;
  LaneNews(const LaneNews&) = delete;
  LaneNews& operator=(const LaneNews&) = delete;

  void on_change(NameEvent what, const Registration& registration,
                 const std::set<std::string>& former_tags) override;
  void begun(const Session& session) override;
  void ended(const Session& session, bool for_good) override;
  void lapsed(const Session& session) override;

 private:
  void tell_all(const std::function<void(Mirror&, Time)>& act);

  const std::vector<Follower> followers_;
  Registry& registry_;
  const Routing& routing_;
  std::set<std::uint32_t> daemons_;  ///< sessions that are known to serve names
};

}  // namespace rmi::ns
