// Frame over zmq_msg_t.
#include "bus/frame.hpp"

#include <zmq.h>

#include <cstring>
#include <new>

namespace rmi {
namespace {
zmq_msg_t* msg(unsigned char* storage) noexcept {
  return reinterpret_cast<zmq_msg_t*>(storage);
}
zmq_msg_t* msg(const unsigned char* storage) noexcept {
  return msg(const_cast<unsigned char*>(storage));  // libzmq's readers take a mutable pointer
}
}  // namespace

static_assert(sizeof(zmq_msg_t) == 64 && alignof(zmq_msg_t) <= alignof(void*));

Frame::Frame() noexcept {
  zmq_msg_init(msg(storage_));
}

Frame::Frame(std::size_t size) {
  if (zmq_msg_init_size(msg(storage_), size) != 0) throw std::bad_alloc();
}

Frame Frame::copy_of(std::span<const std::byte> bytes) {
  Frame frame(bytes.size());
  if (!bytes.empty()) std::memcpy(frame.bytes().data(), bytes.data(), bytes.size());
  return frame;
}

Frame::~Frame() {
  zmq_msg_close(msg(storage_));
}

Frame::Frame(Frame&& other) noexcept : Frame() {
  zmq_msg_move(msg(storage_), msg(other.storage_));
}

Frame& Frame::operator=(Frame&& other) noexcept {
  if (this != &other) zmq_msg_move(msg(storage_), msg(other.storage_));
  return *this;
}

std::span<std::byte> Frame::bytes() noexcept {
  return {static_cast<std::byte*>(zmq_msg_data(msg(storage_))), size()};
}

std::span<const std::byte> Frame::bytes() const noexcept {
  return {static_cast<const std::byte*>(zmq_msg_data(msg(storage_))), size()};
}

std::size_t Frame::size() const noexcept {
  return zmq_msg_size(msg(storage_));
}

}  // namespace rmi
