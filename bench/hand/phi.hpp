// The exponential step of a membrane with conductances, without a division.
#pragma once
#include "vectors.hpp"

// phi(x) = (exp(x) - 1) / x for x in [-0.5, 0] as a polynomial of t = 4 x + 1 (interpolation at the roots of a
// Chebyshev polynomial): the exponential step v += (1 - exp(-h G)) / G * (N - G v) is h phi(-h G) (N - G v),
// without a division and without reducing the argument of exp.
struct Phi {
    static constexpr int kDegree = sizeof(real) == 8 ? 9 : 4, kPoints = kDegree + 1;
    real coefficient[kPoints];  // times a factor

    explicit Phi(double factor) {
        long double divided[kPoints], node[kPoints], result[kPoints] = {};
        for (int i = 0; i < kPoints; ++i) {
            node[i] = cosl(3.14159265358979323846L * (2 * i + 1) / (2 * kPoints));
            const long double x = (node[i] - 1) / 4;
            divided[i] = expm1l(x) / x;
        }
        for (int level = 1; level < kPoints; ++level)
            for (int i = kDegree; i >= level; --i)
                divided[i] = (divided[i] - divided[i - 1]) / (node[i] - node[i - level]);
        for (int i = kDegree; i >= 0; --i) {  // Newton's form to powers
            for (int k = kDegree; k > 0; --k) result[k] = result[k - 1] - node[i] * result[k];
            result[0] = divided[i] - node[i] * result[0];
        }
        for (int k = 0; k < kPoints; ++k) coefficient[k] = static_cast<real>(result[k] * factor);
    }
};

// v + (1 - exp(-h total)) / total * (drive - total v), with phi made for the factor h.
struct MembraneStep {
    Vec c[Phi::kPoints], to_t;
    real h;

    explicit MembraneStep(double step_over_tau) : to_t(splat(static_cast<real>(-4 * step_over_tau))), h(static_cast<real>(step_over_tau)) {
        const Phi phi(step_over_tau);
        for (int k = 0; k < Phi::kPoints; ++k) c[k] = splat(phi.coefficient[k]);
    }
    Vec operator()(Vec v, Vec total, Vec drive) const {
        const Vec one = splat(1), t = fma(total, to_t, one);
        Vec p = c[Phi::kDegree];
        for (int k = Phi::kDegree - 1; k >= 0; --k) p = fma(p, t, c[k]);
        if (__builtin_expect(greater(splat(-1), t) != 0, 0))  // a conductance beyond the polynomial
            p = choose(greater(splat(-1), t), (one - exponential(splat(-h) * total)) / total, p);
        return fma(p, fma(-total, v, drive), v);
    }
};
