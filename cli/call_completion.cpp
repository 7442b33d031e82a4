// Asks the broker for names, and the object for its methods.
#include "cli/call_completion.hpp"

#include <exception>

#include <rmi/any_proxy.hpp>
#include <rmi/uri.hpp>

#include "cli/completion.hpp"

namespace rmi::cli {
namespace {

/// Values of the parameter that the word stands for, where there are few.
void add_values(const InterfaceSchema& schema, const TypedLine& line, Candidates& candidates) {
  const Signature* method = find(schema, line.words[1]);
  if (method != nullptr && method->property != Access::none)
    method = find(schema, line.words[1] + '=');
  const std::size_t index = line.words.size() - 2;
  if (method == nullptr || index >= method->parameters.size()) return;
  const Type& type = method->parameters[index].type;
  if (type.kind == Kind::bool_)
    for (const auto* value : {"true", "false"})
      candidates.add(value);
  const Definition* definition = type.kind == Kind::named ? schema.types.find(type.name) : nullptr;
  if (definition == nullptr) return;
  if (const auto* names = std::get_if<EnumType>(&definition->body))
    for (const auto& entry : names->enumerators)
      candidates.add(entry.name);
}

void add_from_bus(const CallOptions& options, const TypedLine& line, Candidates& candidates) {
  if (line.words.empty()) {
    Session session = completion_session(options.common);
    return add_names(session, line.current, candidates);
  }
  const Uri uri = Uri::parse(line.words.front());
  CommonOptions common = options.common;
  if (uri.endpoint()) common.broker = uri.endpoint()->str();
  Session session = completion_session(common);
  const auto schema = AnyProxy(session.bus(), uri.str()).with_timeout(session.left()).schema();
  if (line.words.size() > 1) return add_values(schema, line, candidates);
  for (const auto& method : schema.methods)
    if (!method.name.ends_with('='))
      candidates.add(method.name, method.doc.empty() ? to_string(method) : method.doc);
}

}  // namespace

std::string complete_call(CommandLine& command, CallOptions& options,
                          std::span<const std::string> line) {
  Candidates candidates(line.empty() ? std::string() : line.back());
  try {
    if (const auto typed = complete_options(command, line, candidates))
      add_from_bus(options, *typed, candidates);
  } catch (const std::exception&) {
    // Whatever is wrong, a message in the middle of the line that is being typed helps nobody.
  }
  return candidates.lines();
}

}  // namespace rmi::cli
