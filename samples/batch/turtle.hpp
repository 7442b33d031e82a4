// A turtle that walks over a board in small steps.
#pragma once

#include <stdexcept>

#include <rmi/interface.hpp>

struct Position {
  int x = 0;
  int y = 0;

  template <class Archive>
  void serialize(Archive& ar) {
    ar(CEREAL_NVP(x), CEREAL_NVP(y));
  }
};

class Turtle {
 public:
  /// @throws std::out_of_range  the board ends there; the turtle stays where it is.
  Position walk(int x, int y) {
    const Position next{position_.x + x, position_.y + y};
    if (next.x < 0 || next.y < 0 || next.x > 9 || next.y > 9)
      throw std::out_of_range("the board ends there");
    return position_ = next;
  }
  void home() { position_ = {}; }
  Position where() const { return position_; }

 private:
  Position position_;
};
RMI_INTERFACE(Turtle, (walk, rmi::params("x", "y")), home, where)
