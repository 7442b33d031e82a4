// Writing and reading frames on a stream socket.
#include "bus/frame_stream.hpp"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

namespace rmi {
namespace {

constexpr std::size_t prefix_size = sizeof(length_prefix(0));
constexpr std::size_t buffer_size = 65536;
// What the kernel may hold of one direction, asked for; it doubles that, and grants no more than
// net.core.wmem_max. With its usual 208 KiB both ends of an echo of 1 MiB wait for each other, and
// take twice as long (docs/decisions.md).
constexpr int kernel_buffer = 512 << 10;
// What the kernel does not take is kept up to this; a single frame may be larger.
constexpr std::size_t most_queued = std::size_t{64} << 20U;

std::size_t read_prefix(const std::byte* bytes) noexcept {
  std::size_t size = 0;
  for (std::size_t i = 0; i < prefix_size; ++i)
    size |= std::to_integer<std::size_t>(bytes[i]) << (8 * i);
  return size;
}

bool would_block(int error) noexcept {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

FrameStream::FrameStream(int fd, std::size_t max_message)
    : fd_(fd), max_message_(max_message), buffer_(new std::byte[buffer_size]) {
  ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kernel_buffer, sizeof kernel_buffer);
}

FrameStream::~FrameStream() {
  ::close(fd_);
}

void FrameStream::end() noexcept {
  ended_.store(true, std::memory_order_release);
  ::shutdown(fd_, SHUT_RDWR);
}

/// @param sent  how much of the length and the bytes has gone. @return how much has gone now.
std::size_t FrameStream::send_some(Frame& frame, std::size_t sent) noexcept {
  const auto whole = std::as_const(frame).with_length();
  if (!whole.empty()) {  // one piece costs the kernel less
    const auto left = whole.subspan(sent);
    return note_sent(::send(fd_, left.data(), left.size(), MSG_DONTWAIT | MSG_NOSIGNAL), sent);
  }
  auto prefix = length_prefix(frame.size());
  const auto bytes = frame.bytes();
  const std::size_t of_prefix = std::min(sent, prefix_size);
  const std::size_t of_bytes = sent - of_prefix;
  std::array<iovec, 2> pieces{{{prefix.data() + of_prefix, prefix_size - of_prefix},
                               {bytes.data() + of_bytes, bytes.size() - of_bytes}}};
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = pieces.size();
  return note_sent(::sendmsg(fd_, &message, MSG_DONTWAIT | MSG_NOSIGNAL), sent);
}

std::size_t FrameStream::note_sent(ssize_t done, std::size_t sent) noexcept {
  if (done >= 0) return sent + static_cast<std::size_t>(done);
  if (!would_block(errno)) end();
  return sent;
}

bool FrameStream::send(Frame& frame) noexcept {
  const std::lock_guard lock(sending_);
  if (ended()) return false;
  std::size_t sent = 0;
  if (queue_.empty()) {
    sent = send_some(frame, 0);
    if (ended()) return false;
    if (sent == prefix_size + frame.size()) {
      frame = Frame();
      return true;
    }
  }
  if (!queue_.empty() && queue_bytes_ + frame.size() > most_queued) return false;
  queue_bytes_ += frame.size();
  queue_.push_back({std::move(frame), sent});
  queued_.store(true, std::memory_order_release);
  return true;
}

void FrameStream::flush() noexcept {
  const std::lock_guard lock(sending_);
  while (!queue_.empty() && !ended()) {
    Queued& first = queue_.front();
    first.sent = send_some(first.frame, first.sent);
    if (first.sent < prefix_size + first.frame.size()) break;
    queue_bytes_ -= first.frame.size();
    queue_.pop_front();
  }
  if (ended()) queue_.clear();
  queued_.store(!queue_.empty(), std::memory_order_release);
}

bool FrameStream::holds_frame() const noexcept {
  return partial_.empty() && end_ - begin_ >= prefix_size &&
         end_ - begin_ - prefix_size >= read_prefix(buffer_.get() + begin_);
}

bool FrameStream::receive(Frame& frame) noexcept {
  for (;;) {
    if (take_frame(frame)) return true;
    if (std::exchange(emptied_, false) || finished_ || !read_more()) return false;
  }
}

/// One frame out of what is here. A long one gets its own memory, for the rest to be read into.
bool FrameStream::take_frame(Frame& frame) noexcept {
  if (!partial_.empty()) {
    if (filled_ < partial_.size()) return false;
    frame = std::exchange(partial_, Frame());
    return true;
  }
  const std::size_t here = end_ - begin_;
  if (here < prefix_size) return false;
  const std::byte* const bytes = buffer_.get() + begin_ + prefix_size;
  const std::size_t size = read_prefix(buffer_.get() + begin_);
  if (size == 0 || size > max_message_) return refuse();
  const std::size_t have = std::min(size, here - prefix_size);
  if (have < size && prefix_size + size <= buffer_size) return false;  // the buffer will hold it
  try {
    Frame made(size);
    std::memcpy(made.bytes().data(), bytes, have);
    begin_ += prefix_size + have;
    if (have == size) {
      frame = std::move(made);
      return true;
    }
    partial_ = std::move(made);
    filled_ = have;
  } catch (const std::bad_alloc&) {
    return refuse();
  }
  return false;
}

bool FrameStream::refuse() noexcept {
  finished_ = true;
  begin_ = end_ = 0;
  end();
  return false;
}

/// @return whether something came.
bool FrameStream::read_more() noexcept {
  if (begin_ == end_) begin_ = end_ = 0;
  if (partial_.empty() && begin_ != 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= std::exchange(begin_, 0);
  }
  const bool direct = !partial_.empty();
  std::byte* const into = direct ? partial_.bytes().data() + filled_ : buffer_.get() + end_;
  const std::size_t room = direct ? partial_.size() - filled_ : buffer_size - end_;
  const auto done = ::recv(fd_, into, room, MSG_DONTWAIT);
  if (done == 0 || (done < 0 && !would_block(errno))) {
    finished_ = true;
    end();
  }
  if (done <= 0) return false;
  const auto size = static_cast<std::size_t>(done);
  (direct ? filled_ : end_) += size;
  emptied_ = size < room;
  arrivals_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

}  // namespace rmi
