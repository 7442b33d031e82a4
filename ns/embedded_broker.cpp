// EmbeddedBroker over ns::Broker.
#include <rmi/embedded_broker.hpp>

#include <utility>

#include "ns/broker.hpp"
#include "ns/limit_table.hpp"

namespace rmi {
namespace {

ns::Broker::Options translated(EmbeddedBroker::Options options) {
  ns::Broker::Options translated;
  translated.endpoints = std::move(options.endpoints);
  translated.insecure = options.insecure;
  translated.key_file = std::move(options.key_file);
  translated.authorized_file = std::move(options.authorized_file);
  translated.lanes = options.lanes;
  translated.lease = options.lease;
  translated.limits.max_message = options.max_message;
  for (const auto& setting : options.limits)
    ns::set_limit(translated.limits, setting);
  translated.log = options.log
                       ? std::move(options.log)
                       : stderr_log(log_level_from_environment(), log_format_from_environment());
  return translated;
}

}  // namespace

class EmbeddedBroker::Impl {
 public:
  explicit Impl(Options options) : broker(translated(std::move(options))) {}
  ns::Broker broker;
};

EmbeddedBroker::EmbeddedBroker() : EmbeddedBroker(Options()) {}
EmbeddedBroker::EmbeddedBroker(Options options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}
EmbeddedBroker::~EmbeddedBroker() = default;

const std::string& EmbeddedBroker::endpoint() const noexcept {
  return impl_->broker.endpoints().front();
}
const std::vector<std::string>& EmbeddedBroker::endpoints() const noexcept {
  return impl_->broker.endpoints();
}
void EmbeddedBroker::stop() {
  impl_->broker.stop();
}

}  // namespace rmi
