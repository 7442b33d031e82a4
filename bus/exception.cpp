// The table behind RMI_EXCEPTION.
#include <rmi/exception.hpp>

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <mutex>

#include <fmt/format.h>

#include "bus/exception_table.hpp"

namespace rmi {
namespace {

struct Entry {
  std::size_t id;
  std::string name;
  detail::ExceptionType type;
};

struct Table {
  std::mutex mutex;
  std::size_t next_id = 0;
  std::vector<Entry> entries;
};

/// Never destroyed: registrations of other files may go after everything of this one.
Table& table() {
  static Table& only = *new Table;
  return only;
}

void erase_all(std::string& text, std::string_view part) {
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at))
    text.erase(at, part.size());
}

}  // namespace

std::string exception_name(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> demangled(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), std::free);
  std::string name = demangled ? demangled.get() : type.name();
  erase_all(name, "__cxx11::");
  erase_all(name, "[abi:cxx11]");
  // What is passed on once more is named like what came.
  for (const std::string_view around : {"std::_Nested_exception<", "rmi::detail::Remote<"}) {
    if (!name.starts_with(around)) continue;
    name.erase(0, around.size());
    name.pop_back();
    if (name.ends_with(' ')) name.pop_back();  // of "> >"
  }
  if (name == "std::ios_base::failure" || name == "std::__ios_failure")
    return "std::ios_base::failure";
  return name;
}

std::optional<detail::ExceptionType> find_exception(std::string_view name) {
  const std::lock_guard lock(table().mutex);
  for (const Entry& entry : table().entries)
    if (entry.name == name) return entry.type;
  return std::nullopt;
}

namespace detail {
namespace {

std::size_t enter(const ExceptionType& type) {
  const std::lock_guard lock(table().mutex);
  const std::size_t id = table().next_id++;
  table().entries.push_back({id, exception_name(*type.type), type});
  return id;
}

}  // namespace

ExceptionRegistration::ExceptionRegistration(const ExceptionType& type) : id_(enter(type)) {}

ExceptionRegistration::~ExceptionRegistration() {
  const std::lock_guard lock(table().mutex);
  std::erase_if(table().entries, [this](const Entry& entry) { return entry.id == id_; });
}

void throw_undecodable(RemoteInfo info, const char* why) {
  info.text =
      fmt::format("{} (its fields cannot be decoded: {}; were both sides built with the same {}?)",
                  info.text, why, info.type);
  throw RemoteError(std::move(info));
}

}  // namespace detail
}  // namespace rmi
