// JSON text to values, strictly.
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "bus/json_text.hpp"
#include "bus/shorten.hpp"

namespace rmi {
namespace {

/// Builds the value from the events of the parser. The parser's own builder would keep the last of
/// two equal keys without a word, and looks every key up in a list.
class Builder {
 public:
  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(std::int64_t value) { return add(value); }
  bool number_unsigned(std::uint64_t value) { return add(value); }
  bool number_float(double value, const std::string&) { return add(value); }
  bool string(std::string& value) { return add(std::move(value)); }
  bool binary(Json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(Json::object()); }
  bool start_array(std::size_t) { return open(Json::array()); }
  bool key(std::string& name) {
    auto& scope = scopes_.back();
    if (!scope.keys.insert(name).second)
      throw BadArguments("not JSON to be sure of: key " + json::show(Json(name)) +
                         " is there twice in one object");
    scope.key = std::move(name);
    return true;
  }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 5: syntax error while parsing
    // value - unexpected end of input; expected ..."
    std::string_view text = error.what();
    std::string where;
    if (const auto line = text.find("line "); line != std::string_view::npos) {
      const auto colon = text.find(':', line);
      where = std::string(text.substr(line, colon - line)) + ": ";
      text.remove_prefix(std::min(text.size(), colon + 2));
    } else if (const auto bracket = text.find("] "); bracket != std::string_view::npos) {
      text.remove_prefix(bracket + 2);
    }
    if (const auto dash = text.find(" - "); dash != std::string_view::npos)
      text.remove_prefix(dash + 3);
    throw BadArguments("not JSON: " + where + shorten(text, 200));
  }

  Json take() { return std::move(root_); }

 private:
  struct Scope {
    Json value;
    std::string key;
    std::unordered_set<std::string> keys;
  };

  bool add(Json value) {
    if (scopes_.empty()) {
      root_ = std::move(value);
      return true;
    }
    auto& scope = scopes_.back();
    if (scope.value.is_array()) {
      scope.value.get_ref<Json::array_t&>().push_back(std::move(value));
    } else {
      scope.value.get_ref<Json::object_t&>().emplace_back(std::move(scope.key), std::move(value));
    }
    return true;
  }
  bool open(Json value) {
    if (scopes_.size() >= max_json_depth)
      throw BadArguments("not taken: JSON nested deeper than " + std::to_string(max_json_depth));
    scopes_.push_back({std::move(value), {}, {}});
    return true;
  }
  bool close() {
    Json value = std::move(scopes_.back().value);
    scopes_.pop_back();
    return add(std::move(value));
  }

  Json root_;
  std::vector<Scope> scopes_;
};

}  // namespace

Json parse_json(std::string_view text) {
  Builder builder;
  Json::sax_parse(text, &builder);
  return builder.take();
}

std::string to_text(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace rmi
