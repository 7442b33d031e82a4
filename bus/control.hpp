// Payloads of the frames that manage a session, and of errors. Encoded like any arguments.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <rmi/errors.hpp>

#include "bus/frame.hpp"
#include "bus/wire.hpp"

namespace rmi {

/// Random 128 bits: one lifetime of one connection.
using SessionId = std::array<std::uint8_t, 16>;

/// First frame of every connection.
struct Hello {
  SessionId session{};
  std::string program;  ///< name of the program, for logs and listings
  std::string host;
  std::uint32_t pid = 0;
  std::uint64_t max_message = 0;  ///< largest frame this peer accepts
  /// To a daemon that listens itself: the number of the caller's session at the broker; 0 if it has
  /// none, and to a broker.
  std::uint32_t peer = 0;
  /// Whether it takes bundles. Not in the payload but in the header, where peers that know nothing
  /// of them do not look.
  bool bundles = false;

  template <class Archive>
  void serialize(Archive& ar);
};

/// The broker's answer: the session exists now.
struct Welcome {
  std::uint64_t epoch = 0;  ///< random number of this run of the broker
  std::string version;      ///< of the broker's program
  std::uint32_t lease_ms = 0;
  std::uint32_t renew_ms = 0;  ///< how often to renew
  std::uint64_t max_message = 0;
  std::uint32_t session = 0;  ///< the session's number at this broker; never 0
  /// Of this broker; see lane_of(). Not in the payload but in the header, where peers that know
  /// nothing of lanes do not look.
  std::uint32_t lanes = 1;
  bool bundles = false;  ///< as in Hello

  template <class Archive>
  void serialize(Archive& ar);
};

/// Payload of a frame of kind error.
struct ErrorPayload {
  struct Cause {
    std::string type;
    std::string text;
    template <class Archive>
    void serialize(Archive& ar);
  };
  std::uint8_t code = 0;     ///< an ErrorCode
  std::uint8_t outcome = 0;  ///< an Outcome
  std::string text;
  // Only when code is `remote`: where the exception came from.
  std::string type;
  std::string object;
  std::string method;
  std::string host;
  std::string process;
  std::int32_t error_value = 0;  ///< of the std::error_code that a std::system_error carries
  std::string error_category;
  std::vector<Cause> causes;
  std::vector<std::byte> data;  ///< the fields of a type of RMI_EXCEPTION

  template <class Archive>
  void serialize(Archive& ar);
};

Frame make_hello(const Hello& hello);
Frame make_welcome(std::uint64_t call_id, const Welcome& welcome);

/// Which call a frame answers: the ids that came with it.
struct AnswerTo {
  std::uint64_t call_id = 0;
  std::uint64_t registration = 0;
};

Frame make_error(AnswerTo call, const ErrorPayload& error);
Frame make_error(AnswerTo call, ErrorCode code, Outcome outcome, const std::string& text);

// Read a frame of that kind, or its payload. @throws DecodeError
Hello read_hello(const wire::View& frame);
Welcome read_welcome(const wire::View& frame);
ErrorPayload read_error(std::span<const std::byte> payload);

}  // namespace rmi
