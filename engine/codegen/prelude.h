// Types, integer arithmetic and the partition of neurons over threads. No header is included: everything
// that the compiler knows by itself is taken from its built-in functions.

typedef __INT32_TYPE__ int32_t;
typedef __INT64_TYPE__ int64_t;
typedef __UINT8_TYPE__ uint8_t;
typedef __UINT16_TYPE__ uint16_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __UINT64_TYPE__ uint64_t;

// Of a function that only calls others.
#if defined(__clang__)
#define nl_compiled_plainly __attribute__((optnone))
#else
#define nl_compiled_plainly __attribute__((optimize("O0")))
#endif

static inline int64_t nl_min(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t nl_max(int64_t a, int64_t b) { return a > b ? a : b; }

// Remainder with the sign of the divisor.
static inline int64_t nl_floor_mod(int64_t a, int64_t b) {
    const int64_t remainder = a % b;
    return remainder + (remainder != 0 && (remainder < 0) != (b < 0) ? b : 0);
}

// First neuron that a thread owns; borders lie at multiples of 64, so that no two threads share a cache line.
static inline int64_t nl_lower(int64_t n, int64_t thread, int64_t threads) {
    return nl_min(n, 64 * ((n + 63) / 64 * thread / threads));
}

// Bit k says whether flags[k] is not 0, for the first count (1 to 64) of 64 flags that are 0 or -1: as wide as the
// numbers that were compared, so that vectors of both have equally many elements.
#if defined(__AVX512F__) && !defined(__clang__)
#define NL_FLAGS 64
static inline uint64_t nl_set(const int64_t* flags) {
    typedef long long nl_vector __attribute__((vector_size(64), may_alias));
    return (uint8_t)__builtin_ia32_ptestmq512(*(const nl_vector*)flags, *(const nl_vector*)flags, -1);
}
static inline uint64_t nl_set(const int32_t* flags) {
    typedef int nl_vector __attribute__((vector_size(64), may_alias));
    return (uint16_t)__builtin_ia32_ptestmd512(*(const nl_vector*)flags, *(const nl_vector*)flags, -1);
}
#elif defined(__AVX2__)
#define NL_FLAGS 32
static inline uint64_t nl_set(const int64_t* flags) {
    typedef double nl_vector __attribute__((vector_size(32), may_alias));
    return (uint64_t)__builtin_ia32_movmskpd256(*(const nl_vector*)flags);
}
static inline uint64_t nl_set(const int32_t* flags) {
    typedef float nl_vector __attribute__((vector_size(32), may_alias));
    return (uint64_t)__builtin_ia32_movmskps256(*(const nl_vector*)flags);
}
#else
#define NL_FLAGS 4
static inline uint64_t nl_set(const int64_t* flags) { return (uint64_t)(*flags & 1); }
static inline uint64_t nl_set(const int32_t* flags) { return (uint64_t)(*flags & 1); }
#endif

template <class Flag>
static inline uint64_t nl_mask(const Flag* flags, int64_t count) {
    Flag any = 0;
    for (int64_t k = 0; k < 64; ++k) any |= flags[k];
    if (!any) return 0;
    constexpr int64_t together = NL_FLAGS < sizeof(Flag) ? 1 : NL_FLAGS / sizeof(Flag);
    uint64_t mask = 0;
    for (int64_t k = 0; k < 64; k += together) mask |= nl_set(flags + k) << k;
    return mask & ~(uint64_t)0 >> (64 - count);
}

// Numbers below 2^-1022 are taken as zero: a decaying conductance would otherwise slow the loop down a hundredfold.
static inline uint32_t nl_flush_denormals() {
#ifdef __SSE2__
    const uint32_t before = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr(before | 0x8040);
    return before;
#else
    return 0;
#endif
}

static inline void nl_restore_denormals(uint32_t before) {
#ifdef __SSE2__
    __builtin_ia32_ldmxcsr(before);
#else
    (void)before;
#endif
}
