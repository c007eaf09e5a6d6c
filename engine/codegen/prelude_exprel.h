// exprel(x) = (exp(x) - 1) / x, what the exact step of a linear equation is made of. For -2 <= x <= 1/2, where the
// steps of most equations lie, a polynomial without a division; the error is about one unit in the last place for
// small x and four at -2.
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

double nl_exprel_one_double(double x) {
    if (x >= -2.0 && x <= 0.5) return nl_exprel_of_step(x);
    return (x < -2.0 ? nl_exp(x) - 1.0 : nl_expm1(x)) / x;
}

float nl_exprel_one_float(float x) {
    if (x >= -2.0f && x <= 0.5f) return nl_exprel_of_step_float(x);
    return (x < -2.0f ? nl_exp(x) - 1.0f : nl_expm1(x)) / x;
}

#define NL_FROM_TO(type, x, from, to)                                                        \
    (__builtin_ia32_cmp##type##512_mask(x, from, NL_NOT_LESS, -1, NL_NOW) &                        \
     __builtin_ia32_cmp##type##512_mask(to, x, NL_NOT_LESS, -1, NL_NOW))

// Elements below -2 and above 1/2; the others stay.
static __attribute__((noinline, cold)) nl_doubles nl_exprel_of_others(nl_doubles x, nl_doubles y) {
    const nl_doubles below = (nl_exp_doubles(x) - 1.0) / x;
    y = x < -2.0 ? below : y;
    for (int k = 0; k < 8; ++k)
        if (!(x[k] <= 0.5)) y[k] = nl_exprel_one_double(x[k]);
    return y;
}

static __attribute__((noinline, cold)) nl_floats nl_exprel_of_others(nl_floats x, nl_floats y) {
    const nl_floats below = (nl_exp_floats(x) - 1.0f) / x;
    y = x < -2.0f ? below : y;
    for (int k = 0; k < 16; ++k)
        if (!(x[k] <= 0.5f)) y[k] = nl_exprel_one_float(x[k]);
    return y;
}

nl_doubles nl_exprel_doubles(nl_doubles x) {
    const nl_doubles y = nl_exprel_of_step(x);
    const __UINT8_TYPE__ steps = NL_FROM_TO(pd, x, NL_8(-2.0), NL_8(0.5));
    return __builtin_expect(steps == 0xff, 1) ? y : nl_exprel_of_others(x, y);
}

nl_floats nl_exprel_floats(nl_floats x) {
    const nl_floats y = nl_exprel_of_step_float(x);
    const __UINT16_TYPE__ steps = NL_FROM_TO(ps, x, NL_16(-2.0f), NL_16(0.5f));
    return __builtin_expect(steps == 0xffff, 1) ? y : nl_exprel_of_others(x, y);
}

static inline double nl_exprel(double x) { return nl_exprel_double(x); }
static inline float nl_exprel(float x) { return nl_exprel_float(x); }
#else
static inline double nl_exprel(double x) { return x == 0.0 ? 1.0 : nl_expm1(x) / x; }
static inline float nl_exprel(float x) { return x == 0.0f ? 1.0f : nl_expm1(x) / x; }
#endif
