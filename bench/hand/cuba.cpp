// CUBA (Vogels & Abbott 2005): neurons with current-based synapses.
#include "vogels_abbott.hpp"

struct Cuba {
    static constexpr double kWeightExc = 1.62, kWeightInh = 9.0, kRest = -49;
    const Vec part = splat(static_cast<real>(1 - std::exp(-kStep / kTau)));

    void start(real &v, real &e, real &g, Random &random) const {
        v = static_cast<real>(random.uniform(-60, -50));
        e = g = 0;
    }
    Vec step(Vec v, Vec e, Vec g) const { return fma(part, (e - g) + (splat(kRest) - v), v); }
};

int main(int count, char **given) { simulate(Arguments(count, given, 1000.0), Cuba(), nullptr); }
