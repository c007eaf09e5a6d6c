// Vectors of 64 bytes: the operations that the language has no operators for. AVX-512 where it is there.
#pragma once
#include "common.hpp"
#ifdef __AVX512F__
#include <immintrin.h>
#endif

using Mask = std::conditional_t<sizeof(real) == 8, uint8_t, uint16_t>;  // one bit per lane

inline Vec splat(real x) { return x - Vec{}; }
inline Vec load(const real *p) { return *reinterpret_cast<const Vec *>(p); }
inline void store(real *p, Vec x) { *reinterpret_cast<Vec *>(p) = x; }

#ifdef __AVX512F__
template <class A, class B>
constexpr auto pick(A a, B b) {
    if constexpr (sizeof(real) == 8)
        return a;
    else
        return b;
}
#define DOUBLE if constexpr (sizeof(real) == 8)
inline __m512d as_pd(Vec x) { return reinterpret_cast<__m512d>(x); }
inline __m512 as_ps(Vec x) { return reinterpret_cast<__m512>(x); }
inline __m512i as_int(VecInt x) { return reinterpret_cast<__m512i>(x); }
template <class T>
inline Vec as_vec(T x) { return reinterpret_cast<Vec>(x); }

inline Vec fma(Vec a, Vec b, Vec c) {
    DOUBLE return as_vec(_mm512_fmadd_pd(as_pd(a), as_pd(b), as_pd(c)));
    else return as_vec(_mm512_fmadd_ps(as_ps(a), as_ps(b), as_ps(c)));
}
inline Vec round_nearest(Vec x) {
    DOUBLE return as_vec(_mm512_roundscale_pd(as_pd(x), 8));
    else return as_vec(_mm512_roundscale_ps(as_ps(x), 8));
}
inline Vec scale_by_power(Vec x, Vec n) {  // x * 2^n
    DOUBLE return as_vec(_mm512_scalef_pd(as_pd(x), as_pd(n)));
    else return as_vec(_mm512_scalef_ps(as_ps(x), as_ps(n)));
}
inline Mask greater(Vec a, Vec b) {
    DOUBLE return static_cast<Mask>(_mm512_cmp_pd_mask(as_pd(a), as_pd(b), _CMP_GT_OQ));
    else return static_cast<Mask>(_mm512_cmp_ps_mask(as_ps(a), as_ps(b), _CMP_GT_OQ));
}
inline Vec choose(Mask m, Vec yes, Vec no) {
    DOUBLE return as_vec(_mm512_mask_blend_pd(static_cast<__mmask8>(m), as_pd(no), as_pd(yes)));
    else return as_vec(_mm512_mask_blend_ps(static_cast<__mmask16>(m), as_ps(no), as_ps(yes)));
}
// 1 / x to the last bit or two: an estimate of 14 bits and Newton's steps, cheaper than a division.
inline Vec reciprocal(Vec x) {
    const Vec one = splat(1);
    DOUBLE {
        Vec y = as_vec(_mm512_rcp14_pd(as_pd(x)));
        const Vec e = fma(-x, y, one);
        y = fma(y, fma(e, e, e), y);
        return fma(y, fma(-x, y, one), y);
    } else {
        const Vec y = as_vec(_mm512_rcp14_ps(as_ps(x)));
        return fma(y, fma(-x, y, one), y);
    }
}
// The indices first, first + 1, ... of the set bits of m to p; returns their number. Writes 64 bytes.
inline int compress_indices(uint32_t *p, Mask m, uint32_t first) {
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i all = _mm512_add_epi32(lanes, _mm512_set1_epi32(static_cast<int>(first)));
    _mm512_storeu_si512(p, _mm512_maskz_compress_epi32(m, all));
    return __builtin_popcount(m);
}
#else
inline Vec fma(Vec a, Vec b, Vec c) { return a * b + c; }
inline Vec round_nearest(Vec x) {
    const Vec half = x > 0 ? splat(static_cast<real>(0.5)) : splat(static_cast<real>(-0.5));
    return __builtin_convertvector(__builtin_convertvector(x + half, VecInt), Vec);
}
inline Vec scale_by_power(Vec x, Vec n) {
    constexpr Int bias = sizeof(real) == 8 ? 1023 : 127, shift = sizeof(real) == 8 ? 52 : 23;
    return x * reinterpret_cast<Vec>((__builtin_convertvector(n, VecInt) + bias) << shift);
}
inline Mask greater(Vec a, Vec b) {
    Mask m = 0;
    for (int i = 0; i < kLanes; ++i) m |= static_cast<Mask>((a[i] > b[i]) << i);
    return m;
}
inline Vec choose(Mask m, Vec yes, Vec no) {
    for (int i = 0; i < kLanes; ++i) no[i] = m >> i & 1 ? yes[i] : no[i];
    return no;
}
inline Vec reciprocal(Vec x) { return splat(1) / x; }
inline int compress_indices(uint32_t *p, Mask m, uint32_t first) {
    int count = 0;
    for (; m; m &= static_cast<Mask>(m - 1)) p[count++] = first + static_cast<uint32_t>(__builtin_ctz(m));
    return count;
}
#endif

// exp(x) = 2^n exp(r), |r| <= log(2)/2; exp(r) by interpolation at the roots of a Chebyshev
// polynomial, to a unit of the last place.
inline Vec exponential(Vec x) {
    const Vec n = round_nearest(x * splat(static_cast<real>(1.4426950408889634)));
    if constexpr (sizeof(real) == 8) {
        Vec r = fma(n, splat(-6.93147180369123816490e-01), x);
        r = fma(n, splat(-1.90821492927058770002e-10), r);
        const Vec r2 = r * r, r4 = r2 * r2;
        const auto pair = [&](double a, double b) { return fma(splat(b), r, splat(a)); };
        const Vec low = fma(pair(0.50000000000000184, 0.16666666666666681), r2, pair(1.0, 1.0));
        const Vec mid = fma(pair(0.0013888888952352863, 1.9841269890076403e-04), r2,
                            pair(0.041666666666487953, 0.0083333333333195896));
        const Vec top = fma(pair(2.7632654722527792e-07, 2.511004920481866e-08), r2,
                            pair(2.4801485441561313e-05, 2.7557240887229869e-06));
        return scale_by_power(fma(fma(top, r4, mid), r4, low), n);
    } else {
        Vec r = fma(n, splat(-6.9314575195e-01f), x);
        r = fma(n, splat(-1.4286068203e-06f), r);
        const Vec r2 = r * r;
        const auto pair = [&](float a, float b) { return fma(splat(b), r, splat(a)); };
        const Vec high = fma(fma(splat(1.39411189e-03f), r, splat(8.37513477e-03f)), r, splat(4.16663528e-02f));
        return scale_by_power(fma(fma(high, r2, pair(5.00000005e-01f, 1.66664154e-01f)), r2, pair(1.0f, 1.0f)), n);
    }
}

using Words = uint64_t __attribute__((vector_size(64)));  // eight words, or 512 bits

// Eight streams of xoshiro256+ (Blackman and Vigna 2018).
struct RandomWords {
    Words s[4];

    explicit RandomWords(uint64_t seed) {
        Random random(seed);
        for (Words &words : s)
            for (int i = 0; i < 8; ++i) words[i] = random.bits();
    }
    Words bits() {
        const Words result = s[0] + s[3], t = s[1] << 17;
        s[2] ^= s[0], s[3] ^= s[1], s[1] ^= s[2], s[0] ^= s[3], s[2] ^= t;
        s[3] = s[3] << 45 | s[3] >> 19;
        return result;
    }
    // 512 bits of which each is set with the probability p (to 32 binary places): the digits of p, last first,
    // say whether a random word is or-ed or and-ed.
    Words bernoulli(double p) {
        const uint64_t digits = static_cast<uint64_t>(std::llround(std::ldexp(p, 32)));
        Words result = {};
        for (int k = __builtin_ctzll(digits); k < 32; ++k) result = digits >> k & 1 ? result | bits() : result & bits();
        return result;
    }
};

// One index a lane, and what is read and written by them.
using Ranks = int32_t __attribute__((vector_size(4 * kLanes)));

#ifdef __AVX512F__
// The functions with an index vector are chosen by its size: 8 or 16 lanes.
using Ranks8 = int32_t __attribute__((vector_size(32)));
using Ranks16 = int32_t __attribute__((vector_size(64)));

template <class R = Ranks>
inline R widened(const uint16_t *p) {
    if constexpr (sizeof(R) == 32) return (R)_mm256_cvtepu16_epi32(_mm_load_si128((const __m128i *)p));
    else return (R)_mm512_cvtepu16_epi32(_mm256_load_si256((const __m256i *)p));
}
template <class R = Ranks>
inline R widened(const uint8_t *p) {
    if constexpr (sizeof(R) == 32) return (R)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p));
    else return (R)_mm512_cvtepu8_epi32(_mm_load_si128((const __m128i *)p));
}
inline void store_bytes(uint8_t *p, Ranks8 r) { _mm_storel_epi64((__m128i *)p, _mm256_cvtepi32_epi8((__m256i)r)); }
inline void store_bytes(uint8_t *p, Ranks16 r) { _mm_store_si128((__m128i *)p, _mm512_cvtepi32_epi8((__m512i)r)); }
inline Ranks8 gather(const int32_t *p, Ranks8 r) { return (Ranks8)_mm256_i32gather_epi32(p, (__m256i)r, 4); }
inline Ranks16 gather(const int32_t *p, Ranks16 r) { return (Ranks16)_mm512_i32gather_epi32((__m512i)r, p, 4); }
inline Vec gather(const double *p, Ranks8 r) { return (Vec)_mm512_i32gather_pd((__m256i)r, p, 8); }
inline Vec gather(const float *p, Ranks16 r) { return (Vec)_mm512_i32gather_ps((__m512i)r, p, 4); }
// The indices must differ.
inline void scatter(double *p, Ranks8 r, Vec x) { _mm512_i32scatter_pd(p, (__m256i)r, (__m512d)x, 8); }
inline void scatter(float *p, Ranks16 r, Vec x) { _mm512_i32scatter_ps(p, (__m512i)r, (__m512)x, 4); }
#else
template <class T>
inline Ranks widened(const T *p) {
    Ranks r;
    for (int i = 0; i < kLanes; ++i) r[i] = p[i];
    return r;
}
inline void store_bytes(uint8_t *p, Ranks r) {
    for (int i = 0; i < kLanes; ++i) p[i] = static_cast<uint8_t>(r[i]);
}
inline Ranks gather(const int32_t *p, Ranks r) {
    for (int i = 0; i < kLanes; ++i) r[i] = p[r[i]];
    return r;
}
inline Vec gather(const real *p, Ranks r) {
    Vec x;
    for (int i = 0; i < kLanes; ++i) x[i] = p[r[i]];
    return x;
}
inline void scatter(real *p, Ranks r, Vec x) {
    for (int i = 0; i < kLanes; ++i) p[r[i]] = x[i];
}
#endif
