// A thermometer whose state reads like attributes.
#pragma once

#include <stdexcept>
#include <string>

#include <rmi/interface.hpp>

class Thermometer {
 public:
  const std::string serial = "T-800";
  std::string room = "kitchen";  // a public data member

  double degrees() const { return degrees_; }  // a pair of methods
  void degrees(double value) {
    if (value < -273.15) throw std::invalid_argument("colder than cold");
    degrees_ = value;
  }
  bool is_hot() const { return degrees_ > 30; }

 private:
  double degrees_ = 21.5;
};
RMI_INTERFACE(Thermometer, serial, room,
              (RMI_PROPERTY(degrees), rmi::doc("In Celsius. Can be set, to calibrate.")),
              RMI_PROPERTY(hot, is_hot))  // without a setter: read-only
