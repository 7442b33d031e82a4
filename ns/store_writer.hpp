// Writes durable names off the routing thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "ns/name_store.hpp"
#include "ns/store.hpp"

namespace rmi::ns {

/// One thread. What waits while the disk is busy is written with one commit. Thread safety: as
/// NameStore, which is for one thread at a time.
class StoreWriter final : public NameStore {
 public:
  explicit StoreWriter(Store store);
  ~StoreWriter() override { StoreWriter::stop(); }
  StoreWriter(const StoreWriter&) = delete;
  StoreWriter& operator=(const StoreWriter&) = delete;

  std::vector<StoredName> take_loaded() override { return std::exchange(loaded_, {}); }
  void start(std::function<void()> wake) override;
  void submit(std::uint64_t ticket, StoreChanges changes) override;
  std::vector<Done> take_done() override;
  void stop() override;

 private:
  struct Batch {
    std::uint64_t ticket;
    StoreChanges changes;
  };
  void run();
  std::vector<Done> write(const std::vector<Batch>& batches);

  std::vector<StoredName> loaded_;
  std::function<void()> wake_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Batch> submitted_;
  std::vector<Done> done_;
  bool stopping_ = false;
  Store store_;  ///< once started, of the thread alone
  std::thread thread_;
};

}  // namespace rmi::ns
