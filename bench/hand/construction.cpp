// The limit for drawing a random matrix by hand on one thread: fixed probability, one pass, rows in an array that
// is large enough, a small generator without a state per row. Synapses depend on the order of the rows.
//
// Usage: construction SIZE PROBABILITY; prints {"seconds": ..., "synapses": ...} of CPU time.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>

static uint64_t state[2] = {0x9E3779B97F4A7C15u, 0xD1B54A32D192ED03u};

// xoroshiro128+ (Blackman and Vigna 2018), as a number in (0, 1].
static double uniform() {
    const uint64_t a = state[0], sum = a + state[1], b = state[1] ^ a;
    state[0] = (a << 24 | a >> 40) ^ b ^ b << 16;
    state[1] = b << 37 | b >> 27;
    return static_cast<double>((sum >> 11) + 1) * 0x1p-53;
}

int main(int, char** arguments) {
    const int64_t n = std::atoll(arguments[1]);
    const double p = std::atof(arguments[2]), scale = 1.0 / std::log1p(-p);
    const std::clock_t begin = std::clock();
    const int64_t room = static_cast<int64_t>(n * (n * p + 6.0 * std::sqrt(n * p)) + 1000.0);
    const std::unique_ptr<int32_t[]> pre(new int32_t[room]);
    const std::unique_ptr<int64_t[]> offsets(new int64_t[n + 1]);
    int64_t count = 0;
    offsets[0] = 0;
    for (int64_t row = 0; row < n; ++row) {
        for (int64_t place = -1;;) {
            const double gap = std::log(uniform()) * scale;
            if (gap >= static_cast<double>(n - 1 - place)) break;
            place += 1 + static_cast<int64_t>(gap);
            pre[count++] = static_cast<int32_t>(place);
        }
        offsets[row + 1] = count;
    }
    const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    std::printf("{\"seconds\": %g, \"synapses\": %lld, \"last\": %d}\n", seconds, static_cast<long long>(count),
                pre[count - 1]);
}
