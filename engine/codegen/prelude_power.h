// pow(x, y) = exp(y log |x|), of one number or of a vector; the logarithm has twice as many digits, so that the error is
// below two units in the last place. The C library is asked where x or y are infinite or not numbers, x is too small to
// be normal, or y has no digits behind the point.
#define NL_POWER
NL_OPAQUE(pow, , double, double, double) NL_OPAQUE(pow, f, float, float, float)

// For m in a sixteenth of [0.703, 1.406) a reciprocal r with m r = 1 + f, |f| <= 1/32, and -log(r) in two parts, of which
// the first is a multiple of 2^-42. Around 1 they are 1 and 0.
alignas(128) static const double nl_inverses[16] = {
    1.391304347826087, 1.3333333333333333, 1.28, 1.2307692307692308, 1.1851851851851851, 1.1428571428571428,
    1.103448275862069, 1.0666666666666667, 1.032258064516129, 1.0, 0.9411764705882353, 0.8888888888888888,
    0.8421052631578947, 0.8, 0.7619047619047619, 0.7272727272727273};
alignas(128) static const double nl_logarithms_high[16] = {
    -0.33024168687052224, -0.28768207245184385, -0.2468600779316148, -0.20763936477828793, -0.16989903679541385,
    -0.13353139262449076, -0.09844007281321865, -0.0645385211375924, -0.03174869831468641, 0.0, 0.06062462181648698,
    0.11778303565643, 0.17185025692674571, 0.22314355131425145, 0.2719337154835557, 0.31845373111855224};
alignas(128) static const double nl_logarithms_low[16] = {
    -5.4584388914304586e-14, 6.297908504131321e-14, 8.897769688389272e-14, 4.3369911444011306e-14,
    1.643178756532876e-14, -3.1804225197847076e-14, -3.38573632414336e-14, 2.1239485832617812e-14,
    1.061342829278565e-13, 0.0, -5.2122328603557226e-14, -4.649178632475319e-14, -8.643688492088945e-14,
    -4.175347699650321e-14, 8.609857887931859e-14, -1.765318688778829e-14};

static inline double nl_of_sixteen(const double* table, uint64_t k) { return table[k & 15]; }
#ifdef NL_VECTORS
static inline nl_doubles nl_of_sixteen(const double* table, nl_counts k) {
    const nl_doubles* const of = (const nl_doubles*)table;
    return __builtin_ia32_vpermt2varpd512_mask((nl_integers)k, of[0], of[1], -1);
}
#endif

// exp(x + low), where low is less than half a unit in the last place of x.
template <class Real>
static inline Real nl_exp_of_sum(Real x, Real low) {
    const Real none = {};
    const Real shifted = nl_fma(x, none + 1.4426950408889634, none + NL_SIXTEENTH);
    const Real k = shifted - NL_SIXTEENTH;
    const Real r = nl_fma(-k, none + 4.7493250390316726e-07, nl_fma(-k, none + 0.6931467056274414, x)) + low;
    Real p = none + 0.001388912903811426;
    p = nl_fma(p, r, none + 0.008333471951930236);
    p = nl_fma(p, r, none + 0.04166666665965372);
    p = nl_fma(p, r, none + 0.1666666666441693);
    p = nl_fma(p, r, none + 0.5000000000000006);
    p = nl_fma(r * r, p, r);
    const auto bits = nl_bits(shifted);
    const Real scale = nl_of_sixteen(nl_sixteenths, bits) * nl_from_bits(((bits >> 4) + 1022) << 52);
    const Real half = nl_fma(scale, p, scale);
    const Real y = x > 709.782712893384 ? none + __builtin_inf() : half + half;
    return x < -707.7 ? none : y;
}

// size^y of a positive normal number.
template <class Real>
static inline Real nl_power_of_positive(Real size, Real y) {
    const Real none = {};
    // size = m 2^k with m in [0.703125, 1.40625).
    const auto moved = nl_bits(size) + (0x3ff0000000000000u - 0x3fe6800000000000u);
    const Real m = nl_from_bits((moved & 0x000fffffffffffffu) + 0x3fe6800000000000u);
    const Real k = nl_from_bits((moved >> 52) | 0x4330000000000000u) - (4503599627370496.0 + 1023.0);
    const auto which = moved >> 48;
    const Real inverse = nl_of_sixteen(nl_inverses, which);
    // m inverse = 1 + f + rest, exactly.
    const Real product = m * inverse, error = nl_fma(m, inverse, -product), near = product - 1.0;
    const Real f = near + error, rest = (near - f) + error;
    // log(1 + f) = f - f^2/2 + f^3 p.
    const Real half = 0.5 * f, h = half * f, below = nl_fma(half, f, -h);
    Real p = none + 0.09109215472951589;
    p = nl_fma(p, f, none - 0.10019831614423871);
    p = nl_fma(p, f, none + 0.11111096602752905);
    p = nl_fma(p, f, none - 0.12499984283923922);
    p = nl_fma(p, f, none + 0.14285714289971868);
    p = nl_fma(p, f, none - 0.16666666671278949);
    p = nl_fma(p, f, none + 0.19999999999999662);
    p = nl_fma(p, f, none - 0.24999999999999634);
    p = nl_fma(p, f, none + 0.3333333333333333);
    const Real whole = nl_fma(k, none + 0.6931471805598903, nl_of_sixteen(nl_logarithms_high, which));
    const Real a = whole + f, b = a - h;
    const Real small = nl_fma(k, none + 5.497923018708371e-14, nl_of_sixteen(nl_logarithms_low, which));
    const Real tail = nl_fma(h * f, p + p, (((whole - a) + f) + ((a - b) - h)) + (small + nl_fma(-rest, f, rest - below)));
    const Real log = b + tail, lost = (b - log) + tail;
    const Real exponent = y * log, low = nl_fma(y, lost, nl_fma(y, log, -exponent));
    const auto far = nl_fabs(exponent) > 800.0;
    return nl_exp_of_sum(far ? nl_with_sign_of(exponent, none + 800.0) : exponent, far ? none : low);
}

// x^y from |x|^y: of zero, and of negative numbers, which have whole powers only.
template <class Real>
static inline Real nl_power_with_sign(Real x, Real y, Real power) {
    const Real none = {}, one = none + 1.0, size = nl_fabs(y), half = 0.5 * size;
    const auto is_whole = (size + 4503599627370496.0) - 4503599627370496.0 == size;
    const auto is_even = (half + 4503599627370496.0) - 4503599627370496.0 == half;
    const Real of_zero = y > 0.0 ? none : y < 0.0 ? none + __builtin_inf() : one;
    const Real of_size = x == 0.0 ? of_zero : power;
    const Real of_whole = nl_with_sign_of(is_even ? one : x, of_size);
    return is_whole ? of_whole : x < 0.0 ? none + __builtin_nan("") : of_size;
}

template <class Real>
static inline Real nl_power_of(Real x, Real y) {
    return nl_power_with_sign(x, y, nl_power_of_positive(nl_fabs(x), y));
}

// Are they usual numbers? ``least`` is the smallest normal number.
template <class Real, class Number>
static inline auto nl_has_power(Real x, Real y, Number least, Number most) {
    const Real size = nl_fabs(x);
    return (((size >= least) & (size <= most)) | (x == 0)) & (nl_fabs(y) < 4503599627370496.0f);
}

static inline double nl_power_of_one(double x, double y) {
    const bool usual = nl_has_power(x, y, 2.2250738585072014e-308, 1.7976931348623157e308);
    return usual ? nl_power_of(x, y) : nl_library_pow(x, y);
}

static inline double nl_power_of_float(float x, float y) {
    return nl_power_with_sign((double)x, (double)y, nl_exp((double)y * nl_log_of_normal(__builtin_fabs((double)x))));
}

static inline float nl_power_of_one(float x, float y) {
    const bool usual = nl_has_power(x, y, 1.17549435e-38f, 3.40282347e38f);
    return usual ? (float)nl_power_of_float(x, y) : nl_library_powf(x, y);
}

#ifdef NL_VECTORS
extern "C" {
#pragma omp declare simd simdlen(8) notinbranch
__attribute__((const, visibility("hidden"))) double nl_pow_double(double x, double y);
#pragma omp declare simd simdlen(16) notinbranch
__attribute__((const, visibility("hidden"))) float nl_pow_float(float x, float y);
NL_SHARED double nl_pow_one_double(double x, double y) __asm__("nl_pow_double");
NL_SHARED float nl_pow_one_float(float x, float y) __asm__("nl_pow_float");
NL_SHARED nl_doubles nl_pow_doubles(nl_doubles x, nl_doubles y) __asm__("_ZGVeN8vv_nl_pow_double");
NL_SHARED nl_floats nl_pow_floats(nl_floats x, nl_floats y) __asm__("_ZGVeN16vv_nl_pow_float");
}

double nl_pow_one_double(double x, double y) { return nl_power_of_one(x, y); }
float nl_pow_one_float(float x, float y) { return nl_power_of_one(x, y); }
static inline double nl_pow(double x, double y) { return nl_pow_double(x, y); }
static inline float nl_pow(float x, float y) { return nl_pow_float(x, y); }

static __attribute__((noinline)) nl_doubles nl_powers_of_others(nl_doubles x, nl_doubles y) {
    for (int k = 0; k < 8; ++k) x[k] = nl_power_of_one((double)x[k], (double)y[k]);
    return x;
}

static __attribute__((noinline)) nl_floats nl_powers_of_others(nl_floats x, nl_floats y) {
    for (int k = 0; k < 16; ++k) x[k] = nl_power_of_one((float)x[k], (float)y[k]);
    return x;
}

static inline nl_doubles nl_pow(nl_doubles x, nl_doubles y) {
    const auto usual = nl_has_power(x, y, 2.2250738585072014e-308, 1.7976931348623157e308);
    if (__builtin_expect((uint8_t)__builtin_ia32_cvtq2mask512((nl_integers)usual) != 255, 0))
        return nl_powers_of_others(x, y);
    return nl_power_of(x, y);
}

static inline nl_doubles nl_power_of_half(nl_doubles x, nl_doubles y) {
    return nl_power_with_sign(x, y, nl_exp_inline(y * nl_log_of_normal(nl_fabs(x))));
}

static inline nl_floats nl_pow(nl_floats x, nl_floats y) {
    const auto usual = nl_has_power(x, y, 1.17549435e-38f, 3.40282347e38f);
    if (__builtin_expect((uint16_t)__builtin_ia32_cvtd2mask512((nl_integers_32)usual) != 65535, 0))
        return nl_powers_of_others(x, y);
    return nl_joined_halves(
        nl_power_of_half(nl_half<0>(x), nl_half<0>(y)), nl_power_of_half(nl_half<1>(x), nl_half<1>(y)));
}

nl_doubles nl_pow_doubles(nl_doubles x, nl_doubles y) { return nl_pow(x, y); }
nl_floats nl_pow_floats(nl_floats x, nl_floats y) { return nl_pow(x, y); }
#else
static inline double nl_pow(double x, double y) { return nl_power_of_one(x, y); }
static inline float nl_pow(float x, float y) { return nl_power_of_one(x, y); }
#endif
