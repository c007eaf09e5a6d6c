// Neurons of COBA (Vogels & Abbott 2005), with conductance-based synapses.
#pragma once
#include "vogels_abbott.hpp"

template <int kCurrent>
struct Conductances {
    static constexpr double kWeightExc = 0.6, kWeightInh = 6.7, kRest = -60, kInh = -80;
    const Phi<5> membrane{kStep / kTau};

    void start(real &v, real &e, real &g, Random &random) const {
        v = static_cast<real>(-55 + 5 * random.normal());
        e = static_cast<real>(4 + 1.5 * random.normal());
        g = static_cast<real>(20 + 12 * random.normal());
    }
    Vec step(Vec v, Vec e, Vec g) const {  // the reversal potential of excitation is 0
        return membrane.step(v, e + g + splat(1), fma(g, splat(kInh), splat(kRest + kCurrent)));
    }
};
using Coba = Conductances<20>;
