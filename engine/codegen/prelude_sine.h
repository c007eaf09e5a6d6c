// sin(x) and cos(x): what is left of x by multiples of pi/2, and polynomials for -pi/4 <= r <= pi/4. The first of three
// steps to r is exact, as both numbers are multiples of one small number; the parts of pi/2 are all rounded down, so
// that -0 stays what it is. The error is below two units in the last place. Where multiples have too many digits, the
// C library is asked.
#define NL_SINE
#define NL_FARTHEST 1e6
#define NL_FARTHEST_FLOAT 1e4f

// The sine after so many quarters of a turn: that of r, or its cosine, which follows from z = r * r and the last of its
// polynomial, or one of them with the other sign, whose bit is one beyond `to_sign`.
template <int to_sign, class Turn, class Real>
static inline Real nl_of_quadrant(Turn turn, Real z, Real sine, Real q) {
    const Real none = {}, cosine = nl_fma(z * z, q, nl_fma(z, none - 0.5f, none + 1.0f));
    const Turn odd = -(turn & 1);
    return nl_from_bits(((nl_bits(cosine) & odd) | (nl_bits(sine) & ~odd)) ^ ((turn & 2) << to_sign));
}

// cos(x) is the sine one quarter of a turn later.
template <int quarter, class Real>
static inline Real nl_sine_near(Real x) {
    const Real none = {};
    const Real shifted = nl_fma(x, none + 0.6366197723675814, none + NL_ROUND);
    const Real k = shifted - NL_ROUND;
    Real r = nl_fma(k, none - 1.5707963267948966, x);
    r = nl_fma(k, none - 6.123233995736765e-17, r);
    r = nl_fma(k, none - 1.0828566739219139e-32, r);
    const Real z = r * r;
    Real p = none + 1.5917771759341917e-10, q = none - 1.1382408754153254e-11;
    p = nl_fma(p, z, none - 2.5051126876085338e-08);
    q = nl_fma(q, z, none + 2.087614315990944e-09);
    p = nl_fma(p, z, none + 2.755731607868067e-06);
    q = nl_fma(q, z, none - 2.755731725679604e-07);
    p = nl_fma(p, z, none - 0.00019841269836712495);
    q = nl_fma(q, z, none + 2.4801587298736863e-05);
    p = nl_fma(p, z, none + 0.008333333333330918);
    q = nl_fma(q, z, none - 0.0013888888888887378);
    p = nl_fma(p, z, none - 0.16666666666666666);
    q = nl_fma(q, z, none + 0.041666666666666664);
    return nl_of_quadrant<62>(nl_bits(shifted) + quarter, z, nl_fma(r * z, p, r), q);
}

template <int quarter, class Real>
static inline Real nl_sine_near_float(Real x) {
    const Real none = {};
    const Real shifted = nl_fma(x, none + 0.6366197466850281f, none + NL_ROUND_FLOAT);
    const Real k = shifted - NL_ROUND_FLOAT;
    Real r = nl_fma(k, none - 1.570796251296997f, x);
    r = nl_fma(k, none - 7.549789415861596e-08f, r);
    r = nl_fma(k, none - 5.390302529957765e-15f, r);
    const Real z = r * r;
    Real p = none - 0.00019587248971220106f, q = none + 2.4547298380639404e-05f;
    p = nl_fma(p, z, none + 0.008332745172083378f);
    q = nl_fma(q, z, none - 0.0013888300163671374f);
    p = nl_fma(p, z, none - 0.166666641831398f);
    q = nl_fma(q, z, none + 0.0416666641831398f);
    return nl_of_quadrant<30>(nl_bits(shifted) + quarter, z, nl_fma(r * z, p, r), q);
}

#ifdef NL_VECTORS
extern "C" {
#define NL_DECLARED(name)                                                                                   \
    _Pragma("omp declare simd simdlen(8) notinbranch") __attribute__((const, visibility("hidden")))         \
    double nl_##name##_double(double x);                                                                    \
    _Pragma("omp declare simd simdlen(16) notinbranch") __attribute__((const, visibility("hidden")))        \
    float nl_##name##_float(float x);                                                                       \
    NL_SHARED double nl_##name##_one_double(double x) __asm__("nl_" #name "_double");                       \
    NL_SHARED float nl_##name##_one_float(float x) __asm__("nl_" #name "_float");                           \
    NL_SHARED nl_doubles nl_##name##_doubles(nl_doubles x) __asm__("_ZGVeN8v_nl_" #name "_double");         \
    NL_SHARED nl_floats nl_##name##_floats(nl_floats x) __asm__("_ZGVeN16v_nl_" #name "_float");
NL_DECLARED(sin)
NL_DECLARED(cos)
#undef NL_DECLARED
}
#endif

#define NL_SINE_OF_ONE(name, quarter)                                                                       \
    static inline double nl_##name##_of_one(double x) {                                                     \
        return __builtin_fabs(x) <= NL_FARTHEST ? nl_sine_near<quarter>(x) : __builtin_##name(x);           \
    }                                                                                                       \
    static inline float nl_##name##_of_one(float x) {                                                       \
        return __builtin_fabsf(x) <= NL_FARTHEST_FLOAT ? nl_sine_near_float<quarter>(x)                     \
                                                       : __builtin_##name##f(x);                            \
    }
NL_SINE_OF_ONE(sin, 0)
NL_SINE_OF_ONE(cos, 1)
#undef NL_SINE_OF_ONE

#ifdef NL_VECTORS
// Bits of the elements that are near.
static inline uint32_t nl_are_near(nl_doubles x) {
    const nl_doubles size = (nl_doubles)((nl_counts)x & 0x7fffffffffffffffu);
    return (uint8_t)__builtin_ia32_cmppd512_mask(NL_8(NL_FARTHEST), size, 29, -1, NL_NOW);
}
static inline uint32_t nl_are_near(nl_floats x) {
    const nl_floats size = (nl_floats)((nl_counts_32)x & 0x7fffffffu);
    return (uint16_t)__builtin_ia32_cmpps512_mask(NL_16(NL_FARTHEST_FLOAT), size, 29, -1, NL_NOW);
}

#define NL_SINE_OF_VECTOR(name, quarter, reals, real, near, kind, kinds, every)                             \
    static __attribute__((noinline)) reals nl_##name##_of_others(reals x, reals y) {                        \
        for (uint64_t k = 0; k < sizeof(reals) / sizeof(real); ++k) y[k] = nl_##name##_of_one((real)x[k]);  \
        return y;                                                                                           \
    }                                                                                                       \
    static inline reals nl_##name##_inline(reals x) {                                                       \
        const reals y = near<quarter>(x);                                                                   \
        return __builtin_expect(nl_are_near(x) == every, 1) ? y : nl_##name##_of_others(x, y);              \
    }                                                                                                       \
    real nl_##name##_one_##kind(real x) { return nl_##name##_of_one(x); }                                   \
    reals nl_##name##_##kinds(reals x) { return nl_##name##_inline(x); }                                    \
    static inline real nl_##name(real x) { return nl_##name##_##kind(x); }
NL_SINE_OF_VECTOR(sin, 0, nl_doubles, double, nl_sine_near, double, doubles, 0xff)
NL_SINE_OF_VECTOR(cos, 1, nl_doubles, double, nl_sine_near, double, doubles, 0xff)
NL_SINE_OF_VECTOR(sin, 0, nl_floats, float, nl_sine_near_float, float, floats, 0xffff)
NL_SINE_OF_VECTOR(cos, 1, nl_floats, float, nl_sine_near_float, float, floats, 0xffff)
#undef NL_SINE_OF_VECTOR
#else
static inline double nl_sin(double x) { return nl_sin_of_one(x); }
static inline double nl_cos(double x) { return nl_cos_of_one(x); }
static inline float nl_sin(float x) { return nl_sin_of_one(x); }
static inline float nl_cos(float x) { return nl_cos_of_one(x); }
#endif
