// Encoding of control payloads and error frames.
#include "bus/control.hpp"

#include <rmi/archive.hpp>

#include "bus/broker_lanes.hpp"

namespace rmi {

template <class Archive>
void Hello::serialize(Archive& ar) {
  ar(CEREAL_NVP(session), CEREAL_NVP(program), CEREAL_NVP(host), CEREAL_NVP(pid),
     CEREAL_NVP(max_message), CEREAL_NVP(peer));
}

template <class Archive>
void Welcome::serialize(Archive& ar) {
  ar(CEREAL_NVP(epoch), CEREAL_NVP(version), CEREAL_NVP(lease_ms), CEREAL_NVP(renew_ms),
     CEREAL_NVP(max_message), CEREAL_NVP(session));
}

template <class Archive>
void ErrorPayload::Cause::serialize(Archive& ar) {
  ar(CEREAL_NVP(type), CEREAL_NVP(text));
}

template <class Archive>
void ErrorPayload::serialize(Archive& ar) {
  ar(CEREAL_NVP(code), CEREAL_NVP(outcome), CEREAL_NVP(text), CEREAL_NVP(type), CEREAL_NVP(object),
     CEREAL_NVP(method), CEREAL_NVP(host), CEREAL_NVP(process), CEREAL_NVP(error_value),
     CEREAL_NVP(error_category), CEREAL_NVP(causes), CEREAL_NVP(data));
}

namespace {

template <class Payload>
Frame with_payload(const wire::Header& header, const Payload& payload) {
  Frame frame = wire::build(header, {}, {}, encoded_size(payload));
  encode(wire::payload_of(frame), payload);
  return frame;
}

template <class Payload>
Payload read(std::span<const std::byte> bytes) {
  Payload payload;
  decode(bytes, {}, payload);
  return payload;
}

constexpr std::uint16_t bundles_flag(bool bundles) noexcept {
  return bundles ? wire::flag::bundles : std::uint16_t{0};
}

}  // namespace

Frame make_hello(const Hello& hello) {
  return with_payload({.kind = wire::Kind::hello, .flags = bundles_flag(hello.bundles)}, hello);
}

Frame make_welcome(std::uint64_t call_id, const Welcome& welcome) {
  const std::uint64_t lanes = welcome.lanes > 1 ? welcome.lanes : 0;
  return with_payload({.kind = wire::Kind::welcome,
                       .flags = bundles_flag(welcome.bundles),
                       .call_id = call_id,
                       .registration = lanes},
                      welcome);
}

Frame make_error(AnswerTo call, const ErrorPayload& error) {
  return with_payload(
      {.kind = wire::Kind::error, .call_id = call.call_id, .registration = call.registration},
      error);
}

Frame make_error(AnswerTo call, ErrorCode code, Outcome outcome, const std::string& text) {
  ErrorPayload error;
  error.code = static_cast<std::uint8_t>(code);
  error.outcome = static_cast<std::uint8_t>(outcome);
  error.text = text;
  return make_error(call, error);
}

Hello read_hello(const wire::View& frame) {
  auto hello = read<Hello>(frame.payload);
  hello.bundles = (frame.header.flags & wire::flag::bundles) != 0;
  return hello;
}
Welcome read_welcome(const wire::View& frame) {
  auto welcome = read<Welcome>(frame.payload);
  const auto lanes = frame.header.registration;
  if (lanes > 1 && lanes <= most_broker_lanes) welcome.lanes = static_cast<std::uint32_t>(lanes);
  welcome.bundles = (frame.header.flags & wire::flag::bundles) != 0;
  return welcome;
}
ErrorPayload read_error(std::span<const std::byte> payload) {
  return read<ErrorPayload>(payload);
}

}  // namespace rmi
