// What the methods of rmi-echo do.
#include "daemon/programs/echo.hpp"

#include <array>
#include <cstddef>
#include <exception>
#include <limits>
#include <new>
#include <string_view>
#include <utility>

#include <rmi/context.hpp>

namespace echo {
namespace {

constexpr std::size_t most_notes = 100;

using Throw = void (*)(const std::string& text);

template <class E>
void throw_std(const std::string& text) {
  throw E(text);
}

void throw_own(const std::string& text) {
  EchoError error(text);
  error.code = 42;
  error.details = {"first", "second"};
  throw error;
}

void throw_nested(const std::string& text) {
  try {
    throw std::out_of_range("the cause");
  } catch (const std::exception&) {
    std::throw_with_nested(std::runtime_error(text));
  }
}

constexpr std::array<std::pair<std::string_view, Throw>, 12> kinds{{
    {"runtime_error", &throw_std<std::runtime_error>},
    {"logic_error", &throw_std<std::logic_error>},
    {"invalid_argument", &throw_std<std::invalid_argument>},
    {"domain_error", &throw_std<std::domain_error>},
    {"length_error", &throw_std<std::length_error>},
    {"out_of_range", &throw_std<std::out_of_range>},
    {"range_error", &throw_std<std::range_error>},
    {"overflow_error", &throw_std<std::overflow_error>},
    {"underflow_error", &throw_std<std::underflow_error>},
    {"bad_alloc", [](const std::string&) { throw std::bad_alloc(); }},
    {"EchoError", &throw_own},
    {"nested", &throw_nested},
}};

std::string_view without_namespace(std::string_view type) {
  const auto colons = type.rfind("::");
  return colons == std::string_view::npos ? type : type.substr(colons + 2);
}

std::string to_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

std::string Echo::echo(const std::string& text) {
  ++calls_;
  return text;
}

rmi::Blob Echo::echo_bytes(const rmi::Blob& data) {
  ++calls_;
  return data;
}

std::int32_t Echo::add(std::int32_t a, std::int32_t b) {
  ++calls_;
  const std::int64_t sum = std::int64_t{a} + b;
  if (sum != static_cast<std::int32_t>(sum))
    throw std::overflow_error("the sum " + std::to_string(sum) + " is no i32");
  return static_cast<std::int32_t>(sum);
}

void Echo::error(const std::string& type, const std::string& text) {
  ++calls_;
  std::string known;
  for (const auto& [name, raise] : kinds) {
    if (name == without_namespace(type)) raise(text);
    known += (known.empty() ? "" : ", ") + std::string(name);
  }
  throw std::invalid_argument("expected one of " + known + ", got '" + type + "'");
}

Echo::Time Echo::slow(Time time) {
  ++calls_;
  return delays_->wait(time, rmi::context().stop_token());
}

rmi::Future<Echo::Time> Echo::later(Time time) {
  ++calls_;
  return delays_->after(time);
}

rmi::Stream<std::int32_t> Echo::count(std::int32_t from, std::int32_t to,
                                      std::optional<Time> pause) {
  ++calls_;
  for (std::int32_t i = from; i < to; ++i) {
    if (pause && i != from) delays_->wait(*pause, {});
    co_yield i;
  }
}

std::int64_t Echo::sum(rmi::Stream<std::int32_t> numbers) {
  ++calls_;
  std::int64_t sum = 0;
  for (const std::int32_t number : numbers)
    sum += number;
  return sum;
}

void Echo::note(const std::string& text) {
  ++calls_;
  const std::lock_guard lock(mutex_);
  notes_.push_back(text);
  if (notes_.size() > most_notes) notes_.pop_front();
}

std::vector<std::string> Echo::notes() const {
  const std::lock_guard lock(mutex_);
  return {notes_.begin(), notes_.end()};
}

std::int32_t Echo::call(const rmi::Callback<std::int32_t(std::int32_t)>& function,
                        std::int32_t value) {
  ++calls_;
  return function(value);
}

rmi::Ref<Counter> Echo::open_counter(std::optional<std::int64_t> start) {
  ++calls_;
  return {std::make_shared<Counter>(start.value_or(0), delays_), rmi::Overlap::yes};
}

CallInfo Echo::info() {
  ++calls_;
  const rmi::Context context = rmi::context();
  const rmi::SessionInfo caller = context.caller();
  CallInfo info;
  info.session = context.session();
  info.caller = caller.label;
  info.principal = caller.principal;
  info.object = context.object();
  info.method = context.method();
  info.correlation_id = context.correlation_id();
  info.remaining = context.remaining();
  for (auto& [key, value] : context.annotations()) {
    info.annotations[key] = to_text(value);
    context.annotate(key, value);
  }
  return info;
}

void Echo::level(double value) {
  if (!(value >= 0 && value <= 1))
    throw std::out_of_range("the level is from 0 to 1, got " + std::to_string(value));
  level_ = value;
}

}  // namespace echo
