// Random choices behind the connection patterns.
//
// Every number is a function of (seed, stream, row, counter): rows may be drawn in any order, twice, or on
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

}  // namespace neuroloom
