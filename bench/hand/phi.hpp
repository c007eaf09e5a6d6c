// The exponential step of a membrane with conductances, without a division.
#pragma once
#include "vectors.hpp"

// phi(x) = (exp(x) - 1) / x for x in [-kTenths/10, 0] as a polynomial of t = 20/kTenths x + 1 (interpolation at the roots
// of a Chebyshev polynomial): the exponential step v += (1 - exp(-h G)) / G * (N - G v) is h phi(-h G) (N - G v),
// without a division and without reducing the argument of exp.
template <int kTenths>
struct Phi {
    static constexpr int kShort = kTenths <= 1 ? 3 : kTenths <= 5 ? 4 : 5, kLong = kTenths <= 1 ? 6 : kTenths <= 5 ? 9 : 11;
    static constexpr int kDegree = sizeof(real) == 8 ? kLong : kShort;
    static constexpr int kPoints = kDegree + 1;
    Vec coefficient[kPoints], to_t;  // times h
    real h;

    explicit Phi(double step) : to_t(splat(static_cast<real>(-20 * step / kTenths))), h(static_cast<real>(step)) {
        long double divided[kPoints], node[kPoints], result[kPoints] = {};
        for (int i = 0; i < kPoints; ++i) {
            node[i] = cosl(3.14159265358979323846L * (2 * i + 1) / (2 * kPoints));
            const long double x = (node[i] - 1) * kTenths / 20;
            divided[i] = expm1l(x) / x;
        }
        for (int level = 1; level < kPoints; ++level)
            for (int i = kDegree; i >= level; --i)
                divided[i] = (divided[i] - divided[i - 1]) / (node[i] - node[i - level]);
        for (int i = kDegree; i >= 0; --i) {  // Newton's form to powers
            for (int k = kDegree; k > 0; --k) result[k] = result[k - 1] - node[i] * result[k];
            result[0] = divided[i] - node[i] * result[0];
        }
        for (int k = 0; k < kPoints; ++k) coefficient[k] = splat(static_cast<real>(result[k] * step));
    }

    // v + (1 - exp(-h total)) / total * (drive - total v)
    Vec step(Vec v, Vec total, Vec drive) const {
        const Vec one = splat(1), t = fma(total, to_t, one);
        Vec p = coefficient[kDegree];
        for (int k = kDegree - 1; k >= 0; --k) p = fma(p, t, coefficient[k]);
        if (__builtin_expect(greater(splat(-1), t) != 0, 0))  // beyond the polynomial
            p = choose(greater(splat(-1), t), (one - exponential(splat(-h) * total)) / total, p);
        return fma(p, fma(-total, v, drive), v);
    }
};
