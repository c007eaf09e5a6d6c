// Random words as functions of counters: Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers:
// as easy as 1, 2, 3"). The key is the seed; the counter holds the index of the element (40 bits), the draw counter of
// the step (48 bits), the stream (24 bits) and the attempt of methods that reject (16 bits).

struct nl_words { uint32_t a, b, c, d; };

#define NL_PHILOX_A 0xD2511F53u
#define NL_PHILOX_C 0xCD9E8D57u
#define NL_PHILOX_LOW 0x9E3779B9u
#define NL_PHILOX_HIGH 0xBB67AE85u

static inline nl_words nl_philox(nl_words counter, uint32_t key_low, uint32_t key_high) {
    uint32_t a = counter.a, b = counter.b, c = counter.c, d = counter.d;
#pragma GCC unroll 10
    for (int round = 0; round < 10; ++round) {
        const uint64_t first = (uint64_t)a * NL_PHILOX_A;
        const uint64_t second = (uint64_t)c * NL_PHILOX_C;
        a = (uint32_t)(second >> 32) ^ b ^ key_low;
        b = (uint32_t)second;
        c = (uint32_t)(first >> 32) ^ d ^ key_high;
        d = (uint32_t)first;
        key_low += NL_PHILOX_LOW;
        key_high += NL_PHILOX_HIGH;
    }
    const nl_words words = {a, b, c, d};
    return words;
}

// Where a draw stands; ``attempt`` 0 unless a method rejects.
struct nl_place { uint64_t seed; uint64_t draw; uint64_t index; uint32_t stream; };

static inline nl_words nl_random_words(nl_place at, uint32_t attempt) {
    const nl_words counter = {(uint32_t)at.index, (uint32_t)at.draw, (uint32_t)(at.draw >> 32) << 16 | attempt,
                              at.stream | (uint32_t)(at.index >> 32) << 24};
    return nl_philox(counter, (uint32_t)at.seed, (uint32_t)(at.seed >> 32));
}

static inline uint64_t nl_pair(uint32_t high, uint32_t low) { return (uint64_t)high << 32 | low; }

// A double takes a pair of words, (a, b) or (c, d), a float one: 2 or 4 of the 64 elements of a block share the words
// of a counter, those that are this many apart.
template <class Real>
constexpr uint64_t nl_apart = sizeof(Real) == 8 ? 32 : 16;

template <class Real>
static inline nl_words nl_shared_words(nl_place at, uint64_t j) {
    return nl_random_words({at.seed, at.draw, at.index / 64 * nl_apart<Real> + j % nl_apart<Real>, at.stream}, 0);
}

// The bits of element ``j`` of a block.
static inline uint64_t nl_bits_of(double, nl_words words, uint64_t j) {
    return j & 32 ? nl_pair(words.c, words.d) : nl_pair(words.a, words.b);
}

static inline uint32_t nl_bits_of(float, nl_words words, uint64_t j) {
    const uint64_t pair = nl_bits_of(0.0, words, j);
    return (uint32_t)(j & 16 ? pair : pair >> 32);
}

#ifdef NL_VECTORS
static inline nl_counts nl_product(nl_counts a, uint64_t b) {
    return (nl_counts)__builtin_ia32_pmuludq512_mask((nl_integers_32)a, (nl_integers_32)(nl_counts{} + b),
                                                     nl_integers{}, -1);
}

// The upper halves, by a shuffle: products and shifts have one port of the processor to share.
static inline nl_counts nl_upper(nl_counts a) {
    return (nl_counts)__builtin_ia32_pshufd512_mask((nl_integers_32)a, 0xF5, nl_integers_32{}, -1);
}

// The pairs (a, b) and (c, d) of ``Groups`` times eight counters: several at once, since each step of one waits for
// the one before. Of the words of a counter the index alone differs, so that the first two rounds have less to do.
template <int Groups>
static inline __attribute__((always_inline)) void nl_philox(nl_place at, const nl_counts* index, nl_counts* ab,
                                                            nl_counts* cd) {
    const nl_counts none = {};
    const uint32_t low = (uint32_t)at.seed, high = (uint32_t)(at.seed >> 32);
    // Keys are read from memory: those that the compiler kept in registers would take a shuffle each.
    uint64_t lows[10], highs[10];
    for (int round = 0; round < 10; ++round) {
        lows[round] = (uint32_t)(low + (uint32_t)round * NL_PHILOX_LOW);
        highs[round] = (uint32_t)(high + (uint32_t)round * NL_PHILOX_HIGH);
    }
    lows[9] <<= 32, highs[9] <<= 32;
    __asm__("" : "+m"(lows), "+m"(highs));
    const uint64_t second = (uint64_t)((uint32_t)(at.draw >> 32) << 16) * NL_PHILOX_C;
    const uint64_t first = (uint64_t)((uint32_t)(second >> 32) ^ (uint32_t)at.draw ^ low) * NL_PHILOX_A;
    const uint32_t c_of_first = (at.stream | (uint32_t)(index[0][0] >> 32) << 24) ^ high;
    const uint32_t a_of_second = (uint32_t)second ^ (low + NL_PHILOX_LOW);
    const uint32_t c_of_second = (uint32_t)(first >> 32) ^ (high + NL_PHILOX_HIGH);
    nl_counts a[Groups], b[Groups], c[Groups], d[Groups];
    for (int g = 0; g < Groups; ++g) {
        const nl_counts one = nl_product(index[g], NL_PHILOX_A);
        const nl_counts other = nl_product(nl_upper(one) ^ (none + c_of_first), NL_PHILOX_C);
        a[g] = nl_upper(other) ^ (none + a_of_second);
        b[g] = other;
        c[g] = one ^ (none + c_of_second);
        d[g] = none + (uint32_t)first;
    }
#pragma GCC unroll 7
    for (int round = 2; round < 9; ++round) {
        for (int g = 0; g < Groups; ++g) {
            const nl_counts one = nl_product(a[g], NL_PHILOX_A), other = nl_product(c[g], NL_PHILOX_C);
            a[g] = nl_upper(other) ^ b[g] ^ (none + lows[round]);
            b[g] = other;
            c[g] = nl_upper(one) ^ d[g] ^ (none + highs[round]);
            d[g] = one;
        }
    }
    // The upper half of a product is where a or c of a pair stands.
    for (int g = 0; g < Groups; ++g) {
        ab[g] = nl_product(c[g], NL_PHILOX_C) ^ b[g] << 32 ^ (none + lows[9]);
        cd[g] = nl_product(a[g], NL_PHILOX_A) ^ d[g] << 32 ^ (none + highs[9]);
    }
}
#endif

// What a block is made of: vectors, or single elements.
template <class Real>
struct nl_lanes;

#ifdef NL_VECTORS
template <>
struct nl_lanes<double> {
    typedef nl_counts bits;
    typedef nl_doubles numbers;
    static constexpr int count = 8;
};

template <>
struct nl_lanes<float> {
    typedef nl_counts_32 bits;
    typedef nl_floats numbers;
    static constexpr int count = 16;
};

// Blocks whose words are made together: those of one block of floats would wait for each other.
template <class Real>
constexpr int nl_together = sizeof(Real) == 8 ? 1 : 2;

// The bits of the elements of one or several blocks of 64 from ``at.index`` on, which is a multiple of 64.
template <int Blocks>
static inline __attribute__((always_inline)) void nl_bits_of_blocks(nl_place at, nl_counts* bits) {
    static_assert(Blocks == 1, "c and d follow a and b of each block");
    nl_counts index[4];
    for (int g = 0; g < 4; ++g) index[g] = at.index / 2 + 8 * g + nl_counts{0, 1, 2, 3, 4, 5, 6, 7};
    nl_philox<4>(at, index, bits, bits + 4);
}

template <int Blocks>
static inline __attribute__((always_inline)) void nl_bits_of_blocks(nl_place at, nl_counts_32* bits) {
    constexpr int groups = 2 * Blocks;
    nl_counts index[groups], pairs[2][groups];
    for (int g = 0; g < groups; ++g)
        index[g] = at.index / 4 + 16 * (g / 2) + g % 2 + nl_counts{0, 2, 4, 6, 8, 10, 12, 14};
    nl_philox<groups>(at, index, pairs[0], pairs[1]);
    for (int k = 0; k < groups; ++k) {
        const int g = k / 2 * 2;
        const nl_integers_32 even = (nl_integers_32)pairs[k % 2][g], odd = (nl_integers_32)pairs[k % 2][g + 1];
        bits[2 * k] = (nl_counts_32)__builtin_ia32_pshufd512_mask(even, 0xF5, odd, 0x5555);
        bits[2 * k + 1] = (nl_counts_32)__builtin_ia32_pshufd512_mask(odd, 0xA0, even, 0xAAAA);
    }
}
#else
template <>
struct nl_lanes<double> {
    typedef uint64_t bits;
    typedef double numbers;
    static constexpr int count = 1;
};

template <>
struct nl_lanes<float> {
    typedef uint32_t bits;
    typedef float numbers;
    static constexpr int count = 1;
};

template <class Real>
constexpr int nl_together = 1;

// The bits of the 64 elements from ``at.index`` on, which is a multiple of 64.
template <int Blocks>
static inline void nl_bits_of_blocks(nl_place at, uint64_t* bits) {
#pragma omp simd
    for (int j = 0; j < 32; ++j) {
        const nl_words words = nl_shared_words<double>(at, j);
        bits[j] = nl_pair(words.a, words.b);
        bits[j + 32] = nl_pair(words.c, words.d);
    }
}

template <int Blocks>
static inline void nl_bits_of_blocks(nl_place at, uint32_t* bits) {
#pragma omp simd
    for (int j = 0; j < 16; ++j) {
        const nl_words words = nl_shared_words<float>(at, j);
        bits[j] = words.a;
        bits[j + 16] = words.b;
        bits[j + 32] = words.c;
        bits[j + 48] = words.d;
    }
}
#endif
