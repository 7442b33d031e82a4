// The broker's own objects, served by the same code as everybody's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <rmi/log.hpp>

#include "bus/object.hpp"
#include "ns/control_object.hpp"
#include "ns/durable_calls.hpp"
#include "ns/name_sources.hpp"
#include "ns/names_object.hpp"
#include "ns/transport.hpp"

namespace rmi::ns {

/// Thread safety: one thread at a time.
class BuiltinObjects final : public LocalObjects {
 public:
  /// Enters `rmi.names` and `rmi.broker` into the registry, and what the store has kept. Borrows
  /// all but facts and log. @param store  null for none.
  BuiltinObjects(Registry& registry, Routing& routing, ControlObject::Facts facts,
                 const Limits& limits, const LogSink& log, NameStore* store = nullptr);

  Result call(const LocalCaller& caller, Frame& request) override;
  std::vector<Answer> take_answers(Time now) override;
  std::optional<Time> next_answer() const override { return sources_.next_answer(); }
  bool at_work() const override { return durable_ && durable_->size() != 0; }
  bool cancel(Peer peer, std::uint64_t call_id) override;
  void ended(Peer peer) override;

 private:
  void report_limits(LimitReport& report) const;
  Frame watch(const LocalCaller& caller, const wire::View& request);
  Frame dispatch(const LocalCaller& caller, const wire::View& view);
  void load(NameStore& store, const ControlObject::Facts& facts, const LogSink& log);
  void enter(Registry& registry, const ServedObject& object, const ControlObject::Facts& facts);

  Registry& registry_;
  Routing& routing_;
  NameSources sources_;
  std::optional<DurableCalls> durable_;
  const std::shared_ptr<NamesObject> names_;
  const std::shared_ptr<ControlObject> control_;
  ServedObject served_names_;
  ServedObject served_control_;
};

}  // namespace rmi::ns
