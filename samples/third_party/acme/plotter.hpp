// Somebody else's library. It has never heard of rmibus, and we cannot change it.
#pragma once

#include <cmath>
#include <stdexcept>

namespace acme {

struct Point {
  double x;
  double y;
};

class Plotter {
 public:
  void draw_to(Point point) {
    if (pen_ == 0) throw std::logic_error("no pen");
    ink_ += std::hypot(point.x - at_.x, point.y - at_.y);
    at_ = point;
  }
  Point position() const noexcept { return at_; }
  double ink() const noexcept { return ink_; }

  int pen() const noexcept { return pen_; }
  void set_pen(int pen) { pen_ = pen; }

  void explode() {}  // not for everybody

 private:
  Point at_{0, 0};
  double ink_ = 0;
  int pen_ = 0;
};

}  // namespace acme
