// Calls onto(synapse, rank) for so many synapses of a row. Ranks are read as words of 64 bits: additions wait for the
// processor's loads, of which this needs fewer.
template <int64_t number, class Rank, class Onto>
static inline __attribute__((always_inline)) void nl_each_rank(const Rank* ranks, int64_t synapse, Onto onto) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    constexpr int64_t together = 8 / sizeof(Rank);
#pragma GCC unroll 16
    for (int64_t k = 0; k < number; k += together) {
        uint64_t word;
        __builtin_memcpy(&word, ranks + k, 8);
#pragma GCC unroll 4
        for (int64_t n = 0; n < together; ++n)
            onto(synapse + k + n, (int64_t)(Rank)(word >> 8 * sizeof(Rank) * n));
    }
#else
    for (int64_t k = 0; k < number; ++k) onto(synapse + k, ranks[k]);
#endif
}

// The synapses of a row as vectors: one after the other in what each synapse has, gathered by rank from what neurons
// have. A lane's number is that of the same steps done for one synapse alone.
#if defined(NL_VECTORS) && defined(__AVX512VL__) && defined(__AVX512BW__)
#define NL_LANES (64 / (int64_t)sizeof(real))

typedef int nl_ranks_8 __attribute__((vector_size(32)));
typedef int nl_ranks_16 __attribute__((vector_size(64)));

template <class Real>
struct nl_kind;
template <>
struct nl_kind<double> {
    typedef nl_doubles reals;
    typedef nl_integers flags;
    typedef nl_ranks_8 ranks;
    typedef uint8_t some;
};
template <>
struct nl_kind<float> {
    typedef nl_floats reals;
    typedef nl_integers_32 flags;
    typedef nl_ranks_16 ranks;
    typedef uint16_t some;
};

// A bit for each lane: all of them, and the first ones (all, if so many are asked for).
template <class Real>
static constexpr typename nl_kind<Real>::some nl_every = (typename nl_kind<Real>::some)-1;
template <class Real>
static inline typename nl_kind<Real>::some nl_first(int64_t number) {
    return (typename nl_kind<Real>::some)((1u << (number < 31 ? number : 31)) - 1);
}

// The same number in all lanes.
template <class Real>
static inline typename nl_kind<Real>::reals nl_all(Real x) {
    return x - typename nl_kind<Real>::reals{};
}
template <class Real>
static inline typename nl_kind<Real>::ranks nl_all_ranks(int64_t x) {
    return (int32_t)x - typename nl_kind<Real>::ranks{};
}
template <class Real>
static inline typename nl_kind<Real>::flags nl_all_flags(bool x) {
    return -(int)x - typename nl_kind<Real>::flags{};
}

#define NL_PIECEWISE(reals)                                                                               \
    static inline reals nl_min(reals a, reals b) { return b < a ? b : a; }                                \
    static inline reals nl_max(reals a, reals b) { return b > a ? b : a; }                                \
    static inline reals nl_pos(reals x) { return x > 0 ? x : reals{}; }                                   \
    static inline reals nl_neg(reals x) { return x < 0 ? x : reals{}; }                                   \
    static inline reals nl_clip(reals x, reals a, reals b) { return x < a ? a : x > b ? b : x; }          \
    static inline reals nl_square(reals x) { return x * x; }                                              \
    static inline reals nl_cube(reals x) { return x * x * x; }                                            \
    static inline reals nl_power4(reals x) { return nl_square(nl_square(x)); }                            \
    static inline reals nl_power5(reals x) { return nl_power4(x) * x; }                                   \
    static inline reals nl_power6(reals x) { return nl_square(nl_cube(x)); }                              \
    static inline reals nl_power7(reals x) { return nl_power6(x) * x; }                                   \
    static inline reals nl_power8(reals x) { return nl_square(nl_power4(x)); }
NL_PIECEWISE(nl_doubles)
NL_PIECEWISE(nl_floats)
#undef NL_PIECEWISE
static inline nl_doubles nl_exp(nl_doubles x) { return nl_exp_doubles(x); }
static inline nl_floats nl_exp(nl_floats x) { return nl_exp_floats(x); }
#ifdef NL_SINE
static inline nl_doubles nl_sin(nl_doubles x) { return nl_sin_inline(x); }
static inline nl_doubles nl_cos(nl_doubles x) { return nl_cos_inline(x); }
static inline nl_floats nl_sin(nl_floats x) { return nl_sin_inline(x); }
static inline nl_floats nl_cos(nl_floats x) { return nl_cos_inline(x); }
#endif

typedef char nl_bytes_16 __attribute__((vector_size(16)));
typedef long long nl_words_2 __attribute__((vector_size(16)));
typedef short nl_halves_8 __attribute__((vector_size(16)));
typedef short nl_halves_16 __attribute__((vector_size(32)));

static inline nl_doubles nl_read(const double* p, uint8_t some) {
    return __builtin_ia32_loadupd512_mask(p, nl_doubles{}, some);
}
static inline nl_floats nl_read(const float* p, uint16_t some) {
    return __builtin_ia32_loadups512_mask(p, nl_floats{}, some);
}
static inline nl_ranks_8 nl_read(const int32_t* p, uint8_t some) {
    return (nl_ranks_8)__builtin_ia32_loaddqusi256_mask(p, nl_ranks_8{}, some);
}
static inline nl_ranks_16 nl_read(const int32_t* p, uint16_t some) {
    return (nl_ranks_16)__builtin_ia32_loaddqusi512_mask(p, nl_ranks_16{}, some);
}
static inline nl_ranks_8 nl_read(const uint16_t* p, uint8_t some) {
    return (nl_ranks_8)__builtin_ia32_pmovzxwd256_mask(
        __builtin_ia32_loaddquhi128_mask((const short*)p, nl_halves_8{}, some), nl_ranks_8{}, 255);
}
static inline nl_ranks_16 nl_read(const uint16_t* p, uint16_t some) {
    return (nl_ranks_16)__builtin_ia32_pmovzxwd512_mask(
        __builtin_ia32_loaddquhi256_mask((const short*)p, nl_halves_16{}, some), nl_ranks_16{}, 65535);
}
static inline nl_ranks_8 nl_read(const uint8_t* p, uint8_t some) {
    nl_bytes_16 bytes;
    if (__builtin_constant_p(some) && some == 255) {
        long long all;
        __builtin_memcpy(&all, p, 8);
        bytes = (nl_bytes_16)nl_words_2{all, 0};
    } else {
        bytes = __builtin_ia32_loaddquqi128_mask((const char*)p, nl_bytes_16{}, some);
    }
    return (nl_ranks_8)__builtin_ia32_pmovzxbd256_mask(bytes, nl_ranks_8{}, 255);
}
static inline nl_ranks_16 nl_read(const uint8_t* p, uint16_t some) {
    return (nl_ranks_16)__builtin_ia32_pmovzxbd512_mask(
        __builtin_ia32_loaddquqi128_mask((const char*)p, nl_bytes_16{}, some), nl_ranks_16{}, 65535);
}

static inline void nl_write(double* p, nl_doubles x, uint8_t some) { __builtin_ia32_storeupd512_mask(p, x, some); }
static inline void nl_write(float* p, nl_floats x, uint16_t some) { __builtin_ia32_storeups512_mask(p, x, some); }
static inline void nl_write(int32_t* p, nl_ranks_8 x, uint8_t some) {
    __builtin_ia32_storedqusi256_mask(p, x, some);
}
static inline void nl_write(int32_t* p, nl_ranks_16 x, uint16_t some) {
    __builtin_ia32_storedqusi512_mask(p, x, some);
}
static inline void nl_write(uint8_t* p, nl_ranks_8 x, uint8_t some) {
    __builtin_ia32_pmovdb256mem_mask((unsigned long long*)p, x, some);
}
static inline void nl_write(uint8_t* p, nl_ranks_16 x, uint16_t some) {
    __builtin_ia32_pmovdb512mem_mask((nl_bytes_16*)p, x, some);
}

static inline nl_doubles nl_gather(const double* p, nl_ranks_8 at, uint8_t some) {
    return __builtin_ia32_gathersiv8df(nl_doubles{}, p, at, some, 8);
}
static inline nl_floats nl_gather(const float* p, nl_ranks_16 at, uint16_t some) {
    return __builtin_ia32_gathersiv16sf(nl_floats{}, p, at, some, 4);
}
static inline nl_ranks_8 nl_gather(const int32_t* p, nl_ranks_8 at, uint8_t some) {
    return (nl_ranks_8)__builtin_ia32_gather3siv8si(nl_ranks_8{}, p, at, some, 4);
}
static inline nl_ranks_16 nl_gather(const int32_t* p, nl_ranks_16 at, uint16_t some) {
    return (nl_ranks_16)__builtin_ia32_gathersiv16si(nl_ranks_16{}, p, at, some, 4);
}
// The ranks must differ.
static inline void nl_scatter(double* p, nl_ranks_8 at, nl_doubles x, uint8_t some) {
    __builtin_ia32_scattersiv8df(p, some, at, x, 8);
}
static inline void nl_scatter(float* p, nl_ranks_16 at, nl_floats x, uint16_t some) {
    __builtin_ia32_scattersiv16sf(p, some, at, x, 4);
}
#endif
