// Marks in the annotations of a call.
#include "bus/call_mark.hpp"

#include <cstring>
#include <utility>
#include <variant>

#include "bus/annotations.hpp"

namespace rmi {

std::optional<CallMark> find_call_mark(std::span<const std::byte> annotations) noexcept {
  const auto value = find_annotation(annotations, retry_annotation);
  if (!value || value->size() != call_mark_size) return std::nullopt;
  CallMark mark;
  std::memcpy(&mark.ticket, value->data(), 8);
  std::memcpy(&mark.number, value->data() + 8, 8);
  std::memcpy(&mark.attempt, value->data() + 16, 4);
  return mark;
}

void set_call_mark(Frame& request, const CallMark& mark) noexcept {
  const auto whole = std::as_const(request).bytes();
  const auto view = std::get<wire::View>(wire::parse(whole));
  const auto value = find_annotation(view.annotations, retry_annotation);
  if (!value || value->size() != call_mark_size) return;
  std::byte* to = request.bytes().data() + (value->data() - whole.data());
  std::memcpy(to, &mark.ticket, 8);
  std::memcpy(to + 8, &mark.number, 8);
  std::memcpy(to + 16, &mark.attempt, 4);
}

}  // namespace rmi
