// 2000 rate-coded neurons, all to all, with Oja's rule (1982): dw/dt = eta (pre.r post.r - alpha post.r^2 w), w >= 0.
// One sweep over the matrix does the weights of this step and the sums of the next.
#include "rate.hpp"

int main(int count, char **given) {
    const Arguments arguments(count, given, 100.0);
    const int n = arguments.scaled(2000), threads = arguments.threads;
    const real eta = static_cast<real>(1e-6 / arguments.scale);
    Stopwatch build;
    Random random(arguments.seed);
    const size_t room = padded(n, 64);
    Array<real> weights(room * room), rates[2], sums(room);
    for (auto &array : rates) array.make(room);
    for (int i = 0; i < n; ++i)
        for (int j = 0; j < n; ++j) weights[i * room + j] = static_cast<real>(random.uniform(0, 0.0002 / arguments.scale));
    build.stop();

    const int steps = static_cast<int>(std::lround(arguments.duration));
    Barrier barrier(threads);
    Stopwatch run;
    parallel(threads, [&](int t) {
        const size_t begin = room / 4 * t / threads * 4, end = room / 4 * (t + 1) / threads * 4;
        for (int step = 0; step < steps; ++step) {
            // Rates of this step; the sums that they need were made by the sweep of the last (at first: of zeros).
            const real *const before = rates[step & 1].data;
            real *const r = rates[~step & 1].data;
            for (size_t i = begin; i < std::min(end, static_cast<size_t>(n)); ++i)
                r[i] = before[i] + rate_step() * (sums[i] + static_cast<real>(kBias) - before[i]);
            barrier.wait();
            for (size_t i = begin; i < end; i += 4) {
                real *const row = &weights[i * room];
                Vec sum[4] = {}, gain[4], keep[4];
                for (int k = 0; k < 4; ++k) {
                    gain[k] = splat(eta * r[i + k]);
                    keep[k] = splat(1 - eta * r[i + k] * r[i + k]);
                }
                for (size_t j = 0; j < room; j += kLanes) {
                    const Vec pre = load(r + j);
                    for (int k = 0; k < 4; ++k) {
                        real *const place = row + k * room + j;
                        __builtin_prefetch(place + 1024 / sizeof(real), 1);
                        Vec w = fma(keep[k], load(place), gain[k] * pre);
                        w = w > 0 ? w : Vec{};
                        store(place, w);
                        sum[k] = fma(w, pre, sum[k]);
                    }
                }
                real of_rows[4];
                sums_of(sum, of_rows);
                for (int k = 0; k < 4; ++k) sums[i + k] = of_rows[k];
            }
        }
    });
    run.stop();
    double total = 0;
    for (int i = 0; i < n; ++i) total += mean(&weights[i * room], n) / n;
    report(run, build, mean(rates[steps & 1].data, n), static_cast<int64_t>(n) * n, threads, total);
}
