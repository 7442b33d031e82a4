// A whole broker but for its sockets and threads, fed with what peers may do in any order.
//
// Each input is run twice: with the first lane of a broker, and with a further one, which a first
// lane tells what it likes.
//
// The input is a list of steps of a few bytes each. Three peers keep to the protocol, in whatever
// order and with whatever names; a fourth sends bytes. Whatever happens: nobody gets an answer to a
// call that he has not made, nobody two, and when time has passed everybody who is still there and
// reads has got one.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <rmi/archive.hpp>

#include "bus/bundle.hpp"
#include "bus/control.hpp"
#include "ns/builtin_objects.hpp"
#include "ns/mirror.hpp"
#include "ns/routing.hpp"
#include "test/fuzz/fuzz_input.hpp"

namespace {

using namespace rmi;
using namespace rmi::ns;
using namespace std::chrono_literals;

void require(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}

/// Peers as the broker sees them, and what they know.
class World final : public Transport {
 public:
  explicit World(bool further)
      : registry_(limits_.registry, 6s, 1000),
        core_(*this, registry_, {.limits = limits_, .version = "1", .epoch = 99, .grace = 5s},
              now_) {
    if (further) {
      mirror_.emplace(registry_, core_,
                      [this](std::uint32_t, Frame&) { return last_id_ % 2 == 0; });
      core_.join({.first = &*mirror_});
      return;
    }
    objects_.emplace(registry_, core_,
                     ControlObject::Facts{.start = now_, .drains_on_request = true}, limits_,
                     LogSink(), nullptr);
    core_.serve(*objects_);
  }

  void step(Input& input) {
    const auto what = input.byte();
    const Peer from = 1 + input.byte() % 3;
    switch (what % 14) {
      case 0:
        return greet(from);
      case 1:
      case 2:
        return call(from, input);
      case 3:
        return answer(from, input);
      case 4:
        return enter(from, input);
      case 5:
        return control(from, wire::Kind::cancel, last_id_ - input.byte() % 4U);
      case 6:
        return control(from, wire::Kind::renew, 0);
      case 7:
        return control(from, wire::Kind::bye, 0);
      case 8:
        return disconnect(from);
      case 9:
        return pass(input.byte() * 20ms);
      case 10:
        if (!full_.erase(from)) full_.insert(from);
        return;
      case 11:
        return watch(from, input.byte());
      case 12:
        return noise(input);
      default:
        if (from == 1) bundling_ = !bundling_;
        if (from == 3) core_.drain(now_);
        if (from == 2 && mirror_) mirror_->lapsed(number_of(2), now_);
    }
  }

  /// Long enough for each deadline, lease, hold and grace time.
  void end() {
    full_.clear();
    bundling_ = false;
    for (int i = 0; i < 60; ++i)
      pass(1s);
    for (const auto& [call, peer] : open_)
      require(forgiven_.contains(call), "a call has no answer");
  }

 private:
  static Limits narrow() {
    Limits limits;
    limits.calls_per_session = 8;
    limits.waiting_calls_per_session = 4;
    limits.registry.names_per_session = 4;
    return limits;
  }

  SendResult send(Peer to, Frame& frame) override {
    if (gone_.contains(to)) return SendResult::gone;
    const auto view = std::get<wire::View>(wire::parse(std::as_const(frame).bytes()));
    const bool is_answer =
        view.header.kind == wire::Kind::reply || view.header.kind == wire::Kind::error;
    if (full_.contains(
            to)) {  // dropped, and counted there; its session may end, with all its calls
      if (is_answer) forgiven_.insert(view.header.call_id);
      if (is_answer) forgive(to);
      return SendResult::full;
    }
    if (to == stranger) return SendResult::sent;
    if (is_answer && view.header.call_id != 0) {
      const auto call = open_.find(view.header.call_id);
      const bool asked = call != open_.end() && call->second == to;
      if (!asked && controls_.contains({to, view.header.call_id}))
        return SendResult::sent;  // the broker does not know the session that this was for
      require(call != open_.end(), "an answer to no call, or a second one");
      require(call->second == to, "an answer to the call of another peer");
      open_.erase(call);
    }
    if (view.header.kind == wire::Kind::call) taken_[to].push_back(view.header);
    Frame(std::move(frame));
    return SendResult::sent;
  }
  Origin origin_of(Frame&) override { return {}; }

  void give(Peer from, Frame frame) {
    if (gone_.contains(from)) return;
    Bundle& bundle = bundles_.at(from - 1);
    if (bundling_ && bundle.fits(frame)) {
      bundle.add(std::move(frame));
      if (++bundled_ % 4 != 0) return;
      frame = Frame();
    }
    give_bundle(from);
    if (frame.size() != 0) core_.on_frame(from, std::move(frame), now_);
  }
  void give_bundle(Peer from) {
    Bundle& bundle = bundles_.at(from - 1);
    if (bundle.empty()) return;
    Frame together = std::move(*bundle.message());
    bundle.clear();
    if (!gone_.contains(from)) core_.on_frame(from, std::move(together), now_);
  }
  void greet(Peer peer) {
    gone_.erase(peer);
    Hello hello;
    hello.session[0] = static_cast<std::uint8_t>(peer);
    hello.session[1] = static_cast<std::uint8_t>(++lives_[peer]);
    hello.program = "fuzz";
    forgive(peer);  // its former session ends
    if (mirror_) {
      mirror_->ended(number_of(peer) - 8, lives_[peer] % 2 == 0, now_);
      mirror_->begun(number_of(peer), hello.session);
    }
    give(peer, make_hello(hello));
    taken_.erase(peer);
  }
  void call(Peer from, Input& input) {
    static constexpr std::array objects{
        "a",  "b", "shared", "rmi.names", "rmi.broker", "@00000001", "@00000000/0000000000000001",
        "@x", "",  "rmi.no"};
    static constexpr std::array methods{"m",          "list",  "stats", "next",
                                        "rmi.schema", "watch", "drain"};
    wire::Header header;
    header.kind = wire::Kind::call;
    header.flags = input.byte();  // all that there are are in the lower byte
    header.remaining_ms = 1 + input.byte() * 40U;
    header.call_id = ++last_id_;
    const auto object = objects.at(input.byte() % objects.size());
    const auto method = methods.at(input.byte() % methods.size());
    const auto payload = input.bytes(input.byte() % 32);
    Frame frame = wire::build(header, object, method, payload.size());
    std::ranges::copy(std::as_bytes(payload), wire::payload_of(frame).begin());
    if (!gone_.contains(from)) open_.emplace(header.call_id, from);
    if ((header.flags & wire::flag::oneway) != 0) forgiven_.insert(header.call_id);
    give(from, std::move(frame));
  }
  /// Of a call that it has, or has answered, or of another daemon's.
  void answer(Peer from, Input& input) {
    auto& calls = taken_[1 + (from - 1 + input.byte() / 128U) % 3];
    if (calls.empty()) return;
    const auto& call = calls.at(input.byte() % calls.size());
    controls_.emplace(from, call.call_id);
    give(from, wire::build({.kind = input.byte() % 2 == 0 ? wire::Kind::reply : wire::Kind::pong,
                            .call_id = call.call_id,
                            .registration = call.registration},
                           {}, {}, 4));
  }
  void enter(Peer from, Input& input) {
    NameOffer offer;
    const auto bits = input.byte();
    offer.name = bits % 4 == 0 ? "a" : bits % 4 == 1 ? "b" : "shared";
    offer.mode = static_cast<NameMode>(bits / 4 % 3);
    offer.hold = (bits & 64) != 0 ? 2s : 0s;
    offer.target = (bits & 128) != 0 ? "rminame:b" : "";
    if (mirror_) {
      if (!offer.target.empty()) return mirror_->removed(entries_ - bits % 8U);
      const auto session = number_of(from);
      mirror_->serves(session);
      return mirror_->entered({.number = ++entries_, .session = session, .offer = offer}, now_);
    }
    wire::Header header;
    header.kind = wire::Kind::call;
    header.remaining_ms = 1000;
    header.signature = detail::Signed<&Names::enter>::hash();
    header.call_id = ++last_id_;
    Frame frame = wire::build(header, "rmi.names", "enter", encoded_size(offer));
    encode(wire::payload_of(frame), offer);
    if (!gone_.contains(from)) open_.emplace(header.call_id, from);
    give(from, std::move(frame));
  }
  void control(Peer from, wire::Kind kind, std::uint64_t id) {
    // What its maker has cancelled is answered or not; a session that ends gets no more.
    if (kind == wire::Kind::cancel) forgiven_.insert(id);
    if (kind == wire::Kind::bye) forgive(from);
    controls_.emplace(from, id);
    give(from, wire::build({.kind = kind, .call_id = id}, {}, {}, 0));
  }
  void watch(Peer from, std::uint8_t session) {
    give(from, wire::build({.kind = wire::Kind::watch, .session = session}, {}, {}, 0));
  }
  /// As the first lane counts its sessions.
  std::uint32_t number_of(Peer peer) {
    return static_cast<std::uint32_t>(8 * (1 + lives_[peer])) + static_cast<std::uint32_t>(peer);
  }
  void disconnect(Peer peer) {
    gone_.insert(peer);
    forgive(peer);
    core_.on_gone(peer, now_);
  }
  void noise(Input& input) {
    const auto bytes = input.bytes(input.byte());
    core_.on_frame(stranger, Frame::copy_of(std::as_bytes(bytes)), now_);
  }
  void forgive(Peer peer) {
    for (const auto& [call, caller] : open_)
      if (caller == peer) forgiven_.insert(call);
  }
  void pass(std::chrono::milliseconds time) {
    for (Peer peer = 1; peer <= 3; ++peer)
      give_bundle(peer);
    now_ += time;
    core_.tick(now_);
    core_.drained(now_);
  }

  static constexpr Peer stranger = 4;
  Time now_ = Time{} + 1h;
  std::set<Peer> gone_{1, 2, 3};
  std::set<Peer> full_;
  std::map<Peer, int> lives_;
  std::array<Bundle, 3> bundles_;  ///< of what peers will give
  bool bundling_ = false;
  std::size_t bundled_ = 0;
  std::map<Peer, std::vector<wire::Header>> taken_;
  std::map<std::uint64_t, Peer> open_;
  std::set<std::uint64_t> forgiven_;
  std::set<std::pair<Peer, std::uint64_t>> controls_;
  std::uint64_t last_id_ = 0;
  std::uint64_t entries_ = 100;  ///< of the first lane, that a further one was told of
  const Limits limits_ = narrow();
  Registry registry_;
  Routing core_;
  std::optional<BuiltinObjects> objects_;  ///< of the first lane
  std::optional<Mirror> mirror_;           ///< of a further one
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const bool further : {false, true}) {
    World world(further);
    for (Input input(data, size); !input.empty();)
      world.step(input);
    world.end();
  }
  return 0;
}
