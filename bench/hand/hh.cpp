// 1000 Hodgkin-Huxley neurons with the channels of Traub & Miles (1991), no synapses, exponential steps of 0.01 ms.
//
// The rates need exp(-V/4), exp(-V/5), exp(-V/40) and exp(-V/18): the first two are powers of the third. Their four
// divisions share one reciprocal (of the product of all denominators), and the steps need none (see phi.hpp).
// Neurons do not meet: each thread has its share and runs alone.
#include "phi.hpp"
#include "threads.hpp"

constexpr double kStep = 0.01, kSodium = 20, kPotassium = 6, kLeak = 0.01, kCapacity = 0.2, kOffset = -63;
constexpr double kTauExc = 0.2, kTauInh = 2;

int main(int count, char **given) {
    const Arguments arguments(count, given, 100.0);
    const int n = arguments.scaled(1000), threads = arguments.threads;
    Stopwatch build;
    Random random(arguments.seed);
    const size_t room = padded(n, 2 * kLanes);
    Array<real> v(room), gate_n(room), gate_m(room), gate_h(room), ge(room), gi(room), current(room);
    for (size_t i = 0; i < room; ++i) {
        v[i] = -65, gate_h[i] = 1;
        if (i < static_cast<size_t>(n)) current[i] = static_cast<real>(random.uniform(0.2, 1.0));
    }
    build.stop();

    const int steps = static_cast<int>(std::lround(arguments.duration / kStep));
    std::vector<std::vector<uint32_t>> spikes(threads);
    Stopwatch run;
    parallel(threads, [&](int t) {
        const size_t begin = room / kLanes * t / threads * kLanes, end = room / kLanes * (t + 1) / threads * kLanes;
        const Phi<1> slow(kStep);
        const Phi<5> fast(kStep);
        const Phi<10> membrane(kStep / kCapacity);
        const auto c = [](double x) { return splat(static_cast<real>(x)); };
        const Vec one = splat(1), decay_exc = c(std::exp(-kStep / kTauExc)), decay_inh = c(std::exp(-kStep / kTauInh));
        const Vec e3 = c(std::exp(3.0)), e3_25 = c(std::exp(3.25)), e_8 = c(std::exp(-8.0)), e8 = c(std::exp(8.0));
        const Vec half_e = c(0.5 * std::exp(0.25)), ah_scale = c(0.128 * std::exp(17.0 / 18));
        std::vector<uint32_t> &list = spikes[t];
        for (int step = 0; step < steps; ++step)
            for (size_t i = begin; i < end; i += kLanes) {
                const Vec old = load(&v[i]), V = old - splat(kOffset);
                const Vec n0 = load(&gate_n[i]), m0 = load(&gate_m[i]), h0 = load(&gate_h[i]);
                const Vec a = exponential(V * c(-1.0 / 40)), a2 = a * a, a4 = a2 * a2, a8 = a4 * a4, a10 = a8 * a2;
                // Denominators of an, am, bm (times a8) and bh.
                const Vec d1 = fma(e3, a8, -one), d2 = fma(e3_25, a10, -one), d3 = e_8 - a8, d4 = fma(e8, a8, one);
                const Vec d12 = d1 * d2, d34 = d3 * d4, all = reciprocal(d12 * d34);
                const Vec r12 = all * d34, r34 = all * d12;
                const Vec an = fma(V, c(-0.032), c(0.032 * 15)) * (r12 * d2);
                const Vec am = fma(V, c(-0.32), c(0.32 * 13)) * (r12 * d1);
                const Vec bm = fma(V, c(0.28), c(-0.28 * 40)) * (a8 * (r34 * d4));
                const Vec bh = splat(4) * (r34 * d3);
                const Vec bn = half_e * a, ah = ah_scale * exponential(V * c(-1.0 / 18));
                const Vec n2 = n0 * n0, potassium = c(kPotassium) * (n2 * n2), sodium = c(kSodium) * (m0 * m0) * (m0 * h0);
                const Vec e = load(&ge[i]), g = load(&gi[i]);
                store(&gate_n[i], slow.step(n0, an + bn, an));
                store(&gate_m[i], fast.step(m0, am + bm, am));
                store(&gate_h[i], slow.step(h0, ah + bh, ah));
                const Vec drive = fma(potassium, c(-90), fma(sodium, c(50), fma(g, c(-80), load(&current[i]) + c(kLeak * -65))));
                const Vec now = membrane.step(old, (potassium + sodium) + (e + g + c(kLeak)), drive);
                store(&v[i], now);
                store(&ge[i], e * decay_exc);
                store(&gi[i], g * decay_inh);
                const Mask over = static_cast<Mask>(greater(now, Vec{}) & ~greater(old, Vec{}));
                if (__builtin_expect(over, 0)) {
                    const size_t before = list.size();
                    list.resize(before + 16);
                    list.resize(before + compress_indices(&list[before], over, static_cast<uint32_t>(i)));
                }
            }
    });
    run.stop();
    int64_t total = 0;
    for (const auto &list : spikes) total += static_cast<int64_t>(list.size());
    report(run, build, static_cast<double>(total) / n / (arguments.duration / 1000.0), 0, threads);
}
