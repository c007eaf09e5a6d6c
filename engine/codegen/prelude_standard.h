// Standard numbers: uniform in [0, 1), normal of mean 0 and deviation 1, exponential of mean 1; of one element or of a
// block of 64. An element has the same bits in both, and in vectors of any length.

// c[0] + c[1] x + c[2] x^2 + ...
template <class Real, class Number>
static inline Real nl_polynomial(Real, Number last) { return Real{} + last; }

template <class Real, class Number, class... Others>
static inline Real nl_polynomial(Real x, Number first, Others... others) {
    return nl_fma(nl_polynomial(x, others...), x, Real{} + first);
}

// For 1 + k/16 <= m < 1 + (k + 1)/16 a reciprocal r with m r = 1 + f, |f| <= 1/32 (in single precision below 1/16),
// and 2 log(r). The last is such that -2 log(u) = 2 log(r) - 2 e log(2) - 2 log(1 + f) of u = m 2^e loses no digits next
// to 1, where the first two cancel to 0.
alignas(128) static const double nl_reciprocals[16] = {
    0.9696969696969697, 0.9142857142857143, 0.8648648648648649, 0.8205128205128205, 0.7804878048780488,
    0.7441860465116279, 0.7111111111111111, 0.6808510638297872, 0.6530612244897959, 0.6274509803921569,
    0.6037735849056604, 0.5818181818181818, 0.5614035087719298, 0.5423728813559322, 0.5245901639344263,
    0.5};
alignas(128) static const double nl_logarithms[16] = {
    -0.06154331733350732, -0.17922431737937433, -0.29036401968899567, -0.39565148665983985, -0.4956723278091624,
    -0.5909284257876718, -0.6818531739411864, -0.7688233978206641, -0.8521687906218003, -0.9321794598491985,
    -1.0091120215047906, -1.0831945648654888, -1.1546307300696472, -1.2236030822119859, -1.2902759227471694,
    -1.3862943611198906};
alignas(64) static const float nl_reciprocals_float[16] = {
    1.0f, 0.9142857f, 0.8648649f, 0.82051283f, 0.7804878f, 0.74418604f, 0.7111111f, 0.68085104f,
    0.6530612f, 0.627451f, 0.6037736f, 0.58181816f, 0.5614035f, 0.5423729f, 0.52459013f, 0.5f};
alignas(64) static const float nl_logarithms_float[16] = {
    0.0f, -0.17922431f, -0.29036397f, -0.39565146f, -0.4956724f, -0.59092844f, -0.6818531f, -0.76882344f,
    -0.85216886f, -0.9321794f, -1.009112f, -1.0831946f, -1.1546307f, -1.2236031f, -1.290276f, -1.3862944f};

template <class Real>
struct nl_parts { Real mantissa, exponent, reciprocal, logarithm; };

static inline nl_parts<double> nl_parts_of(double u) {
    const uint64_t bits = nl_bits(u);
    return {nl_from_bits((bits & 0x000fffffffffffffu) | 0x3ff0000000000000u),
            nl_from_bits(bits >> 52 | 0x4330000000000000u) - (4503599627370496.0 + 1023.0),
            nl_reciprocals[bits >> 48 & 15], nl_logarithms[bits >> 48 & 15]};
}

static inline nl_parts<float> nl_parts_of(float u) {
    const uint32_t bits = nl_bits(u);
    return {nl_from_bits((bits & 0x007fffffu) | 0x3f800000u),
            nl_from_bits(bits >> 23 | 0x4b000000u) - (8388608.0f + 127.0f),
            nl_reciprocals_float[bits >> 19 & 15], nl_logarithms_float[bits >> 19 & 15]};
}

static inline float nl_converted(uint32_t x) { return (float)(int32_t)x; }

#ifdef NL_VECTORS
static inline nl_floats nl_converted(nl_counts_32 x) { return __builtin_convertvector((nl_integers_32)x, nl_floats); }

static inline nl_parts<nl_doubles> nl_parts_of(nl_doubles u) {
    const nl_integers k = (nl_integers)(nl_bits(u) >> 48);
    const nl_doubles *r = (const nl_doubles*)nl_reciprocals, *log = (const nl_doubles*)nl_logarithms;
    return {__builtin_ia32_getmantpd512_mask(u, 0, u, -1, NL_NOW), __builtin_ia32_getexppd512_mask(u, u, -1, NL_NOW),
            __builtin_ia32_vpermt2varpd512_mask(k, r[0], r[1], -1),
            __builtin_ia32_vpermt2varpd512_mask(k, log[0], log[1], -1)};
}

static inline nl_parts<nl_floats> nl_parts_of(nl_floats u) {
    const nl_integers_32 k = (nl_integers_32)(nl_bits(u) >> 19);
    const nl_floats *r = (const nl_floats*)nl_reciprocals_float, *log = (const nl_floats*)nl_logarithms_float;
    return {__builtin_ia32_getmantps512_mask(u, 0, u, -1, NL_NOW), __builtin_ia32_getexpps512_mask(u, u, -1, NL_NOW),
            __builtin_ia32_permvarsf512_mask(*r, k, u, -1), __builtin_ia32_permvarsf512_mask(*log, k, u, -1)};
}
#endif

// 52 of 64 bits as a number in [1, 2).
template <class Bits>
static inline auto nl_one_to_two(Bits bits) { return nl_from_bits(bits >> 12 | 0x3ff0000000000000u); }

// Each takes the bits of elements, one or a vector; ``Real`` is the type of an element.
template <class Real, class Bits>
static inline auto nl_uniform_from(Bits bits) {
    if constexpr (sizeof(Real) == 8) {
        return nl_one_to_two(bits) - 1.0;
    } else {
        return nl_converted(bits >> 8) * 5.9604644775390625e-08f;  // 24 bits
    }
}

// -2 log(u) of an odd multiple u of 2^-52 or 2^-31 below 1, the latter rounded.
template <class Real, class Bits>
static inline auto nl_twice_exponential_from(Bits bits) {
    if constexpr (sizeof(Real) == 8) {
        const auto u = nl_from_bits(bits >> 12 | 0x3ff0000000000001u) - 1.0;
        const auto [m, e, r, log] = nl_parts_of(u);
        const auto f = nl_fma(m, r, decltype(u){} - 1.0);
        const auto p = nl_polynomial(f, -1.9999999999999984, 0.9999999999999886, -0.6666666667184901, 0.5000000001282681,
                                     -0.39999973470349387, 0.33333292747461885, -0.2861487952980242, 0.2504888093243649);
        return nl_fma(p, f, nl_fma(e, decltype(u){} - 1.3862943611198906, log));
    } else {
        const auto u = nl_converted(bits >> 1 | 1) * 4.656612873077393e-10f;
        const auto [m, e, r, log] = nl_parts_of(u);
        const auto f = nl_fma(m, r, decltype(u){} - 1.0f);
        const auto p = nl_polynomial(f, -2.0f, 1.0f, -0.6666948f, 0.5001376f, -0.37597352f);
        return nl_fma(p, f, nl_fma(e, decltype(u){} - 1.3862944f, log));
    }
}

template <class Real, class Bits>
static inline auto nl_exponential_from(Bits bits) { return (Real)0.5 * nl_twice_exponential_from<Real>(bits); }

// Box and Muller 1958, two normal numbers: the angle is one in the right quarter of the circle, its cosine gets a random
// sign, and two bits that are left say so and which of both is the first.
template <class Real, class Bits, class Numbers>
static inline void nl_normals_from(Bits one, Bits other, Numbers& first, Numbers& second) {
    constexpr int sign = 8 * sizeof(Real) - 1;
    const Numbers radius = nl_sqrt(nl_twice_exponential_from<Real>(one));
    Numbers cosine, sine;
    if constexpr (sizeof(Real) == 8) {  // cos(pi x / 2) and sin(pi x / 2)
        const Numbers x = nl_one_to_two(other) - 1.5, z = x * x;
        cosine = nl_polynomial(z, 1.0, -1.2337005501361513, 0.25366950789986553, -0.02086348073496047,
                               0.0009192599501488973, -2.5200135645550167e-05, 4.655301270811425e-07);
        sine = x * nl_polynomial(z, 1.5707963267948966, -0.6459640975062443, 0.07969262624604308, -0.004681754132342262,
                                 0.0001604411507521089, -3.5986433882446756e-06, 5.633938483009824e-08);
    } else {
        const Numbers x = nl_from_bits(other >> 9 | 0x3f800000u) - 1.5f, z = x * x;
        cosine = nl_polynomial(z, 1.0f, -1.233697f, 0.25359863f, -0.020408353f);
        sine = x * nl_polynomial(z, 1.5707964f, -0.6459635f, 0.07968023f, -0.004602177f);
    }
    const Numbers across = radius * nl_from_bits(nl_bits(cosine) ^ other << sign), along = radius * sine;
    first = (other & 2) != 0 ? along : across;
    second = (other & 2) != 0 ? across : along;
}

template <class Real>
static inline Real nl_standard_uniform(nl_place at) {
    return nl_uniform_from<Real>(nl_bits_of(Real(), nl_shared_words<Real>(at, at.index), at.index));
}

template <class Real>
static inline Real nl_standard_exponential(nl_place at) {
    return nl_exponential_from<Real>(nl_bits_of(Real(), nl_shared_words<Real>(at, at.index), at.index));
}

// Elements j and j + 32 of a block come from two numbers together.
template <class Real>
static inline Real nl_standard_normal(nl_place at) {
    const nl_words words = nl_shared_words<Real>(at, at.index);
    Real first, second;
    nl_normals_from<Real>(nl_bits_of(Real(), words, at.index & 31), nl_bits_of(Real(), words, at.index | 32), first,
                          second);
    return at.index & 32 ? second : first;
}

#ifdef NL_VECTORS
#define NL_ALL_VECTORS _Pragma("GCC unroll 8")
#else
#define NL_ALL_VECTORS _Pragma("omp simd")
#endif

// The elements of ``Blocks`` blocks of 64 from ``at.index`` on, which is a multiple of 64. ``put`` is given memory of one
// block and its bits.
template <int Blocks, class Real, class Put>
static inline void nl_fill(Real* to, nl_place at, Put put) {
    typedef nl_lanes<Real> lanes;
    constexpr int together = Blocks < nl_together<Real> ? Blocks : nl_together<Real>, vectors = 64 / lanes::count;
    for (int block = 0; block < Blocks; block += together, at.index += 64 * together) {
        typename lanes::bits bits[together * vectors];
        nl_bits_of_blocks<together>(at, bits);
#pragma GCC unroll 2
        for (int k = 0; k < together; ++k)
            put((typename lanes::numbers*)(to + 64 * (block + k)), bits + k * vectors);
    }
}

template <int Blocks = 1, class Real>
static __attribute__((noinline)) void nl_fill_uniform(Real* to, nl_place at) {
    nl_fill<Blocks>(to, at, [](auto* numbers, auto* bits) __attribute__((always_inline)) {
        NL_ALL_VECTORS
        for (int k = 0; k < 64 / nl_lanes<Real>::count; ++k) numbers[k] = nl_uniform_from<Real>(bits[k]);
    });
}

template <int Blocks = 1, class Real>
static __attribute__((noinline)) void nl_fill_exponential(Real* to, nl_place at) {
    nl_fill<Blocks>(to, at, [](auto* numbers, auto* bits) __attribute__((always_inline)) {
        NL_ALL_VECTORS
        for (int k = 0; k < 64 / nl_lanes<Real>::count; ++k) numbers[k] = nl_exponential_from<Real>(bits[k]);
    });
}

template <int Blocks = 1, class Real>
static __attribute__((noinline)) void nl_fill_normal(Real* to, nl_place at) {
    nl_fill<Blocks>(to, at, [](auto* numbers, auto* bits) __attribute__((always_inline)) {
        constexpr int half = 32 / nl_lanes<Real>::count;
        NL_ALL_VECTORS
        for (int k = 0; k < half; ++k) {
            typename nl_lanes<Real>::numbers first, second;
            nl_normals_from<Real>(bits[k], bits[k + half], first, second);
            numbers[k] = first;
            numbers[k + half] = second;
        }
    });
}

// Of two blocks no more than ``number`` elements are needed.
template <class Real>
static inline void nl_fill_uniform(Real* to, nl_place at, int64_t number) {
    number > 64 ? nl_fill_uniform<2>(to, at) : nl_fill_uniform(to, at);
}

template <class Real>
static inline void nl_fill_exponential(Real* to, nl_place at, int64_t number) {
    number > 64 ? nl_fill_exponential<2>(to, at) : nl_fill_exponential(to, at);
}

template <class Real>
static inline void nl_fill_normal(Real* to, nl_place at, int64_t number) {
    number > 64 ? nl_fill_normal<2>(to, at) : nl_fill_normal(to, at);
}
