// Random numbers as functions of counters: Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011, "Parallel random
// numbers: as easy as 1, 2, 3"). The key is the seed; the counter holds the index of the element (40 bits), the draw
// counter of the step (48 bits), the stream (24 bits) and the attempt of methods that reject (16 bits).

struct nl_words { uint32_t a, b, c, d; };

static inline nl_words nl_philox(nl_words counter, uint32_t key_low, uint32_t key_high) {
    uint32_t a = counter.a, b = counter.b, c = counter.c, d = counter.d;
#pragma GCC unroll 10
    for (int round = 0; round < 10; ++round) {
        const uint64_t first = (uint64_t)a * 0xD2511F53u;
        const uint64_t second = (uint64_t)c * 0xCD9E8D57u;
        a = (uint32_t)(second >> 32) ^ b ^ key_low;
        b = (uint32_t)second;
        c = (uint32_t)(first >> 32) ^ d ^ key_high;
        d = (uint32_t)first;
        key_low += 0x9E3779B9u;
        key_high += 0xBB67AE85u;
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

// 52 random bits as a number in [1, 2).
template <class Counts>
static inline auto nl_one_to_two(Counts high, Counts low) {
    return nl_from_bits((high << 32 | (low & 0xffffffffu)) >> 12 | 0x3ff0000000000000u);
}

// A number in [0, 1).
static inline double nl_unit(uint32_t high, uint32_t low) { return nl_one_to_two<uint64_t>(high, low) - 1.0; }

// Box and Muller 1958: two normal numbers of four words. The angle is one in the right quarter of the circle, its
// cosine gets a random sign, and two bits that are left say so and which of both is the first.
template <class Counts, class Real>
static inline void nl_box_muller(Counts a, Counts b, Counts c, Counts d, Real& first, Real& second) {
    const Real rest = 2.0 - nl_one_to_two(a, b);
    const Real radius = nl_sqrt(-2.0 * nl_log_of_normal(rest));
    Real cosine, sine;
    nl_turn(nl_one_to_two(c, d) - 1.5, cosine, sine);
    const Real other = radius * nl_from_bits(nl_bits(cosine) ^ d << 63);
    const Real one = radius * sine;
    first = (d & 2) != 0 ? one : other;
    second = (d & 2) != 0 ? other : one;
}

static inline double nl_normal_of(nl_words words) {
    double first, second;
    nl_box_muller<uint64_t>(words.a, words.b, words.c, words.d, first, second);
    return first;
}

// Elements j and j + 32 of each 64 share the words of one counter.
static inline nl_words nl_words_of_two(nl_place at) {
    at.index = at.index >> 6 << 5 | (at.index & 31);
    return nl_random_words(at, 0);
}

static inline double nl_standard_uniform(nl_place at) {
    const nl_words words = nl_words_of_two(at);
    return at.index & 32 ? nl_unit(words.c, words.d) : nl_unit(words.a, words.b);
}

static inline double nl_standard_normal(nl_place at) {
    const nl_words words = nl_words_of_two(at);
    double first, second;
    nl_box_muller<uint64_t>(words.a, words.b, words.c, words.d, first, second);
    return at.index & 32 ? second : first;
}

#ifdef NL_VECTORS
static inline nl_counts nl_product(nl_counts a, uint64_t b) {
    typedef int words __attribute__((vector_size(64)));
    return (nl_counts)__builtin_ia32_pmuludq512_mask((words)a, (words)(nl_counts{} + b), nl_integers{}, -1);
}

// The upper halves, by a shuffle: products and shifts have one port of the processor to share.
static inline nl_counts nl_upper(nl_counts a) {
    typedef int words __attribute__((vector_size(64)));
    return (nl_counts)__builtin_ia32_pshufd512_mask((words)a, 0xF5, words{}, -1);
}

// The words of the counters ``first`` .. ``first`` + 7, in the lower halves.
static inline void nl_philox(nl_place at, uint64_t first, nl_counts& a, nl_counts& b, nl_counts& c, nl_counts& d) {
    const nl_counts none = {}, index = first + nl_counts{0, 1, 2, 3, 4, 5, 6, 7};
    uint32_t key_low = (uint32_t)at.seed, key_high = (uint32_t)(at.seed >> 32);
    a = index;
    b = none + (uint32_t)at.draw;
    c = none + ((uint32_t)(at.draw >> 32) << 16);
    d = at.stream | index >> 32 << 24;
#pragma GCC unroll 10
    for (int round = 0; round < 10; ++round) {
        const nl_counts one = nl_product(a, 0xD2511F53u), other = nl_product(c, 0xCD9E8D57u);
        a = nl_upper(other) ^ b ^ (none + key_low);
        b = other;
        c = nl_upper(one) ^ d ^ (none + key_high);
        d = one;
        key_low += 0x9E3779B9u;
        key_high += 0xBB67AE85u;
    }
}

static inline void nl_put(double* to, nl_doubles x) { *(nl_doubles*)to = x; }
static inline void nl_put(float* to, nl_doubles x) {
    typedef float floats __attribute__((vector_size(32)));
    *(floats*)to = __builtin_convertvector(x, floats);
}
#endif

// Standard numbers for the 64 elements from ``at.index`` on, which is a multiple of 64.
template <class Real>
static inline void nl_fill_uniform(Real* to, nl_place at) {
#ifdef NL_VECTORS
    for (int j = 0; j < 32; j += 8) {
        nl_counts a, b, c, d;
        nl_philox(at, (at.index >> 1) + j, a, b, c, d);
        nl_put(to + j, nl_one_to_two(a, b) - 1.0);
        nl_put(to + j + 32, nl_one_to_two(c, d) - 1.0);
    }
#else
#pragma omp simd
    for (int j = 0; j < 32; ++j) {
        const nl_words words = nl_words_of_two(nl_place{at.seed, at.draw, at.index + j, at.stream});
        to[j] = (Real)nl_unit(words.a, words.b);
        to[j + 32] = (Real)nl_unit(words.c, words.d);
    }
#endif
}

template <class Real>
static inline void nl_fill_normal(Real* to, nl_place at) {
#ifdef NL_VECTORS
    for (int j = 0; j < 32; j += 8) {
        nl_counts a, b, c, d;
        nl_doubles first, second;
        nl_philox(at, (at.index >> 1) + j, a, b, c, d);
        nl_box_muller(a, b, c, d, first, second);
        nl_put(to + j, first);
        nl_put(to + j + 32, second);
    }
#else
#pragma omp simd
    for (int j = 0; j < 32; ++j) {
        const nl_words words = nl_words_of_two(nl_place{at.seed, at.draw, at.index + j, at.stream});
        double first, second;
        nl_box_muller<uint64_t>(words.a, words.b, words.c, words.d, first, second);
        to[j] = (Real)first;
        to[j + 32] = (Real)second;
    }
#endif
}

// Distributions of a standard number.
template <class Real>
static inline Real nl_uniform_of(Real unit, Real low, Real high) { return low + (high - low) * unit; }

// Both bounds included.
template <class Real>
static inline Real nl_discrete_uniform_of(Real unit, Real low, Real high) {
    return low + nl_floor((high - low + 1) * unit);
}

template <class Real>
static inline Real nl_normal_of(Real normal, Real mu, Real sigma) { return mu + sigma * normal; }

template <class Real>
static inline Real nl_log_normal_of(Real normal, Real mu, Real sigma) { return nl_exp(mu + sigma * normal); }

// ``rate`` is the inverse of the mean.
template <class Real>
static inline Real nl_exponential_of(Real unit, Real rate) { return -nl_log(1 - unit) / rate; }

// Marsaglia and Tsang 2000; a shape below 1 is raised by one and taken back with a power of a uniform number.
static inline double nl_draw_gamma(nl_place at, double shape, double scale) {
    if (!(shape > 0.0)) return __builtin_nan("");
    const double d = (shape < 1.0 ? shape + 1.0 : shape) - 1.0 / 3.0;
    const double c = 1.0 / __builtin_sqrt(9.0 * d);
    for (uint32_t attempt = 0; attempt < 65534; attempt += 2) {
        const nl_words words = nl_random_words(at, attempt + 1);
        const double x = nl_normal_of(words);
        const double root = 1.0 + c * x;
        const double v = root * root * root;
        const nl_words others = nl_random_words(at, attempt + 2);
        const double u = 1.0 - nl_unit(others.a, others.b);
        if (v > 0.0 && nl_log(u) < 0.5 * x * x + d - d * v + d * nl_log(v)) {
            const double boost = 1.0 - nl_unit(others.c, others.d);
            return scale * d * v * (shape < 1.0 ? nl_exp(nl_log(boost) / shape) : 1.0);
        }
    }
    return scale * shape;
}

// log(k!) - (log(sqrt(2 pi)) + (k + 1/2) log(k + 1) - (k + 1)): what Stirling's formula leaves out.
static inline double nl_stirling_correction(double k) {
    double sum = 0.0;
    while (k < 9.0) {  // the series below is accurate for larger k only; up to there go by the recurrence
        sum += (k + 1.5) * nl_log((k + 2.0) / (k + 1.0)) - 1.0;
        k += 1.0;
    }
    const double square = (k + 1.0) * (k + 1.0);
    return sum + (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / 1260.0 / square) / square) / (k + 1.0);
}

// Inversion for a small mean; Hormann 1993 (transformed rejection BTRD, without its table) otherwise.
static inline double nl_draw_binomial(nl_place at, double trials, double probability) {
    const double n = __builtin_floor(trials);
    const bool mirrored = probability > 0.5;
    const double p = mirrored ? 1.0 - probability : probability;
    if (!(n > 0.0) || !(p > 0.0)) return mirrored ? n : 0.0;
    double k = 0.0;
    if (n * p < 10.0) {
        double rest = nl_standard_uniform(at);
        double chance = nl_exp(n * nl_log(1.0 - p));
        while (rest >= chance && k < n) {
            rest -= chance;
            chance *= (n - k) / (k + 1.0) * (p / (1.0 - p));
            k += 1.0;
        }
        return mirrored ? n - k : k;
    }
    const double spread = __builtin_sqrt(n * p * (1.0 - p));
    const double b = 1.15 + 2.53 * spread, a = -0.0873 + 0.0248 * b + 0.01 * p, c = n * p + 0.5;
    const double alpha = (2.83 + 5.1 / b) * spread, limit = 0.92 - 4.2 / b;
    const double odds = p / (1.0 - p), mode = __builtin_floor((n + 1.0) * p);
    const double h = (mode + 0.5) * nl_log((mode + 1.0) / (odds * (n - mode + 1.0))) +
                     nl_stirling_correction(mode) + nl_stirling_correction(n - mode);
    for (uint32_t attempt = 1; attempt < 65535; ++attempt) {
        const nl_words words = nl_random_words(at, attempt);
        const double u = nl_unit(words.a, words.b) - 0.5, v = 1.0 - nl_unit(words.c, words.d);
        const double us = 0.5 - __builtin_fabs(u);
        k = __builtin_floor((2.0 * a / us + b) * u + c);
        if (us >= 0.07 && v <= limit) break;
        if (k < 0.0 || k > n) continue;
        const double log_v = nl_log(v * alpha / (a / (us * us) + b));
        const double bound = h + (n + 1.0) * nl_log((n - mode + 1.0) / (n - k + 1.0)) +
                             (k + 0.5) * nl_log(odds * (n - k + 1.0) / (k + 1.0)) -
                             nl_stirling_correction(k) - nl_stirling_correction(n - k);
        if (log_v <= bound) break;
    }
    return mirrored ? n - k : k;
}
