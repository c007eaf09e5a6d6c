// Types, integer arithmetic and the partition of neurons over threads. No header is included: everything
// that the compiler knows by itself is taken from its built-in functions.

typedef __INT32_TYPE__ int32_t;
typedef __INT64_TYPE__ int64_t;
typedef __UINT8_TYPE__ uint8_t;
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
