// Bits of numbers, fused steps, and the exponential function.

static inline uint64_t nl_bits(double x) { uint64_t bits; __builtin_memcpy(&bits, &x, 8); return bits; }
static inline double nl_from_bits(uint64_t bits) { double x; __builtin_memcpy(&x, &bits, 8); return x; }
static inline uint32_t nl_bits(float x) { uint32_t bits; __builtin_memcpy(&bits, &x, 4); return bits; }
static inline float nl_from_bits(uint32_t bits) { float x; __builtin_memcpy(&x, &bits, 4); return x; }

// Fused on purpose: exact by definition, so the bits are those of any machine; the user's own arithmetic is
// never contracted.
static inline double nl_fma(double a, double b, double c) { return __builtin_fma(a, b, c); }
static inline float nl_fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }

// Nearest integer k of x for |x| < 2^51 in the low bits of the sum: nl_bits(x + NL_ROUND) = constant + k.
#define NL_ROUND 6755399441055744.0
#define NL_ROUND_FLOAT 12582912.0f

// exp(x) = 2^(n + j/16) (1 + p(r)) with |r| <= log(2) / 32; the error is about one unit in the last place. Where a
// vector holds the table and scales by powers of two, the same numbers take fewer steps.
alignas(128) static const double nl_sixteenths[16] = {
    1.0, 1.0442737824274138, 1.0905077326652577, 1.1387886347566916, 1.189207115002721, 1.241857812073484,
    1.2968395546510096, 1.3542555469368927, 1.4142135623730951, 1.4768261459394993, 1.5422108254079407,
    1.6104903319492543, 1.681792830507429, 1.7562521603732995, 1.8340080864093424, 1.9152065613971474};

// The nearest sixteenth k of x for |x| < 2^47: nl_bits(x + NL_SIXTEENTH) = constant + 16 k.
#define NL_SIXTEENTH 422212465065984.0

static inline double nl_exp_of_one(double x) {
    const double shifted = nl_fma(x, 1.4426950408889634, NL_SIXTEENTH);
    const double k = shifted - NL_SIXTEENTH;
    const double r = nl_fma(-k, 4.7493250390316726e-07, nl_fma(-k, 0.6931467056274414, x));
    double p = 0.001388912903811426;
    p = nl_fma(p, r, 0.008333471951930236);
    p = nl_fma(p, r, 0.04166666665965372);
    p = nl_fma(p, r, 0.1666666666441693);
    p = nl_fma(p, r, 0.5000000000000006);
    p = nl_fma(r * r, p, r);
    // 2^(n - 1), so that the largest results do not overflow before their last doubling.
    const double scale = nl_sixteenths[nl_bits(shifted) & 15] * nl_from_bits(((nl_bits(shifted) >> 4) + 1022) << 52);
    const double half = nl_fma(scale, p, scale);
    const double y = x > 709.782712893384 ? __builtin_inf() : half + half;
    return x < -707.7 ? 0.0 : y;
}

// The same in single precision.
alignas(64) static const float nl_sixteenths_float[16] = {
    1.0f, 1.0442737824274138f, 1.0905077326652577f, 1.1387886347566916f, 1.189207115002721f, 1.241857812073484f,
    1.2968395546510096f, 1.3542555469368927f, 1.4142135623730951f, 1.4768261459394993f, 1.5422108254079407f,
    1.6104903319492543f, 1.681792830507429f, 1.7562521603732995f, 1.8340080864093424f, 1.9152065613971474f};
#define NL_SIXTEENTH_FLOAT 786432.0f

static inline float nl_exp_of_one(float x) {
    const float shifted = nl_fma(x, 1.44269502f, NL_SIXTEENTH_FLOAT);
    const float k = shifted - NL_SIXTEENTH_FLOAT;
    const float r = nl_fma(-k, -2.12194442e-4f, nl_fma(-k, 0.693359375f, x));
    const float p = nl_fma(r * r, nl_fma(0.16667024791240692f, r, 0.5000162124633789f), r);
    const float scale =
        nl_sixteenths_float[nl_bits(shifted) & 15] * nl_from_bits(((nl_bits(shifted) >> 4) + 126) << 23);
    const float half = nl_fma(scale, p, scale);
    const float y = x > 88.72284f ? __builtin_inff() : half + half;
    return x < -86.6f ? 0.0f : y;
}

// Eight or sixteen numbers at once where the tables fit in registers (AVX-512), for compilers that know which
// function is the vector form of another: the names are those of the vector function interface of x86.
#if defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
typedef double nl_doubles __attribute__((vector_size(64)));
typedef long long nl_integers __attribute__((vector_size(64)));
typedef unsigned long long nl_counts __attribute__((vector_size(64)));
typedef float nl_floats __attribute__((vector_size(64)));
typedef int nl_integers_32 __attribute__((vector_size(64)));
typedef unsigned int nl_counts_32 __attribute__((vector_size(64)));
#define NL_VECTORS
#define NL_8(x) (nl_doubles{x, x, x, x, x, x, x, x})
#define NL_16(x) (nl_floats{x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x})
#define NL_NOW 4  // the rounding of the moment

static inline nl_doubles nl_fma(nl_doubles a, nl_doubles b, nl_doubles c) {
    return (nl_doubles)__builtin_ia32_vfmaddpd512_mask(a, b, c, -1, NL_NOW);
}

static inline nl_floats nl_fma(nl_floats a, nl_floats b, nl_floats c) {
    return (nl_floats)__builtin_ia32_vfmaddps512_mask(a, b, c, -1, NL_NOW);
}

static inline nl_counts nl_bits(nl_doubles x) { return (nl_counts)x; }
static inline nl_doubles nl_from_bits(nl_counts bits) { return (nl_doubles)bits; }
static inline nl_counts_32 nl_bits(nl_floats x) { return (nl_counts_32)x; }
static inline nl_floats nl_from_bits(nl_counts_32 bits) { return (nl_floats)bits; }
static inline nl_doubles nl_sqrt(nl_doubles x) { return __builtin_ia32_sqrtpd512_mask(x, x, -1, NL_NOW); }
static inline nl_floats nl_sqrt(nl_floats x) { return __builtin_ia32_sqrtps512_mask(x, x, -1, NL_NOW); }

#define NL_NOT_LESS 21  // a comparison that also holds for NaN

// The same in each unit of a library.
#define NL_SHARED __attribute__((visibility("hidden"), weak))

extern "C" {
#pragma omp declare simd simdlen(8) notinbranch
__attribute__((const, visibility("hidden"))) double nl_exp_double(double x);
#pragma omp declare simd simdlen(16) notinbranch
__attribute__((const, visibility("hidden"))) float nl_exp_float(float x);
NL_SHARED double nl_exp_one_double(double x) __asm__("nl_exp_double");
NL_SHARED float nl_exp_one_float(float x) __asm__("nl_exp_float");
NL_SHARED nl_doubles nl_exp_doubles(nl_doubles x) __asm__("_ZGVeN8v_nl_exp_double");
NL_SHARED nl_floats nl_exp_floats(nl_floats x) __asm__("_ZGVeN16v_nl_exp_float");
}

double nl_exp_one_double(double x) { return nl_exp_of_one(x); }
float nl_exp_one_float(float x) { return nl_exp_of_one(x); }

static inline nl_doubles nl_exp_inline(nl_doubles given) {
    // Of a number and NaN the instruction gives the second.
    const nl_doubles x = __builtin_ia32_minpd512_mask(NL_8(710.0), given, given, -1, NL_NOW);
    const nl_doubles shifted = nl_fma(x, NL_8(1.4426950408889634), NL_8(NL_SIXTEENTH));
    const nl_doubles k = shifted - NL_SIXTEENTH;
    const nl_doubles r = nl_fma(k, NL_8(-4.7493250390316726e-07), nl_fma(k, NL_8(-0.6931467056274414), x));
    const nl_doubles* const table = (const nl_doubles*)nl_sixteenths;
    const nl_doubles power = __builtin_ia32_vpermt2varpd512_mask((nl_integers)shifted, table[0], table[1], -1);
    nl_doubles p = NL_8(0.001388912903811426);
    p = nl_fma(p, r, NL_8(0.008333471951930236));
    p = nl_fma(p, r, NL_8(0.04166666665965372));
    p = nl_fma(p, r, NL_8(0.1666666666441693));
    p = nl_fma(p, r, NL_8(0.5000000000000006));
    p = nl_fma(r * r, p, r);
    const uint8_t kept = __builtin_ia32_cmppd512_mask(x, NL_8(-707.7), NL_NOT_LESS, -1, NL_NOW);
    return __builtin_ia32_scalefpd512_mask(nl_fma(power, p, power), k, nl_doubles{}, kept, NL_NOW);
}

static inline nl_floats nl_exp_inline(nl_floats given) {
    const nl_floats x = __builtin_ia32_minps512_mask(NL_16(89.0f), given, given, -1, NL_NOW);
    const nl_floats shifted = nl_fma(x, NL_16(1.44269502f), NL_16(NL_SIXTEENTH_FLOAT));
    const nl_floats k = shifted - NL_SIXTEENTH_FLOAT;
    const nl_floats r = nl_fma(k, NL_16(2.12194442e-4f), nl_fma(k, NL_16(-0.693359375f), x));
    const nl_floats* const table = (const nl_floats*)nl_sixteenths_float;
    const nl_floats power = __builtin_ia32_permvarsf512_mask(table[0], (nl_integers_32)shifted, nl_floats{}, -1);
    const nl_floats p = nl_fma(r * r, nl_fma(NL_16(0.16667024791240692f), r, NL_16(0.5000162124633789f)), r);
    const __UINT16_TYPE__ kept = __builtin_ia32_cmpps512_mask(x, NL_16(-86.6f), NL_NOT_LESS, -1, NL_NOW);
    return __builtin_ia32_scalefps512_mask(nl_fma(power, p, power), k, nl_floats{}, kept, NL_NOW);
}

nl_doubles nl_exp_doubles(nl_doubles x) { return nl_exp_inline(x); }
nl_floats nl_exp_floats(nl_floats x) { return nl_exp_inline(x); }

static inline double nl_exp(double x) { return nl_exp_double(x); }
static inline float nl_exp(float x) { return nl_exp_float(x); }
#else
static inline double nl_exp(double x) { return nl_exp_of_one(x); }
static inline float nl_exp(float x) { return nl_exp_of_one(x); }
#endif
