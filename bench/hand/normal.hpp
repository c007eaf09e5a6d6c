// Normal numbers, two vectors at a time, by the method of Box and Muller (1958).
#pragma once
#include "vectors.hpp"

#ifdef __AVX512F__
// log(x) of positive normal x: x = 2^e m with m in [1, 2), m r - 1 = f for r = 1/m of a table of 16; |f| < 1/32.
struct Logarithm {
    alignas(64) real inverse[16], value[16];

    Logarithm() {
        for (int k = 0; k < 16; ++k) {
            const double r = static_cast<real>(32.0 / (33 + 2 * k));
            inverse[k] = static_cast<real>(r), value[k] = static_cast<real>(-std::log(r));
        }
    }
    Vec operator()(Vec x) const {
        Vec m, e, r, base;
        DOUBLE {
            m = as_vec(_mm512_getmant_pd(as_pd(x), _MM_MANT_NORM_1_2, _MM_MANT_SIGN_src));
            e = as_vec(_mm512_getexp_pd(as_pd(x)));
            const __m512i k = _mm512_srli_epi64(_mm512_castpd_si512(as_pd(m)), 48);
            r = as_vec(_mm512_permutex2var_pd(_mm512_load_pd(inverse), k, _mm512_load_pd(inverse + 8)));
            base = as_vec(_mm512_permutex2var_pd(_mm512_load_pd(value), k, _mm512_load_pd(value + 8)));
        } else {
            m = as_vec(_mm512_getmant_ps(as_ps(x), _MM_MANT_NORM_1_2, _MM_MANT_SIGN_src));
            e = as_vec(_mm512_getexp_ps(as_ps(x)));
            const __m512i k = _mm512_srli_epi32(_mm512_castps_si512(as_ps(m)), 19);
            r = as_vec(_mm512_permutexvar_ps(k, _mm512_load_ps(inverse)));
            base = as_vec(_mm512_permutexvar_ps(k, _mm512_load_ps(value)));
        }
        const Vec f = fma(m, r, splat(-1));
        constexpr int kDegree = sizeof(real) == 8 ? 9 : 4;
        Vec p = splat(static_cast<real>(kDegree % 2 ? 1.0 / kDegree : -1.0 / kDegree));
        for (int k = kDegree - 1; k > 0; --k) p = fma(p, f, splat(static_cast<real>(k % 2 ? 1.0 / k : -1.0 / k)));
        return fma(e, splat(static_cast<real>(0.6931471805599453)), fma(p, f, base));
    }
};
#else
struct Logarithm {
    Vec operator()(Vec x) const {
        for (int i = 0; i < kLanes; ++i) x[i] = std::log(x[i]);
        return x;
    }
};
#endif

class Normals {
  public:
    explicit Normals(uint64_t seed) : words_(seed) {}

    void draw(Vec &first, Vec &second) {
        // The radius from a number in (0, 1]: the bits of one in [1, 2), subtracted from 2.
        const Words a = words_.bits(), b = words_.bits();
        constexpr uint64_t one = sizeof(real) == 8 ? 0x3FF0000000000000u : 0x3F8000003F800000u;
        constexpr uint64_t fraction = sizeof(real) == 8 ? 0x000FFFFFFFFFFFFFu : 0x007FFFFF007FFFFFu;
        constexpr int shift = sizeof(real) == 8 ? 12 : 9;
        const Vec u = splat(2) - reinterpret_cast<Vec>((a >> shift & fraction) | one);
        const Vec rough = splat(-2) * log_(u), square = rough > 0 ? rough : Vec{};  // of 1 it may be just below 0
        Vec radius;
#ifdef __AVX512F__
        DOUBLE radius = as_vec(_mm512_sqrt_pd(as_pd(square)));
        else radius = as_vec(_mm512_sqrt_ps(as_ps(square)));
#else
        for (int i = 0; i < kLanes; ++i) radius[i] = std::sqrt(square[i]);
#endif
        // An angle in [-pi/4, pi/4), and two random bits for the quarter of the circle.
        const Vec turn = reinterpret_cast<Vec>((b >> shift & fraction) | one) - splat(static_cast<real>(1.5));
        const Vec t = turn * splat(static_cast<real>(1.5707963267948966)), t2 = t * t;
        Vec sine, cosine;
        if constexpr (sizeof(real) == 8) {
            constexpr double s[] = {1.6059043836821613e-10, -2.5052108385441720e-08, 2.7557319223985893e-06,
                                    -1.9841269841269841e-04, 8.3333333333333332e-03, -1.6666666666666666e-01};
            constexpr double c[] = {-1.1470745597729725e-11, 2.0876756987868099e-09, -2.7557319223985888e-07,
                                    2.4801587301587302e-05, -1.3888888888888889e-03, 4.1666666666666664e-02, -0.5};
            sine = splat(static_cast<real>(s[0])), cosine = splat(static_cast<real>(c[0]));
            for (int k = 1; k < 6; ++k) sine = fma(sine, t2, splat(static_cast<real>(s[k])));
            for (int k = 1; k < 7; ++k) cosine = fma(cosine, t2, splat(static_cast<real>(c[k])));
        } else {
            sine = fma(fma(splat(-1.9841270e-04f), t2, splat(8.3333333e-03f)), t2, splat(-1.6666667e-01f));
            cosine = fma(fma(fma(splat(2.4801587e-05f), t2, splat(-1.3888889e-03f)), t2, splat(4.1666667e-02f)), t2,
                         splat(-0.5f));
        }
        sine = fma(sine * t2, t, t), cosine = fma(cosine, t2, splat(1));
        constexpr uint64_t sign = sizeof(real) == 8 ? 0x8000000000000000u : 0x8000000080000000u;
        const int lower = sizeof(real) == 8 ? 63 : 31;
        cosine = reinterpret_cast<Vec>(reinterpret_cast<Words>(cosine) ^ (b << (lower - 8) & sign));
        const VecInt chosen = reinterpret_cast<VecInt>(a << (lower - 7)) < 0;  // bits that are not in the fraction
        first = radius * (chosen ? sine : cosine);
        second = radius * (chosen ? cosine : sine);
    }

  private:
    RandomWords words_;
    Logarithm log_;
};
