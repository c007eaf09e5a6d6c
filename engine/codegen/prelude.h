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

// Bit k says whether flags[k] is set, for the first count (1 to 64) of 64 flags that are 0 or 1.
static inline uint64_t nl_mask(const uint8_t* flags, int64_t count) {
    uint64_t mask = 0;
#if defined(__AVX512BW__) && !defined(__clang__)
    typedef char nl_flags __attribute__((vector_size(64)));
    nl_flags all;
    __builtin_memcpy(&all, flags, 64);
    mask = __builtin_ia32_ptestmb512(all, all, ~(uint64_t)0);
#elif defined(__AVX2__)
    typedef char nl_flags __attribute__((vector_size(32)));
    for (int64_t half = 0; half < 64; half += 32) {
        nl_flags some;
        __builtin_memcpy(&some, flags + half, 32);
        mask |= (uint64_t)(uint32_t)__builtin_ia32_pmovmskb256(some > 0) << half;
    }
#else
    for (int64_t word = 0; word < 64; word += 8) {
        uint64_t eight;
        __builtin_memcpy(&eight, flags + word, 8);
        if (eight)
            for (int64_t k = word; k < word + 8; ++k) mask |= (uint64_t)(flags[k] & 1) << k;
    }
#endif
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
