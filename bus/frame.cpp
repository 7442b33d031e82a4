// Frame over zmq_msg_t.
#include "bus/frame.hpp"

#include <zmq.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

#include "bus/frame_parts.hpp"
#include "bus/large_memory.hpp"

#if defined(__SANITIZE_THREAD__)
#define RMI_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RMI_THREAD_SANITIZER 1
#endif
#endif

#ifdef RMI_THREAD_SANITIZER
extern "C" void __tsan_acquire(void* address);
extern "C" void __tsan_release(void* address);
#endif

namespace rmi {
namespace {
zmq_msg_t* msg(unsigned char* storage) noexcept {
  return reinterpret_cast<zmq_msg_t*>(storage);
}
zmq_msg_t* msg(const unsigned char* storage) noexcept {
  return msg(const_cast<unsigned char*>(storage));  // libzmq's readers take a mutable pointer
}

#ifdef RMI_THREAD_SANITIZER
/// Calls `tell` once for each piece of memory that the message lies in. Messages that are longer
/// than libzmq's receive buffer have memory of their own.
void for_each_piece(std::span<const std::byte> bytes, void (*tell)(void*)) noexcept {
  constexpr std::uintptr_t piece = 64;
  constexpr std::size_t receive_buffer = 8192;
  if (bytes.empty() || bytes.size() > receive_buffer) return;
  const auto begin = reinterpret_cast<std::uintptr_t>(bytes.data());
  for (auto at = begin / piece; at <= (begin + bytes.size() - 1) / piece; ++at)
    tell(reinterpret_cast<void*>(at * piece));
}
#endif

/// libzmq does not use memory of ours any more; perhaps on a thread of its own.
void see_end_of([[maybe_unused]] void* data) noexcept {
#ifdef RMI_THREAD_SANITIZER
  __tsan_acquire(data);
#endif
}

/// A blob that goes from hand to hand within a process would otherwise keep the memory of all the
/// messages that it came in.
constexpr unsigned max_nesting = 8;

}  // namespace

static_assert(sizeof(zmq_msg_t) == 64 && alignof(zmq_msg_t) <= alignof(void*));

Frame::Frame(std::size_t size) {
  size <= most_own ? make_own(size) : make_for_libzmq(size);
}

void Frame::make_for_libzmq(std::size_t size) {
  if (size >= LargeMemory::from) {
    const auto block = LargeMemory::take(size);
    const auto give_back = [](void* data, void* block_size) {
      see_end_of(data);
      LargeMemory::give({static_cast<std::byte*>(data), reinterpret_cast<std::size_t>(block_size)});
    };
    // NOLINTNEXTLINE(performance-no-int-to-ptr): libzmq hands it back, that is all
    if (zmq_msg_init_data(msg(storage_), block.data, size, give_back,
                          reinterpret_cast<void*>(block.size)) != 0) {
      LargeMemory::give(block);
      throw std::bad_alloc();
    }
  } else if (zmq_msg_init_size(msg(storage_), size) != 0) {
    throw std::bad_alloc();
  }
  hold();
}

Frame Frame::copy_of(std::span<const std::byte> bytes) {
  Frame frame(bytes.size());
  if (!bytes.empty()) std::memcpy(frame.bytes().data(), bytes.data(), bytes.size());
  return frame;
}

std::optional<Frame> Frame::around(const detail::Tail& tail, std::size_t before) {
  if (!tail.room) return std::nullopt;
  const auto room = static_cast<std::size_t>(tail.bytes.data() - tail.room->begin());
  if (before > room || tail.room->nesting() >= max_nesting) return std::nullopt;
  if (!tail.room->claim(tail.room)) return std::nullopt;
  Frame frame;
  const auto give_back = [](void* data, void* claimed) {
    see_end_of(data);
    static_cast<detail::Headroom*>(claimed)->release();
  };
  if (zmq_msg_init_data(msg(frame.storage_), tail.room->begin() + (room - before),
                        before + tail.bytes.size(), give_back, tail.room.get()) != 0) {
    tail.room->release();
    throw std::bad_alloc();
  }
  frame.hold();
  frame.nesting_ = tail.room->nesting() + 1;
  return frame;
}

Frame Frame::share() const {
  Frame other;
  if (!held()) return other;
  if (memory_ == Memory::part) return share_part();
  if (memory_ == Memory::own) return share_own();
  zmq_msg_init(msg(other.storage_));
  zmq_msg_copy(msg(other.storage_), msg(storage_));  // fails for invalid messages only
  other.hold();
  other.nesting_ = nesting_;
  return other;
}

/// What libzmq has put into the storage.
void Frame::hold() noexcept {
  data_ = static_cast<std::byte*>(zmq_msg_data(msg(storage_)));
  size_ = zmq_msg_size(msg(storage_));
}

// libzmq reuses the memory of received messages once all of them are closed. ThreadSanitizer does
// not see how libzmq orders that, so it is told; elsewhere these two do nothing.
void Frame::taken_from_libzmq() const noexcept {
#ifdef RMI_THREAD_SANITIZER
  for_each_piece(bytes(), __tsan_acquire);
#endif
}

void Frame::given_to_libzmq() const noexcept {
#ifdef RMI_THREAD_SANITIZER
  for_each_piece(bytes(), __tsan_release);
  if (nesting_ != 0 || size() >= LargeMemory::from)  // for give_back
    __tsan_release(const_cast<std::byte*>(bytes().data()));
#endif
}

void Frame::close_held() noexcept {
  if (memory_ == Memory::part) return close_part();
  if (memory_ == Memory::own) return close_own();
  given_to_libzmq();
  zmq_msg_close(msg(storage_));
  let_go();
}

bool Frame::receive(void* socket, int flags) noexcept {
  close();
  zmq_msg_init(msg(storage_));  // allocates nothing, so that it needs no end either
  if (zmq_msg_recv(msg(storage_), socket, flags) < 0) return false;
  hold();
  taken_from_libzmq();
  return true;
}

bool Frame::send(void* socket, int flags) noexcept {
  if (memory_ != Memory::libzmq) return send_copy(socket, flags);
  if (!held()) zmq_msg_init(msg(storage_));
  given_to_libzmq();
  if (zmq_msg_send(msg(storage_), socket, flags) < 0) return false;
  let_go();  // libzmq has it, and left an empty one that needs no end
  return true;
}

/// libzmq knows whole messages in memory of its own only.
bool Frame::send_copy(void* socket, int flags) noexcept {
  Frame copy;
  try {
    copy.make_for_libzmq(size_);
  } catch (const std::bad_alloc&) {
    return false;
  }
  if (size_ != 0) std::memcpy(copy.data_, data_, size_);
  if (!copy.send(socket, flags)) return false;
  close();
  return true;
}

bool Frame::more() const noexcept {
  return held() && memory_ == Memory::libzmq && zmq_msg_more(msg(storage_)) != 0;
}

const char* Frame::property(const char* name) const noexcept {
  if (memory_ == Memory::part) return whole().message.property(name);
  return held() && memory_ == Memory::libzmq ? zmq_msg_gets(msg(storage_), name) : nullptr;
}

bool Frame::shared() const noexcept {
  if (memory_ == Memory::part) return part_shared();
  if (memory_ == Memory::own) return own_shared();
  return held() && zmq_msg_get(msg(storage_), ZMQ_SHARED) != 0;
}

}  // namespace rmi
