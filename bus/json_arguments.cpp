// The payload of a whole call, from JSON and to JSON.
#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "bus/json_decode.hpp"
#include "bus/json_encode.hpp"
#include "bus/shorten.hpp"

namespace rmi {
namespace {

std::string argument(std::size_t index) {
  return fmt::format("argument {}", index + 1);
}

/// The argument under the path of its parameter's name.
void encode_one(json::Encoder& encoder, const Json& value, const Signature& signature,
                std::size_t index) {
  const Parameter& parameter = signature.parameters[index];
  encoder.set_subject(argument(index));
  const json::Path path{nullptr, parameter.name};
  encoder.value(value, parameter.type, parameter.name.empty() ? nullptr : &path);
}

void encode_positional(json::Encoder& encoder, const Json& arguments, const Signature& signature) {
  const std::size_t wanted = signature.parameters.size();
  if (arguments.size() != wanted)
    throw BadArguments(fmt::format("{} takes {} argument{}, got {}", to_string(signature), wanted,
                                   wanted == 1 ? "" : "s", arguments.size()));
  for (std::size_t i = 0; i < wanted; ++i)
    encode_one(encoder, arguments[i], signature, i);
}

void encode_by_name(json::Encoder& encoder, const Json& arguments, const Signature& signature) {
  std::vector<std::string> names;
  for (const auto& parameter : signature.parameters) {
    if (parameter.name.empty())
      throw BadArguments(to_string(signature) +
                         " has parameters without a name; give the arguments in order");
    names.push_back(parameter.name);
  }
  for (const auto& [key, unused] : arguments.items())
    if (std::find(names.begin(), names.end(), key) == names.end())
      throw BadArguments(fmt::format("{} has no parameter '{}'{}", to_string(signature),
                                     shorten(key), did_you_mean(key, names)));
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Kind kind = signature.parameters[i].type.kind;
    const auto found = arguments.find(names[i]);
    if (found != arguments.end()) {
      encode_one(encoder, *found, signature, i);
    } else if (kind == Kind::optional || kind == Kind::box) {
      encode_one(encoder, nullptr, signature, i);
    } else {
      throw BadArguments(
          fmt::format("{} ({}) of {} is missing", argument(i), names[i], to_string(signature)));
    }
  }
}

}  // namespace

std::vector<std::byte> encode_arguments(const Json& arguments, const Signature& signature,
                                        const TypeTable& types) {
  json::Encoder encoder(types);
  if (arguments.is_array()) {
    encode_positional(encoder, arguments, signature);
  } else if (arguments.is_object()) {
    encode_by_name(encoder, arguments, signature);
  } else {
    throw BadArguments("expected the arguments as an array or as an object by name, got " +
                       json::show(arguments));
  }
  return encoder.take();
}

std::vector<std::byte> encode_value(const Json& value, const Type& type, const TypeTable& types,
                                    std::string_view subject) {
  json::Encoder encoder(types);
  encoder.set_subject(std::string(subject));
  encoder.value(value, type, nullptr);
  return encoder.take();
}

Json decode_value(std::span<const std::byte> bytes, const Type& type, const TypeTable& types,
                  const DecodeLimits& limits) {
  json::Decoder decoder(bytes, types, limits);
  decoder.set_subject("value");
  Json value = decoder.value(type, nullptr);
  decoder.finish();
  return value;
}

Json decode_arguments(std::span<const std::byte> bytes, const Signature& signature,
                      const TypeTable& types, const DecodeLimits& limits) {
  json::Decoder decoder(bytes, types, limits);
  Json values = Json::array();
  for (std::size_t i = 0; i < signature.parameters.size(); ++i) {
    const Parameter& parameter = signature.parameters[i];
    decoder.set_subject(argument(i));
    const json::Path path{nullptr, parameter.name};
    values.push_back(decoder.value(parameter.type, parameter.name.empty() ? nullptr : &path));
  }
  decoder.finish();
  return values;
}

}  // namespace rmi
