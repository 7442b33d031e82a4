// Payloads of the reserved method rmi.batch: many calls of one object in one message.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <rmi/archive.hpp>

namespace rmi {

struct BatchCall {
  std::string method;
  std::uint32_t signature = 0;
  std::vector<std::uint8_t> payload;
  template <class Archive>
  void serialize(Archive& ar) {
    ar(CEREAL_NVP(method), CEREAL_NVP(signature), CEREAL_NVP(payload));
  }
};

struct BatchRequest {
  std::vector<BatchCall> calls;
  template <class Archive>
  void serialize(Archive& ar) {
    ar(CEREAL_NVP(calls));
  }
};

/// One call's result, or, if `failed`, an ErrorPayload; nothing follows one that failed.
struct BatchItem {
  bool failed = false;
  std::vector<std::uint8_t> payload;
  template <class Archive>
  void serialize(Archive& ar) {
    ar(CEREAL_NVP(failed), CEREAL_NVP(payload));
  }
};

struct BatchReply {
  std::vector<BatchItem> results;
  template <class Archive>
  void serialize(Archive& ar) {
    ar(CEREAL_NVP(results));
  }
};

/// @throws DecodeError
inline BatchRequest read_batch_request(std::span<const std::byte> payload) {
  BatchRequest request;
  decode(payload, {}, request);
  return request;
}

}  // namespace rmi
