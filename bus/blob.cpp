// The memory of blobs, and who may send from it.
#include <rmi/blob.hpp>

#include <cstdlib>
#include <cstring>
#include <new>

#include "bus/frame.hpp"
#include "bus/large_memory.hpp"

namespace rmi {
namespace {

/// Before the bytes of a blob that is made here. The header of a message and its names are 550
/// bytes at most, and as a rule 100; the rest is for notes, and for the values before the blob. A
/// message that needs more is sent as a copy.
constexpr std::size_t headroom_size = 1024;

/// Zeroed. Blocks that are not kept come from the kernel, which has done that already.
LargeMemory::Block allocate(std::size_t size) {
  if (size < LargeMemory::from || size > LargeMemory::to) {
    void* const memory = std::calloc(size, 1);
    if (memory == nullptr) throw std::bad_alloc();
    return {static_cast<std::byte*>(memory), size};
  }
  const auto block = LargeMemory::take(size);
  std::memset(block.data, 0, size);
  return block;
}

class Memory : public detail::Headroom {
 public:
  explicit Memory(std::size_t size) : Memory(allocate(size)) {}
  ~Memory() { LargeMemory::give({begin(), size_}); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

 private:
  explicit Memory(LargeMemory::Block block) : Headroom(block.data), size_(block.size) {}
  const std::size_t size_;
};

}  // namespace

BlobBuilder::BlobBuilder(std::size_t size) {
  if (size > static_cast<std::size_t>(-1) - headroom_size) throw std::bad_alloc();
  room_ = std::make_shared<Memory>(headroom_size + size);
  bytes_ = {room_->begin() + headroom_size, size};
}

Blob BlobBuilder::build() && {
  return detail::BlobAccess::over(std::move(room_), std::exchange(bytes_, {}));
}

Blob::Blob(std::span<const std::byte> bytes) {
  if (bytes.size() < in_place_from) {
    own(std::vector<std::byte>(bytes.begin(), bytes.end()));
    return;
  }
  BlobBuilder copy(bytes.size());
  std::memcpy(copy.bytes().data(), bytes.data(), bytes.size());
  *this = std::move(copy).build();
}

namespace detail {

Blob BlobAccess::received(std::span<const std::byte> bytes, ByteOwner* owner) {
  if (owner == nullptr || bytes.size() < shared_from_bytes) return Blob(bytes);
  ByteOwner::Shared shared = owner->share(bytes);
  Blob blob(bytes, std::move(shared.owner));
  blob.room_ = shared.room;
  return blob;
}

Tail BlobAccess::tail(const Blob& blob) {
  const bool has_room = blob.room_ != nullptr && blob.owner_ != nullptr;  // not moved from
  if (!has_room || blob.size() < in_place_from) return {};
  return {std::shared_ptr<Headroom>(blob.owner_, blob.room_), blob.bytes_};
}

Blob BlobAccess::over(std::shared_ptr<Headroom> room, std::span<const std::byte> bytes) noexcept {
  Headroom* const memory = room.get();
  Blob blob(bytes, std::move(room));
  blob.room_ = memory;
  return blob;
}

}  // namespace detail
}  // namespace rmi
