// 2000 neurons with excitatory conductances, 10 % synapses with the pair rule of STDP, dt 0.1 ms.
//
// A post-synaptic spike touches no synapse. Until the next pre-synaptic one nobody reads the weight, and what it adds
// is x at the last pre-synaptic spike times exp(-(time since)/tau): all of these increments are positive, so that they
// and the upper bound can wait. A synapse keeps (in a byte) how often its neuron had fired; potentiation[m][j] is the
// sum over the last m spikes of j, and depression[m][j] that of what they add to y. Rows that wait too long are
// brought up to date before a neuron fires once more than these sums reach.
//
// Traces are kept times exp(t/tau), so that they need no decay; x is one of each pre-synaptic neuron. A spike that
// arrives decays traces to the step in which it was emitted and counts as the last event from the step in which it
// arrives, as in ANNarchy: it stretches both traces by one step, which is why y is one of each synapse.
#include "phi.hpp"

constexpr double kStep = 0.1, kTau = 20, kTauExc = 5, kRest = -60, kReset = -60, kThreshold = -50, kTauTrace = 20;
constexpr double kLargest = 0.005, kPlus = 0.01 * kLargest, kMinus = 0.0105 * kLargest;
constexpr int kRefractory = 50, kKept = kRefractory + 1, kTail = 8, kUnit = 32;

struct Network {
    int n, room;
    Array<int64_t> offsets;  // multiples of kUnit
    Array<uint16_t> posts;   // what pads a row points behind the last neuron
    Array<real> weights, y;
    Array<uint8_t> seen;
    Array<real> v, g, current, x, potentiation, depression;
    Array<int32_t> fired_times;  // how often each neuron fired
    Array<int32_t> steps_of;     // its last kTail spikes
    Array<int32_t> last_visit;   // of each row
    std::vector<int> older, newer;  // rows in the order of their last visit, with n as both ends

    void visit(int j, int step) {
        newer[older[j]] = newer[j], older[newer[j]] = older[j];
        older[j] = older[n], newer[j] = n;
        newer[older[n]] = j, older[n] = j;
        last_visit[j] = step;
    }

    void fetch(int64_t s) const {  // kUnit synapses
        __builtin_prefetch(&posts[s]), __builtin_prefetch(&seen[s], 1);
        for (int k = 0; k < kUnit; k += 64 / static_cast<int>(sizeof(real)))
            __builtin_prefetch(&weights[s + k], 1), __builtin_prefetch(&y[s + k], 1);
    }

    // Brings the weights of the row of j up to date; with a spike also delivers and depresses them.
    template <bool kSpike>
    void row(int j, real present, int64_t ahead) {
        const Vec plus = splat(x[j]), now = splat(present), largest = splat(static_cast<real>(kLargest));
        const Vec stretch = splat(static_cast<real>(kSpike ? std::exp(kStep / kTauTrace) : 1));
        const int32_t *const times = fired_times.data;
        const real *const gains = potentiation.data, *const losses = depression.data;
        real *const conductance = g.data;
        for (int64_t s = offsets[j]; s < offsets[j + 1]; s += kLanes) {
            if (s % kUnit == 0) fetch(s + ahead);
            const Ranks post = widened(&posts[s]), count = gather(times, post);
            const Ranks at = ((count - widened(&seen[s])) & 255) * room + post;
            const Vec raised = fma(plus, gather(gains, at), load(&weights[s]));
            Vec w = raised < largest ? raised : largest;
            const Vec trace = (load(&y[s]) + gather(losses, at)) * stretch;
            store_bytes(&seen[s], count);
            store(&y[s], trace);
            if constexpr (kSpike) {
                scatter(conductance, post, gather(conductance, post) + w);
                w = fma(trace, now, w);
                w = w > 0 ? w : Vec{};
            }
            store(&weights[s], w);
        }
    }
};

[[gnu::noinline]] static void pass(size_t room, const Phi<5> membrane, real *__restrict v, real *__restrict conductance,
                                  const real *__restrict current, const Mask *__restrict frozen, Mask *__restrict fired) {
    const Vec decay = splat(static_cast<real>(std::exp(-kStep / kTauExc))), rest = splat(kRest);
    for (size_t i = 0; i < room; i += kLanes) {
        const Vec g = load(conductance + i), old = load(v + i);
        const Vec now = choose(frozen[i / kLanes], old, membrane.step(old, g + splat(1), rest + load(current + i)));
        const Mask over = greater(now, splat(kThreshold));
        store(v + i, choose(over, splat(kReset), now));
        fired[i / kLanes] = over;
        store(conductance + i, g * decay);
    }
}

int main(int count, char **given) {
    const Arguments arguments(count, given, 1000.0);
    const int n = arguments.scaled(2000);
    Stopwatch build;
    Random random(arguments.seed);
    Network net;
    net.n = n, net.room = static_cast<int>(padded(n + kUnit, 64));
    Rows<uint16_t> rows;
    rows.fixed_probability(n, n, std::fmin(1.0, 0.1 / arguments.scale), random);
    net.offsets.make(n + 1);
    for (int j = 0; j < n; ++j) net.offsets[j + 1] = net.offsets[j] + padded(rows.offsets[j + 1] - rows.offsets[j], kUnit);
    const size_t places = net.offsets[n], room = padded(n + kUnit, 64);
    net.posts.make(places), net.weights.make(places), net.y.make(places), net.seen.make(places);
    for (int j = 0; j < n; ++j) {
        int64_t to = net.offsets[j];
        for (int64_t s = rows.offsets[j]; s < rows.offsets[j + 1]; ++s, ++to) {
            net.posts[to] = rows.posts[s];
            net.weights[to] = static_cast<real>(random.uniform(0, 0.002));
        }
        for (int k = 0; to < net.offsets[j + 1]; ++to, ++k) net.posts[to] = static_cast<uint16_t>(n + k);
    }
    for (auto *array : {&net.v, &net.g, &net.current, &net.x}) array->make(room);
    net.potentiation.make(kTail * room), net.depression.make(kTail * room), net.fired_times.make(room), net.steps_of.make(kTail * room), net.last_visit.make(room);
    for (int i = 0; i < n; ++i) {
        net.v[i] = static_cast<real>(random.uniform(-60, -50));
        net.current[i] = static_cast<real>(random.uniform(9, 14));
    }
    for (size_t i = n; i < room; ++i) net.v[i] = kReset;
    for (size_t i = 0; i < kTail * room; ++i) net.steps_of[i] = -1;
    net.older.resize(n + 1), net.newer.resize(n + 1);
    for (int j = 0; j <= n; ++j) net.newer[j] = (j + 1) % (n + 1), net.older[(j + 1) % (n + 1)] = j;
    Array<Mask> frozen(room / kLanes), fired(room / kLanes);
    std::vector<uint32_t> resting[kKept], list;
    build.stop();

    const int steps = static_cast<int>(std::lround(arguments.duration / kStep));
    const Phi<5> membrane(kStep / kTau);
    const int renewal = static_cast<int>((sizeof(real) == 8 ? 500 : 60) * kTauTrace / kStep);  // steps
    const real stretch = static_cast<real>(std::exp(kStep / kTauTrace));
    int64_t spikes = 0;
    int zero = 0;  // the step from which the scaled traces count
    Stopwatch run;
    for (int step = 0; step < steps; ++step) {
        for (const uint32_t i : resting[step % kKept]) frozen[i / kLanes] &= static_cast<Mask>(~(1u << i % kLanes));
        // Spikes of the last step arrive.
        if (step - zero == renewal) {
            const real up = static_cast<real>(std::exp((step - zero) * kStep / kTauTrace));
            for (size_t i = 0; i < room; ++i) net.x[i] /= up;
            for (size_t s = 0; s < places; ++s) net.y[s] /= up;
            for (size_t i = 0; i < kTail * room; ++i) net.potentiation[i] *= up, net.depression[i] /= up;
            zero = step;
        }
        const double shrink = std::exp(-(step - zero) * kStep / kTauTrace);
        for (size_t k = 0; k < list.size(); ++k) {
            const uint32_t j = list[k], following = list[std::min(k + 1, list.size() - 1)];
            net.row<true>(static_cast<int>(j), static_cast<real>(shrink), net.offsets[following] - net.offsets[j]);
            net.x[j] = net.x[j] * stretch + static_cast<real>(kPlus / shrink);
            net.visit(static_cast<int>(j), step);
        }
        pass(room, membrane, net.v.data, net.g.data, net.current.data, frozen.data, fired.data);
        list.clear();
        for (int i = 0; i < n; i += 64) {
            uint64_t bits, held;
            std::memcpy(&bits, &fired[i / kLanes], 8);
            if (bits == 0) continue;
            std::memcpy(&held, &frozen[i / kLanes], 8);
            held |= bits;
            std::memcpy(&frozen[i / kLanes], &held, 8);
            for (; bits; bits &= bits - 1) {
                const uint32_t j = static_cast<uint32_t>(i + __builtin_ctzll(bits));
                if (j >= static_cast<uint32_t>(n)) break;
                list.push_back(j);
                net.fetch(net.offsets[j]);
            }
        }
        resting[step % kKept] = list;
        spikes += static_cast<int64_t>(list.size());
        for (const uint32_t j : list) {  // post-synaptic spikes
            // A row that was not visited since this neuron's oldest remembered spike would need a longer tail.
            int32_t &turn = net.steps_of[kTail * j + net.fired_times[j] % (kTail - 1)];
            for (int oldest; net.last_visit[oldest = net.newer[n]] <= turn;) {
                net.row<false>(oldest, 0, 0);
                net.visit(oldest, step);
            }
            turn = step;
            real *const gains = &net.potentiation[j], *const losses = &net.depression[j];
            for (int m = kTail - 1; m > 0; --m) {
                gains[m * room] = gains[(m - 1) * room] + static_cast<real>(shrink);
                losses[m * room] = losses[(m - 1) * room] - static_cast<real>(kMinus / shrink);
            }
            ++net.fired_times[j];
        }
    }
    run.stop();
    for (int j = 0; j < n; ++j) net.row<false>(j, 0, 0);
    double sum = 0;
    for (int j = 0; j < n; ++j)
        for (int64_t s = net.offsets[j]; s < net.offsets[j + 1] && net.posts[s] < n; ++s) sum += net.weights[s];
    report(run, build, static_cast<double>(spikes) / n / (arguments.duration / 1000.0), rows.count(), 1,
           sum / static_cast<double>(rows.count()));
}
