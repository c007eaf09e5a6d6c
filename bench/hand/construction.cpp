// Drawing a random matrix: fixed probability, one pass, rows in an array that is large enough, ranks of 16 bits where
// they fit. The gaps between synapses are geometric, made eight at a time and summed within the vector; what is left
// over at the end of a row is thrown away, since the sequence has no memory.
//
// Usage: construction SIZE PROBABILITY; prints {"seconds": ..., "synapses": ...} of CPU time.
#undef REAL
#include "normal.hpp"

constexpr int kSpare = 64;

#ifdef __AVX512F__
// Draws gaps into `positions` from `last` on, until one is at n or behind; returns how many are before n.
template <class Rank>
static int64_t row(RandomWords &words, const Logarithm &logarithm, Vec scale, int n, Rank *positions) {
    constexpr uint64_t one = 0x3FF0000000000000u;
    const __m256i end = _mm256_set1_epi32(n), largest = _mm256_set1_epi32(1 << 24), lanes = _mm256_set1_epi32(7);
    __m256i last = _mm256_set1_epi32(-1);
    for (int64_t count = 0;;) {
        const Vec u = splat(2) - reinterpret_cast<Vec>((words.bits() >> 12) | one);
        // One more than the number of failures; log(1) may come out just above 0.
        __m256i gap = _mm512_cvttpd_epi32(as_pd(logarithm(u) * scale));
        gap = _mm256_add_epi32(_mm256_min_epu32(_mm256_max_epi32(gap, _mm256_setzero_si256()), largest), _mm256_set1_epi32(1));
        const __m256i zero = _mm256_setzero_si256();
        gap = _mm256_add_epi32(gap, _mm256_alignr_epi32(gap, zero, 7));
        gap = _mm256_add_epi32(gap, _mm256_alignr_epi32(gap, zero, 6));
        gap = _mm256_add_epi32(gap, _mm256_alignr_epi32(gap, zero, 4));
        const __m256i place = _mm256_add_epi32(gap, last);
        if constexpr (sizeof(Rank) == 2)
            _mm_storeu_si128(reinterpret_cast<__m128i *>(positions + count), _mm256_cvtepi32_epi16(place));
        else
            _mm256_storeu_si256(reinterpret_cast<__m256i *>(positions + count), place);
        const unsigned inside = _mm256_cmplt_epi32_mask(place, end);
        count += __builtin_popcount(inside);
        if (inside != 0xFF) return count;
        last = _mm256_permutevar8x32_epi32(place, lanes);
    }
}
#else
template <class Rank>
static int64_t row(RandomWords &words, const Logarithm &logarithm, Vec scale, int n, Rank *positions) {
    constexpr uint64_t one = 0x3FF0000000000000u;
    int64_t count = 0;
    for (double last = -1;;) {
        const Vec u = splat(2) - reinterpret_cast<Vec>((words.bits() >> 12) | one), gaps = logarithm(u) * scale;
        for (int i = 0; i < kLanes; ++i) {
            last += 1 + std::floor(std::fmax(gaps[i], 0.0));
            if (last >= n) return count;
            positions[count++] = static_cast<Rank>(last);
        }
    }
}
#endif

template <class Rank>
static void draw(int n, double p) {
    const std::clock_t begin = std::clock();
    const Logarithm logarithm;
    RandomWords words(7);
    const Vec scale = splat(1.0 / std::log1p(-p));
    Array<Rank> pre;
    pre.make(static_cast<size_t>(n * (n * p + 8.0 * std::sqrt(p)) + kSpare), false);
    Array<int64_t> offsets;
    offsets.make(n + 1, false);
    offsets[0] = 0;
    for (int i = 0; i < n; ++i) offsets[i + 1] = offsets[i] + row(words, logarithm, scale, n, &pre[offsets[i]]);
    const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    std::printf("{\"seconds\": %g, \"synapses\": %lld, \"last\": %d}\n", seconds, static_cast<long long>(offsets[n]),
                static_cast<int>(pre[offsets[n] - 1]));
}

int main(int, char **given) {
    const int n = std::atoi(given[1]);
    if (n <= 65536)
        draw<uint16_t>(n, std::atof(given[2]));
    else
        draw<uint32_t>(n, std::atof(given[2]));
}
