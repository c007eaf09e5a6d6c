// 4000 rate-coded neurons, all to all: a matrix-vector product a step, four rows at a time.
#include "rate.hpp"

int main(int count, char **given) {
    const Arguments arguments(count, given, 100.0);
    const int n = arguments.scaled(4000), threads = arguments.threads;
    Stopwatch build;
    Random random(arguments.seed);
    const size_t room = padded(n, 64);
    Array<real> weights(room * room), rates[2];
    for (auto &array : rates) array.make(room);
    for (int i = 0; i < n; ++i)
        for (int j = 0; j < n; ++j) weights[i * room + j] = static_cast<real>(random.uniform(0, 0.0001 / arguments.scale));
    build.stop();

    const int steps = static_cast<int>(std::lround(arguments.duration));
    Barrier barrier(threads);
    Stopwatch run;
    parallel(threads, [&](int t) {
        const size_t begin = room / 4 * t / threads * 4, end = room / 4 * (t + 1) / threads * 4;
        for (int step = 0; step < steps; ++step) {
            const real *const r = rates[step & 1].data;
            for (size_t i = begin; i < end; i += 4) {
                const real *const row = &weights[i * room];
                Vec sum[4] = {}, more[4] = {};
                for (size_t j = 0; j < room; j += 2 * kLanes)
                    for (int k = 0; k < 4; ++k) {
                        const real *const place = row + k * room + j;
                        __builtin_prefetch(place + 1024 / sizeof(real));
                        __builtin_prefetch(place + 1024 / sizeof(real) + kLanes);
                        sum[k] = fma(load(place), load(r + j), sum[k]);
                        more[k] = fma(load(place + kLanes), load(r + j + kLanes), more[k]);
                    }
                for (int k = 0; k < 4; ++k) sum[k] += more[k];
                real sums[4];
                sums_of(sum, sums);
                for (int k = 0; k < 4; ++k)
                    if (i + k < static_cast<size_t>(n))
                        rates[~step & 1][i + k] = r[i + k] + rate_step() * (sums[k] + static_cast<real>(kBias) - r[i + k]);
            }
            barrier.wait();
        }
    });
    run.stop();
    report(run, build, mean(rates[steps & 1].data, n), static_cast<int64_t>(n) * n, threads);
}
