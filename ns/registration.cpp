// What few registrations have.
#include "ns/registration.hpp"

#include <utility>

namespace rmi::ns {

const Registration::Details& Registration::details() const noexcept {
  static const Details none;
  return details_ ? *details_ : none;
}

void Registration::set_details(Details details) {
  const bool any = !details.tags.empty() || !details.target.empty() || details.hold.count() != 0 ||
                   details.holder != Holder();
  details_ = any ? std::make_shared<const Details>(std::move(details)) : nullptr;
}

void Registration::set_tags(const std::set<std::string>& tags) {
  Details changed = details();
  changed.tags = tags;
  set_details(std::move(changed));
}

}  // namespace rmi::ns
