// Bookkeeping of held references.
#include "bus/imports.hpp"

#include "bus/name_rules.hpp"

namespace rmi {

detail::Import::~Import() {
  if (const auto owner = owner_.lock()) owner->touch(name_);
}

std::shared_ptr<const detail::Import> Imports::receive(const std::string& name) {
  std::shared_ptr<const detail::Import> import;
  {
    const std::lock_guard lock(mutex_);
    Entry& entry = entries_[name];
    ++entry.received;
    import = entry.import.lock();
    if (!import) {
      import = std::make_shared<const detail::Import>(name, weak_from_this());
      entry.import = import;
    }
  }
  touch(name);
  return import;
}

void Imports::touch(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (!entries_.contains(name)) return;  // of an earlier session
  touched_.insert(name);
  if (touched_.size() == 1 && news_) news_();
}

Imports::Batches Imports::take() {
  Batches batches;
  const std::lock_guard lock(mutex_);
  for (const auto& name : touched_) {
    const auto found = entries_.find(name);
    if (found == entries_.end()) continue;
    const bool held = !found->second.import.expired();
    batches[session_of_private(name).value_or(0)].push_back(
        {name, std::exchange(found->second.received, 0), held});
    if (!held) entries_.erase(found);
  }
  touched_.clear();
  return batches;
}

void Imports::tell_again() {
  const std::lock_guard lock(mutex_);
  touched_.clear();
  std::erase_if(entries_, [](const auto& item) { return item.second.import.expired(); });
  for (auto& [name, entry] : entries_) {
    entry.received = 0;
    touched_.insert(name);
  }
  if (!touched_.empty() && news_) news_();
}

void Imports::stop() {
  const std::lock_guard lock(mutex_);
  news_ = nullptr;
}

std::size_t Imports::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace rmi
