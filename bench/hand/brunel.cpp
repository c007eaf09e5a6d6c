// A network like that of Brunel (2000): 10 000 + 2500 neurons, 10 % synapses that make v jump, delay 1.5 ms, dt 0.1.
//
// Nothing that happens now is felt before 15 steps: neurons take 15 steps in registers, then the spikes of these steps
// are delivered, and threads meet once in 15 steps. Weights are uniform, so that what arrives is counted. The synapses
// are a matrix of bits; rows are summed by carry-save adders, 512 neurons at a time, and the sums spread to bytes.
// Variant "rows": lists of 16-bit ranks and an increment for each synapse instead.
#include "threads.hpp"
#include "vectors.hpp"

constexpr double kStep = 0.1, kTau = 20, kMu = 24, kThreshold = 20, kReset = 10, kWeightExc = 0.1, kWeightInh = -0.5;
constexpr int kRefractory = 20, kDelay = 15, kBlocks = 4, kKept = kDelay * kBlocks;

// Adds bits of weight 1 into ones; what is carried has weight 2.
inline Words carry_save(Words &ones, Words a, Words b) {
    const Words sum = ones ^ a ^ b, carry = (ones & a) | (ones & b) | (a & b);
    ones = sum;
    return carry;
}

[[noreturn]] static void too_many() {
    std::fprintf(stderr, "more than 255 spikes reach one neuron in one step: this program counts in bytes\n");
    std::exit(1);
}

// counts[i] = how many of the rows have bit i, for 512 neurons from `place` on; rows are padded to eights.
[[gnu::noinline]] static void sum_rows(const Words *const *rows, int n, size_t place, uint8_t *counts) {
    Words plane[8] = {}, lost = {};
    for (int r = 0; r < n; r += 8) {
        const auto row = [&](int k) {
            __builtin_prefetch(rows[r + k] + place + 3);
            return rows[r + k][place];
        };
        Words carried = carry_save(plane[2],
                                   carry_save(plane[1], carry_save(plane[0], row(0), row(1)),
                                              carry_save(plane[0], row(2), row(3))),
                                   carry_save(plane[1], carry_save(plane[0], row(4), row(5)),
                                              carry_save(plane[0], row(6), row(7))));
        for (int k = 3; k < 8; ++k) {
            const Words next = plane[k] & carried;
            plane[k] ^= carried;
            carried = next;
        }
        lost |= carried;
    }
    for (int i = 0; i < 8; ++i)
        if (lost[i]) too_many();
    const int planes = std::min(8, n < 8 ? 4 : 32 - __builtin_clz(n));
    using Bytes = uint8_t __attribute__((vector_size(64)));
    for (int word = 0; word < 8; ++word) {
        Bytes sum = {};
        for (int k = 0; k < planes; ++k) {
#ifdef __AVX512BW__
            sum = reinterpret_cast<Bytes>(_mm512_mask_add_epi8(
                reinterpret_cast<__m512i>(sum), plane[k][word], reinterpret_cast<__m512i>(sum),
                _mm512_set1_epi8(static_cast<char>(1 << k))));
#else
            for (int i = 0; i < 64; ++i) sum[i] += static_cast<uint8_t>((plane[k][word] >> i & 1) << k);
#endif
        }
        *reinterpret_cast<Bytes *>(counts + 64 * word) = sum;
    }
}

inline Vec from_bytes(const uint8_t *p) {
#ifdef __AVX512F__
    DOUBLE return as_vec(_mm512_cvtepi32_pd(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i *>(p)))));
    else return as_vec(_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_load_si128(reinterpret_cast<const __m128i *>(p)))));
#else
    Vec x;
    for (int i = 0; i < kLanes; ++i) x[i] = p[i];
    return x;
#endif
}

// The steps of a block, for neurons from begin to end: vectors stay in registers, and with them who rests.
[[gnu::noinline]] static void pass(size_t begin, size_t end, int length, int base, size_t room, real *__restrict v,
                                   const uint8_t *__restrict from_exc, const uint8_t *__restrict from_inh,
                                   Mask *__restrict frozen, Mask *__restrict fired) {
    const Vec decay = splat(static_cast<real>(1 - kStep / kTau)), drift = splat(static_cast<real>(kMu * kStep / kTau));
    const Vec weight_exc = splat(static_cast<real>(kWeightExc)), weight_inh = splat(static_cast<real>(kWeightInh));
    const Vec threshold = splat(kThreshold), reset = splat(kReset);
    const size_t groups = room / kLanes;
    const Mask *old[kDelay];  // who fired and rests no more
    for (int k = 0; k < kDelay; ++k) old[k] = &fired[(base + k - kRefractory + kKept) % kKept * groups];
    constexpr int kTogether = 4;  // vectors whose steps are interleaved
    for (size_t i = begin; i < end; i += kTogether * kLanes) {
        Vec x[kTogether];
        Mask resting[kTogether];
        const size_t group = i / kLanes;
        for (int c = 0; c < kTogether; ++c) {
            x[c] = load(&v[i + c * kLanes]);
            resting[c] = frozen[group + c];
        }
        for (int k = 0; k < length; ++k)
            for (int c = 0; c < kTogether; ++c) {
                const size_t at = k * room + i + c * kLanes;
                const Vec moved = fma(x[c], decay,
                                      fma(from_bytes(&from_exc[at]), weight_exc,
                                          fma(from_bytes(&from_inh[at]), weight_inh, drift)));
                const Vec now = choose(resting[c], x[c], moved);
                const Mask over = greater(now, threshold);
                x[c] = choose(over, reset, now);
                fired[(base + k) * groups + group + c] = over;
                resting[c] = static_cast<Mask>(resting[c] ^ over ^ old[k][group + c]);
            }
        for (int c = 0; c < kTogether; ++c) store(&v[i + c * kLanes], x[c]), frozen[group + c] = resting[c];
    }
}

struct Spikes {  // of one thread in one block of steps; ends[k] is where those of step k end
    std::vector<uint32_t> exc, inh;
    int exc_ends[kDelay], inh_ends[kDelay];
};

int main(int count, char **given) {
    const Arguments arguments(count, given, 1000.0, "bits");
    const int n = arguments.scaled(12500), exc = arguments.scaled(10000);
    const double p = std::fmin(1.0, 0.1 / arguments.scale);
    const bool bits = arguments.is("bits");
    const int threads = n >= 2000 ? arguments.threads : 1;
    Stopwatch build;
    Random random(arguments.seed);
    RandomWords words(arguments.seed);
    const size_t width = padded(n, 512) / 512, room = width * 512;  // of a row, in vectors and in neurons
    Array<Words> matrix((n + 1) * width);                           // the last row is empty
    Rows<uint16_t> lists;
    int64_t synapses = 0;
    if (bits) {
        Words tail = {};
        for (size_t i = room - 512; i < static_cast<size_t>(n); ++i) tail[i / 64 % 8] |= uint64_t{1} << i % 64;
        for (int j = 0; j < n; ++j) {
            Words *const row = &matrix[j * width];
            for (size_t k = 0; k < width; ++k) row[k] = words.bernoulli(p);
            row[width - 1] &= tail;
            row[j / 512][j / 64 % 8] &= ~(uint64_t{1} << j % 64);
            for (size_t k = 0; k < width; ++k)
                for (int i = 0; i < 8; ++i) synapses += __builtin_popcountll(row[k][i]);
        }
    } else {
        lists.fixed_probability(n, n, p, random);
        synapses = lists.count();
    }
    Array<real> v(room);
    for (int i = 0; i < n; ++i) v[i] = static_cast<real>(random.uniform(0, 20));
    Array<uint8_t> from_exc(kDelay * room), from_inh(kDelay * room);
    const size_t groups = room / kLanes;
    Array<Mask> fired(kKept * groups), frozen(groups);
    std::vector<Spikes> spikes(2 * threads);
    build.stop();

    const int steps = static_cast<int>(std::lround(arguments.duration / kStep));
    std::vector<int64_t> totals(threads);
    Barrier barrier(threads);
    Stopwatch run;
    parallel(threads, [&](int t) {
        const size_t begin = width * t / threads * 512, end = width * (t + 1) / threads * 512;
        std::vector<uint32_t> many;
        std::vector<uint16_t> wide;
        std::vector<const Words *> rows;
        int64_t total = 0;
        for (int block = 0; block * kDelay < steps; ++block) {
            const int length = std::min(kDelay, steps - block * kDelay), base = block % kBlocks * kDelay;
            pass(begin, end, length, base, room, v.data, from_exc.data, from_inh.data, frozen.data, fired.data);
            if (t + 1 == threads) std::fill(&v[n], &v[room], real{0});  // padding never fires
            Spikes &own = spikes[(block & 1) * threads + t];
            own.exc.clear(), own.inh.clear();
            for (int k = 0; k < length; ++k) {
                const Mask *const masks = &fired[(base + k) * groups];
                for (size_t i = begin; i < end; i += 64) {
                    uint64_t set;
                    std::memcpy(&set, &masks[i / kLanes], 8);
                    for (; set; set &= set - 1) {
                        const uint32_t j = static_cast<uint32_t>(i + __builtin_ctzll(set));
                        (j < static_cast<uint32_t>(exc) ? own.exc : own.inh).push_back(j);
                        if (bits)
                            for (size_t k = 0; k < 3; ++k) __builtin_prefetch(&matrix[j * width + begin / 512 + k], 0, 1);
                    }
                }
                own.exc_ends[k] = static_cast<int>(own.exc.size()), own.inh_ends[k] = static_cast<int>(own.inh.size());
            }
            total += static_cast<int64_t>(own.exc.size() + own.inh.size());
            barrier.wait();
            for (int k = 0; k < length; ++k)
                for (int kind = 0; kind < 2; ++kind) {
                    uint8_t *const counts = &(kind ? from_inh : from_exc)[k * room];
                    many.clear();
                    for (int from = 0; from < threads; ++from) {
                        const Spikes &other = spikes[(block & 1) * threads + from];
                        const auto &list = kind ? other.inh : other.exc;
                        const int *const ends = kind ? other.inh_ends : other.exc_ends;
                        many.insert(many.end(), list.begin() + (k ? ends[k - 1] : 0), list.begin() + ends[k]);
                    }
                    if (bits) {
                        rows.clear();
                        for (uint32_t j : many) rows.push_back(&matrix[j * width]);
                        while (rows.size() % 8) rows.push_back(&matrix[n * width]);
                        for (size_t i = begin; i < end; i += 512)
                            sum_rows(rows.data(), static_cast<int>(many.size()), i / 512, counts + i);
                    } else {
                        std::memset(counts + begin, 0, end - begin);
                        wide.assign(many.size() > 255 ? room : 0, 0);
                        for (uint32_t j : many) {
                            const uint16_t *s = &lists.posts[lists.offsets[j]], *last = &lists.posts[lists.offsets[j + 1]];
                            if (t > 0) s = std::lower_bound(s, last, static_cast<uint16_t>(begin));
                            if (t + 1 < threads) last = std::lower_bound(s, last, static_cast<uint16_t>(end));
                            if (wide.empty())
                                for (; s < last; ++s) ++counts[*s];
                            else
                                for (; s < last; ++s)
                                    if ((counts[*s] = static_cast<uint8_t>(++wide[*s])) == 0) too_many();
                        }
                    }
                }
        }
        totals[t] = total;
    });
    run.stop();
    int64_t total = 0;
    for (int64_t each : totals) total += each;
    report(run, build, static_cast<double>(total) / n / (arguments.duration / 1000.0), synapses, threads);
}
