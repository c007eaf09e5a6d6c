// Rate-coded neurons of the cases rate_dense, rate_sparse and oja: tau dr/dt + r = sum + B, dt 1 ms.
#pragma once
#include "threads.hpp"
#include "vectors.hpp"

constexpr double kTau = 10, kBias = 0.5;

inline real rate_step() { return static_cast<real>(1 - std::exp(-1.0 / kTau)); }

// Sum of the lanes of each of four vectors.
inline void sums_of(const Vec (&x)[4], real (&sums)[4]) {
    for (int k = 0; k < 4; ++k) {
        sums[k] = 0;
        for (int lane = 0; lane < kLanes; ++lane) sums[k] += x[k][lane];
    }
}

inline double mean(const real *values, int n) {
    double sum = 0;
    for (int i = 0; i < n; ++i) sum += values[i];
    return sum / n;
}
