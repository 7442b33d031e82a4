// What a method sees of its call, and what its own calls inherit.
#include <rmi/context.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <rmi/bus.hpp>

#include "bus/annotations.hpp"
#include "bus/context_access.hpp"
#include "bus/host.hpp"
#include "bus/random.hpp"

namespace rmi {
namespace {

constexpr std::size_t longest_id = 64;

thread_local const std::string* thread_id = nullptr;

}  // namespace

const std::string* ContextAccess::thread_correlation() noexcept {
  return thread_id;
}

std::uint32_t Context::session() const noexcept {
  return call_->session();
}

SessionInfo Context::caller() const {
  return call_->host->session_info(call_->session());
}

Bus& Context::bus() const noexcept {
  return call_->host->bus();
}

std::string_view Context::object() const noexcept {
  return call_->view.object;
}

std::string_view Context::method() const noexcept {
  return call_->view.method;
}

bool Context::oneway() const noexcept {
  return call_->oneway();
}

std::optional<std::chrono::milliseconds> Context::remaining() const {
  if (call_->expiry == SteadyTime::max()) return std::nullopt;
  const auto left = std::chrono::floor<std::chrono::milliseconds>(call_->expiry -
                                                                  std::chrono::steady_clock::now());
  return std::max(left, std::chrono::milliseconds::zero());
}

std::stop_token Context::stop_token() const {
  return call_->host->stop_token(*call_);
}

const std::string& Context::correlation_id() const {
  if (call_->correlation.empty()) call_->correlation = fmt::format("{:016x}", random_number());
  return call_->correlation;
}

std::optional<std::span<const std::byte>> Context::annotation(std::string_view key) const {
  return find_annotation(call_->view.annotations, key);
}

Annotations Context::annotations() const {
  Annotations all = read_annotations(call_->view.annotations);
  std::erase_if(all, [](const auto& item) { return item.first.starts_with("rmi."); });
  return all;
}

void Context::annotate(std::string key, std::vector<std::byte> value) const {
  if (key.empty() || key.size() > 255 || key.starts_with("rmi."))
    throw std::invalid_argument(fmt::format(
        "the key of a note has 1 to 255 bytes and does not begin with 'rmi.', got '{}'", key));
  call_->reply_annotations.insert_or_assign(std::move(key), std::move(value));
}

std::uint64_t Context::at_session_end(std::function<void()> act) const {
  call_->host->keep_session(call_->session());
  return call_->host->sessions().at_end(call_->session(), std::move(act));
}

bool Context::forget(std::uint64_t number) const {
  return call_->host->sessions().forget(call_->session(), number);
}

std::optional<Context> current_context() noexcept {
  ServedCall* call = ContextAccess::current();
  return call == nullptr ? std::nullopt : std::optional<Context>(*call);
}

Context context() {
  if (const auto current = current_context()) return *current;
  throw std::logic_error("rmi::context() is there only while a method answers a call");
}

CorrelationScope::CorrelationScope(std::string id) : id_(std::move(id)) {
  const bool control = std::ranges::any_of(
      id_, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (id_.empty() || id_.size() > longest_id || control)
    throw std::invalid_argument(
        fmt::format("a correlation id has 1 to {} bytes and no control characters, got {} bytes",
                    longest_id, id_.size()));
  before_ = std::exchange(thread_id, &id_);
}

CorrelationScope::~CorrelationScope() {
  thread_id = before_;
}

}  // namespace rmi
