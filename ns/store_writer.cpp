// The queue in front of the disk.
#include "ns/store_writer.hpp"

#include <iterator>
#include <utility>

namespace rmi::ns {
namespace {

/// Empty when it is done.
std::string error_of(Store& store, const StoreChanges& changes) {
  try {
    store.apply(changes);
    return {};
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace

StoreWriter::StoreWriter(Store store) : loaded_(store.take_names()), store_(std::move(store)) {}

void StoreWriter::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void StoreWriter::start(std::function<void()> wake) {
  wake_ = std::move(wake);
  thread_ = std::thread([this] { run(); });
}

void StoreWriter::submit(std::uint64_t ticket, StoreChanges changes) {
  {
    const std::lock_guard lock(mutex_);
    submitted_.push_back({.ticket = ticket, .changes = std::move(changes)});
  }
  changed_.notify_one();
}

std::vector<NameStore::Done> StoreWriter::take_done() {
  const std::lock_guard lock(mutex_);
  return std::exchange(done_, {});
}

void StoreWriter::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !submitted_.empty(); });
    if (submitted_.empty()) return;
    const auto batches = std::exchange(submitted_, {});
    lock.unlock();
    auto done = write(batches);
    lock.lock();
    std::move(done.begin(), done.end(), std::back_inserter(done_));
    if (stopping_) continue;  // nobody is there to be woken
    lock.unlock();
    wake_();
    lock.lock();
  }
}

std::vector<NameStore::Done> StoreWriter::write(const std::vector<Batch>& batches) {
  std::vector<Done> done;
  StoreChanges all;
  for (const auto& batch : batches) {
    done.push_back({.ticket = batch.ticket});
    all.insert(all.end(), batch.changes.begin(), batch.changes.end());
  }
  const std::string error = error_of(store_, all);
  if (error.empty()) return done;
  if (batches.size() == 1) {
    done.front().error = error;
    return done;
  }
  // One may be too large for what is left of the disk, and the others not.
  for (std::size_t at = 0; at < batches.size(); ++at)
    done[at].error = error_of(store_, batches[at].changes);
  return done;
}

}  // namespace rmi::ns
