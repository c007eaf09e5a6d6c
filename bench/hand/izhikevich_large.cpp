// Izhikevich's network with 10 000 neurons, each with synapses from 800 pyramidal cells and 200 interneurons.
// Synapses are sorted by the thread that owns the post-synaptic neuron, then by pre-synaptic neuron: a spike meets
// one run of ranks (of 16 bits, where they fit) and weights, which is on its way while the one before is added.
#include "izhikevich.hpp"
#include "threads.hpp"

struct Share {
    std::vector<uint32_t> lists[2];
    int counts[2] = {0, 0};
    int64_t spikes = 0;
};

template <class Rank>
void simulate(const Arguments &arguments, int exc, int n) {
    const int from_exc = std::min(800, exc), from_inh = std::min(200, n - exc), degree = from_exc + from_inh;
    const int threads = arguments.threads, share_size = static_cast<int>(padded((n + threads - 1) / threads, 64));
    Stopwatch build;
    Random random(arguments.seed);
    const size_t room = padded(n, 64), synapses = static_cast<size_t>(n) * degree;
    // Pre-synaptic neurons of each neuron, without repetition: the first of a shuffled list.
    Array<Rank> pres(synapses), order(n);
    Array<int64_t> offsets(static_cast<size_t>(threads) * n + 1);
    for (int j = 0; j < n; ++j) order[j] = static_cast<Rank>(j);
    for (int i = 0; i < n; ++i) {
        Rank *const row = &pres[static_cast<size_t>(i) * degree];
        for (int k = 0; k < degree; ++k) {
            const bool pyramid = k < from_exc;
            const int place = pyramid ? k : exc + k - from_exc, left = pyramid ? exc - k : n - place;
            std::swap(order[place], order[place + random.below(left)]);
            row[k] = order[place];
        }
        for (int k = 0; k < degree; ++k) ++offsets[i / share_size * static_cast<int64_t>(n) + row[k] + 1];
    }
    for (size_t k = 0; k < static_cast<size_t>(threads) * n; ++k) offsets[k + 1] += offsets[k];
    Array<Rank> posts(synapses);
    Array<real> weights(synapses);
    {
        Array<int64_t> places(static_cast<size_t>(threads) * n);
        std::memcpy(places.data, offsets.data, places.size * sizeof(int64_t));
        for (int i = 0; i < n; ++i)
            for (int k = 0; k < degree; ++k) {
                const Rank j = pres[static_cast<size_t>(i) * degree + k];
                const int64_t place = places[i / share_size * static_cast<int64_t>(n) + j]++;
                posts[place] = static_cast<Rank>(i % share_size);
                weights[place] = static_cast<real>((j < exc ? 0.5 : -1.0) * random.uniform());
            }
    }
    Izhikevich neurons(exc, n, random);
    std::vector<Share> shares(threads);
    for (Share &share : shares)
        for (auto &list : share.lists) list.resize(room);
    build.stop();

    const int steps = static_cast<int>(std::lround(arguments.duration));
    Barrier barrier(threads);
    Stopwatch run;
    parallel(threads, [&](int t) {
        const size_t begin = static_cast<size_t>(t) * share_size, end = std::min(room, begin + share_size);
        Share &own = shares[t];
        Normals normals(arguments.seed + 1000 * t);
        std::vector<uint32_t> all;
        for (int step = 0; step < steps; ++step) {
            own.spikes += own.counts[step & 1] = neurons.step(begin, end, normals, own.lists[step & 1].data());
            barrier.wait();
            all.clear();
            for (const Share &share : shares)
                all.insert(all.end(), &share.lists[step & 1][0], &share.lists[step & 1][share.counts[step & 1]]);
            real *const input = &neurons.input[begin];
            const int64_t *const starts = &offsets[static_cast<size_t>(t) * n];
            for (size_t spike = 0; spike < all.size(); ++spike) {
                const int64_t first = starts[all[spike]], last = starts[all[spike] + 1];
                const int64_t ahead = starts[all[std::min(spike + 1, all.size() - 1)]] - first;
                int64_t s = first;
                for (; s + 32 <= last; s += 32) {  // and the run of the next spike is on its way
                    __builtin_prefetch(&posts[s + ahead], 0, 1);
                    for (int k = 0; k < 32; k += 64 / static_cast<int>(sizeof(real)))
                        __builtin_prefetch(&weights[s + ahead + k], 0, 1);
#pragma GCC unroll 32
                    for (int r = 0; r < 32; ++r) input[posts[s + r]] += weights[s + r];
                }
                for (; s < last; ++s) input[posts[s]] += weights[s];
            }
        }
    });
    run.stop();
    int64_t spikes = 0;
    for (const Share &share : shares) spikes += share.spikes;
    report(run, build, static_cast<double>(spikes) / n / (arguments.duration / 1000.0), static_cast<int64_t>(synapses), threads);
}

int main(int count, char **given) {
    const Arguments arguments(count, given, 1000.0);
    const int exc = arguments.scaled(8000), n = exc + arguments.scaled(2000);
    n <= 1 << 16 ? simulate<uint16_t>(arguments, exc, n) : simulate<uint32_t>(arguments, exc, n);
}
