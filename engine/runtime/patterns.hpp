// The rows behind the connection patterns: random choices, and weights that depend on the distance.
//
// `Rank` is the type of ranks as they are stored: uint16_t where it holds them, else int32_t.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "draws.hpp"

namespace neuroloom {

// Ascending ranks that rows choose from.
class Candidates {
  public:
    Candidates(const int32_t* ranks, int64_t n) : ranks(ranks), n(n), gapless(ranks[n - 1] - ranks[0] == n - 1) {}
    int32_t operator[](int64_t place) const {
        return gapless ? ranks[0] + static_cast<int32_t>(place) : ranks[place];
    }
    int64_t size() const { return n; }

  private:
    const int32_t* ranks;
    int64_t n;
    bool gapless;
};

// Keep each candidate with a probability, scale being 1 / log(1 - probability), in the rows of one group; never a
// row's own rank if `exclude_self`. The pairs of the group are one sequence, and the gaps between kept ones are
// geometric, so that the work grows with what is kept. Returns the number kept, or -1 if `room` may not be enough.
template <class Rank>
int64_t keep_some(const Candidates& candidates, const int32_t* rows, int64_t n_rows, double scale, bool exclude_self,
                  const Stream& stream, int64_t* counts, Rank* kept, int64_t room) {
    const int64_t n = candidates.size();
    int32_t gaps[BATCH];
    uint32_t block = 0;
    int64_t place = -1, row = 0, count = 0, begin = 0;
    int32_t excluded = exclude_self ? rows[0] : -1;
    for (;;) {
        if (room - count < BATCH) return -1;
        draw_gaps(stream, block, scale, gaps);
        block += BATCH / 2;
        for (int64_t k = 0; k < BATCH; ++k) {
            place += 1 + static_cast<int64_t>(gaps[k]);
            while (place >= n) {
                place -= n;
                counts[row] = count - begin;
                begin = count;
                if (++row == n_rows) return count;
                if (exclude_self) excluded = rows[row];
            }
            const int32_t rank = candidates[place];
            kept[count] = static_cast<Rank>(rank);
            count += rank != excluded;
        }
    }
}

// Choose distinct candidates, ascending, each set equally likely: draw until there are enough different ones. Where
// more than half are wanted, those to leave out are drawn.
class Choice {
  public:
    Choice(const Candidates& candidates, int64_t number) : candidates(candidates), number(number) {}

    // `excluded` is the place of a candidate that must not be chosen, or their number.
    template <class Rank>
    void choose(int64_t excluded, const Stream& stream, Rank* chosen) {
        const int64_t available = candidates.size() - (excluded < candidates.size());
        const bool inverted = number > available / 2;
        const int64_t wanted = inverted ? available - number : number;
        Places drawn(stream, available);
        if (!inverted && wanted < available / 1024)
            sorted(wanted, drawn);
        else
            marked(wanted, available, inverted, drawn);
        for (int64_t k = 0; k < number; ++k)
            chosen[k] = static_cast<Rank>(candidates[places[k] + (places[k] >= excluded)]);
    }

  private:
    // Few of many: sort what was drawn.
    void sorted(int64_t wanted, Places& drawn) {
        places.clear();
        while (static_cast<int64_t>(places.size()) < wanted) {
            const int64_t missing = std::min(BATCH, wanted - static_cast<int64_t>(places.size()));
            drawn.make(missing);
            places.insert(places.end(), drawn.places, drawn.places + missing);
            std::sort(places.begin(), places.end());
            places.erase(std::unique(places.begin(), places.end()), places.end());
        }
    }

    // One bit for each candidate.
    void marked(int64_t wanted, int64_t available, bool inverted, Places& drawn) {
        bits.assign((available + 63) / 64, 0);
        for (int64_t count = 0; count < wanted;) {
            drawn.make(wanted - count);
            for (int64_t k = 0; k < drawn.filled && count < wanted; ++k) {
                uint64_t& word = bits[drawn.places[k] / 64];
                const uint64_t with = word | uint64_t{1} << (drawn.places[k] % 64);
                count += with != word;
                word = with;
            }
        }
        places.resize(number);
        int32_t* place = places.data();
        for (int64_t k = 0; k < static_cast<int64_t>(bits.size()); ++k) {
            uint64_t word = inverted ? ~bits[k] : bits[k];
            if (64 * (k + 1) > available) word &= (uint64_t{1} << (available - 64 * k)) - 1;
            for (; word; word &= word - 1) *place++ = static_cast<int32_t>(64 * k + __builtin_ctzll(word));
        }
    }

    Candidates candidates;
    int64_t number;
    std::vector<int32_t> places;
    std::vector<uint64_t> bits;
};

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
    template <class Rank>
    int64_t row(const float* centre, int64_t excluded, Rank* pre, double* weights) const {
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

    template <class Rank>
    void visit(const float* centre, size_t dimension, int64_t rank, float squared, int64_t excluded, Rank* pre,
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
                pre[count] = static_cast<Rank>(here);
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
