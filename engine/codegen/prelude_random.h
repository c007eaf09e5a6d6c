// A number in [0, 1) of two words.
static inline double nl_unit(uint32_t high, uint32_t low) { return nl_uniform_from<double>(nl_pair(high, low)); }

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
static inline Real nl_exponential_of(Real exponential, Real rate) { return exponential / rate; }

// Marsaglia and Tsang 2000; a shape below 1 is raised by one and taken back with a power of a uniform number.
static inline double nl_draw_gamma(nl_place at, double shape, double scale) {
    if (!(shape > 0.0)) return __builtin_nan("");
    const double d = (shape < 1.0 ? shape + 1.0 : shape) - 1.0 / 3.0;
    const double c = 1.0 / __builtin_sqrt(9.0 * d);
    for (uint32_t attempt = 0; attempt < 65534; attempt += 2) {
        const nl_words words = nl_random_words(at, attempt + 1);
        double x, unused;
        nl_normals_from<double>(nl_pair(words.a, words.b), nl_pair(words.c, words.d), x, unused);
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
        double rest = nl_standard_uniform<double>(at);
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
