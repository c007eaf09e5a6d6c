// exprel(x) = (exp(x) - 1) / x, what the exact step of a linear equation is made of: polynomials without a division
// for -1/2 <= x <= 0, where nearly all steps lie, and for -2 <= x <= 1/2. The error is about one unit in the last
// place for small x and four at -2.
#define NL_EXPREL
constexpr double nl_short_step[] = {2.1985703840083692e-07, 2.6988592921217972e-06, 2.4768788096264572e-05,
    0.0001984011727676172, 0.0013888863717021528, 0.008333332997835102, 0.041666666640941714, 0.16666666666566382,
    0.49999999999998485, 1.0};
constexpr float nl_short_step_float[] = {0.0011234042467549443f, 0.008189613930881023f, 0.04163007438182831f,
    0.16666242480278015f, 0.4999998211860657f, 1.0f};

// The polynomial with these coefficients, that of the highest power first.
template <class Real, class Number, int count>
static inline Real nl_polynomial(Real x, const Number (&coefficients)[count]) {
    const Real none = {};
    Real p = none + coefficients[0];
    _Pragma("GCC unroll 16") for (int k = 1; k < count; ++k) p = nl_fma(p, x, none + coefficients[k]);
    return p;
}

template <class Real>
static inline Real nl_exprel_of_short_step(Real x) { return nl_polynomial(x, nl_short_step); }

template <class Real>
static inline Real nl_exprel_of_short_step_float(Real x) { return nl_polynomial(x, nl_short_step_float); }

template <class Real>
static inline Real nl_exprel_of_step(Real x) {
    const Real none = {}, z = x * x;
    Real even = none + 9.842018524081988e-12, odd = none + 3.8103145565107047e-13;
    even = nl_fma(even, z, none + 2.082051228594803e-09);
    odd = nl_fma(odd, z, none + 1.5660349158661668e-10);
    even = nl_fma(even, z, none + 2.7557347857584957e-07);
    odd = nl_fma(odd, z, none + 2.504825726385328e-08);
    even = nl_fma(even, z, none + 2.4801588439122463e-05);
    odd = nl_fma(odd, z, none + 2.7557342558333025e-06);
    even = nl_fma(even, z, none + 0.0013888888885898194);
    odd = nl_fma(odd, z, none + 0.00019841269816699305);
    even = nl_fma(even, z, none + 0.04166666666669131);
    odd = nl_fma(odd, z, none + 0.008333333333315785);
    even = nl_fma(even, z, none + 0.49999999999999944);
    odd = nl_fma(odd, z, none + 0.1666666666666688);
    return nl_fma(nl_fma(odd, x, even), x, none + 1.0);
}

template <class Real>
static inline Real nl_exprel_of_step_float(Real x) {
    const Real none = {}, z = x * x;
    Real even = none + 2.1745212507084943e-05f, odd = none + 1.4140940720608342e-06f;
    even = nl_fma(even, z, none + 0.0013881546910852194f);
    odd = nl_fma(odd, z, none + 0.0001952524035004899f);
    even = nl_fma(even, z, none + 0.04166721552610397f);
    odd = nl_fma(odd, z, none + 0.008334359154105186f);
    even = nl_fma(even, z, none + 0.4999999403953552f);
    odd = nl_fma(odd, z, none + 0.16666661202907562f);
    return nl_fma(nl_fma(odd, x, even), x, none + 1.0f);
}

static inline double nl_exprel_of_one(double x) {
    if (x >= -0.5 && x <= 0.0) return nl_exprel_of_short_step(x);
    if (x >= -2.0 && x <= 0.5) return nl_exprel_of_step(x);
    return (x < -2.0 ? nl_exp_of_one(x) - 1.0 : nl_expm1(x)) / x;
}

static inline float nl_exprel_of_one(float x) {
    if (x >= -0.5f && x <= 0.0f) return nl_exprel_of_short_step_float(x);
    if (x >= -2.0f && x <= 0.5f) return nl_exprel_of_step_float(x);
    return (x < -2.0f ? nl_exp_of_one(x) - 1.0f : nl_expm1(x)) / x;
}

#ifdef NL_VECTORS
extern "C" {
#pragma omp declare simd simdlen(8) notinbranch
__attribute__((const, visibility("hidden"))) double nl_exprel_double(double x);
#pragma omp declare simd simdlen(16) notinbranch
__attribute__((const, visibility("hidden"))) float nl_exprel_float(float x);
NL_SHARED double nl_exprel_one_double(double x) __asm__("nl_exprel_double");
NL_SHARED float nl_exprel_one_float(float x) __asm__("nl_exprel_float");
NL_SHARED nl_doubles nl_exprel_doubles(nl_doubles x) __asm__("_ZGVeN8v_nl_exprel_double");
NL_SHARED nl_floats nl_exprel_floats(nl_floats x) __asm__("_ZGVeN16v_nl_exprel_float");
}

double nl_exprel_one_double(double x) { return nl_exprel_of_one(x); }
float nl_exprel_one_float(float x) { return nl_exprel_of_one(x); }

// Bit k says whether element k lies in a range.
static inline __UINT8_TYPE__ nl_lie(nl_doubles x, double from, double to) {
    return __builtin_ia32_cmppd512_mask(x, NL_8(from), NL_NOT_LESS, -1, NL_NOW) &
           __builtin_ia32_cmppd512_mask(NL_8(to), x, NL_NOT_LESS, -1, NL_NOW);
}

static inline __UINT16_TYPE__ nl_lie(nl_floats x, float from, float to) {
    return __builtin_ia32_cmpps512_mask(x, NL_16(from), NL_NOT_LESS, -1, NL_NOW) &
           __builtin_ia32_cmpps512_mask(NL_16(to), x, NL_NOT_LESS, -1, NL_NOW);
}

// The elements outside of -1/2 ... 0; the others stay.
static __attribute__((noinline)) nl_doubles nl_exprel_of_others(nl_doubles x, nl_doubles y, __UINT8_TYPE__ done) {
    y = __builtin_ia32_blendmpd_512_mask(nl_exprel_of_step(x), y, done);
    if (nl_lie(x, -2.0, 0.5) == 0xff) return y;
    const nl_doubles below = (nl_exp_doubles(x) - 1.0) / x;
    y = x < -2.0 ? below : y;
    for (int k = 0; k < 8; ++k)
        if (!(x[k] <= 0.5)) y[k] = nl_exprel_of_one((double)x[k]);
    return y;
}

static __attribute__((noinline)) nl_floats nl_exprel_of_others(nl_floats x, nl_floats y, __UINT16_TYPE__ done) {
    y = __builtin_ia32_blendmps_512_mask(nl_exprel_of_step_float(x), y, done);
    if (nl_lie(x, -2.0f, 0.5f) == 0xffff) return y;
    const nl_floats below = (nl_exp_floats(x) - 1.0f) / x;
    y = x < -2.0f ? below : y;
    for (int k = 0; k < 16; ++k)
        if (!(x[k] <= 0.5f)) y[k] = nl_exprel_of_one((float)x[k]);
    return y;
}

static inline nl_doubles nl_exprel_inline(nl_doubles x) {
    const nl_doubles y = nl_exprel_of_short_step(x);
    const __UINT8_TYPE__ done = nl_lie(x, -0.5, 0.0);
    return __builtin_expect(done == 0xff, 1) ? y : nl_exprel_of_others(x, y, done);
}

static inline nl_floats nl_exprel_inline(nl_floats x) {
    const nl_floats y = nl_exprel_of_short_step_float(x);
    const __UINT16_TYPE__ done = nl_lie(x, -0.5f, 0.0f);
    return __builtin_expect(done == 0xffff, 1) ? y : nl_exprel_of_others(x, y, done);
}

nl_doubles nl_exprel_doubles(nl_doubles x) { return nl_exprel_inline(x); }
nl_floats nl_exprel_floats(nl_floats x) { return nl_exprel_inline(x); }

static inline double nl_exprel(double x) { return nl_exprel_double(x); }
static inline float nl_exprel(float x) { return nl_exprel_float(x); }
#else
static inline double nl_exprel(double x) { return nl_exprel_of_one(x); }
static inline float nl_exprel(float x) { return nl_exprel_of_one(x); }
#endif
