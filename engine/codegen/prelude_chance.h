// Neurons that are picked with a small probability, by the gaps between them: geometric ones, which have no memory,
// so that each group of neurons begins anew. What is found is the same however wide vectors are.

#define NL_RARE 0.125
#define NL_NEAR 0.0078125  // chances from which on a word of 32 bits makes a gap
#define NL_FAR 65535  // a gap beyond any group

// The places that 16 gaps lead to, from ``place`` on, which is that of the last before; or 8, and what is left of the
// words in ``units``.
template <bool with_units>
static inline void nl_gaps(nl_place at, double scale, int64_t& place, uint16_t* picked, double* units) {
    constexpr int64_t together = with_units ? 8 : 16;
    const double factor = -0.5 * scale;
#ifdef NL_VECTORS
    typedef uint16_t nl_ranks __attribute__((vector_size(16), aligned(2)));
    const nl_integers none = {};
    const nl_counts index = at.index + nl_counts{0, 1, 2, 3, 4, 5, 6, 7};
    nl_counts bits[2];
    nl_philox<1>(at, &index, bits, bits + 1);
    for (int64_t k = 0; k < together; k += 8) {
        const nl_doubles gap = nl_twice_exponential_from<double>(bits[k / 8]) * factor;
        nl_integers sum = 1 + __builtin_convertvector(gap < NL_FAR ? gap : NL_8(NL_FAR), nl_integers);
        sum += __builtin_shuffle(none, sum, nl_integers{7, 8, 9, 10, 11, 12, 13, 14});
        sum += __builtin_shuffle(none, sum, nl_integers{6, 7, 8, 9, 10, 11, 12, 13});
        sum += __builtin_shuffle(none, sum, nl_integers{4, 5, 6, 7, 8, 9, 10, 11});
        sum += place;
        place = sum[7];
        *(nl_ranks*)(picked + k) = __builtin_convertvector(sum < NL_FAR ? sum : none + NL_FAR, nl_ranks);
    }
    if (with_units) *(nl_doubles*)units = nl_uniform_from<double>(bits[1]);
#else
    double gaps[together];
#pragma omp simd
    for (int j = 0; j < 8; ++j) {
        const nl_words words = nl_random_words(nl_place{at.seed, at.draw, at.index + j, at.stream}, 0);
        const uint64_t rest = nl_pair(words.c, words.d);
        gaps[j] = nl_twice_exponential_from<double>(nl_pair(words.a, words.b)) * factor;
        if (with_units) units[j] = nl_uniform_from<double>(rest);
        else gaps[j + together - 8] = nl_twice_exponential_from<double>(rest) * factor;
    }
    for (int64_t k = 0; k < together; ++k) {
        place += 1 + (int64_t)(gaps[k] < NL_FAR ? gaps[k] : NL_FAR);
        picked[k] = (uint16_t)nl_min(place, NL_FAR);
    }
#endif
}

// The places that 32 gaps in single precision lead to, likewise: the chance is wrong by 4e-6 of itself at most.
static inline void nl_near_gaps(nl_place at, float factor, int64_t& place, uint16_t* picked) {
#ifdef NL_VECTORS
    typedef uint16_t nl_ranks __attribute__((vector_size(32), aligned(2)));
    typedef nl_integers_32 nl_sums;
    const nl_sums none = {};
    const nl_counts index = at.index + nl_counts{0, 1, 2, 3, 4, 5, 6, 7};
    nl_counts bits[2];
    nl_philox<1>(at, &index, bits, bits + 1);
    for (int64_t k = 0; k < 2; ++k) {
        const nl_floats gap = nl_twice_exponential_from<float>((nl_counts_32)bits[k]) * factor;
        nl_sums sum = 1 + __builtin_convertvector(gap < NL_FAR ? gap : nl_floats{} + NL_FAR, nl_sums);
        sum += __builtin_shuffle(none, sum, nl_sums{15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30});
        sum += __builtin_shuffle(none, sum, nl_sums{14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29});
        sum += __builtin_shuffle(none, sum, nl_sums{12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27});
        sum += __builtin_shuffle(none, sum, nl_sums{8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23});
        sum += (int32_t)place;
        place = sum[15];
        *(nl_ranks*)(picked + 16 * k) = __builtin_convertvector(sum < NL_FAR ? sum : none + NL_FAR, nl_ranks);
    }
#else
    float gaps[32];
#pragma omp simd
    for (int j = 0; j < 8; ++j) {
        const nl_words words = nl_random_words(nl_place{at.seed, at.draw, at.index + j, at.stream}, 0);
        gaps[2 * j] = nl_twice_exponential_from<float>(words.b) * factor;
        gaps[2 * j + 1] = nl_twice_exponential_from<float>(words.a) * factor;
        gaps[2 * j + 16] = nl_twice_exponential_from<float>(words.d) * factor;
        gaps[2 * j + 17] = nl_twice_exponential_from<float>(words.c) * factor;
    }
    for (int64_t k = 0; k < 32; ++k) {
        place += 1 + (int64_t)(gaps[k] < NL_FAR ? gaps[k] : NL_FAR);
        picked[k] = (uint16_t)nl_min(place, NL_FAR);
    }
#endif
}

// Places below ``size`` that gaps from the element ``at.index`` on lead to, ascending; how many. What follows them is
// not less than ``size``. There is room for 32 more than ``size``.
template <bool with_units>
static inline int64_t nl_pick_rare(nl_place at, int64_t size, double chance, double scale, uint16_t* picked,
                                   double* units) {
    int64_t number = 0, place = -1;
    if (!with_units && chance >= NL_NEAR) {
        const float factor = (float)(-0.5 * scale);
        for (; place < size; number += 32, at.index += 8) nl_near_gaps(at, factor, place, picked + number);
    } else {
        for (; place < size; number += with_units ? 8 : 16, at.index += 8)
            nl_gaps<with_units>(at, scale, place, picked + number, units + number);
    }
    while (number > 0 && picked[number - 1] >= size) --number;
    return number;
}

// Those of the ``size`` neurons from ``at.index`` on whose number is less than their chance, relative to the first of
// them, and their numbers; how many.
template <bool with_units, class Chance>
static inline int64_t nl_pick_many(nl_place at, int64_t size, Chance chance_of, uint16_t* picked, double* units) {
    int64_t number = 0;
    for (int64_t begin = 0; begin < size; begin += 64, at.index += 64) {
        alignas(64) double drawn[64];
        alignas(64) int64_t flags[64] = {};
        nl_fill_uniform(drawn, at);
        const int64_t end = nl_min(64, size - begin);
#pragma omp simd
        for (int64_t k = 0; k < end; ++k) flags[k] = -(int64_t)(drawn[k] < (double)chance_of((int64_t)at.index + k));
        for (uint64_t left = nl_mask(flags, end); left; left &= left - 1) {
            const int64_t k = __builtin_ctzll(left);
            picked[number] = (uint16_t)(begin + k);
            if (with_units) units[number] = drawn[k];
            ++number;
        }
    }
    picked[number] = NL_FAR;
    return number;
}

// Those picked of the ``size`` neurons of a group that begins at ``gaps.index``, relative to it, and the unit of each.
template <bool with_units, class Chance>
static inline int64_t nl_pick(nl_place gaps, nl_place all, int64_t size, double chance, double scale, Chance chance_of,
                              uint16_t* picked, double* units) {
    if (!(chance > 0.0)) return 0;
    if (chance > NL_RARE) return nl_pick_many<with_units>(all, size, chance_of, picked, units);
    const int64_t number = nl_pick_rare<with_units>(gaps, size, chance, scale, picked, units);
    if (with_units)
        for (int64_t k = 0; k < number; ++k) units[k] *= chance;
    return number;
}

// The largest of the chances of ``size`` neurons from ``begin`` on.
template <class Chance>
static inline double nl_largest(int64_t begin, int64_t size, Chance chance_of) {
    auto largest = chance_of(begin);
    largest = largest > 0 ? largest : 0;
#pragma omp simd reduction(max : largest)
    for (int64_t i = begin; i < begin + size; ++i) {
        const auto chance = chance_of(i);
        largest = chance > largest ? chance : largest;
    }
    return (double)largest;
}

// Where those are that are picked in this step: from ``next`` on while they are less than ``end``, relative to
// ``first``.
struct nl_picks { int64_t next, end, first; };

typedef double __attribute__((may_alias)) nl_kept_double;

// Of a group of ``size`` neurons, when its gaps run through a window of steps. The places of all steps are kept in
// ``picked`` until the call ends; ``next`` and the largest chance are kept in front of them. With ``own`` chances,
// ``chance`` and ``scale`` mean nothing.
template <bool own, class Chance>
static inline nl_picks nl_pick_of_window(nl_place gaps, nl_place all, int64_t window, bool is_first, int64_t size,
                                         double chance, double scale, uint16_t* kept, Chance chance_of) {
    uint16_t* const picked = kept + 32;
    const int64_t begin = (int64_t)all.index, now = (int64_t)(gaps.draw % (uint64_t)window), end = window * size;
    if (own) {
        nl_kept_double* const largest = (nl_kept_double*)(kept + 4);
        if (is_first) *largest = nl_largest(begin, size, chance_of);
        chance = *largest;
    }
    if (chance > NL_RARE) {
        nl_pick_many<false>(all, size, chance_of, picked, (double*)0);
        return nl_picks{0, size, begin};
    }
    if (is_first || now == 0) {
        kept[0] = 0;
        nl_place at = {gaps.seed ^ nl_bits(chance), gaps.draw - (uint64_t)now, gaps.index * (uint64_t)window,
                       gaps.stream};
        int64_t number = 0, place = chance > 0.0 ? -1 : end;
        if (own) scale = 1.0 / nl_log1p(-chance);
        if (!own && place < end) number = nl_pick_rare<false>(at, end, chance, scale, picked, (double*)0);
        for (; own && place < end; at.index += 8) {
            alignas(64) double units[8];
            uint16_t places[8];
            nl_gaps<true>(at, scale, place, places, units);
            for (int k = 0; k < 8 && places[k] < end; ++k) {
                picked[number] = places[k];
                number += units[k] * chance < (double)chance_of(begin + places[k] % (uint32_t)size);
            }
        }
        if (own || !(chance > 0.0)) picked[number] = NL_FAR;
    }
    int64_t next = kept[0];
    while (picked[next] < now * size) ++next;
    return nl_picks{next, (now + 1) * size, begin - now * size};
}
