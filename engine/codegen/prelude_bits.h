// Rows of bits, 64 neurons a word: how many of the rows have each bit.

#if defined(__AVX512F__)
#define NL_WORDS 8
#elif defined(__AVX__)
#define NL_WORDS 4
#else
#define NL_WORDS 2
#endif
typedef uint64_t nl_bit_words __attribute__((vector_size(8 * NL_WORDS)));

// Rows that are summed at once: their sums fit 8 bits.
#define NL_ROWS 248

static inline nl_bit_words nl_load_words(const uint64_t* from) {
    nl_bit_words words;
    __builtin_memcpy(&words, from, sizeof words);
    return words;
}

// Adds bits a and b to sums of weight 1; what is carried has weight 2.
static inline nl_bit_words nl_carry(nl_bit_words* sums, nl_bit_words a, nl_bit_words b) {
    const nl_bit_words before = *sums;
    *sums = before ^ a ^ b;
    return (before & a) | (before & b) | (a & b);
}

// sums[i] = the bits i of the planes, plane number k with weight 2^k, for one word of 64 neurons.
static inline void nl_sum_planes(uint8_t* sums, const nl_bit_words* planes, int64_t number, int64_t word) {
#if defined(__AVX512BW__) && !defined(__clang__)
    typedef char nl_bytes __attribute__((vector_size(64)));
    nl_bytes sum = {};
    // Written out, so that the weights stay in registers.
#pragma GCC unroll 8
    for (int64_t k = 0; k < 8; ++k) {
        if (k >= number) break;
        sum = __builtin_ia32_paddb512_mask(sum, nl_bytes{} + (char)(1 << k), sum, (uint64_t)planes[k][word]);
    }
    __builtin_memcpy(sums, &sum, 64);
#elif defined(__AVX2__)
    // From the highest plane on.
    typedef char nl_bytes __attribute__((vector_size(32)));
    typedef int nl_four __attribute__((vector_size(32)));
    const nl_bytes place = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3};
    const nl_bytes bit = (nl_bytes)((nl_bit_words){} + 0x8040201008040201);
    for (int64_t half = 0; half < 64; half += 32) {
        nl_bytes sum = {};
        for (int64_t k = number - 1; k >= 0; --k) {
            const nl_four same = (nl_four){} + (int32_t)(planes[k][word] >> half);
            const nl_bytes bits = __builtin_ia32_pshufb256((nl_bytes)same, place);
            sum = sum + sum - ((bits & bit) == bit);
        }
        __builtin_memcpy(sums + half, &sum, 32);
    }
#else
    typedef uint8_t nl_bytes __attribute__((vector_size(8)));
    const nl_bytes bit = {1, 2, 4, 8, 16, 32, 64, 128};
    for (int64_t part = 0; part < 64; part += 8) {
        nl_bytes sum = {};
        for (int64_t k = 0; k < number; ++k) {
            const nl_bytes bits = (nl_bytes){} + (uint8_t)(planes[k][word] >> part);
            sum += (nl_bytes)((bits & bit) == bit) & (uint8_t)(1 << k);
        }
        __builtin_memcpy(sums + part, &sum, 8);
    }
#endif
}

// Numbers of spikes that reach neurons, in 16 bits, to which sums are added; or their low bytes, which the first sums
// replace, and, where there are ``more``, their high bytes, which are 0 before.
struct nl_numbers {
    uint16_t* numbers;
};
struct nl_byte_numbers {
    uint8_t* low;
    uint8_t* high;
    bool more;
};

static inline void nl_take(nl_numbers to, int64_t neuron, const nl_bit_words* planes, int64_t number, int64_t word) {
    alignas(64) uint8_t sums[64];
    nl_sum_planes(sums, planes, number, word);
    for (int64_t k = 0; k < 64; ++k) to.numbers[neuron + k] += sums[k];
}

static inline void nl_take(
    nl_byte_numbers to, int64_t neuron, const nl_bit_words* planes, int64_t number, int64_t word) {
    uint8_t* __restrict const low = to.low + neuron;
    uint8_t* __restrict const high = to.high + neuron;
    if (!to.more) {
        nl_sum_planes(low, planes, number, word);
        return;
    }
    alignas(64) uint8_t sums[64];
    nl_sum_planes(sums, planes, number, word);
    for (int64_t k = 0; k < 64; ++k) {
        const uint8_t sum = (uint8_t)(low[k] + sums[k]);
        high[k] += sum < sums[k];
        low[k] = sum;
    }
}

// Gives the numbers of neurons lower .. upper - 1 in how many of 1 to NL_ROWS rows each has its bit. lower is a
// multiple of 64; there is room up to the next one of upper. There is room for 7 more rows, which become the empty
// one; up to 7 words behind a row may be read.
template <class Numbers>
static __attribute__((noinline)) void nl_count(
    Numbers to, const uint64_t** rows, int64_t number, const uint64_t* empty, int64_t lower, int64_t upper) {
    const int64_t planes = 64 - __builtin_clzll((uint64_t)number);
    while (number & 7) rows[number++] = empty;
    const int64_t last = (upper + 63) / 64;
    // From a whole line on, of which some words may be another thread's.
    for (int64_t first = lower / 64 / NL_WORDS * NL_WORDS; first < last; first += NL_WORDS) {
        nl_bit_words plane[8] = {};
        for (int64_t k = 0; k < number; k += 8) {
            nl_bit_words bits[8];
            for (int64_t j = 0; j < 8; ++j) {
                bits[j] = nl_load_words(rows[k + j] + first);
                __builtin_prefetch(rows[k + j] + first + 3 * NL_WORDS);
            }
            const nl_bit_words two = nl_carry(&plane[0], bits[0], bits[1]), too = nl_carry(&plane[0], bits[2], bits[3]);
            const nl_bit_words four = nl_carry(&plane[1], two, too);
            const nl_bit_words more = nl_carry(&plane[0], bits[4], bits[5]), most = nl_carry(&plane[0], bits[6], bits[7]);
            nl_bit_words carried = nl_carry(&plane[2], four, nl_carry(&plane[1], more, most));
            for (int64_t j = 3; j < planes; ++j) {
                const nl_bit_words next = plane[j] & carried;
                plane[j] ^= carried;
                carried = next;
            }
        }
        for (int64_t word = nl_max(0, lower / 64 - first); word < nl_min(NL_WORDS, last - first); ++word)
            nl_take(to, 64 * (first + word), plane, planes, word);
    }
}

// Asks for the begin of a row that will be counted later, from a word on.
static inline void nl_fetch_row(const uint64_t* row) {
    for (int64_t line = 0; line < 3; ++line) __builtin_prefetch(row + 8 * line, 0, 1);
}

// Events that all threads have listed in a slot.
static inline int64_t nl_total(const int64_t* counts, int64_t threads) {
    int64_t total = 0;
    for (int64_t part = 0; part < threads; ++part) total += counts[part];
    return total;
}

// Makes the low bytes of the last steps 0: slots of a ring, each of low bytes and as many high ones.
static inline void nl_clear_low(
    void* ring, int64_t slots, int64_t room, int64_t tick, int64_t steps, int64_t lower, int64_t upper) {
    for (int64_t back = 1; back <= nl_min(steps, slots); ++back)
        __builtin_memset((uint8_t*)ring + 2 * room * nl_floor_mod(tick - back, slots) + lower, 0, (uint64_t)(upper - lower));
}
