// Normalises the compilers' spellings of types and enumerators.
#include <rmi/detail/type_name.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace rmi::detail {
namespace {

/// Splits at `separator` where no bracket is open.
std::vector<std::string_view> split(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t start = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '<' || c == '(' || c == '{') ++depth;
    if (c == '>' || c == ')' || c == '}') --depth;
    if (depth == 0 && text.substr(at, separator.size()) == separator) {
      parts.push_back(text.substr(start, at - start));
      at += separator.size() - 1;
      start = at + 1;
    }
  }
  parts.push_back(text.substr(start));
  return parts;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

/// What stands behind `key` up to the end of the bracket that the compiler puts around it.
std::string_view argument(std::string_view pretty, std::string_view key) {
  const auto start = pretty.rfind('[', pretty.find(key));
  const auto from = pretty.find(key, start) + key.size();
  std::size_t depth = 0;
  for (std::size_t at = from; at < pretty.size(); ++at) {
    const char c = pretty[at];
    if (c == '<' || c == '(' || c == '{' || c == '[') ++depth;
    if (c == '>' || c == ')' || c == '}') --depth;
    if ((c == ']' || c == ';') && depth == 0) return pretty.substr(from, at - from);
    if (c == ']') --depth;
  }
  return pretty.substr(from);
}

/// Without anonymous namespaces and the functions a local class sits in.
std::string drop_unnamed_scopes(std::string_view name) {
  std::string kept;
  for (const auto part : split(name, "::")) {
    if (part.empty() || part.front() == '{' || part.front() == '<' || part.front() == '(') continue;
    if (part.find('(') < part.find('<')) continue;
    if (part == "__cxx11" || part == "__1") continue;
    if (!kept.empty()) kept += "::";
    kept += part;
  }
  return kept;
}

}  // namespace

std::string clean_type_name(std::string_view pretty) {
  std::string name = drop_unnamed_scopes(argument(pretty, "T = "));
  for (const auto& [from, to] : std::array<std::pair<std::string_view, std::string_view>, 13>{{
           {"{anonymous}::", ""},
           {"(anonymous namespace)::", ""},
           {"<unnamed>::", ""},
           {"__cxx11::", ""},
           {"__1::", ""},
           {"long long unsigned int", "unsigned long long"},
           {"long unsigned int", "unsigned long"},
           {"short unsigned int", "unsigned short"},
           {"long long int", "long long"},
           {"long int", "long"},
           {"short int", "short"},
           {"std::basic_string<char>", "std::string"},
           {" >", ">"},
       }})
    replace_all(name, from, to);
  // What is left must be readable as one name in the schema's text.
  std::replace_if(
      name.begin(), name.end(),
      [](unsigned char c) { return c < 0x20 || c == '"' || c == '(' || c == ')' || c == '{'; },
      '_');
  return name;
}

std::vector<Enumerator> clean_enumerators(std::string_view pretty,
                                          const std::vector<std::int64_t>& values) {
  std::string_view list = argument(pretty, "Vs = ");
  if (list.size() >= 2) list = list.substr(1, list.size() - 2);  // {...} or <...>
  std::vector<Enumerator> named;
  const auto spellings = split(list, ", ");
  for (std::size_t i = 0; i < spellings.size() && i < values.size(); ++i) {
    if (values[i] == std::numeric_limits<std::int64_t>::min()) continue;
    std::string_view spelling = spellings[i];
    if (const auto scope = spelling.rfind("::"); scope != std::string_view::npos)
      spelling.remove_prefix(scope + 2);
    // A value without a name is spelled as a cast: (Color)2.
    const bool is_name = !spelling.empty() && spelling.find(')') == std::string_view::npos &&
                         spelling.front() != '-' &&
                         (spelling.front() < '0' || spelling.front() > '9');
    if (is_name) named.push_back({std::string(spelling), values[i]});
  }
  std::sort(named.begin(), named.end(),
            [](const auto& a, const auto& b) { return a.value < b.value; });
  return named;
}

}  // namespace rmi::detail
