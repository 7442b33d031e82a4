// The ways to make a call: wait for the result, get a future, or record it into a batch.
#pragma once

#include <rmi/detail/caller_type.hpp>
#include <rmi/detail/invoke.hpp>

namespace rmi {

template <class T>
class Future;  // <rmi/future.hpp>
template <class T>
class BatchResult;  // <rmi/batch.hpp>

namespace detail {

class BatchRecorder;  // <rmi/batch.hpp>

// Each mode says where its calls go and how one is made. The functions are found when a call is
// compiled, so that a program pays for the modes that it uses.

struct SyncMode {
  using Target = const CallTarget;
  template <class R, class... A>
  static R call(Target& target, const CallMethod& method, const A&... arguments) {
    return invoke<R>(target, method, arguments...);
  }
};

struct AsyncMode {
  using Target = const CallTarget;
  template <class R, class... A>
  static Future<R> call(Target& target, const CallMethod& method, const A&... arguments) {
    return invoke_async<R>(target, method, arguments...);
  }
};

struct BatchMode {
  using Target = BatchRecorder;
  template <class R, class... A>
  static BatchResult<R> call(Target& target, const CallMethod& method, const A&... arguments) {
    return invoke_batch<R>(target, method, arguments...);
  }
};

}  // namespace detail
}  // namespace rmi
