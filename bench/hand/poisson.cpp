// COBA driven by 10 000 Poisson neurons of 20 Hz, each with a synapse onto 1 % of the neurons, instead of by a current.
//
// The sources are one sequence of trials, step by step and neuron by neuron: the gaps between spikes are geometric.
#include "coba.hpp"
#include "gaps.hpp"

constexpr double kRate = 20, kWeight = 0.1;

class Sources {
  public:
    static constexpr bool some = true;

    void build(const Arguments &arguments, int n, int half, Random &random) {
        n_ = arguments.scaled(10000), half_ = static_cast<uint16_t>(half);
        rows_.fixed_probability(n_, n, std::fmin(1.0, 0.01 / arguments.scale), random, true);
        for (auto &list : lists_) list.resize(n_);
        next_ = gaps_.next();
    }
    // Those that fire in this step; their rows are on the way while the neurons are computed.
    void draw(int list) {
        int found = 0;
        for (; next_ < n_; next_ += 1 + gaps_.next()) {
            lists_[list][found++] = static_cast<int>(next_);
            for (int k = 0; k < 64; k += 32) __builtin_prefetch(&rows_.posts[rows_.offsets[next_] + k]);
        }
        next_ -= n_, counts_[list] = found;
    }
    void deliver(int list, int thread, int threads, real *target) const {
        for (int k = 0; k < counts_[list]; ++k) {
            const int j = lists_[list][k];
            const uint16_t *first = &rows_.posts[rows_.offsets[j]], *last = &rows_.posts[rows_.offsets[j + 1]];
            if (threads > 1) (thread ? first : last) = std::lower_bound(first, last, half_);
            for (; first < last; ++first) target[*first] += static_cast<real>(kWeight);
        }
    }
    int64_t synapses() const { return rows_.count(); }

    explicit Sources(uint64_t seed) : gaps_(seed, kRate * kStep / 1000) {}

  private:
    int n_ = 0, counts_[2] = {0, 0};
    uint16_t half_ = 0;
    int64_t next_ = 0;
    Rows<uint16_t> rows_;
    std::vector<int> lists_[2];
    Gaps gaps_;
};

int main(int count, char **given) {
    const Arguments arguments(count, given, 1000.0);
    simulate(arguments, Conductances<0>(), nullptr, Sources(arguments.seed + 1));
}
