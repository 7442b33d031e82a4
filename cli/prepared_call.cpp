// From words to a payload, and from a reply to text.
#include "cli/prepared_call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <typeinfo>
#include <utility>

#include <rmi/detail/reference_wire.hpp>
#include <rmi/errors.hpp>

#include "cli/failure.hpp"
#include "cli/terminal.hpp"

namespace rmi::cli {
namespace {

/// @param argued  whether there are arguments: they set a property, without them it is read.
const Signature& method_of(const InterfaceSchema& schema, const std::string& object,
                           const std::string& method, bool argued) {
  const Signature* found = find(schema, method);
  if (found != nullptr && (found->property == Access::none || !argued)) return *found;
  const std::string wanted = found == nullptr ? method : method + '=';
  if (const Signature* setter = find(schema, wanted)) return *setter;
  throw MethodNotFound(unknown_method(schema, object, wanted));
}

/// As long as any name of an object of a session.
constexpr const char* any_private_name = "@00000000/0000000000000000";

/// The arguments in order. @throws BadArguments
Json in_order(Json arguments, const Signature& signature) {
  if (!arguments.is_object()) return arguments;
  Json ordered = Json::array();
  for (const Parameter& parameter : signature.parameters)
    ordered.push_back(arguments.contains(parameter.name) ? arguments[parameter.name]
                                                         : Json(nullptr));
  return ordered;
}

/// Takes streams that are given by their items out of the arguments.
void take_streams(PreparedCall& call) {
  const auto& parameters = call.signature.parameters;
  for (std::size_t at = 0; at < parameters.size() && at < call.arguments.size(); ++at) {
    const Parameter& parameter = parameters[at];
    if (parameter.type.kind != Kind::stream || !call.arguments[at].is_array()) continue;
    const std::string subject =
        fmt::format("argument {}{}", at + 1, parameter.name.empty() ? "" : " " + parameter.name);
    call.streams.push_back(
        {at, std::make_shared<JsonSource>(std::move(call.arguments[at]),
                                          parameter.type.items.front(), call.types(), subject)});
    call.arguments[at] = any_private_name;
  }
}

Json read_arguments(const std::string& text, const ReadInput& read_input) {
  return parse_json(text == "-" ? read_input() : text);
}

/// Fills in what depends on the arguments. @throws BadArguments
void take_arguments(PreparedCall& call, Json arguments) {
  const bool streams = std::ranges::any_of(call.signature.parameters, [](const Parameter& each) {
    return each.type.kind == Kind::stream;
  });
  if (streams) {
    call.arguments = in_order(std::move(arguments), call.signature);
    if (call.arguments.is_array()) take_streams(call);
  }
  call.payload =
      encode_arguments(streams ? call.arguments : arguments, call.signature, call.types());
}

}  // namespace

void PreparedCall::encode_into(std::span<std::byte> into) const {
  if (streams.empty()) {
    std::ranges::copy(payload, into.begin());
    return;
  }
  Json sent = arguments;
  for (const auto& [index, stream] : streams) {
    const std::shared_ptr<JsonSource>& source = stream;  // a lambda cannot hold a binding
    sent[index] = detail::send_object(
        {source.get(), typeid(JsonSource)}, [&] { return detail::describe_raw(source); }, false);
  }
  std::ranges::copy(encode_arguments(sent, signature, types()), into.begin());
}

void PreparedCall::run(detail::FunctionRef<void(std::span<const std::byte>)> take) const {
  detail::call(
      target, {signature.name, hash, nullptr, signature.traits}, payload.size(),
      [&](std::span<std::byte> into) { encode_into(into); },
      [&](std::span<const std::byte> reply, ByteOwner*) { take(reply); });
}

PreparedCall prepare(const OpenObject& object, std::span<const std::string> words,
                     const std::optional<std::string>& args, const ReadInput& read_input) {
  const InterfaceSchema& schema = object.schema;
  const Signature& signature =
      method_of(schema, object.target.object, words.front(), args.has_value() || words.size() > 1);
  PreparedCall call{.object = object,
                    .target = object.target,
                    .signature = signature,
                    .hash = hash(signature, schema.types)};
  if (!args) {
    take_arguments(call,
                   arguments_from_words(words.subspan(1), signature, schema.types, read_input));
    return call;
  }
  try {
    take_arguments(call, read_arguments(*args, read_input));
  } catch (const BadArguments& error) {
    throw BadArguments(fmt::format("--args: {}", error.what()));
  }
  return call;
}

std::string no_result(const CallOptions& options) {
  return options.common.json ? "null\n" : "";
}

std::string show_result(const PreparedCall& call, std::span<const std::byte> reply,
                        const CallOptions& options) {
  const Type& type = call.signature.result;
  if (options.raw && (type.kind == Kind::string || type.kind == Kind::bytes)) {
    std::string text;
    decode(reply, json_limits, text);
    // Nothing is added on the way into a file; a terminal needs the end of the line.
    if (stdout_is_terminal()) text += '\n';
    return text;
  }
  const Json value = decode_value(reply, type, call.types());
  if (type.kind == Kind::void_ && !options.common.json) return {};
  if (options.common.json || !stdout_is_terminal()) return to_text(value) + '\n';
  return value.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::optional<detail::CallTarget> take_reference(std::span<const std::byte> reply) {
  std::string name;
  decode(reply, {}, name);
  if (name.empty()) return std::nullopt;
  return detail::receive_reference(std::move(name));
}

/// In blocks: streams take a second for what is read here in no time.
std::string read_stdin() {
  constexpr std::size_t block = std::size_t{1} << 16U;
  std::string text;
  std::size_t size = 0;
  do {
    text.resize(std::max(text.capacity(), size + block));
    size += std::fread(text.data() + size, 1, text.size() - size, stdin);
  } while (std::feof(stdin) == 0 && std::ferror(stdin) == 0);
  if (std::ferror(stdin) != 0) throw std::runtime_error("stdin cannot be read");
  text.resize(size);
  return text;
}

}  // namespace rmi::cli
