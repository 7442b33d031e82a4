// The ambient word of each thread.
#include <rmi/detail/ambient.hpp>

namespace rmi::detail {
namespace {

thread_local void* current = nullptr;

}  // namespace

void* Ambient::get() noexcept {
  return current;
}

void Ambient::set(void* value) noexcept {
  current = value;
}

}  // namespace rmi::detail
