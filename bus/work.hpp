// What workers do that is no request.
#pragma once

#include <memory>

namespace rmi {

/// Something to be done on a worker's thread: what follows the end of an asynchronous call.
struct Work {
  virtual ~Work() = default;
  /// Must not throw.
  virtual void run() = 0;
};
using WorkPtr = std::shared_ptr<Work>;

}  // namespace rmi
