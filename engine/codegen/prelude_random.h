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

// 53 bits of two words as a number in [0, 1).
static inline double nl_unit(uint32_t high, uint32_t low) {
    return ((double)(int32_t)(high >> 5) * 67108864.0 + (double)(int32_t)(low >> 6)) * 1.1102230246251565e-16;
}

static inline double nl_standard_uniform(nl_place at) {
    const nl_words words = nl_random_words(at, 0);
    return nl_unit(words.a, words.b);
}

// Box and Muller 1958.
static inline double nl_normal_of(nl_words words) {
    const double radius = __builtin_sqrt(-2.0 * nl_log(1.0 - nl_unit(words.a, words.b)));
    return radius * nl_cos_turn(nl_unit(words.c, words.d));
}

static inline double nl_draw_uniform(nl_place at, double low, double high) {
    return low + (high - low) * nl_standard_uniform(at);
}

// Both bounds included.
static inline double nl_draw_discrete_uniform(nl_place at, double low, double high) {
    return low + __builtin_floor((high - low + 1.0) * nl_standard_uniform(at));
}

static inline double nl_draw_normal(nl_place at, double mu, double sigma) {
    return mu + sigma * nl_normal_of(nl_random_words(at, 0));
}

static inline double nl_draw_log_normal(nl_place at, double mu, double sigma) {
    return nl_exp(nl_draw_normal(at, mu, sigma));
}

// ``rate`` is the inverse of the mean.
static inline double nl_draw_exponential(nl_place at, double rate) {
    return -nl_log(1.0 - nl_standard_uniform(at)) / rate;
}

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
