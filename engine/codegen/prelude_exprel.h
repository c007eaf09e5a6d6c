// exprel(x) = (exp(x) - 1) / x, what the exact step of a linear equation is made of. For -2 <= x <= 0, where steps of
// a stable equation lie, a polynomial without a division; the error is about one unit in the last place for small x
// and three at -2.
template <class Real>
static inline Real nl_exprel_of_step(Real x) {
    const Real none = {};
    Real p = none + 4.545753842819449e-12;
    p = nl_fma(p, x, none + 1.2375319734558367e-10);
    p = nl_fma(p, x, none + 1.962123598247097e-09);
    p = nl_fma(p, x, none + 2.476203688040306e-08);
    p = nl_fma(p, x, none + 2.7510442785963244e-07);
    p = nl_fma(p, x, none + 2.755194733989634e-06);
    p = nl_fma(p, x, none + 2.4801150885523316e-05);
    p = nl_fma(p, x, none + 0.00019841245044306582);
    p = nl_fma(p, x, none + 0.0013888887931474386);
    p = nl_fma(p, x, none + 0.00833333330944097);
    p = nl_fma(p, x, none + 0.041666666663128134);
    p = nl_fma(p, x, none + 0.16666666666640087);
    p = nl_fma(p, x, none + 0.49999999999999295);
    return nl_fma(p, x, none + 1.0);
}

template <class Real>
static inline Real nl_exprel_of_step_float(Real x) {
    const Real none = {};
    Real p = none + 1.0388582268205937e-05f;
    p = nl_fma(p, x, none + 0.00015827862080186605f);
    p = nl_fma(p, x, none + 0.0013257350074127316f);
    p = nl_fma(p, x, none + 0.008276470005512238f);
    p = nl_fma(p, x, none + 0.041638582944869995f);
    p = nl_fma(p, x, none + 0.16665995121002197f);
    p = nl_fma(p, x, none + 0.49999943375587463f);
    return nl_fma(p, x, none + 1.0f);
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
    if (x >= -2.0 && x <= 0.0) return nl_exprel_of_step(x);
    return (x < -2.0 ? nl_exp(x) - 1.0 : nl_expm1(x)) / x;
}

float nl_exprel_one_float(float x) {
    if (x >= -2.0f && x <= 0.0f) return nl_exprel_of_step_float(x);
    return (x < -2.0f ? nl_exp(x) - 1.0f : nl_expm1(x)) / x;
}

#define NL_FROM_TO(type, x, from, to)                                                        \
    (__builtin_ia32_cmp##type##512_mask(x, from, NL_NOT_LESS, -1, NL_NOW) &                        \
     __builtin_ia32_cmp##type##512_mask(to, x, NL_NOT_LESS, -1, NL_NOW))

nl_doubles nl_exprel_doubles(nl_doubles x) {
    nl_doubles y = nl_exprel_of_step(x);
    const nl_doubles zero = {};
    const __UINT8_TYPE__ steps = NL_FROM_TO(pd, x, NL_8(-2.0), zero);
    if (__builtin_expect(steps != 0xff, 0)) {
        const nl_doubles below = (nl_exp_doubles(x) - 1.0) / x;
        y = x < -2.0 ? below : y;
        for (int k = 0; k < 8; ++k)
            if (!(x[k] <= 0.0)) y[k] = nl_exprel_one_double(x[k]);
    }
    return y;
}

nl_floats nl_exprel_floats(nl_floats x) {
    nl_floats y = nl_exprel_of_step_float(x);
    const nl_floats zero = {};
    const __UINT16_TYPE__ steps = NL_FROM_TO(ps, x, NL_16(-2.0f), zero);
    if (__builtin_expect(steps != 0xffff, 0)) {
        const nl_floats below = (nl_exp_floats(x) - 1.0f) / x;
        y = x < -2.0f ? below : y;
        for (int k = 0; k < 16; ++k)
            if (!(x[k] <= 0.0f)) y[k] = nl_exprel_one_float(x[k]);
    }
    return y;
}

static inline double nl_exprel(double x) { return nl_exprel_double(x); }
static inline float nl_exprel(float x) { return nl_exprel_float(x); }
#else
static inline double nl_exprel(double x) { return x == 0.0 ? 1.0 : nl_expm1(x) / x; }
static inline float nl_exprel(float x) { return x == 0.0f ? 1.0f : nl_expm1(x) / x; }
#endif
