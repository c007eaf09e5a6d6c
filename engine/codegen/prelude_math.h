// Mathematical functions. The frequent ones are pure arithmetic without branches, so that they vectorise and
// give the same bits wherever an element stands in a loop; few others call the C library for each element.
// Polynomials are near-minimax fits in 60 digits (error of the fit below 1e-19 relative).

// |x|, and x with the sign of another number.
static inline double nl_fabs(double x) { return __builtin_fabs(x); }
static inline float nl_fabs(float x) { return __builtin_fabsf(x); }
#ifdef NL_VECTORS
static inline nl_doubles nl_fabs(nl_doubles x) { return (nl_doubles)((nl_counts)x & 0x7fffffffffffffffu); }
static inline nl_floats nl_fabs(nl_floats x) { return (nl_floats)((nl_counts_32)x & 0x7fffffffu); }

// Half of the elements in double precision, and both halves again.
typedef float nl_floats_8 __attribute__((vector_size(32)));
template <int which>
static inline nl_doubles nl_half(nl_floats x) {
    constexpr int k = 8 * which;
    const nl_floats_8 half = __builtin_shufflevector(x, x, k, k + 1, k + 2, k + 3, k + 4, k + 5, k + 6, k + 7);
    return __builtin_convertvector(half, nl_doubles);
}
static inline nl_floats nl_joined_halves(nl_doubles x, nl_doubles y) {
    const nl_floats_8 a = __builtin_convertvector(x, nl_floats_8), b = __builtin_convertvector(y, nl_floats_8);
    return __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}
#endif
template <class Real>
static inline Real nl_with_sign_of(Real sign, Real x) {
    const auto minus = nl_bits(Real{} - (Real{} + 1)) ^ nl_bits(Real{} + 1);
    return nl_from_bits((nl_bits(x) & ~minus) | (nl_bits(sign) & minus));
}

// exp(r) - 1 for |r| <= log(2) / 2, of one number or of a vector.
template <class Real>
static inline Real nl_expm1_near_zero(Real r) {
    const Real none = {};
    Real p = none + 2.0914686968086876e-09;
    p = nl_fma(p, r, none + 2.5105217004720745e-08);
    p = nl_fma(p, r, none + 2.75572736431103e-07);
    p = nl_fma(p, r, none + 2.7557255400206422e-06);
    p = nl_fma(p, r, none + 2.4801587325547743e-05);
    p = nl_fma(p, r, none + 0.00019841269874820627);
    p = nl_fma(p, r, none + 0.0013888888888883748);
    p = nl_fma(p, r, none + 0.008333333333326136);
    p = nl_fma(p, r, none + 0.04166666666666667);
    p = nl_fma(p, r, none + 0.1666666666666667);
    p = nl_fma(p, r, none + 0.5);
    return nl_fma(r * r, p, r);
}

// (exp(x) - 1) / 2 for x <= 710.1.
template <class Real>
static inline Real nl_half_expm1(Real x) {
    const Real none = {};
    const Real z = x < -40.0 ? none - 40.0 : x;
    const Real shifted = nl_fma(z, none + 1.4426950408889634, none + NL_ROUND);
    const Real k = shifted - NL_ROUND;
    const Real r = nl_fma(-k, none + 4.7493250390316726e-07, nl_fma(-k, none + 0.6931467056274414, z));
    const Real scale = nl_from_bits((nl_bits(shifted) + 1022) << 52);
    return scale * nl_expm1_near_zero(r) + (scale - 0.5);
}

template <class Real>
static inline Real nl_expm1_of(Real x) {
    const Real half = nl_half_expm1(x);
    return x > 709.782712893384 ? Real{} + __builtin_inf() : half + half;
}

template <class Real>
static inline Real nl_expm1_of_float(Real x) {
    const Real none = {};
    const Real z = x < -20.0f ? none - 20.0f : x;
    const Real shifted = nl_fma(z, none + 1.44269502f, none + NL_ROUND_FLOAT);
    const Real k = shifted - NL_ROUND_FLOAT;
    const Real r = nl_fma(-k, none - 2.12194442e-4f, nl_fma(-k, none + 0.693359375f, z));
    Real p = none + 0.0013946444960311055f;
    p = nl_fma(p, r, none + 0.008366583846509457f);
    p = nl_fma(p, r, none + 0.04166628047823906f);
    p = nl_fma(p, r, none + 0.1666654348373413f);
    p = nl_fma(p, r, none + 0.5f);
    const Real scale = nl_from_bits((nl_bits(shifted) + 126) << 23);
    const Real half = scale * nl_fma(r * r, p, r) + (scale - 0.5f);
    return x > 88.72284f ? none + __builtin_inff() : half + half;
}

template <class Real>
static inline Real nl_tanh_of(Real x) {
    const Real magnitude = nl_fabs(x);
    const Real e = nl_expm1_of(2.0 * (magnitude > 22.0 ? Real{} + 22.0 : magnitude));
    return x != x ? x : nl_with_sign_of(x, e / (e + 2.0));
}

template <class Real>
static inline Real nl_tanh_of_float(Real x) {
    const Real magnitude = nl_fabs(x);
    const Real e = nl_expm1_of_float(2.0f * (magnitude > 10.0f ? Real{} + 10.0f : magnitude));
    return x != x ? x : nl_with_sign_of(x, e / (e + 2.0f));
}

// log(x) of normal x, of one number or of a vector.
template <class Real>
static inline Real nl_log_of_normal(Real x) {
    const Real none = {};
    // x = m 2^k with m in [sqrt(1/2), sqrt(2)).
    const auto moved = nl_bits(x) + (0x3ff0000000000000u - 0x3fe6a09e667f3bcdu);
    const Real m = nl_from_bits((moved & 0x000fffffffffffffu) + 0x3fe6a09e667f3bcdu);
    const Real k = nl_from_bits((moved >> 52) | 0x4330000000000000u) - (4503599627370496.0 + 1023.0);
    const Real f = m - 1.0;
    const Real s = f / (2.0 + f);
    const Real z = s * s;
    Real p = none + 0.13087330476603717;
    p = nl_fma(p, z, none + 0.1326870577297007);
    p = nl_fma(p, z, none + 0.15386242218879392);
    p = nl_fma(p, z, none + 0.1818179559386321);
    p = nl_fma(p, z, none + 0.22222222392147034);
    p = nl_fma(p, z, none + 0.285714285708017);
    p = nl_fma(p, z, none + 0.4000000000000088);
    p = nl_fma(p, z, none + 0.6666666666666666);
    // log(1 + f) = f - (f^2/2 - s (f^2/2 + z p)), where 2 s = f - s f.
    const Real h = 0.5 * f * f;
    return k * 0.6931467056274414 - ((h - (s * (h + z * p) + k * 4.7493250390316726e-07)) - f);
}

template <class Real>
static inline Real nl_log_of(Real x) {
    const Real none = {};
    const auto subnormal = x < 2.2250738585072014e-308;
    const Real y = nl_log_of_normal(subnormal ? x * 18014398509481984.0 : x);
    const Real positive = x > 1.7976931348623157e308 ? x : y - (subnormal ? none + 37.42994775023705 : none);
    const Real at_zero = x == 0.0 ? none - __builtin_inf() : none + __builtin_nan("");
    return x > 0.0 ? positive : at_zero;
}

template <class Real>
static inline Real nl_log_of_float(Real x) {
    const Real none = {};
    const auto subnormal = x < 1.17549435e-38f;
    const auto moved = nl_bits(subnormal ? x * 16777216.0f : x) + (0x3f800000u - 0x3f3504f3u);
    const Real m = nl_from_bits((moved & 0x007fffffu) + 0x3f3504f3u);
    // The bits of an exponent behind those of 2^23 are a whole number.
    const Real k = nl_from_bits((moved >> 23) | 0x4b000000u) - (subnormal ? none + 8388759.0f : none + 8388735.0f);
    const Real f = m - 1.0f;
    const Real s = f / (2.0f + f);
    const Real z = s * s;
    Real p = none + 0.23582440614700317f;
    p = nl_fma(p, z, none + 0.28537294268608093f);
    p = nl_fma(p, z, none + 0.4000033438205719f);
    p = nl_fma(p, z, none + 0.6666666269302368f);
    const Real h = 0.5f * f * f;
    const Real y = k * 0.693359375f - ((h - (s * (h + z * p) + k * -2.12194442e-4f)) - f);
    const Real positive = x > 3.40282347e38f ? x : y;
    const Real at_zero = x == 0.0f ? none - __builtin_inff() : none + __builtin_nanf("");
    return x > 0.0f ? positive : at_zero;
}

#define NL_OF_ONE(name)                                             \
    static inline double nl_##name(double x) { return nl_##name##_of(x); } \
    static inline float nl_##name(float x) { return nl_##name##_of_float(x); }
NL_OF_ONE(expm1) NL_OF_ONE(tanh) NL_OF_ONE(log)
#undef NL_OF_ONE
#ifdef NL_VECTORS
#define NL_OF_VECTOR(name)                                                         \
    static inline nl_doubles nl_##name(nl_doubles x) { return nl_##name##_of(x); } \
    static inline nl_floats nl_##name(nl_floats x) { return nl_##name##_of_float(x); }
NL_OF_VECTOR(expm1) NL_OF_VECTOR(tanh) NL_OF_VECTOR(log)
#undef NL_OF_VECTOR
#endif

#define NL_EXACT(name)                                                            \
    static inline double nl_##name(double x) { return __builtin_##name(x); }      \
    static inline float nl_##name(float x) { return __builtin_##name##f(x); }
NL_EXACT(sqrt) NL_EXACT(floor) NL_EXACT(ceil) NL_EXACT(round)
#undef NL_EXACT
static inline double nl_fmod(double x, double y) { return __builtin_fmod(x, y); }
static inline float nl_fmod(float x, float y) { return __builtin_fmodf(x, y); }

// The compiler must not know these functions: of an argument that it knows it would compute another last bit than the
// library does, and what it knows depends on the text around, so on the number of threads.
#define NL_TEXT(name) #name
#define NL_SYMBOL(prefix, name) NL_TEXT(prefix) name
#define NL_OPAQUE(name, suffix, real, ...)                                                                      \
    extern "C" real nl_library_##name##suffix(__VA_ARGS__) __asm__(NL_SYMBOL(__USER_LABEL_PREFIX__, #name #suffix)) \
        __attribute__((const, nothrow));

#define NL_LIBRARY(name)                                                                   \
    NL_OPAQUE(name, , double, double) NL_OPAQUE(name, f, float, float)                     \
    static inline double nl_##name(double x) { return nl_library_##name(x); }              \
    static inline float nl_##name(float x) { return nl_library_##name##f(x); }
NL_LIBRARY(cbrt) NL_LIBRARY(erf)
#undef NL_LIBRARY

#define NL_LIBRARY_2(name)                                                                               \
    NL_OPAQUE(name, , double, double, double) NL_OPAQUE(name, f, float, float, float)                    \
    static inline double nl_##name(double x, double y) { return nl_library_##name(x, y); }               \
    static inline float nl_##name(float x, float y) { return nl_library_##name##f(x, y); }
NL_LIBRARY_2(atan2)
#undef NL_LIBRARY_2

#define NL_PIECEWISE(real)                                                                      \
    static inline real nl_min(real a, real b) { return b < a ? b : a; }                         \
    static inline real nl_max(real a, real b) { return b > a ? b : a; }                         \
    static inline real nl_pos(real x) { return x > 0 ? x : 0; }                                 \
    static inline real nl_neg(real x) { return x < 0 ? x : 0; }                                 \
    static inline real nl_clip(real x, real a, real b) { return x < a ? a : x > b ? b : x; }    \
    static inline real nl_sign(real x) { return (real)((x > 0) - (x < 0)); }                    \
    static inline real nl_Heaviside(real x) {                                                   \
        return x > 0 ? (real)1 : x < 0 ? (real)0 : x == 0 ? (real)0.5 : x;                      \
    }                                                                                           \
    static inline bool nl_isnan(real x) { return x != x; }                                      \
    static inline bool nl_isfinite(real x) { return x - x == 0; }                               \
    static inline real nl_square(real x) { return x * x; }                                      \
    static inline real nl_cube(real x) { return x * x * x; }                                    \
    static inline real nl_power4(real x) { return nl_square(nl_square(x)); }                    \
    static inline real nl_power5(real x) { return nl_power4(x) * x; }                           \
    static inline real nl_power6(real x) { return nl_square(nl_cube(x)); }                      \
    static inline real nl_power7(real x) { return nl_power6(x) * x; }                           \
    static inline real nl_power8(real x) { return nl_square(nl_power4(x)); }
NL_PIECEWISE(double)
NL_PIECEWISE(float)
#undef NL_PIECEWISE

// Remainder of the truncated operands, with the sign of a.
// Of 0 and -1 the remainder is 0: their division would end the program.
static inline int64_t nl_modulo(double a, double b) {
    const int64_t divisor = (int64_t)b;
    return divisor == 0 || divisor == -1 ? 0 : (int64_t)a % divisor;
}
