// Objects of this process that others hold references to, and how long they stay.
//
// Pure: no thread, no clock. A reference that was sent is unconfirmed until its receiver has said
// that it came (Receipt), and lapses if it never does. A receiver that keeps it is a holder until
// it says that it does not any more, or its session ends. Without holders and unconfirmed ones the
// object goes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <typeindex>
#include <unordered_map>
#include <utility>
#include <vector>

#include <rmi/archive.hpp>

#include "bus/futex.hpp"
#include "bus/served_call.hpp"

namespace rmi {

/// What a receiver says of a reference.
struct Receipt {
  std::string object;
  std::uint32_t received = 0;  ///< how often it came since the last receipt
  bool held = false;           ///< whether it is still in use

  template <class Archive>
  void serialize(Archive& ar) {
    ar(CEREAL_NVP(object), CEREAL_NVP(received), CEREAL_NVP(held));
  }
};

/// The token of a private name; 0 if it is none.
std::uint64_t token_of(std::string_view name) noexcept;

/// Thread safety: one thread at a time.
class Exports {
 public:
  using Token = std::uint64_t;
  using Dropped = std::vector<std::shared_ptr<ObjectQueue>>;
  /// Which object: the same one is exported once.
  using Key = std::pair<const void*, std::type_index>;

  /// @return its token; 0 if it is not exported.
  Token find(const Key& key) const;
  Token add(const Key& key, std::shared_ptr<ObjectQueue> queue, SteadyTime::duration linger);
  /// A reference to it was sent, and lapses then if no receipt comes; or with the session that it
  /// was sent to, if that is known (not 0).
  void sent(Token token, SteadyTime lapses, std::uint32_t to = 0);
  /// Null if there is none of that token.
  std::shared_ptr<ObjectQueue> queue(Token token) const;
  std::size_t size() const noexcept { return exports_.size(); }
  /// How many were sent to that session, or are held by it.
  std::size_t given_to(std::uint32_t session) const;
  /// The same of all sessions that are known to belong to the same principal, one that two of them
  /// hold counted twice. 0 while it is not known whose that session is.
  std::size_t given_to_principal_of(std::uint32_t session) const;
  /// Whose a session is, until it ends.
  void belongs(std::uint32_t session, std::uint64_t principal);
  bool any_unconfirmed() const noexcept { return unconfirmed_ != 0; }

  // What goes is returned, to be destroyed where user code may run.
  /// @return  the session is a holder for the first time: its end must be watched for.
  bool receipt(std::uint32_t session, Token token, std::uint32_t received, bool held,
               Dropped& dropped);
  /// @param may_return  its holder may come back in another one: what lingers waits for that.
  void end_session(std::uint32_t session, bool may_return, SteadyTime now, Dropped& dropped);
  void lapse(SteadyTime now, Dropped& dropped);
  void clear(Dropped& dropped);

 private:
  struct Export {
    std::shared_ptr<ObjectQueue> queue;
    Key key;
    SteadyTime::duration linger;
    std::uint64_t unconfirmed = 0;
    SteadyTime lapses;
    std::set<std::uint32_t> holders;
    std::map<std::uint32_t, std::uint64_t>
        sent_to;  ///< the unconfirmed ones whose receiver is known
  };
  using Table = std::unordered_map<Token, Export>;
  void confirm(Export& exported, std::uint64_t count);
  void confirm_from(Export& exported, std::uint32_t session, std::uint64_t count);
  void drop_unused(Table::iterator at, Dropped& dropped);
  void hold(std::uint32_t session, Token token);
  void leave(std::uint32_t session, Token token);

  Table exports_;
  std::map<Key, Token> tokens_;
  std::unordered_map<std::uint32_t, std::set<Token>> held_by_;
  std::unordered_map<std::uint32_t, std::uint64_t> principals_;  ///< of the sessions
  std::unordered_map<std::uint64_t, std::size_t> given_;         ///< to each principal
  std::size_t unconfirmed_ = 0;  ///< exports with unconfirmed references
};

}  // namespace rmi
