// COBA (Vogels & Abbott 2005) written by hand for one thread: the limit that generated code chases.
// Same model and method as bench/coba_case.py; prints JSON with seconds and the mean rate.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

int main(int argc, char **argv) {
    const double duration = argc > 1 ? std::atof(argv[1]) : 1000.0;
    const int N = 4000, NE = 3200;
    const double dt = 0.1, El = -60, Vr = -60, Ee = 0, Ei = -80, Vt = -50, tau = 20, te = 5, ti = 10, I = 20;
    std::mt19937_64 rng(argc > 2 ? std::atoi(argv[2]) : 7);
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    std::vector<int> offsets(N + 1, 0), posts;
    for (int j = 0; j < N; ++j) {
        for (int i = 0; i < N; ++i)
            if (uniform(rng) < 0.02) posts.push_back(i);
        offsets[j + 1] = (int)posts.size();
    }
    std::vector<double> v(N), ge(N), gi(N);
    std::normal_distribution<double> nv(-55, 5), ne(4, 1.5), ni(20, 12);
    for (int i = 0; i < N; ++i) v[i] = nv(rng), ge[i] = ne(rng), gi[i] = ni(rng);
    std::vector<int> frozen(N, -1), fired, next;
    const double de = 1.0 - std::exp(-dt / te), di = 1.0 - std::exp(-dt / ti), k = -dt / tau;
    const int refractory = (int)(5.0 / dt), steps = (int)std::ceil(duration / dt);
    long spikes = 0;
    const auto start = std::chrono::steady_clock::now();
    for (int n = 0; n < steps; ++n) {
        for (int j : fired) {
            double *g = j < NE ? ge.data() : gi.data();
            const double w = j < NE ? 0.6 : 6.7;
            for (int s = offsets[j]; s < offsets[j + 1]; ++s) g[posts[s]] += w;
        }
        next.clear();
        double *__restrict V = v.data(), *__restrict E = ge.data(), *__restrict J = gi.data();
        const int *__restrict F = frozen.data();
#pragma GCC ivdep
        for (int i = 0; i < N; ++i) {
            const double G = 1.0 + E[i] + J[i];
            const double A = (El + E[i] * Ee + J[i] * Ei + I) / G;
            const double moved = V[i] + (1.0 - std::exp(k * G)) * (A - V[i]);
            V[i] = n > F[i] ? moved : V[i];
            E[i] -= de * E[i];
            J[i] -= di * J[i];
        }
        for (int i = 0; i < N; ++i)
            if (V[i] > Vt && n > F[i]) {
                V[i] = Vr;
                frozen[i] = n + refractory;
                next.push_back(i);
            }
        spikes += (long)next.size();
        fired.swap(next);
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf("{\"seconds\": %.6f, \"rate\": %.3f, \"synapses\": %zu}\n", seconds,
                spikes / (double)N / (duration / 1000.0), posts.size());
}
