// 1000 Poisson neurons onto one neuron with the pair rule of STDP (Song & Abbott 2000), dt 1 ms.
//
// The inputs are one sequence of trials, step by step and neuron by neuron: the gaps between spikes are geometric.
// Traces are kept times exp(t/tau), so that they need no decay: a pre-synaptic spike touches one synapse, a
// post-synaptic one adds x to all weights, a vector at a time. A spike that arrives decays traces to the step in which
// it was emitted and counts as the last event from the step in which it arrives, as in ANNarchy: it stretches both
// traces by one step.
#include "gaps.hpp"

constexpr double kTauM = 10, kTauE = 5, kThreshold = -54, kReset = -60, kRest = -74, kTauTrace = 20, kRate = 15;

int main(int count, char **given) {
    const Arguments arguments(count, given, 10000.0);
    const int n = arguments.scaled(1000), steps = static_cast<int>(std::lround(arguments.duration));
    const real largest = static_cast<real>(0.01 / arguments.scale);
    const double plus = 0.01 * largest, minus = 0.0105 * largest;
    Stopwatch build;
    Random random(arguments.seed);
    const size_t room = padded(n);
    Array<real> w(room), x(room), y(room);
    for (int j = 0; j < n; ++j) w[j] = static_cast<real>(random.uniform() * largest);
    build.stop();

    Gaps gaps(arguments.seed, kRate / 1000);
    const int renewal = (sizeof(real) == 8 ? 500 : 60) * static_cast<int>(kTauTrace);
    const double ratio = std::exp(-1 / kTauTrace);
    const real stretch = static_cast<real>(1 / ratio);
    const double decay = std::exp(-1 / kTauE);
    double v = -60, g = 0, shrink = 1, swell = 1;
    int64_t next = gaps.next(), spikes = 0;
    Stopwatch run;
    for (int step = 0, since = 0; step < steps; ++step, ++since) {
        if (since == renewal) {
            for (size_t j = 0; j < room; ++j) x[j] *= static_cast<real>(shrink), y[j] *= static_cast<real>(shrink);
            shrink = swell = 1, since = 0;
        }
        const real present = static_cast<real>(shrink), trace = static_cast<real>(plus * swell);
        for (; next < n; next += 1 + gaps.next()) {
            const real old = w[next];
            g += old;
            x[next] = x[next] * stretch + trace;
            y[next] *= stretch;
            w[next] = std::fmax(old + y[next] * present, real{0});
        }
        next -= n;
        const double total = 1 + g;  // the reversal potential of excitation is 0
        v += (1 - std::exp(-total / kTauM)) * (kRest / total - v);
        g *= decay;
        if (v > kThreshold) {
            v = kReset;
            ++spikes;
            const Vec now = splat(static_cast<real>(shrink)), top = splat(largest), drop = splat(static_cast<real>(minus * swell));
            for (size_t j = 0; j < room; j += kLanes) {
                const Vec moved = fma(load(&x[j]), now, load(&w[j]));
                store(&w[j], moved < top ? moved : top);
                store(&y[j], load(&y[j]) - drop);
            }
        }
        shrink *= ratio, swell /= ratio;
    }
    run.stop();
    double sum = 0;
    for (int j = 0; j < n; ++j) sum += w[j];
    report(run, build, static_cast<double>(spikes) / (arguments.duration / 1000.0), n, 1, sum / n);
}
