// Neurons that are picked with a small probability, by the gaps between them: geometric ones, which have no memory,
// so that each group of neurons begins anew in each step. What is found is the same however wide vectors are.

#define NL_GROUP 1024
#define NL_RARE 0.125

// 16 gaps of at most NL_GROUP, or 8 and what is left of the words in ``units``. With the gap, one place is taken.
template <bool with_units>
static inline void nl_gaps(nl_place at, double scale, double* units, int64_t* taken) {
#ifdef NL_VECTORS
    const nl_counts index = at.index + nl_counts{0, 1, 2, 3, 4, 5, 6, 7};
    nl_counts ab, cd;
    nl_philox<1>(at, &index, &ab, &cd);
    const auto put = [&](nl_counts bits, int64_t* to) __attribute__((always_inline)) {
        const nl_doubles gap = nl_log_of_normal(2.0 - nl_one_to_two(bits)) * scale;
        *(nl_integers*)to = 1 + __builtin_convertvector(gap < NL_GROUP ? gap : NL_8(NL_GROUP), nl_integers);
    };
    put(ab, taken);
    if (with_units) *(nl_doubles*)units = nl_one_to_two(cd) - 1.0;
    else put(cd, taken + 8);
#else
#pragma omp simd
    for (int j = 0; j < 8; ++j) {
        const nl_words words = nl_random_words(nl_place{at.seed, at.draw, at.index + j, at.stream}, 0);
        const double gap = nl_log_of_normal(2.0 - nl_one_to_two(nl_pair(words.a, words.b))) * scale;
        taken[j] = 1 + (int64_t)(gap < NL_GROUP ? gap : NL_GROUP);
        const double rest = nl_one_to_two(nl_pair(words.c, words.d));
        const double other = nl_log_of_normal(2.0 - rest) * scale;
        if (with_units) units[j] = rest - 1.0;
        else taken[j + 8] = 1 + (int64_t)(other < NL_GROUP ? other : NL_GROUP);
    }
#endif
}

// Those picked of the ``size`` neurons of the group that begins at ``gaps.index``, relative to it, ascending, and the
// unit of each; how many. There is room for 16 more than a group has.
template <bool with_units>
static inline int64_t nl_pick(nl_place gaps, nl_place all, int64_t size, double chance, double scale,
                              int32_t* picked, double* units) {
    int64_t number = 0;
    if (!(chance > 0.0)) return 0;
    if (chance > NL_RARE) {
        for (int64_t begin = 0; begin < size; begin += 64, all.index += 64) {
            alignas(64) double drawn[64];
            nl_fill_uniform(drawn, all);
            const int64_t end = nl_min(64, size - begin);
            for (int64_t k = 0; k < end; ++k) {
                picked[number] = (int32_t)(begin + k);
                if (with_units) units[number] = drawn[k];
                number += drawn[k] < chance;
            }
        }
        return number;
    }
    constexpr int64_t together = with_units ? 8 : 16;
    int64_t place = -1;
    do {
        alignas(64) int64_t taken[together];
        nl_gaps<with_units>(gaps, scale, units + number, taken);
        gaps.index += 8;
#ifdef NL_VECTORS
        for (int64_t k = 0; k < together; k += 8) {
            const nl_integers none = {};
            nl_integers sum = *(const nl_integers*)(taken + k);
            sum += __builtin_shuffle(none, sum, nl_integers{7, 8, 9, 10, 11, 12, 13, 14});
            sum += __builtin_shuffle(none, sum, nl_integers{6, 7, 8, 9, 10, 11, 12, 13});
            sum += __builtin_shuffle(none, sum, nl_integers{4, 5, 6, 7, 8, 9, 10, 11});
            *(nl_integers*)(taken + k) = sum + place;
            place += sum[7];
        }
#else
        for (int64_t k = 0; k < together; ++k) taken[k] = place += taken[k];
#endif
        int64_t within = 0;
        for (int64_t k = 0; k < together; ++k) {
            picked[number + k] = (int32_t)taken[k];
            if (with_units) units[number + k] *= chance;
            within += taken[k] < size;
        }
        number += within;
    } while (place < size);
    return number;
}
