// Vectors of neurons: as many reals as a register holds, and as many truth values. Operators and functions have the
// names of those of one real, so that an equation reads the same for one neuron and for several; each element is
// computed as if it were alone, to the same bits.
#if defined(NL_VECTORS)
#define NL_BYTES 64
#elif defined(__AVX2__) && defined(__FMA__)
#define NL_BYTES 32
#else
#define NL_BYTES 16
#endif
typedef real nl_vector __attribute__((vector_size(NL_BYTES)));
typedef real nl_elements __attribute__((vector_size(NL_BYTES), aligned(8)));
constexpr int64_t nl_width = NL_BYTES / sizeof(real);

// All elements of a vector, or its first ones where a population ends.
struct nl_whole {};
struct nl_part {
    int64_t count;
};

// Is it the last step of a block?
struct nl_yes {
    static constexpr bool are = true;
};
struct nl_no {
    static constexpr bool are = false;
};

// Truth values are bits where the processor has masks, and elements that are 0 or -1 elsewhere.
#ifdef NL_VECTORS
#define NL_OF(number, of_double, of_float) (sizeof(real) == 8 ? (number)(of_double) : (number)(of_float))
#define NL_COMPARED(a, b, how)                                                                            \
    nl_flags((uint32_t)NL_OF(uint32_t,                                                                    \
        (uint8_t)__builtin_ia32_cmppd512_mask((nl_doubles)(a), (nl_doubles)(b), how, -1, NL_NOW),         \
        (uint16_t)__builtin_ia32_cmpps512_mask((nl_floats)(a), (nl_floats)(b), how, -1, NL_NOW)))
#define NL_EVERY ((1u << nl_width) - 1)

struct nl_flags {
    uint32_t bits;
    nl_flags(bool every) : bits(every ? NL_EVERY : 0) {}
    explicit nl_flags(uint32_t given) : bits(given) {}
};

static inline nl_flags operator&(nl_flags a, nl_flags b) { return nl_flags(a.bits & b.bits); }
static inline nl_flags operator|(nl_flags a, nl_flags b) { return nl_flags(a.bits | b.bits); }
static inline nl_flags operator!(nl_flags a) { return nl_flags(~a.bits & NL_EVERY); }
static inline uint32_t nl_bits_of(nl_flags a) { return a.bits; }
static inline nl_flags nl_flags_of(uint32_t bits) { return nl_flags(bits); }
static inline nl_vector nl_either(nl_flags which, nl_vector a, nl_vector b) {
    return NL_OF(nl_vector,
        __builtin_ia32_blendmpd_512_mask((nl_doubles)b, (nl_doubles)a, (uint8_t)which.bits),
        __builtin_ia32_blendmps_512_mask((nl_floats)b, (nl_floats)a, (uint16_t)which.bits));
}
#else
typedef decltype(nl_vector{} < nl_vector{}) nl_compared;
#define NL_COMPARED(a, b, how) nl_flags((a)how(b))

struct nl_flags {
    nl_compared v;
    nl_flags(bool every) : v(nl_compared{} - every) {}
    explicit nl_flags(nl_compared given) : v(given) {}
};

static inline nl_flags operator&(nl_flags a, nl_flags b) { return nl_flags(a.v & b.v); }
static inline nl_flags operator|(nl_flags a, nl_flags b) { return nl_flags(a.v | b.v); }
static inline nl_flags operator!(nl_flags a) { return nl_flags(~a.v); }
static inline uint32_t nl_bits_of(nl_flags a) {
#if NL_BYTES == 32
    typedef double doubles __attribute__((vector_size(32)));
    typedef float floats __attribute__((vector_size(32)));
    return (uint32_t)(sizeof(real) == 8 ? __builtin_ia32_movmskpd256((doubles)a.v)
                                        : __builtin_ia32_movmskps256((floats)a.v));
#else
    uint32_t bits = 0;
    for (int64_t k = 0; k < nl_width; ++k) bits |= (uint32_t)(a.v[k] & 1) << k;
    return bits;
#endif
}
static inline nl_flags nl_flags_of(uint32_t bits) {
    nl_compared v = {};
    for (int64_t k = 0; k < nl_width; ++k) v[k] = 1 << k;
    return nl_flags((v & (nl_compared{} + bits)) != 0);
}
static inline nl_vector nl_either(nl_flags which, nl_vector a, nl_vector b) { return which.v ? a : b; }
#endif

struct nl_reals {
    nl_vector v;
    nl_reals() : v{} {}
    nl_reals(real x) : v(x - nl_vector{}) {}
    nl_reals(nl_vector x) : v(x) {}
};

static inline nl_reals operator-(nl_reals a) { return -a.v; }
#define NL_OPERATOR(op) \
    static inline nl_reals operator op(nl_reals a, nl_reals b) { return a.v op b.v; }
NL_OPERATOR(+) NL_OPERATOR(-) NL_OPERATOR(*) NL_OPERATOR(/)
#undef NL_OPERATOR
// Comparisons by the numbers that instructions know them by.
#ifdef NL_VECTORS
#define NL_OPERATOR(op, how) \
    static inline nl_flags operator op(nl_reals a, nl_reals b) { return NL_COMPARED(a.v, b.v, how); }
#else
#define NL_OPERATOR(op, how) \
    static inline nl_flags operator op(nl_reals a, nl_reals b) { return NL_COMPARED(a.v, b.v, op); }
#endif
NL_OPERATOR(==, 0) NL_OPERATOR(<, 17) NL_OPERATOR(<=, 18) NL_OPERATOR(!=, 4) NL_OPERATOR(>=, 29) NL_OPERATOR(>, 30)
#undef NL_OPERATOR

static inline nl_reals nl_choose(nl_flags which, nl_reals a, nl_reals b) { return nl_either(which, a.v, b.v); }
static inline nl_reals nl_number(nl_flags which) { return nl_choose(which, (real)1, (real)0); }
static inline real nl_number(bool which) { return which ? (real)1 : (real)0; }

// Elements of an array from a place on.
static inline nl_reals nl_get(nl_whole, const real* from) { return (nl_vector)*(const nl_elements*)from; }
static inline void nl_put(nl_whole, real* to, nl_reals x) { *(nl_elements*)to = x.v; }
#ifdef NL_VECTORS
static inline nl_reals nl_get(nl_part some, const real* from) {
    const uint32_t first = (1u << some.count) - 1;
    return NL_OF(nl_vector,
        __builtin_ia32_loadupd512_mask((const double*)from, nl_doubles{}, (uint8_t)first),
        __builtin_ia32_loadups512_mask((const float*)from, nl_floats{}, (uint16_t)first));
}
static inline void nl_put(nl_part some, real* to, nl_reals x) {
    const uint32_t first = (1u << some.count) - 1;
    if (sizeof(real) == 8) {
        __builtin_ia32_storeupd512_mask((double*)to, (nl_doubles)x.v, (uint8_t)first);
    } else {
        __builtin_ia32_storeups512_mask((float*)to, (nl_floats)x.v, (uint16_t)first);
    }
}
#else
static inline nl_reals nl_get(nl_part some, const real* from) {
    nl_vector x = {};
    for (int64_t k = 0; k < some.count; ++k) x[k] = from[k];
    return x;
}
static inline void nl_put(nl_part some, real* to, nl_reals x) {
    for (int64_t k = 0; k < some.count; ++k) to[k] = x.v[k];
}
#endif

// Truth values of one byte each, from a place on: what is not zero is true.
static inline nl_flags nl_get_flags(const uint8_t* from, int64_t count) {
    uint32_t bits = 0;
    for (int64_t k = 0; k < count; k += 8) {
        uint64_t bytes = 0;
        __builtin_memcpy(&bytes, from + k, count - k < 8 ? count - k : 8);
        const uint64_t low = 0x7f7f7f7f7f7f7f7fu, ones = (((bytes & low) + low) | bytes) >> 7 & 0x0101010101010101u;
        bits |= (uint32_t)(ones * 0x0102040810204080u >> 56) << k;
    }
    return nl_flags_of(bits);
}
static inline nl_flags nl_get_flags(nl_whole, const uint8_t* from) { return nl_get_flags(from, nl_width); }
static inline nl_flags nl_get_flags(nl_part some, const uint8_t* from) { return nl_get_flags(from, some.count); }

// Bits of neuron i and those that follow it, in words of 64.
static inline nl_flags nl_get_bits(const int64_t* words, int64_t i) {
    if (nl_width == 8) return nl_flags_of(((const uint8_t*)words)[(uint64_t)i / 8]);
    if (nl_width == 16) return nl_flags_of(((const uint16_t*)words)[(uint64_t)i / 16]);
    return nl_flags_of((uint32_t)((uint64_t)words[(uint64_t)i / 64] >> (i & 63)) & ((1u << nl_width) - 1));
}
static inline void nl_put_bits(nl_whole, int64_t* words, int64_t i, nl_flags which) {
    const uint32_t bits = nl_bits_of(which);
    if (nl_width == 8) {
        ((uint8_t*)words)[(uint64_t)i / 8] = (uint8_t)bits;
    } else if (nl_width == 16) {
        ((uint16_t*)words)[(uint64_t)i / 16] = (uint16_t)bits;
    } else {
        words[(uint64_t)i / 64] |= (int64_t)((uint64_t)bits << (i & 63));
    }
}
static inline void nl_put_bits(nl_part some, int64_t* words, int64_t i, nl_flags which) {
    const uint32_t bits = nl_bits_of(which) & ((1u << some.count) - 1);
    words[(uint64_t)i / 64] |= (int64_t)((uint64_t)bits << (i & 63));
}

// Which of up to 64 words are not 0, as bits. They come in eights.
static inline uint64_t nl_words_with_bits(const int64_t* words, int64_t count) {
    uint64_t which = 0;
#ifdef NL_VECTORS
    typedef long long nl_eight __attribute__((vector_size(64), aligned(8), may_alias));
    for (int64_t k = 0; k < count; k += 8) {
        const nl_eight eight = *(const nl_eight*)(words + k);
        which |= (uint64_t)(uint8_t)__builtin_ia32_ptestmq512(eight, eight, -1) << k;
    }
#else
    for (int64_t k = 0; k < count; ++k) which |= (uint64_t)(words[k] != 0) << k;
#endif
    return which;
}

// --- functions ---

#ifdef NL_VECTORS
static inline nl_reals nl_fma(nl_reals a, nl_reals b, nl_reals c) { return nl_fma(a.v, b.v, c.v); }
#elif NL_BYTES == 32
static inline nl_reals nl_fma(nl_reals a, nl_reals b, nl_reals c) {
    typedef double doubles __attribute__((vector_size(32)));
    typedef float floats __attribute__((vector_size(32)));
    return sizeof(real) == 8
               ? (nl_vector)__builtin_ia32_vfmaddpd256((doubles)a.v, (doubles)b.v, (doubles)c.v)
               : (nl_vector)__builtin_ia32_vfmaddps256((floats)a.v, (floats)b.v, (floats)c.v);
}
#else
static inline nl_reals nl_fma(nl_reals a, nl_reals b, nl_reals c) {
    for (int64_t k = 0; k < nl_width; ++k) a.v[k] = nl_fma((real)a.v[k], (real)b.v[k], (real)c.v[k]);
    return a;
}
#endif

#define NL_PIECEWISE(name, ...) \
    static inline nl_reals nl_##name(nl_reals x) { return __VA_ARGS__; }
NL_PIECEWISE(pos, nl_choose(x > 0, x, 0))
NL_PIECEWISE(neg, nl_choose(x < 0, x, 0))
NL_PIECEWISE(sign, nl_number(x > 0) - nl_number(x < 0))
NL_PIECEWISE(Heaviside, nl_choose(x > 0, 1, nl_choose(x < 0, 0, nl_choose(x == 0, (real)0.5, x))))
NL_PIECEWISE(square, x * x)
NL_PIECEWISE(cube, x * x * x)
NL_PIECEWISE(power4, nl_square(nl_square(x)))
NL_PIECEWISE(power5, nl_power4(x) * x)
NL_PIECEWISE(power6, nl_square(nl_cube(x)))
NL_PIECEWISE(power7, nl_power6(x) * x)
NL_PIECEWISE(power8, nl_square(nl_power4(x)))
#undef NL_PIECEWISE
static inline nl_reals nl_min(nl_reals a, nl_reals b) { return nl_choose(b < a, b, a); }
static inline nl_reals nl_max(nl_reals a, nl_reals b) { return nl_choose(b > a, b, a); }
static inline nl_reals nl_clip(nl_reals x, nl_reals a, nl_reals b) {
    return nl_choose(x < a, a, nl_choose(x > b, b, x));
}
static inline nl_flags nl_isnan(nl_reals x) { return x != x; }
static inline nl_flags nl_isfinite(nl_reals x) { return x - x == 0; }

// Element by element: in vectors where the function of one is plain arithmetic, one after the other elsewhere.
#define NL_ELEMENTWISE(name)                                                        \
    static inline nl_reals nl_##name(nl_reals x) {                                  \
        alignas(NL_BYTES) real e[nl_width];                                         \
        nl_put(nl_whole(), e, x);                                                     \
        _Pragma("omp simd") for (int k = 0; k < nl_width; ++k) e[k] = nl_##name(e[k]); \
        return nl_get(nl_whole(), e);                                                 \
    }
#define NL_ELEMENTWISE_2(name)                                                      \
    static inline nl_reals nl_##name(nl_reals x, nl_reals y) {                      \
        alignas(NL_BYTES) real e[nl_width], f[nl_width];                            \
        nl_put(nl_whole(), e, x);                                                     \
        nl_put(nl_whole(), f, y);                                                     \
        for (int k = 0; k < nl_width; ++k) e[k] = nl_##name(e[k], f[k]);            \
        return nl_get(nl_whole(), e);                                                 \
    }
NL_ELEMENTWISE(fabs) NL_ELEMENTWISE(sqrt) NL_ELEMENTWISE(floor) NL_ELEMENTWISE(ceil) NL_ELEMENTWISE(round)
NL_ELEMENTWISE(cbrt) NL_ELEMENTWISE(erf) NL_ELEMENTWISE_2(atan2) NL_ELEMENTWISE_2(fmod)

// Where the same text is that of a vector, too.
#ifdef NL_VECTORS
#define NL_OF_VECTOR(name) \
    static inline nl_reals nl_##name(nl_reals x) { return nl_##name(x.v); }
#else
#define NL_OF_VECTOR NL_ELEMENTWISE
#endif
NL_OF_VECTOR(expm1) NL_OF_VECTOR(tanh) NL_OF_VECTOR(log)
#ifdef NL_FUNCTIONS
NL_OF_VECTOR(tan) NL_OF_VECTOR(asin) NL_OF_VECTOR(acos) NL_OF_VECTOR(atan) NL_OF_VECTOR(sinh) NL_OF_VECTOR(cosh)
NL_OF_VECTOR(log10) NL_OF_VECTOR(log2) NL_OF_VECTOR(log1p) NL_OF_VECTOR(exp2)
#endif
#undef NL_OF_VECTOR
#ifdef NL_POWER
#ifdef NL_VECTORS
static inline nl_reals nl_pow(nl_reals x, nl_reals y) { return nl_pow(x.v, y.v); }
#else
NL_ELEMENTWISE_2(pow)
#endif
#endif

#ifdef NL_VECTORS
static inline nl_reals nl_exp(nl_reals x) { return nl_exp_inline(x.v); }
#ifdef NL_EXPREL
static inline nl_reals nl_exprel(nl_reals x) { return nl_exprel_inline(x.v); }
#endif
#ifdef NL_SINE
static inline nl_reals nl_sin(nl_reals x) { return nl_sin_inline(x.v); }
static inline nl_reals nl_cos(nl_reals x) { return nl_cos_inline(x.v); }
#endif
#else
#ifdef NL_SINE
NL_ELEMENTWISE(sin) NL_ELEMENTWISE(cos)
#endif
NL_ELEMENTWISE(exp)
#ifdef NL_EXPREL
static __attribute__((noinline)) nl_vector nl_exprel_of_others(nl_vector x) {
    for (int64_t k = 0; k < nl_width; ++k) x[k] = nl_exprel_of_one((real)x[k]);
    return x;
}

static inline nl_reals nl_exprel(nl_reals x) {
    nl_reals y;
    if constexpr (sizeof(real) == 8) {
        y = nl_exprel_of_short_step(x);
    } else {
        y = nl_exprel_of_short_step_float(x);
    }
    const nl_flags done = (x >= (real)-0.5) & (x <= 0);
    if (__builtin_expect(nl_bits_of(done) != (1u << nl_width) - 1, 0))
        y = nl_choose(done, y, nl_exprel_of_others(x.v));
    return y;
}
#endif
#endif
