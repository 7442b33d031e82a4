// Links calls into the chains they belong to.
#include "ns/call_table.hpp"

#include <algorithm>
#include <utility>

namespace rmi::ns {

void CallTable::link(Member member, CallChain& chain, std::uint64_t slot, Call& call) noexcept {
  call.*member = {.previous = 0, .next = chain.first};
  if (chain.first != 0) (calls_.find(chain.first)->*member).previous = slot;
  chain.first = slot;
  ++chain.size;
}

void CallTable::unlink(Member member, CallChain& chain, std::uint64_t slot, Call& call) noexcept {
  const CallLink links = call.*member;
  if (links.next != 0) (calls_.find(links.next)->*member).previous = links.previous;
  if (chain.first == slot) {
    chain.first = links.next;
  } else {
    (calls_.find(links.previous)->*member).next = links.next;
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
  for (std::uint64_t slot = caller.calls_made.first; slot != 0;) {
    const Call& call = *calls_.find(slot);
    if (call.caller_number == caller_number) return slot;
    slot = call.by_caller.next;
  }
  return 0;
}

}  // namespace rmi::ns
