// Links calls into the chains they belong to.
#include "ns/call_table.hpp"

#include <algorithm>
#include <utility>

namespace rmi::ns {

void CallTable::link(Member member, CallChain& chain, std::uint64_t slot, Call& call) noexcept {
  const auto next = Calls::place_of(chain.first);
  call.*member = {.previous = 0, .next = next};
  if (next != 0) (calls_.at(next).*member).previous = Calls::place_of(slot);
  chain.first = slot;
  ++chain.size;
}

void CallTable::unlink(Member member, CallChain& chain, std::uint64_t slot, Call& call) noexcept {
  const CallLink links = call.*member;
  if (links.next != 0) (calls_.at(links.next).*member).previous = links.previous;
  if (chain.first == slot) {
    chain.first = calls_.id_at(links.next);
  } else {
    (calls_.at(links.previous).*member).next = links.next;
  }
  --chain.size;
}

std::uint64_t CallTable::insert(Call value) {
  const std::uint64_t slot = calls_.insert(std::move(value));
  Call& call = *calls_.find(slot);
  link(&Call::by_caller, call.caller->calls_made, slot, call);
  link(&Call::by_daemon, call.daemon->calls_taken, slot, call);
  if (call.deadline != never) link(&Call::by_deadline, wheel_.chain(call.deadline), slot, call);
  call.caller->bytes_made += call.bytes;
  if (PrincipalUsage* principal = call.caller->principal) {
    ++principal->calls;
    principal->bytes += call.bytes;
  }
  call.daemon->bytes_taken += call.bytes;
  ++call.registration->in_flight;
  return slot;
}

void CallTable::leave_caller(std::uint64_t slot, Call& call) noexcept {
  unlink(&Call::by_caller, call.caller->calls_made, slot, call);
  call.caller->bytes_made -= call.bytes;
  if (PrincipalUsage* principal = call.caller->principal) {
    --principal->calls;
    principal->bytes -= call.bytes;
  }
  call.caller = nullptr;
}

void CallTable::erase(std::uint64_t slot) {
  Call& call = *calls_.find(slot);
  if (call.caller != nullptr) leave_caller(slot, call);
  unlink(&Call::by_daemon, call.daemon->calls_taken, slot, call);
  call.daemon->bytes_taken -= call.bytes;
  if (call.deadline != never) unlink(&Call::by_deadline, wheel_.chain(call.deadline), slot, call);
  --call.registration->in_flight;
  calls_.take(slot);
}

void CallTable::abandon(std::uint64_t slot, Time latest) {
  Call& call = *calls_.find(slot);
  leave_caller(slot, call);
  if (call.deadline != never) unlink(&Call::by_deadline, wheel_.chain(call.deadline), slot, call);
  call.deadline = std::min(call.deadline, latest);
  link(&Call::by_deadline, wheel_.chain(call.deadline), slot, call);
}

std::uint64_t CallTable::slot_of(const Session& caller, std::uint64_t caller_number) noexcept {
  auto place = Calls::place_of(caller.calls_made.first);
  while (place != 0 && calls_.at(place).caller_number != caller_number)
    place = calls_.at(place).by_caller.next;
  return calls_.id_at(place);
}

}  // namespace rmi::ns
