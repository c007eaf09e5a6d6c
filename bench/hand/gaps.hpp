// How many trials fail before the next success, a vector of them at a time.
#pragma once
#include "normal.hpp"

class Gaps {
  public:
    Gaps(uint64_t seed, double probability)
        : words_(seed), scale_(splat(static_cast<real>(1.0 / std::log1p(-probability)))) {}

    int64_t next() {
        if (unused_ == 0) {  // a vector of uniform numbers in (0, 1], as in normal.hpp
            constexpr uint64_t one = sizeof(real) == 8 ? 0x3FF0000000000000u : 0x3F8000003F800000u;
            constexpr uint64_t fraction = sizeof(real) == 8 ? 0x000FFFFFFFFFFFFFu : 0x007FFFFF007FFFFFu;
            const Words bits = (words_.bits() >> (sizeof(real) == 8 ? 12 : 9) & fraction) | one;
            store(gaps_, log_(splat(2) - reinterpret_cast<Vec>(bits)) * scale_);
            unused_ = kLanes;
        }
        const real drawn = gaps_[--unused_];
        return drawn > 0 ? static_cast<int64_t>(drawn) : int64_t{0};
    }

  private:
    Logarithm log_;
    RandomWords words_;
    Vec scale_;
    alignas(64) real gaps_[kLanes];
    int unused_ = 0;  // how many of the gaps are still to be taken
};
