// 4000 rate-coded neurons, 10 % of all synapses, a weight each: a sparse matrix-vector product a step.
// Rows are padded to whole vectors; ranks take 16 bits and the rates (32 KB) stay in the first cache.
#include "rate.hpp"

int main(int count, char **given) {
    const Arguments arguments(count, given, 400.0);
    const int n = arguments.scaled(4000), threads = arguments.threads;
    Stopwatch build;
    Random random(arguments.seed);
    Rows<uint16_t> rows;  // of the post-synaptic neurons: the pattern is symmetric in law
    rows.fixed_probability(n, n, std::fmin(1.0, 0.1 / arguments.scale), random);
    constexpr int kUnit = 32;
    Array<int64_t> offsets(n + 1);
    for (int i = 0; i < n; ++i) offsets[i + 1] = offsets[i] + padded(rows.offsets[i + 1] - rows.offsets[i], kUnit);
    Array<uint16_t> pres(offsets[n] + 4096);
    Array<real> weights(offsets[n] + 4096), rates[2];
    for (auto &array : rates) array.make(padded(n + 1, 64));
    for (int i = 0; i < n; ++i)
        for (int64_t s = rows.offsets[i], to = offsets[i]; s < rows.offsets[i + 1]; ++s, ++to) {
            pres[to] = rows.posts[s];
            weights[to] = static_cast<real>(random.uniform(0, 0.001));
        }
    build.stop();

    const int steps = static_cast<int>(std::lround(arguments.duration));
    Barrier barrier(threads);
    Stopwatch run;
    parallel(threads, [&](int t) {
        const int begin = n * t / threads, end = n * (t + 1) / threads;
        const real factor = rate_step();
        const uint16_t *const ranks = pres.data;
        const real *const w = weights.data;
        for (int step = 0; step < steps; ++step) {
            const real *const r = rates[step & 1].data;
            for (int i = begin; i < end; ++i) {
                Vec sums[4] = {};
                for (int64_t s = offsets[i]; s < offsets[i + 1]; s += kUnit) {
                    __builtin_prefetch(ranks + s + 512);
                    for (int k = 0; k < kUnit; k += 64 / static_cast<int>(sizeof(real)))
                        __builtin_prefetch(w + s + 1024 / sizeof(real) + k);
                    for (int k = 0; k < kUnit / kLanes; ++k)
                        sums[k % 4] = fma(load(w + s + k * kLanes), gather(r, widened(ranks + s + k * kLanes)), sums[k % 4]);
                }
                const Vec sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
                real total = 0;
                for (int lane = 0; lane < kLanes; ++lane) total += sum[lane];
                rates[~step & 1][i] = r[i] + factor * (total + static_cast<real>(kBias) - r[i]);
            }
            barrier.wait();
        }
    });
    run.stop();
    report(run, build, mean(rates[steps & 1].data, n), rows.count(), threads);
}
