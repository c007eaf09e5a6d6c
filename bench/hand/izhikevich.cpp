// Izhikevich's network (2003): 1000 neurons, all to all, a weight of its own for each pair.
// The weights that leave a neuron are a row; the rows of the neurons that fired are added to the input, four at a time.
#include "izhikevich.hpp"
#include "threads.hpp"

struct Share {
    std::vector<uint32_t> lists[2];
    int counts[2] = {0, 0};
    int64_t spikes = 0;
};

int main(int count, char **given) {
    const Arguments arguments(count, given, 1000.0);
    const int exc = arguments.scaled(800), n = exc + arguments.scaled(200);
    const int threads = n >= 1000 ? arguments.threads : 1;
    Stopwatch build;
    Random random(arguments.seed);
    const size_t room = padded(n, 64);
    Array<real> weights((n + 1) * room);  // the last row is zero
    for (int j = 0; j < n; ++j)
        for (int i = 0; i < n; ++i)
            weights[j * room + i] = static_cast<real>((j < exc ? 0.5 : -1.0) / arguments.scale * random.uniform());
    Izhikevich neurons(exc, n, random);
    std::vector<Share> shares(threads);
    for (Share &share : shares)
        for (auto &list : share.lists) list.resize(room);
    build.stop();

    const int steps = static_cast<int>(std::lround(arguments.duration));
    Barrier barrier(threads);
    Stopwatch run;
    parallel(threads, [&](int t) {
        const size_t begin = room / 64 * t / threads * 64, end = room / 64 * (t + 1) / threads * 64;
        Share &own = shares[t];
        Normals normals(arguments.seed + 1000 * t);
        std::vector<const real *> rows;
        for (int step = 0; step < steps; ++step) {
            own.spikes += own.counts[step & 1] = neurons.step(begin, end, normals, own.lists[step & 1].data());
            barrier.wait();
            rows.clear();
            for (const Share &share : shares)
                for (int k = 0; k < share.counts[step & 1]; ++k) rows.push_back(&weights[share.lists[step & 1][k] * room]);
            while (rows.size() % 4) rows.push_back(&weights[n * room]);
            for (size_t r = 0; r < rows.size(); r += 4)
                for (size_t i = begin; i < end; i += kLanes) {
                    const Vec two = load(rows[r] + i) + load(rows[r + 1] + i);
                    const Vec four = two + (load(rows[r + 2] + i) + load(rows[r + 3] + i));
                    store(&neurons.input[i], load(&neurons.input[i]) + four);
                }
        }
    });
    run.stop();
    int64_t spikes = 0;
    for (const Share &share : shares) spikes += share.spikes;
    report(run, build, static_cast<double>(spikes) / n / (arguments.duration / 1000.0), static_cast<int64_t>(n) * n, threads);
}
