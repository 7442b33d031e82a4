// The public face of Daemon::Impl.
#include <rmi/daemon.hpp>

#include "daemon/service.hpp"

namespace rmi {

Daemon::Daemon() : Daemon(Options{}) {}

Daemon::Daemon(std::string_view broker)
    : Daemon([&] {
        Options options;
        options.broker = broker;
        return options;
      }()) {}

Daemon::Daemon(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Daemon::~Daemon() = default;

Uri Daemon::serve_object(std::string_view name, detail::ObjectDescription description,
                         ServeOptions options) {
  return impl_->serve(name, std::move(description), std::move(options));
}

bool Daemon::unserve(std::string_view name) {
  return impl_->unserve(name);
}
void Daemon::run() {
  impl_->run();
}
void Daemon::stop() noexcept {
  impl_->stop();
}
bool Daemon::registered() const {
  return impl_->registrar().all_entered();
}
bool Daemon::wait_registered(std::chrono::milliseconds longest) {
  return impl_->registrar().wait_all_entered(std::chrono::steady_clock::now() + longest);
}
const std::string& Daemon::broker() const noexcept {
  return impl_->bus().broker();
}
const std::string& Daemon::direct_endpoint() const noexcept {
  return impl_->direct_endpoint();
}
std::uint64_t Daemon::oneway_errors() const noexcept {
  return impl_->bus().oneway_errors();
}
Bus& Daemon::bus() noexcept {
  return impl_->bus();
}
int Daemon::fd() {
  return impl_->bus().fd();
}
std::size_t Daemon::process() {
  return impl_->bus().process();
}

}  // namespace rmi
