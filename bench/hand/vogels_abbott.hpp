// The networks of Vogels & Abbott (2005): 4000 neurons, each with a synapse onto 2 % of the others, dt 0.1 ms.
// Scale 10: 40 000 neurons with as many synapses each. A model says how v moves; see coba.cpp and cuba.cpp.
//
// One pass over the neurons does everything but the spikes; whether a neuron rests is a bit, and so is whether it
// fired.
#pragma once
#include "phi.hpp"
#include "threads.hpp"

constexpr double kStep = 0.1, kTau = 20, kTauExc = 5, kTauInh = 10, kReset = -60, kThreshold = -50;
constexpr int kRefractory = 50, kKept = kRefractory + 1;

struct Share {  // what one thread owns
    int begin, end;
    std::vector<uint32_t> lists[2];
    int counts[2] = {0, 0};
    Array<uint32_t> resting;  // spikes of the last steps, kKept lists
    std::vector<int> resting_counts = std::vector<int>(kKept, 0);
    int64_t spikes = 0;
};

struct Recording {  // v of all neurons every `period` steps and all spikes, in blocks that are large enough
    int period = 0;
    Array<real> samples;
    Array<uint32_t> neurons, steps;
    int64_t spikes = 0;
};

struct NoInputs {  // others are in poisson.cpp
    static constexpr bool some = false;
    int64_t synapses() const { return 0; }
};

// A function of its own and a model by value: all that is constant stays in registers, whatever a store may alias.
template <class Model>
[[gnu::noinline]] void pass(int begin, int end, const Model model, real *__restrict v, real *__restrict ge,
                            real *__restrict gi, const Mask *__restrict frozen, Mask *__restrict fired) {
    const Vec decay_exc = splat(static_cast<real>(std::exp(-kStep / kTauExc)));
    const Vec decay_inh = splat(static_cast<real>(std::exp(-kStep / kTauInh)));
    for (int i = begin; i < end; i += kLanes) {
        const Vec e = load(ge + i), g = load(gi + i), old = load(v + i);
        const Vec now = choose(frozen[i / kLanes], old, model.step(old, e, g));
        const Mask over = greater(now, splat(kThreshold));
        store(v + i, choose(over, splat(kReset), now));
        fired[i / kLanes] = over;
        store(ge + i, e * decay_exc);
        store(gi + i, g * decay_inh);
    }
}

template <class Model, class Inputs = NoInputs>
void simulate(const Arguments &arguments, const Model &model, Recording *recording, Inputs inputs = {}) {
    const int n = arguments.scaled(4000), exc = arguments.scaled(3200);
    // Written for at most two: the synapses of a neuron are cut once.
    const int threads = n >= 16000 && !recording ? std::min(arguments.threads, 2) : 1;
    Stopwatch build;
    Random random(arguments.seed);
    Rows<uint16_t> rows;
    rows.fixed_probability(n, n, std::fmin(1.0, 0.02 / arguments.scale), random);
    const size_t room = padded(n, 64);
    Array<real> v(room), ge(room), gi(room);
    Array<Mask> frozen(room / kLanes), fired(room / kLanes);
    for (int i = 0; i < n; ++i) model.start(v[i], ge[i], gi[i], random);
    for (size_t i = n; i < room; ++i) v[i] = static_cast<real>(kReset), gi[i] = 1;
    const int half = static_cast<int>(padded(n / threads, 64));
    Array<int64_t> middle(n);  // where the synapses onto the second thread's neurons begin
    if (threads > 1)
        for (int j = 0; j < n; ++j) {
            const uint16_t *const row = &rows.posts[rows.offsets[j]], *const end = &rows.posts[rows.offsets[j + 1]];
            middle[j] = rows.offsets[j] + (std::lower_bound(row, end, static_cast<uint16_t>(half)) - row);
        }
    if constexpr (Inputs::some) inputs.build(arguments, n, half, random);
    std::vector<Share> shares(threads);
    for (int t = 0; t < threads; ++t) {
        Share &share = shares[t];
        share.begin = t * half, share.end = t + 1 == threads ? static_cast<int>(room) : half;
        const int size = share.end - share.begin + 64;
        for (auto &list : share.lists) list.resize(size);
        share.resting.make(static_cast<size_t>(size) * kKept, false);
    }
    const int steps = static_cast<int>(std::lround(arguments.duration / kStep));
    if (recording) {
        recording->samples.make(room * (steps / recording->period + 1), false);
        recording->neurons.make(static_cast<size_t>(n) * steps / kRefractory + n, false);
        recording->steps.make(static_cast<size_t>(n) * steps / kRefractory + n, false);
    }
    build.stop();

    Barrier barrier(threads);
    Stopwatch run;
    parallel(threads, [&](int t) {
        Share &own = shares[t];
        const int room_of_list = own.end - own.begin + 64;
        for (int step = 0; step < steps; ++step) {
            // Those that fired long enough ago may move again.
            const int slot = step % kKept;
            uint32_t *const resting = own.resting.data + static_cast<size_t>(slot) * room_of_list;
            for (int k = 0; k < own.resting_counts[slot]; ++k)
                frozen[resting[k] / kLanes] &= static_cast<Mask>(~(1u << resting[k] % kLanes));
            if constexpr (Inputs::some)
                if (t == 0) inputs.draw(step & 1);
            pass(own.begin, own.end, model, v.data, ge.data, gi.data, frozen.data, fired.data);
            // A list of the spikes, from 64 bits at a time.
            uint32_t *const list = own.lists[step & 1].data();
            int found = 0;
            for (int i = own.begin; i < own.end; i += 64) {
                uint64_t bits, held;
                std::memcpy(&bits, &fired[i / kLanes], 8);
                if (bits == 0) continue;
                std::memcpy(&held, &frozen[i / kLanes], 8);
                held |= bits;
                std::memcpy(&frozen[i / kLanes], &held, 8);
                for (; bits; bits &= bits - 1) {
                    const uint32_t j = static_cast<uint32_t>(i + __builtin_ctzll(bits));
                    resting[found] = list[found] = j;
                    ++found;
                    for (int k = 0; k < 96; k += 32) __builtin_prefetch(&rows.posts[rows.offsets[j] + k]);
                }
            }
            own.counts[step & 1] = own.resting_counts[slot] = found;
            if (recording) {
                for (int k = 0; k < found; ++k) {
                    recording->neurons[own.spikes + k] = list[k];
                    recording->steps[own.spikes + k] = static_cast<uint32_t>(step);
                }
                if (step % recording->period == 0)
                    std::memcpy(&recording->samples[step / recording->period * static_cast<size_t>(n)], v.data, n * sizeof(real));
            }
            own.spikes += found;
            barrier.wait();
            if constexpr (Inputs::some) inputs.deliver(step & 1, t, threads, ge.data);
            for (const Share &from : shares)
                for (int k = 0; k < from.counts[step & 1]; ++k) {
                    const uint32_t j = from.lists[step & 1][k];
                    const bool pyramid = j < static_cast<uint32_t>(exc);
                    const int64_t first = t == 0 ? rows.offsets[j] : middle[j];
                    const int64_t last = t + 1 == threads ? rows.offsets[j + 1] : middle[j];
                    real *const target = pyramid ? ge.data : gi.data;
                    const real weight = static_cast<real>(pyramid ? Model::kWeightExc : Model::kWeightInh);
                    for (int64_t s = first; s < last; ++s) target[rows.posts[s]] += weight;
                }
        }
    });
    run.stop();
    int64_t spikes = 0;
    for (const Share &share : shares) spikes += share.spikes;
    report(run, build, static_cast<double>(spikes) / n / (arguments.duration / 1000.0), rows.count() + inputs.synapses(), threads);
}
