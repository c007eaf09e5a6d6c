// COBA (Vogels & Abbott 2005): 4000 neurons, each with a synapse onto 2 % of the others, dt 0.1 ms.
// Scale 10: 40 000 neurons with as many synapses each.
#include "phi.hpp"
#include "threads.hpp"

constexpr double kStep = 0.1, kTau = 20, kTauExc = 5, kTauInh = 10, kRest = -60, kReset = -60, kThreshold = -50;
constexpr double kInh = -80, kCurrent = 20, kWeightExc = 0.6, kWeightInh = 6.7;
constexpr int kRefractory = 50, kKept = kRefractory + 1;

struct Share {  // what one thread owns
    int begin, end;
    std::vector<uint32_t> lists[2];
    int counts[2] = {0, 0};
    Array<uint32_t> frozen;  // spikes of the last steps, kKept lists
    std::vector<int> frozen_counts = std::vector<int>(kKept, 0);
    int64_t spikes = 0;
};

int main(int count, char **given) {
    const Arguments arguments(count, given, 1000.0);
    const int n = arguments.scaled(4000), exc = arguments.scaled(3200);
    const int threads = n >= 16000 ? arguments.threads : 1;
    Stopwatch build;
    Random random(arguments.seed);
    Rows<uint16_t> rows;
    rows.fixed_probability(n, n, 0.02 / arguments.scale, random);
    const size_t room = padded(n, 64);
    Array<real> v(room), ge(room), gi(room);
    Array<Mask> frozen(room / kLanes), fired(room / kLanes);
    for (int i = 0; i < n; ++i) {
        v[i] = static_cast<real>(-55 + 5 * random.normal());
        ge[i] = static_cast<real>(4 + 1.5 * random.normal());
        gi[i] = static_cast<real>(20 + 12 * random.normal());
    }
    for (size_t i = n; i < room; ++i) v[i] = static_cast<real>(kReset), gi[i] = 1;
    const int half = static_cast<int>(padded(n / threads, 64));
    Array<int64_t> middle(n);  // where the synapses onto the second thread's neurons begin
    if (threads > 1)
        for (int j = 0; j < n; ++j) {
            int64_t s = rows.offsets[j];
            while (s < rows.offsets[j + 1] && rows.posts[s] < half) ++s;
            middle[j] = s;
        }
    std::vector<Share> shares(threads);
    for (int t = 0; t < threads; ++t) {
        Share &share = shares[t];
        share.begin = t * half, share.end = t + 1 == threads ? static_cast<int>(room) : half;
        const int size = share.end - share.begin + 64;
        for (auto &list : share.lists) list.resize(size);
        share.frozen.make(static_cast<size_t>(size) * kKept, false);
    }
    build.stop();

    const int steps = static_cast<int>(std::lround(arguments.duration / kStep));
    Barrier barrier(threads);
    Stopwatch run;
    parallel(threads, [&](int t) {
        Share &own = shares[t];
        const MembraneStep membrane(kStep / kTau);
        const Vec decay_exc = splat(static_cast<real>(std::exp(-kStep / kTauExc)));
        const Vec decay_inh = splat(static_cast<real>(std::exp(-kStep / kTauInh)));
        for (int step = 0; step < steps; ++step) {
            // Those that fired long enough ago may move again.
            const int slot = step % kKept, room_of_list = own.end - own.begin + 64;
            uint32_t *const resting = own.frozen.data + static_cast<size_t>(slot) * room_of_list;
            for (int k = 0; k < own.frozen_counts[slot]; ++k)
                frozen[resting[k] / kLanes] &= static_cast<Mask>(~(1u << resting[k] % kLanes));
            for (int i = own.begin; i < own.end; i += kLanes) {
                const Vec e = load(&ge[i]), g = load(&gi[i]), old = load(&v[i]);
                const Vec drive = fma(g, splat(kInh), splat(kRest + kCurrent));
                const Vec moved = membrane(old, e + g + splat(1), drive);
                const Vec now = choose(frozen[i / kLanes], old, moved);
                const Mask over = greater(now, splat(kThreshold));
                store(&v[i], choose(over, splat(kReset), now));
                fired[i / kLanes] = over;
                store(&ge[i], e * decay_exc);
                store(&gi[i], g * decay_inh);
            }
            // A list of the spikes, from 64 bits at a time.
            uint32_t *const list = own.lists[step & 1].data();
            int found = 0;
            for (int i = own.begin; i < own.end; i += 64) {
                uint64_t bits;
                std::memcpy(&bits, &fired[i / kLanes], 8);
                if (bits == 0) continue;
                uint64_t held;
                std::memcpy(&held, &frozen[i / kLanes], 8);
                held |= bits;
                std::memcpy(&frozen[i / kLanes], &held, 8);
                for (; bits; bits &= bits - 1) {
                    const uint32_t j = static_cast<uint32_t>(i + __builtin_ctzll(bits));
                    resting[found] = list[found] = j;
                    ++found;
                    __builtin_prefetch(&rows.posts[rows.offsets[j]]);
                    __builtin_prefetch(&rows.posts[rows.offsets[j] + 32]);
                    __builtin_prefetch(&rows.posts[rows.offsets[j] + 64]);
                }
            }
            own.counts[step & 1] = own.frozen_counts[slot] = found;
            own.spikes += found;
            barrier.wait();
            for (const Share &from : shares)
                for (int k = 0; k < from.counts[step & 1]; ++k) {
                    const uint32_t j = from.lists[step & 1][k];
                    real *const target = j < static_cast<uint32_t>(exc) ? ge.data : gi.data;
                    const real weight = static_cast<real>(j < static_cast<uint32_t>(exc) ? kWeightExc : kWeightInh);
                    const int64_t first = t == 0 ? rows.offsets[j] : middle[j];
                    const int64_t last = t + 1 == threads ? rows.offsets[j + 1] : middle[j];
                    for (int64_t s = first; s < last; ++s) target[rows.posts[s]] += weight;
                }
        }
    });
    run.stop();
    int64_t spikes = 0;
    for (const Share &share : shares) spikes += share.spikes;
    report(run, build, static_cast<double>(spikes) / n / (arguments.duration / 1000.0), rows.count(), threads);
}
