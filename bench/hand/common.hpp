// What the hand-written programs share: clock, arguments, result, memory, random numbers and vectors of the
// processor's full width. A program is called NAME DURATION_MS THREADS SCALE SEED, all of them optional.
#pragma once
#include <sys/mman.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <algorithm>
#include <type_traits>
#include <vector>

#ifndef REAL
#define REAL double
#endif
using real = REAL;

constexpr int kBytes = 64, kLanes = kBytes / sizeof(real);
using Vec = real __attribute__((vector_size(kBytes)));
using Int = std::conditional_t<sizeof(real) == 8, int64_t, int32_t>;
using VecInt = Int __attribute__((vector_size(kBytes)));

inline double seconds_of(clockid_t clock) {
    timespec t;
    clock_gettime(clock, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

struct Arguments {
    double duration, scale;
    int threads;
    uint64_t seed;
    const char *variant;

    Arguments(int count, char **given, double default_duration, const char *default_variant = "")
        : duration(count > 1 ? std::atof(given[1]) : default_duration),
          scale(count > 3 ? std::atof(given[3]) : 1.0),
          threads(count > 2 ? std::atoi(given[2]) : 1),
          seed(count > 4 ? std::strtoull(given[4], nullptr, 10) : 7),
          variant(count > 5 ? given[5] : default_variant) {}

    bool is(const char *name) const { return std::strcmp(variant, name) == 0; }
    int scaled(int size) const { return static_cast<int>(std::lround(size * scale)); }
};

// Wall time and CPU time of all threads since it was made.
struct Stopwatch {
    double wall = seconds_of(CLOCK_MONOTONIC), cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    void stop() {
        wall = seconds_of(CLOCK_MONOTONIC) - wall;
        cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    }
};

inline int64_t peak_bytes() {
    std::FILE *const status = std::fopen("/proc/self/status", "r");
    long long kib = 0;
    for (char line[256]; status && std::fgets(line, sizeof line, status);)
        if (std::sscanf(line, "VmHWM: %lld", &kib) == 1) break;
    if (status) std::fclose(status);
    return 1024 * kib;
}

inline void report(const Stopwatch &run, const Stopwatch &build, double rate, int64_t synapses, int threads_used,
                   double weight = -1.0) {
    std::printf("{\"seconds\": %.6f, \"cpu\": %.6f, \"rate\": %.6g, \"synapses\": %lld, \"build_seconds\": %.6f, "
                "\"threads_used\": %d, \"peak\": %lld",
                run.wall, run.cpu, rate, static_cast<long long>(synapses), build.cpu, threads_used,
                static_cast<long long>(peak_bytes()));
    if (weight >= 0.0) std::printf(", \"weight\": %.8g", weight);
    std::printf("}\n");
}

// Zeroed memory at a cache line, rounded up to whole vectors; large blocks on huge pages.
template <class T>
struct Array {
    T *data = nullptr;
    size_t size = 0;

    Array() = default;
    explicit Array(size_t n) { make(n); }
    Array(const Array &) = delete;
    Array &operator=(const Array &) = delete;
    ~Array() { std::free(data); }

    void make(size_t n, bool zeroed = true) {
        const size_t huge = size_t{1} << 21, page = n * sizeof(T) >= huge ? huge : kBytes;
        const size_t bytes = (n * sizeof(T) + 4 * kBytes + page - 1) / page * page;
        std::free(data);
        data = static_cast<T *>(std::aligned_alloc(page, bytes));
        if (page == huge) madvise(data, bytes, MADV_HUGEPAGE);
        if (zeroed) std::memset(data, 0, bytes);
        size = n;
    }
    T &operator[](size_t i) { return data[i]; }
    const T &operator[](size_t i) const { return data[i]; }
};

inline size_t padded(size_t n, size_t unit = kLanes) { return (n + unit - 1) / unit * unit; }

// xoshiro256++ (Blackman and Vigna 2019), one stream.
struct Random {
    uint64_t s[4];

    explicit Random(uint64_t seed) {
        for (uint64_t &word : s) {  // splitmix64
            uint64_t z = seed += 0x9E3779B97F4A7C15u;
            z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
            z = (z ^ z >> 27) * 0x94D049BB133111EBu;
            word = z ^ z >> 31;
        }
    }
    uint64_t bits() {
        const uint64_t sum = s[0] + s[3], result = (sum << 23 | sum >> 41) + s[0], t = s[1] << 17;
        s[2] ^= s[0], s[3] ^= s[1], s[1] ^= s[2], s[0] ^= s[3], s[2] ^= t;
        s[3] = s[3] << 45 | s[3] >> 19;
        return result;
    }
    double uniform() { return static_cast<double>((bits() >> 11) + 1) * 0x1p-53; }  // in (0, 1]
    double uniform(double low, double high) { return low + (high - low) * uniform(); }
    uint32_t below(uint32_t n) { return static_cast<uint32_t>((bits() >> 32) * n >> 32); }
    double normal() {
        const double radius = std::sqrt(-2.0 * std::log(uniform()));
        return radius * std::cos(6.283185307179586 * uniform());
    }
    // How many failures come before the next success; scale is 1/log(1 - p).
    int64_t gap(double scale) { return static_cast<int64_t>(std::fmin(std::log(uniform()) * scale, 1e15)); }
};

// Rows of synapses by pre-synaptic neuron; ranks ascend in a row.
template <class Rank>
struct Rows {
    Array<int64_t> offsets;
    Array<Rank> posts;

    // Each pair is a synapse with probability p: the gaps between them are geometric. No synapse to itself.
    void fixed_probability(int n_pre, int n_post, double p, Random &random, bool to_self = false) {
        const double expected = static_cast<double>(n_pre) * n_post * p, scale = 1.0 / std::log1p(-p);
        offsets.make(n_pre + 1);
        posts.make(static_cast<size_t>(expected + 8.0 * std::sqrt(expected) + 64.0), false);
        int64_t count = 0;
        for (int j = 0; j < n_pre; ++j) {
            for (int64_t i = random.gap(scale); i < n_post; i += 1 + random.gap(scale))
                if (to_self || i != j) posts[count++] = static_cast<Rank>(i);
            offsets[j + 1] = count;
        }
    }
    int64_t count() const { return offsets[offsets.size - 1]; }
};
