// Threads that the program's signals must not be delivered to.
#pragma once

#include <signal.h>

namespace rmi {

/// While one lives, threads that are started inherit a mask that blocks every signal: the library's
/// threads must not be the ones that the program's signals are delivered to.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &former_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &former_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t former_;
};

}  // namespace rmi
