// Random numbers of connection patterns, many at a time.
//
// Every number is a function of (seed, stream, part, position): parts may be drawn in any order, or on any number of
// threads, and give the same synapses. Generator: Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as
// easy as 1, 2, 3"). All is plain arithmetic without contraction: the same bits in vectors of any length.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

// The loader takes the variant with the longest vectors of the processor.
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
#define NEUROLOOM_VARIANTS __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define NEUROLOOM_VARIANTS
#endif

namespace neuroloom {

constexpr int64_t BATCH = 256;       // Numbers at a time, at most.
constexpr int64_t SMALL_BATCH = 32;  // Batches are multiples of this.

// Key and upper words of the counter.
struct Stream {
    Stream(uint64_t seed, uint64_t stream, uint32_t part)
        // "CONN" keeps these draws apart from those of a simulation with the same seed.
        : key{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32) ^ 0x434F4E4Eu},
          counter{part, static_cast<uint32_t>(stream), static_cast<uint32_t>(stream >> 32)} {}
    uint32_t key[2];
    uint32_t counter[3];
};

typedef uint64_t Lanes __attribute__((vector_size(64)));

// Eight blocks of two words each, from that block on.
static inline __attribute__((always_inline)) void philox(const Stream& stream, uint32_t block, uint64_t* words) {
    const uint64_t low = 0xFFFFFFFFu;
    Lanes a = {0, 1, 2, 3, 4, 5, 6, 7};
    const Lanes zero = a ^ a;
    a = (a + block) & low;
    Lanes b = zero + stream.counter[0], c = zero + stream.counter[1], d = zero + stream.counter[2];
    uint64_t k = stream.key[0], l = stream.key[1];
    for (int round = 0; round < 10; ++round) {
        const Lanes first = a * 0xD2511F53u, second = c * 0xCD9E8D57u;
        a = (second >> 32) ^ b ^ k;
        b = second & low;
        c = (first >> 32) ^ d ^ l;
        d = first & low;
        k = (k + 0x9E3779B9u) & low;
        l = (l + 0xBB67AE85u) & low;
    }
    a |= b << 32;
    c |= d << 32;
    std::memcpy(words, &a, sizeof a);
    std::memcpy(words + 8, &c, sizeof c);
}

static inline double from_bits(uint64_t bits) {
    double x;
    std::memcpy(&x, &bits, 8);
    return x;
}

// Strictly between 0 and 1, in steps of 2^-52.
static inline double unit(uint64_t word) { return from_bits(word >> 12 | 0x3FF0000000000000u) - (1.0 - 0x1p-53); }

// log(x) for 0 < x < 1 with a relative error below 1e-13.
static inline double logarithm(double x) {
    uint64_t bits;
    std::memcpy(&bits, &x, 8);
    const int64_t exponent = static_cast<int64_t>(bits - 0x3FE6A09E667F3BCDu) >> 52;  // m in sqrt(1/2) .. sqrt(2)
    const double m = from_bits(bits - (static_cast<uint64_t>(exponent) << 52));
    const double s = (m - 1.0) / (m + 1.0), z = s * s;
    double sum = 2.0 / 15.0;
    sum = sum * z + 2.0 / 13.0;
    sum = sum * z + 2.0 / 11.0;
    sum = sum * z + 2.0 / 9.0;
    sum = sum * z + 2.0 / 7.0;
    sum = sum * z + 2.0 / 5.0;
    sum = sum * z + 2.0 / 3.0;
    sum = sum * z + 2.0;
    const double e = from_bits(static_cast<uint64_t>(exponent + 2048) | 0x4330000000000000u) - (0x1p52 + 2048.0);
    return e * 0.69314718055994531 + s * sum;
}

// Numbers of failures before a success of probability p: floor(log(uniform) / log(1 - p)), scale = 1 / log(1 - p).
NEUROLOOM_VARIANTS static void draw_gaps(const Stream& stream, uint32_t block, double scale, int32_t* gaps) {
    uint64_t words[BATCH];
    for (int64_t k = 0; k < BATCH; k += 16) philox(stream, block + static_cast<uint32_t>(k / 2), words + k);
    const double limit = 0x7FFF0000;
    for (int64_t k = 0; k < BATCH; ++k) {
        const double gap = logarithm(unit(words[k])) * scale;
        gaps[k] = static_cast<int32_t>(gap < limit ? gap : limit);
    }
}

// Numbers out of 0 .. n - 1; `number` is a multiple of SMALL_BATCH, at most BATCH. The bias is below n / 2^52.
NEUROLOOM_VARIANTS static void draw_places(const Stream& stream, uint32_t block, int64_t number, double n,
                                           int32_t* places) {
    uint64_t words[BATCH];
    for (int64_t k = 0; k < number; k += 16) philox(stream, block + static_cast<uint32_t>(k / 2), words + k);
    for (int64_t k = 0; k < number; ++k) places[k] = static_cast<int32_t>(unit(words[k]) * n);
}

// Uniform draws out of 0 .. n - 1, one after the other; as many are made at a time as are wanted at least.
class Places {
  public:
    Places(const Stream& stream, int64_t n) : stream(stream), n(static_cast<double>(n)) {}

    void make(int64_t wanted) {
        filled = std::min(BATCH, (wanted + SMALL_BATCH - 1) / SMALL_BATCH * SMALL_BATCH);
        draw_places(stream, block, filled, n, places);
        block += static_cast<uint32_t>(filled / 2);
    }

    int32_t places[BATCH];
    int64_t filled = 0;

  private:
    Stream stream;
    double n;
    uint32_t block = 0;
};

}  // namespace neuroloom
