// What the classes of the model-service do, and under which names they are served.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <exception>

#include "model.hpp"

namespace model {

using std::chrono::milliseconds;

Record& Record::of_process() {
  static Record record;
  return record;
}

std::int64_t Record::count(const std::string& key) {
  const std::lock_guard lock(mutex_);
  return counts_[key];
}

std::vector<std::string> Record::notes(const std::string& key) {
  const std::lock_guard lock(mutex_);
  return notes_[key];
}

void Record::open(const std::string& gate) {
  const std::lock_guard lock(mutex_);
  open_.insert(gate);
  changed_.notify_all();
}

void Record::reset() {
  const std::lock_guard lock(mutex_);
  counts_.clear();
  notes_.clear();
  open_.clear();
}

void Record::add(const std::string& key, std::int64_t by) {
  const std::lock_guard lock(mutex_);
  counts_[key] += by;
}

void Record::note(const std::string& key, const std::string& text) {
  const std::lock_guard lock(mutex_);
  notes_[key].push_back(text);
}

void Record::most(const std::string& key, std::int64_t value) {
  const std::lock_guard lock(mutex_);
  counts_[key] = std::max(counts_[key], value);
}

bool Record::wait_at(const std::string& gate, const std::stop_token& stop, milliseconds longest) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, stop, longest, [&] { return open_.contains(gate); });
}

int Worker::pause(int time) {
  auto& record = Record::of_process();
  record.most("overlap", ++running_);
  record.wait_at("the end of a pause, which nobody opens", {}, milliseconds(time));
  --running_;
  return time;
}

void Worker::post(int time, const std::string& text) {
  pause(time);
  Record::of_process().note("posts", text);
}

bool Worker::hold(const std::string& gate) {
  auto& record = Record::of_process();
  record.add("hold.begun");
  const bool opened = record.wait_at(gate, rmi::context().stop_token());
  record.add(opened ? "hold.ended" : "hold.stopped");
  return opened;
}

int Worker::fail(const std::string& text) {
  throw std::domain_error(text);
}

std::int64_t Worker::remaining() {
  return rmi::context().remaining().value_or(milliseconds(-1)).count();
}

std::int64_t Worker::remaining_at(const std::string& other) {
  return rmi::Proxy<Worker>(rmi::context().bus(), other)->remaining();
}

rmi::Future<int> Worker::later() {
  const std::lock_guard lock(mutex_);
  Record::of_process().add("later.begun");
  return promises_.emplace_back().get_future();
}

int Worker::release(int value) {
  std::vector<rmi::Promise<int>> promises;
  {
    const std::lock_guard lock(mutex_);
    promises.swap(promises_);
  }
  for (auto& promise : promises)
    promise.set_value(int{value});
  return static_cast<int>(promises.size());
}

std::int64_t Worker::pid() {
  return ::getpid();
}

int Node::bounce(const std::string& other, int times) {
  ++visits_;
  if (times <= 1) return 1;
  const std::string self(rmi::context().object());
  return 1 + rmi::Proxy<Node>(rmi::context().bus(), other)->bounce(self, times - 1);
}

std::vector<std::string> Node::trace(const std::vector<std::string>& route) {
  std::vector<std::string> ids{rmi::context().correlation_id()};
  if (route.empty()) return ids;
  if (route.front() == "!") throw std::runtime_error("the end of the route");
  const auto more = rmi::Proxy<Node>(rmi::context().bus(), route.front())
                        ->trace(std::vector<std::string>(route.begin() + 1, route.end()));
  ids.insert(ids.end(), more.begin(), more.end());
  return ids;
}

namespace {

std::string text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
std::vector<std::byte> bytes_of(const std::string& text) {
  const auto* data = reinterpret_cast<const std::byte*>(text.data());
  return {data, data + text.size()};
}

}  // namespace

std::map<std::string, std::string> Notes::received() {
  std::map<std::string, std::string> out;
  for (const auto& [key, value] : rmi::context().annotations())
    out[key] = text_of(value);
  return out;
}

void Notes::answer(const std::string& key, const std::string& value) {
  rmi::context().annotate(key, bytes_of(value));
}

std::uint64_t Notes::track(const std::string& key) {
  return rmi::context().at_session_end([key] { Record::of_process().add(key); });
}

namespace {

/// What is wrong with it no caller knows.
struct Secret : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace

int Thrower::standard(const std::string& kind) {
  if (kind == "out_of_range") throw std::out_of_range("no such key");
  if (kind == "invalid_argument") throw std::invalid_argument("no such key");
  if (kind == "domain_error") throw std::domain_error("no such key");
  if (kind == "overflow_error") throw std::overflow_error("no such key");
  if (kind == "logic_error") throw std::logic_error("no such key");
  if (kind == "runtime_error") throw std::runtime_error("no such key");
  if (kind == "bad_alloc") throw std::bad_alloc();
  return 0;
}

int Thrower::with_fields() {
  NotEnough error("only 3 are left");
  error.balance = 3.5;
  error.wanted = {"tea", "cake"};
  throw error;
}

int Thrower::unknown() {
  throw Secret("cannot be told");
}

int Thrower::nested() {
  try {
    throw std::out_of_range("the cause");
  } catch (...) {
    std::throw_with_nested(std::runtime_error("the effect"));
  }
}

rmi::Future<int> Thrower::later() {
  return rmi::make_failed_future<int>(std::out_of_range("no such key"));
}

rmi::Task<int> Thrower::in_task() {
  co_await rmi::make_ready_future();
  throw std::out_of_range("no such key");
}

rmi::Stream<int> Thrower::partly(int good) {
  for (int i = 0; i < good; ++i)
    co_yield i;
  NotEnough error("no more");
  error.balance = good;
  throw error;
}

}  // namespace model
