// Methods that return before they have an answer: rmi::Future<T> and rmi::Task<T>.
#pragma once

#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

#include <rmi/detail/method.hpp>
#include <rmi/future.hpp>
#include <rmi/task.hpp>

namespace rmi::detail {

template <class T>
struct Answering<Future<T>> {
  static void send(ReplySink& reply, Future<T> result) {
    if (result.ready()) return send_now(reply, std::move(result));
    const std::shared_ptr<LateReply> late = reply.defer();
    if (!late) return send_now(reply, std::move(result));  // blocks
    auto answered = [&] {
      if constexpr (std::is_void_v<T>) {
        return result.then([late] { late->value(0, [](std::span<std::byte>) {}); });
      } else {
        return result.then([late](const T& value) {
          late->value(extent_of(value), [&](std::span<std::byte> into) { encode(into, value); });
        });
      }
    }();
    auto done = std::make_shared<Future<void>>(
        answered.on_error([late](const std::exception_ptr& error) { late->error(error); }));
    // The end that this leads to destroys this function.
    late->on_cancel([done] { std::shared_ptr(done)->cancel(); });
  }

 private:
  static void send_now(ReplySink& reply, Future<T> result) {
    if constexpr (std::is_void_v<T>) {
      result.get();
      reply.nothing();
    } else {
      Answering<T>::send(reply, result.get());
    }
  }
};

template <class T>
struct Answering<Task<T>> {
  static void send(ReplySink& reply, Task<T> result) {
    Answering<Future<T>>::send(reply, std::move(result).start());
  }
};

}  // namespace rmi::detail
