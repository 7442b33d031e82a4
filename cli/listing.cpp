// Prints an interface for people and for scripts.
#include "cli/listing.hpp"

#include <nlohmann/json.hpp>

#include "bus/json.hpp"

namespace rmi::cli {
namespace {

/// The lines of a text, each printable and indented.
std::string indented(std::string_view text, std::string_view indent, const Palette& palette) {
  std::string out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    out += indent;
    out += palette.faint;
    out += printable(text.substr(0, end));
    out += palette.reset;
    out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string method_text(const Signature& method, const Palette& palette) {
  const std::string whole = printable(to_string(method));
  const std::string name = printable(method.name);
  std::string out = "  ";
  if (whole.starts_with(name)) {
    out += palette.strong;
    out += name;
    out += palette.reset;
    out += whole.substr(name.size());
  } else {  // a name that had to be quoted
    out += whole;
  }
  return out + '\n' + indented(method.doc, "      ", palette);
}

/// Whether the line of a property says it already.
bool is_said(const Signature& method) {
  return method.name.ends_with('=');
}

Json timeout_json(const Signature& method) {
  const auto timeout = method.traits.timeout.count();
  return timeout == 0 ? Json(nullptr) : Json(timeout);
}

Json property_json(const Signature& getter) {
  return {{"name", getter.name},
          {"type", to_string(getter.result)},
          {"doc", getter.doc},
          {"readonly", getter.property == Access::read_only},
          {"idempotent", getter.traits.idempotent},
          {"timeout_ms", timeout_json(getter)}};
}

Json parameters_json(const Signature& method) {
  Json all = Json::array();
  for (const auto& parameter : method.parameters)
    all.push_back({{"name", parameter.name}, {"type", to_string(parameter.type)}});
  return all;
}

Json method_json(const Signature& method) {
  return {{"name", method.name},
          {"signature", to_string(method)},
          {"doc", method.doc},
          {"parameters", parameters_json(method)},
          {"result", to_string(method.result)},
          {"oneway", method.traits.oneway},
          {"idempotent", method.traits.idempotent},
          {"timeout_ms", timeout_json(method)}};
}

Json definition_json(const Definition& definition) {
  Json out{{"name", definition.name}};
  if (const auto* body = std::get_if<StructType>(&definition.body)) {
    out["kind"] = "struct";
    out["fields"] = Json::array();
    for (const auto& field : body->fields)
      out["fields"].push_back({{"name", field.name}, {"type", to_string(field.type)}});
  } else {
    const auto& values = std::get<EnumType>(definition.body);
    Type underlying;
    underlying.kind = values.underlying;
    out["kind"] = "enum";
    out["underlying"] = to_string(underlying);
    out["values"] = Json::object();
    for (const auto& entry : values.enumerators)
      out["values"][entry.name] = entry.value;
  }
  return out;
}

}  // namespace

std::string listing_text(const InterfaceSchema& schema, const Palette& palette) {
  std::string out = printable(schema.name);
  for (const auto& base : schema.extends)
    out += (&base == schema.extends.data() ? " : " : ", ") + printable(base);
  out += '\n' + indented(schema.doc, "", palette);
  for (const auto& method : schema.methods)
    if (!is_said(method)) out += method_text(method, palette);
  for (const auto& definition : schema.types.definitions())
    out += '\n' + indented(to_string(definition), "", Palette{});
  return out;
}

std::string listing_json(const InterfaceSchema& schema, std::string_view object) {
  Json methods = Json::array();
  Json properties = Json::array();
  for (const auto& method : schema.methods) {
    if (is_said(method)) continue;
    if (method.property == Access::none)
      methods.push_back(method_json(method));
    else
      properties.push_back(property_json(method));
  }
  Json types = Json::array();
  for (const auto& definition : schema.types.definitions())
    types.push_back(definition_json(definition));
  const Json whole{{"name", std::string(object)},
                   {"interface", schema.name},
                   {"doc", schema.doc},
                   {"extends", schema.extends},
                   {"properties", std::move(properties)},
                   {"methods", std::move(methods)},
                   {"types", std::move(types)}};
  return to_text(whole);
}

}  // namespace rmi::cli
