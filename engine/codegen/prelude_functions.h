// Functions that are seen less often, of one number or of a vector, with errors of a few units in the last place. Those of
// single precision are computed in double precision.
#define NL_FUNCTIONS
NL_OPAQUE(tan, , double, double)

// Where sin and cos ask the C library, so does tan.
template <class Real>
static inline Real nl_tan_of(Real x) { return nl_sine_near<0>(x) / nl_sine_near<1>(x); }

// asin(t) for |t| <= 1/2, without the part beyond t.
template <class Real>
static inline Real nl_beyond_asin(Real t, Real z) {
    const Real none = {};
    Real p = none + 0.028757851367421566;
    p = nl_fma(p, z, none - 0.014851887071247204);
    p = nl_fma(p, z, none + 0.01740087944269402);
    p = nl_fma(p, z, none + 0.005457506718640358);
    p = nl_fma(p, z, none + 0.01032281435018578);
    p = nl_fma(p, z, none + 0.011479177415184906);
    p = nl_fma(p, z, none + 0.013971212973552933);
    p = nl_fma(p, z, none + 0.017352392720869973);
    p = nl_fma(p, z, none + 0.02237217294214989);
    p = nl_fma(p, z, none + 0.030381944138531247);
    p = nl_fma(p, z, none + 0.04464285714635543);
    p = nl_fma(p, z, none + 0.07499999999998433);
    p = nl_fma(p, z, none + 0.16666666666666669);
    return t * z * p;
}

// asin(x) = pi/2 - 2 asin(sqrt((1 - x) / 2))
template <class Real>
static inline Real nl_asin_of(Real x) {
    const Real size = nl_fabs(x);
    const auto large = size > 0.5;
    const Real z = large ? 0.5 * (1.0 - size) : size * size;
    const Real t = large ? nl_sqrt(z) : size;
    const Real more = nl_beyond_asin(t, z);
    const Real of_large = 1.5707963267948966 - (2.0 * (t + more) - 6.123233995736766e-17);
    return nl_with_sign_of(x, large ? of_large : t + more);
}

template <class Real>
static inline Real nl_acos_of(Real x) {
    const Real size = nl_fabs(x);
    const auto large = size > 0.5;
    const Real z = large ? 0.5 * (1.0 - size) : size * size;
    const Real t = large ? nl_sqrt(z) : x;
    const Real more = nl_beyond_asin(t, z);
    const Real twice = 2.0 * (t + more);
    const Real of_large = x < 0.0 ? 3.141592653589793 - (twice - 1.2246467991473532e-16) : twice;
    return large ? of_large : 1.5707963267948966 - (t - (6.123233995736766e-17 - more));
}

// atan(x) = pi/4 + atan((x - 1) / (x + 1)) = pi/2 - atan(1 / x)
template <class Real>
static inline Real nl_atan_of(Real x) {
    const Real none = {}, one = none + 1.0, size = nl_fabs(x);
    const auto large = size > 2.414213562373095, middle = size > 0.41421356237309503;
    const Real t = (large ? -one : middle ? size - 1.0 : size) / (large ? size : middle ? size + 1.0 : one);
    const Real z = t * t;
    Real p = none + 0.01628357235648259;
    p = nl_fma(p, z, none - 0.0345685906686069);
    p = nl_fma(p, z, none + 0.045515165635903104);
    p = nl_fma(p, z, none - 0.052304374642516874);
    p = nl_fma(p, z, none + 0.05878926715756726);
    p = nl_fma(p, z, none - 0.066664246872465);
    p = nl_fma(p, z, none + 0.07692296363979952);
    p = nl_fma(p, z, none - 0.09090908753118594);
    p = nl_fma(p, z, none + 0.11111111105147764);
    p = nl_fma(p, z, none - 0.14285714285659748);
    p = nl_fma(p, z, none + 0.19999999999999804);
    p = nl_fma(p, z, none - 0.3333333333333333);
    const Real turn = large ? none + 1.5707963267948966 : middle ? none + 0.7853981633974483 : none;
    const Real rest = large ? none + 6.123233995736766e-17 : middle ? none + 3.061616997868383e-17 : none;
    return nl_with_sign_of(x, turn + (t + (t * z * p + rest)));
}

// With e = (exp(|x|) - 1) / 2 it is e + e / (2 e + 1); beyond 710.1, where it is 1e308, infinity.
template <class Real>
static inline Real nl_sinh_of(Real x) {
    const Real none = {}, size = nl_fabs(x);
    const Real e = size > 710.1 ? none + __builtin_inf() : nl_half_expm1(size);
    return nl_with_sign_of(x, e + (e > 1e18 ? none + 0.5 : e / (e + e + 1.0)));
}

template <class Real>
static inline Real nl_cosh_of(Real x) {
    const Real none = {}, size = nl_fabs(x);
    const Real e = size > 710.1 ? none + __builtin_inf() : nl_half_expm1(size);
    return e + 0.5 + 0.5 / (e + e + 1.0);
}

// Of the number's exponent and of what is left, the logarithm of which has all its digits behind the point.
template <class Real>
static inline Real nl_logarithm(Real x, double of_two, double and_of_two, double factor, double and_factor) {
    const Real none = {};
    const auto subnormal = x < 2.2250738585072014e-308;
    const Real normal = subnormal ? x * 18014398509481984.0 : x;
    const auto moved = nl_bits(normal) + (0x3ff0000000000000u - 0x3fe6a09e667f3bcdu);
    const Real m = nl_from_bits((moved & 0x000fffffffffffffu) + 0x3fe6a09e667f3bcdu);
    const Real shift = subnormal ? none + (4503599627370496.0 + 1077.0) : none + (4503599627370496.0 + 1023.0);
    const Real k = nl_from_bits((moved >> 52) | 0x4330000000000000u) - shift;
    const Real log = nl_log_of_normal(m);
    const Real scaled = log * factor, error = nl_fma(log, none + factor, -scaled);
    const Real y = k * of_two + (scaled + nl_fma(k, none + and_of_two, nl_fma(log, none + and_factor, error)));
    const Real at_zero = x == 0.0 ? none - __builtin_inf() : none + __builtin_nan("");
    return x > 0.0 ? x > 1.7976931348623157e308 ? x : y : at_zero;
}

template <class Real>
static inline Real nl_log2_of(Real x) {
    return nl_logarithm(x, 1.0, 0.0, 1.4426950408889634, 2.0355273740931033e-17);
}

template <class Real>
static inline Real nl_log10_of(Real x) {
    return nl_logarithm(x, 0.3010299956640665, -8.532344317057107e-14, 0.4342944819032518, 1.098319650216765e-17);
}

// log(1 + x): what 1 + x has lost is small enough for the logarithm's slope.
template <class Real>
static inline Real nl_log1p_of(Real x) {
    const Real sum = 1.0 + x, added = sum - 1.0;
    const Real lost = (1.0 - (sum - added)) + (x - added);
    const auto usual = (x > -1.0) & (x < 1e18);
    return nl_log_of(sum) + (usual ? lost / sum : Real{});
}

template <class Real>
static inline Real nl_exp2_of(Real x) {
    const Real none = {};
    const Real z = x < -1100.0 ? none - 1100.0 : x > 1100.0 ? none + 1100.0 : x;
    const Real shifted = z + NL_ROUND, k = shifted - NL_ROUND, f = z - k;
    const Real p = nl_expm1_near_zero(f * 0.6931471805599453);
    const Real scale = nl_from_bits((nl_bits(shifted) + 1022) << 52);
    const Real half = nl_fma(scale, p, scale);
    return x >= 1024.0 ? none + __builtin_inf() : x < -1021.0 ? none : half + half;
}

#define NL_OF_ONE(name)                                                    \
    static inline double nl_##name(double x) { return nl_##name##_of(x); } \
    static inline float nl_##name(float x) { return (float)nl_##name##_of((double)x); }
NL_OF_ONE(asin) NL_OF_ONE(acos) NL_OF_ONE(atan) NL_OF_ONE(sinh) NL_OF_ONE(cosh)
NL_OF_ONE(log10) NL_OF_ONE(log2) NL_OF_ONE(log1p) NL_OF_ONE(exp2)
#undef NL_OF_ONE
static inline double nl_tan(double x) { return nl_fabs(x) <= NL_FARTHEST ? nl_tan_of(x) : nl_library_tan(x); }
static inline float nl_tan(float x) { return (float)nl_tan((double)x); }

#ifdef NL_VECTORS
#define NL_OF_VECTOR(name)                                                         \
    static inline nl_doubles nl_##name(nl_doubles x) { return nl_##name##_of(x); } \
    static inline nl_floats nl_##name(nl_floats x) { return nl_joined_halves(nl_##name(nl_half<0>(x)), nl_##name(nl_half<1>(x))); }
NL_OF_VECTOR(asin) NL_OF_VECTOR(acos) NL_OF_VECTOR(atan) NL_OF_VECTOR(sinh) NL_OF_VECTOR(cosh)
NL_OF_VECTOR(log10) NL_OF_VECTOR(log2) NL_OF_VECTOR(log1p) NL_OF_VECTOR(exp2)
#undef NL_OF_VECTOR

static __attribute__((noinline, unused)) nl_doubles nl_tan_of_others(nl_doubles x) {
    for (int k = 0; k < 8; ++k) x[k] = nl_tan((double)x[k]);
    return x;
}
static inline nl_doubles nl_tan(nl_doubles x) {
    return __builtin_expect(nl_are_near(x) == 0xff, 1) ? nl_tan_of(x) : nl_tan_of_others(x);
}
static inline nl_floats nl_tan(nl_floats x) { return nl_joined_halves(nl_tan(nl_half<0>(x)), nl_tan(nl_half<1>(x))); }
#endif
