// The CURVE keys of a program, and the file that they are kept in.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace rmi {

/// Each 40 characters of Z85, as ZeroMQ writes keys.
struct KeyPair {
  std::string public_key;
  std::string secret_key;
};

/// What a connection to a broker is encrypted with.
struct LinkKeys {
  KeyPair own;
  std::string broker;  ///< its public key
};

/// Bytes that encryption adds to a frame (RFC 26, the MESSAGE command).
inline constexpr std::size_t curve_overhead = 33;

/// @throws std::runtime_error  the libzmq of this machine was built without CURVE.
void require_curve();

/// Whether that is a public or a secret key, as far as its characters say.
bool is_key(std::string_view text);

/// @throws std::runtime_error  as require_curve().
KeyPair new_keys();

/// Lines `public = KEY` and `secret = KEY`; what begins with `#` is a comment.
/// @param file  for the errors, which never show a secret.
/// @throws std::invalid_argument  malformed, or the two do not belong together.
KeyPair parse_keys(std::string_view text, const std::string& file);

/// @throws std::invalid_argument  it cannot be read, is malformed, or others than its owner may
///                                read it; the text says what to do.
KeyPair read_keys(const std::string& file);

/// Makes the file, for its owner alone.
/// @throws std::runtime_error  it is there already, or cannot be written.
void write_keys(const std::string& file, const KeyPair& keys);

/// For a bus: where both are empty, $RMI_KEY_FILE and $RMI_BROKER_KEY say. Null without keys.
/// @throws std::invalid_argument  there is but one of the two, or they cannot be used.
std::shared_ptr<const LinkKeys> link_keys(std::string key_file, std::string broker_key);

}  // namespace rmi
