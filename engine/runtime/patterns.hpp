// The rows behind the connection patterns: random choices, and weights that depend on the distance.
//
// Every random number is a function of (seed, stream, row, counter): rows may be drawn in any order, twice, or on
// any number of threads, and give the same synapses. Generator: Philox4x32-10 (Salmon et al. 2011,
// "Parallel random numbers: as easy as 1, 2, 3").
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace neuroloom {

// Uniform 64-bit numbers of one row.
class Draws {
  public:
    Draws(uint64_t seed, uint64_t stream, uint32_t row)
        // "CONN" keeps these draws apart from those of a simulation with the same seed.
        : key{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32) ^ 0x434F4E4Eu},
          row(row), stream(stream) {}

    uint64_t next() {
        if (second) {
            second = false;
            return spare;
        }
        uint32_t c[4] = {block++, row, static_cast<uint32_t>(stream), static_cast<uint32_t>(stream >> 32)};
        uint32_t k[2] = {key[0], key[1]};
        for (int round = 0; round < 10; ++round) {
            const uint64_t a = uint64_t{0xD2511F53u} * c[0], b = uint64_t{0xCD9E8D57u} * c[2];
            const uint32_t next[4] = {static_cast<uint32_t>(b >> 32) ^ c[1] ^ k[0], static_cast<uint32_t>(b),
                                      static_cast<uint32_t>(a >> 32) ^ c[3] ^ k[1], static_cast<uint32_t>(a)};
            std::copy(next, next + 4, c);
            k[0] += 0x9E3779B9u;
            k[1] += 0xBB67AE85u;
        }
        spare = uint64_t{c[3]} << 32 | c[2];
        second = true;
        return uint64_t{c[1]} << 32 | c[0];
    }

    // Strictly between 0 and 1.
    double uniform() { return (static_cast<double>(next() >> 11) + 0.5) * 0x1p-53; }

    // One of 0 .. n - 1; the bias is below n / 2^64.
    int64_t below(int64_t n) {
        return static_cast<int64_t>(static_cast<unsigned __int128>(next()) * static_cast<uint64_t>(n) >> 64);
    }

  private:
    uint32_t key[2];
    uint32_t row;
    uint64_t stream;
    uint32_t block = 0;
    uint64_t spare = 0;
    bool second = false;
};

// Keep each candidate with a probability whose log(1 - p) is given; never `excluded`. The gaps between kept
// candidates are geometric, so that the work grows with what is kept. Writes to `kept` unless it is null and
// returns the number kept.
inline int64_t keep_some(const int32_t* candidates, int64_t n, double log_complement, int32_t excluded,
                         Draws draws, int32_t* kept) {
    int64_t count = 0;
    for (int64_t place = -1;;) {
        const double gap = std::floor(std::log(draws.uniform()) / log_complement);
        if (gap >= static_cast<double>(n - 1 - place)) return count;
        place += 1 + static_cast<int64_t>(gap);
        if (candidates[place] == excluded) continue;
        if (kept) kept[count] = candidates[place];
        ++count;
    }
}

// Choose `number` distinct candidates, ascending, each set equally likely (Floyd's algorithm; Bentley 1987,
// "Programming pearls: a sample of brilliance"). `excluded` is the place of a candidate that must not be
// chosen, or n. `marks` has n elements, none equal to `mark`.
inline void choose(const int32_t* candidates, int64_t n, int64_t number, int64_t excluded, Draws draws,
                   std::vector<int64_t>& marks, int64_t mark, int32_t* chosen) {
    const int64_t available = excluded < n ? n - 1 : n;
    const auto actual = [excluded](int64_t place) { return place + (place >= excluded); };
    const bool dense = number > available / 16;
    int64_t count = 0;
    for (int64_t last = available - number; last < available; ++last) {
        int64_t place = draws.below(last + 1);
        if (marks[place] == mark) place = last;
        marks[place] = mark;
        if (!dense) chosen[count++] = candidates[actual(place)];
    }
    if (!dense) {
        std::sort(chosen, chosen + number);
        return;
    }
    for (int64_t place = 0; place < available; ++place)
        if (marks[place] == mark) chosen[count++] = candidates[actual(place)];
}

// Regularly spaced neurons in [0, 1]^d and weights amp_pos * exp(-D^2 / (2 sigma_pos^2)) - amp_neg * exp(...)
// of the distance D to them. Positions, squared distance, arguments and weights are rounded to single
// precision, what lies between is not.
class Distance {
  public:
    // Rows of `extents` are the numbers of neurons along each dimension, the last one running fastest.
    Distance(const int64_t* extents, int64_t dimensions, float amp_pos, float sigma_pos, float amp_neg,
             float sigma_neg, double limit)
        : extents(extents, extents + dimensions), amp_pos(amp_pos), amp_neg(amp_neg),
          spread_pos(spread(sigma_pos)), spread_neg(spread(sigma_neg)), limit(limit) {
        for (int64_t extent : this->extents) {
            positions.emplace_back();
            for (int64_t c = 0; c < extent; ++c)
                positions.back().push_back(extent > 1 ? static_cast<float>(static_cast<double>(c) / (extent - 1)) : 0.0f);
        }
        // Beyond this squared distance even the wider of both bells is too low; the slack covers rounding.
        const double highest = std::abs(this->amp_pos) + std::abs(this->amp_neg);
        farthest = limit > 0.0 ? std::max(0.0, -std::max(spread_pos, spread_neg) * std::log(limit / highest)) * 1.0001 + 1e-5
                               : INFINITY;
    }

    // Neurons that get a weight beyond the limit seen from `centre` (float positions), ascending; never
    // `excluded`. Writes to `pre` and `weights` unless they are null and returns the number of neurons.
    int64_t row(const float* centre, int64_t excluded, int32_t* pre, double* weights) const {
        int64_t count = 0;
        visit(centre, 0, 0, 0.0f, excluded, pre, weights, count);
        return count;
    }

  private:
    static double spread(float sigma) { return static_cast<double>(sigma * sigma) * 2.0; }

    static float further(float squared, float a, float b) {
        const double difference = static_cast<double>(a) - static_cast<double>(b);
        return static_cast<float>(static_cast<double>(squared) + difference * difference);
    }

    void visit(const float* centre, size_t dimension, int64_t rank, float squared, int64_t excluded, int32_t* pre,
               double* weights, int64_t& count) const {
        const std::vector<float>& line = positions[dimension];
        const double reach = std::sqrt(std::max(0.0, farthest - squared));
        const auto first = std::lower_bound(line.begin(), line.end(), centre[dimension] - reach);
        const auto last = std::upper_bound(first, line.end(), centre[dimension] + reach);
        for (auto place = first; place != last; ++place) {
            const int64_t here = rank * extents[dimension] + (place - line.begin());
            const float sum = further(squared, *place, centre[dimension]);
            if (dimension + 1 < positions.size()) {
                visit(centre, dimension + 1, here, sum, excluded, pre, weights, count);
                continue;
            }
            const double negative = amp_neg == 0.0 ? 0.0 : amp_neg * std::exp(-sum / spread_neg);
            const float weight = static_cast<float>(amp_pos * std::exp(-sum / spread_pos) - negative);
            if (here == excluded || !(std::abs(static_cast<double>(weight)) > limit)) continue;
            if (pre) {
                pre[count] = static_cast<int32_t>(here);
                weights[count] = weight;
            }
            ++count;
        }
    }

    std::vector<int64_t> extents;
    std::vector<std::vector<float>> positions;
    double amp_pos, amp_neg, spread_pos, spread_neg, limit, farthest;
};

}  // namespace neuroloom
