// The model-service's references and streams, and the names of everything.
#include <memory>
#include <stdexcept>
#include <string>

#include "model.hpp"

namespace model {

std::shared_ptr<Account> Bank::open(const std::string& owner) {
  return owner.empty() ? nullptr : std::make_shared<Account>(owner);
}

std::vector<std::shared_ptr<Account>> Bank::several(int count) {
  std::vector<std::shared_ptr<Account>> accounts;
  for (int i = 0; i < count; ++i)
    accounts.push_back(std::make_shared<Account>("number " + std::to_string(i)));
  return accounts;
}

namespace {

/// Counted from the call on, whether it is read or not.
rmi::Stream<int> numbers(std::unique_ptr<Counted>, int from, int to) {
  for (int i = from; i < to; ++i) {
    Record::of_process().add("feed.items");
    co_yield i;
  }
}

}  // namespace

rmi::Stream<int> Feed::count(int from, int to) {
  return numbers(std::make_unique<Counted>("feed"), from, to);
}

rmi::Stream<int> Feed::broken(int after) {
  const Counted counted("feed");
  for (int i = 0; i < after; ++i)
    co_yield i;
  throw std::domain_error("the feed broke");
}

rmi::Stream<int> Feed::endless_for(int milliseconds) {
  return count(0, 1'000'000'000).with_lifetime(std::chrono::milliseconds(milliseconds));
}

rmi::Stream<int> Feed::lingering(int milliseconds) {
  return count(0, 1'000'000'000).with_linger(std::chrono::milliseconds(milliseconds));
}

rmi::Stream<std::string> Feed::heavy(std::uint64_t bytes) {
  const Counted counted("feed");
  for (;;) {
    Record::of_process().add("feed.items");
    co_yield std::string(bytes, 'x');
  }
}

rmi::Stream<int> Feed::listed(const std::vector<int>& items) {
  return rmi::Stream<int>::of(items);
}

rmi::Stream<int> Feed::nobody() {
  return {};
}

int Feed::add(rmi::Stream<int> numbers) {
  int sum = 0;
  for (const int number : numbers)
    sum += number;
  return sum;
}

std::vector<int> Feed::first_of(rmi::Stream<int> numbers, int many) {
  std::vector<int> out;
  while (static_cast<int>(out.size()) < many) {
    const auto number = numbers.next();
    if (!number) break;
    out.push_back(*number);
  }
  return out;
}

rmi::Stream<int> Feed::doubled(rmi::Stream<int> numbers) {
  for (const int number : numbers)
    co_yield number * 2;
}

void serve_all(rmi::Daemon& daemon) {
  const std::shared_ptr<Record> record(std::shared_ptr<void>(), &Record::of_process());
  const rmi::ServeOptions concurrent{.concurrent = true};
  daemon.serve("record", record, concurrent);
  daemon.serve("echo", std::make_shared<Echo>(), concurrent);
  daemon.serve("thrower", std::make_shared<Thrower>(), concurrent);
  daemon.serve("single", std::make_shared<Instance>());
  daemon.serve("session", rmi::per_session<Instance>());
  daemon.serve("percall", rmi::per_call<Instance>());
  daemon.serve("created", rmi::per_session<Instance>([] {
                 const auto session = std::to_string(rmi::context().session());
                 return std::make_shared<Instance>("created for " + session);
               }));
  daemon.serve("refuses", rmi::per_session<Instance>([]() -> std::shared_ptr<Instance> {
                 Record::of_process().add("refused");
                 throw std::domain_error("not today");
               }));
  daemon.serve("null", rmi::per_call<Instance>([] { return std::shared_ptr<Instance>(); }));
  daemon.serve("thermo", rmi::per_session<Thermo>());
  daemon.serve("safe", std::make_shared<Safe>());
  daemon.serve("manager", std::make_shared<Manager>());
  daemon.serve<Reader, Writer>("disk", std::make_shared<Disk>());
  daemon.serve("pump", std::make_shared<vendor::Pump>());
  daemon.serve("serial", std::make_shared<Worker>());
  daemon.serve("parallel", std::make_shared<Worker>(), concurrent);
  daemon.serve("node.a", std::make_shared<Node>());
  daemon.serve("node.b", std::make_shared<Node>());
  daemon.serve("notes", std::make_shared<Notes>(), concurrent);
  daemon.serve("bank", std::make_shared<Bank>());
  daemon.serve("feed", std::make_shared<Feed>(), concurrent);
}

void add_hooks(rmi::Daemon::Options& options) {
  options.on_session = [](const rmi::SessionInfo& session, const rmi::Annotations& data) {
    const auto badge = data.find("badge");
    if (badge != data.end() && badge->second.empty())
      throw std::runtime_error("an empty badge opens nothing");
    Record::of_process().add("session.begun");
    Record::of_process().note("sessions", session.program);
    return badge == data.end() ? rmi::Annotations{} : rmi::Annotations{{"seen", badge->second}};
  };
  options.on_session_end = [](std::uint32_t) { Record::of_process().add("session.ended"); };
}

}  // namespace model
