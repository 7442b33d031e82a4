// The routing core: frames by kind, and what is sent.
#include "ns/routing.hpp"

#include <exception>
#include <utility>

#include <fmt/format.h>

#include "bus/bundle.hpp"
#include "bus/control.hpp"

namespace rmi::ns {

Routing::Routing(Transport& transport, Registry& registry, Options options, Time now)
    : transport_(transport),
      registry_(registry),
      options_(std::move(options)),
      calls_(static_cast<std::uint32_t>(options_.epoch), now),
      stats_(limits_.names_measured),
      last_tick_(now) {}

const std::array<Routing::KindRule, 15>& Routing::rules() {
  static const std::array<KindRule, 15> table{{
      {},  // 0 is no kind
      {.handler = &Routing::on_hello, .for_strangers = true},
      {.handler = &Routing::on_misdirected, .answer_stranger = true},  // welcome
      {.handler = &Routing::on_call, .answer_stranger = true},
      {.handler = &Routing::on_answer, .answer_stranger = true},   // reply
      {.handler = &Routing::on_answer, .answer_stranger = false},  // error: never answered by one
      {.handler = &Routing::on_cancel, .answer_stranger = true},
      {.handler = &Routing::on_ping, .answer_stranger = true},
      {.handler = &Routing::on_pong, .answer_stranger = false},
      {.handler = &Routing::on_renew, .answer_stranger = true},
      {.handler = &Routing::on_bye, .answer_stranger = false},
      {.handler = &Routing::on_watch, .answer_stranger = true},
      {.handler = &Routing::on_misdirected, .answer_stranger = true},  // drain
      {.handler = &Routing::on_misdirected, .answer_stranger = true},  // gone
      {.handler = &Routing::on_bundle, .for_strangers = true},  // each frame is judged by itself
  }};
  return table;
}

void Routing::on_frame(Peer from, Frame&& frame, Time now) {
  take(from, frame, now);
  settle(now);
}

void Routing::take(Peer from, Frame& frame, Time now) {
  Session* const session = session_of(from);
  if (session != nullptr) ++session->messages;
  const auto parsed = wire::parse(std::as_const(frame).bytes());
  if (const auto* fault = std::get_if<wire::Fault>(&parsed)) {
    note_malformed(from, &frame, to_string(*fault));
    refuse(from, wire::call_id_of(std::as_const(frame).bytes()), ErrorCode::protocol,
           Outcome::not_executed,
           fmt::format("{}; this broker speaks version {}", to_string(*fault), wire::version));
    return;
  }
  Incoming in{.peer = from,
              .session = session,
              .frame = frame,
              .view = std::get<wire::View>(parsed),
              .now = now,
              .since = now};
  handle(in);
}

void Routing::on_many_frames(Peer from, Time now) {
  if (Session* session = session_of(from)) ++session->messages;
  note_malformed(from, nullptr, "a message is one frame, this one had more");
  refuse(from, 0, ErrorCode::protocol, Outcome::not_executed,
         "a message is one frame, this one has more; it was dropped");
  settle(now);
}

void Routing::on_endless(Peer from, std::string_view what) {
  ++counters_.malformed;
  const Session* session = session_of(from);
  log({LogLevel::warning, "message-endless",
       fmt::format("{} {}; its connection is closed",
                   session == nullptr ? "a stranger" : session->label, what)});
}

std::uint64_t Routing::messages_of(Peer peer) {
  const Session* session = session_of(peer);
  return session == nullptr ? 0 : session->messages;
}

std::set<std::uint64_t> Routing::links() const {
  std::set<std::uint64_t> cookies;
  for (const auto& [peer, session] : sessions_)
    cookies.insert(session.origin.link.cookie);
  return cookies;
}

void Routing::handle(Incoming& in) {
  const KindRule& rule = rules()[static_cast<std::size_t>(in.view.header.kind)];
  if (in.session == nullptr && !rule.for_strangers) {
    ++counters_.strangers;
    if (rule.answer_stranger)
      refuse(in, ErrorCode::unknown_session,
             "this broker does not know your session; greet it with a hello first");
    return;
  }
  (this->*rule.handler)(in);
}

void Routing::on_misdirected(Incoming& in) {
  const std::string why = fmt::format("a {} is sent by a broker, not to one",
                                      in.view.header.kind == wire::Kind::gone    ? "gone"
                                      : in.view.header.kind == wire::Kind::drain ? "drain"
                                                                                 : "welcome");
  note_malformed(in.peer, &in.frame, why);
  refuse(in, ErrorCode::protocol, why);
}

/// Each of its frames is taken as if it had come alone, also when there is no memory for another
/// one. What they all leave to be settled is so at their end, unless the next one must find it
/// done.
void Routing::on_bundle(Incoming& in) {
  const auto refuse_it = [&](std::string_view why) {
    note_malformed(in.peer, &in.frame, why);
    refuse(in, ErrorCode::protocol, std::string(why));
  };
  const std::size_t frames = frames_in_bundle(in.view.payload);
  if (frames == 0)
    return refuse_it(fmt::format(
        "a bundle is frames, each after its length in 4 bytes, and has at most {} bytes",
        Bundle::max_size));
  std::exception_ptr failure;
  std::size_t until_flush = frames_ahead(frames, in.view.payload.size());
  for_each_in(std::move(in.frame), in.view.payload, [&](Frame part) {
    try {
      if (is_bundle(part)) return refuse_it("a bundle holds no bundles");
      take(in.peer, part, in.now);
      if (!stuck_.empty() || !gone_.empty() || !appeared_.empty()) settle(in.now);
    } catch (const std::exception&) {
      failure = std::current_exception();
    }
    if (until_flush > 0 && --until_flush == 0) transport_.flush();
  });
  if (failure) std::rethrow_exception(failure);
}

/// While one bundle is all that is under way, everybody waits for who has it. So a quarter of it
/// goes ahead, for the next process to begin while this one is at work on the rest. (A full one is
/// followed by another, as a rule, and that does the same.) Measured, docs/decisions.md.
/// @return 0 for none.
std::size_t Routing::frames_ahead(std::size_t frames, std::size_t size) const noexcept {
  constexpr std::size_t fewest = 40;
  if (frames < fewest || size + size / frames > Bundle::max_payload) return 0;
  const std::size_t calls = calls_.size();
  const bool alone = calls == 0 || calls == frames;  // it brings them all, or ends them all
  return alone ? frames / 4 : 0;
}

/// As the log calls it.
std::string Routing::who(Peer peer) const {
  const auto at = sessions_.find(peer);
  return at == sessions_.end() ? "a stranger" : at->second.label;
}

void Routing::note_malformed(Peer from, Frame* frame, std::string_view why) {
  ++counters_.malformed;
  const bool stranger = frame != nullptr && session_of(from) == nullptr;
  log({LogLevel::warning, "frame-malformed",
       fmt::format("{}{} broke the protocol, and the frame was dropped: {}", who(from),
                   stranger ? " at " + transport_.origin_of(*frame).address : "", why)});
}

Session* Routing::session_of(Peer peer) {
  const auto at = sessions_.find(peer);
  return at == sessions_.end() ? nullptr : &at->second;
}

Session* Routing::numbered(std::uint32_t number) {
  const auto at = by_number_.find(number);
  return at == by_number_.end() ? nullptr : at->second;
}

const Session* Routing::session_numbered(std::uint32_t number) const {
  const auto at = by_number_.find(number);
  return at == by_number_.end() ? nullptr : at->second;
}

/// A call or an answer: where there is one there may be more.
SendResult Routing::send(const Session& to, Frame& frame) {
  return to.bundles ? transport_.send_bundled(to.peer, frame) : transport_.send(to.peer, frame);
}

SendResult Routing::tell(Peer peer, Frame frame) {
  return note_undelivered(peer, transport_.send(peer, frame));
}

SendResult Routing::note_undelivered(Peer peer, SendResult result) {
  if (result == SendResult::sent) return result;
  ++counters_.undeliverable;
  if (result == SendResult::gone)
    note_gone(peer);
  else
    log({LogLevel::warning, "peer-full",
         fmt::format("{} does not read: its queue is full, and a message to it was dropped",
                     who(peer))});
  return result;
}

void Routing::refuse(Peer peer, std::uint64_t call_id, ErrorCode code, Outcome outcome,
                     const std::string& text) {
  ++counters_.refused[static_cast<std::size_t>(code)];
  // The rest is the everyday business of its caller, who is told.
  if (code == ErrorCode::overloaded || code == ErrorCode::access_denied)
    log({LogLevel::warning, code == ErrorCode::overloaded ? "overloaded" : "access-denied",
         fmt::format("{} was refused: {}", who(peer), text)});
  end_if_full(peer, call_id, tell(peer, make_error({.call_id = call_id}, code, outcome, text)));
}

}  // namespace rmi::ns
