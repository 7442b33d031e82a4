// What can be called of somebody else's class: all that is needed, and all of it is here.
#pragma once

#include <rmi/interface.hpp>

#include "acme/plotter.hpp"

namespace acme {

template <class Archive>
void serialize(Archive& ar, Point& point) {
  ar(cereal::make_nvp("x", point.x), cereal::make_nvp("y", point.y));
}

RMI_INTERFACE(Plotter, draw_to, position, (ink, rmi::doc("What was used up, in meters.")),
              RMI_PROPERTY(pen, pen, set_pen))

}  // namespace acme
