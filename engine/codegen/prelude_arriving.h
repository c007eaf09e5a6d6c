// Rows of synapses that spikes reach, where neurons that follow each other have synapses that do so, too.

// The synapse onto neuron i is element ``shift + i``, but beyond neuron ``hole``, which has none, it is the one before.
struct nl_row { int64_t shift, hole, rank; };

// Some elements of a vector: those that have a bit.
struct nl_chosen { uint32_t bits; };

static inline nl_reals nl_get(nl_chosen some, const real* from) {
#ifdef NL_VECTORS
    return NL_OF(nl_vector,
        __builtin_ia32_loadupd512_mask((const double*)from, nl_doubles{}, (uint8_t)some.bits),
        __builtin_ia32_loadups512_mask((const float*)from, nl_floats{}, (uint16_t)some.bits));
#else
    nl_vector x = {};
    for (int64_t k = 0; k < nl_width; ++k)
        if (some.bits >> k & 1) x[k] = from[k];
    return x;
#endif
}

static inline int64_t nl_count_of(nl_whole) { return nl_width; }
static inline int64_t nl_count_of(nl_part some) { return some.count; }

// Adds a row to neuron ``i`` and those that follow it, among which is its hole.
template <class Lanes, class Add>
static inline nl_reals nl_add_beside(Lanes lanes, nl_reals sum, int64_t i, nl_row row, Add add) {
    const uint32_t bit = 1u << (row.hole - i), before = bit - 1, all = (1u << nl_count_of(lanes)) - 1;
    const nl_reals below = add(nl_chosen{before & all}, sum, i, row.shift + i, row.rank);
    const nl_reals above = add(nl_chosen{~(bit | before) & all}, sum, i, row.shift + i - 1, row.rank);
    return nl_choose(nl_flags_of(before), below, nl_choose(nl_flags_of(bit), sum, above));
}

// Adds all rows to as many vectors from neuron ``at`` on, which stay in registers meanwhile. ``add`` is given what
// was added before, the neuron and the place of its synapse; ``fetch`` asks memory for an element and those beside it, of the next vectors if they are wanted.
template <bool Holes, bool Ahead, int64_t Vectors, class Lanes, class Add, class Fetch>
static inline __attribute__((always_inline)) void nl_add_to(Lanes lanes, real* to, const nl_row* rows, int64_t number,
                                                            int64_t at, Add add, Fetch fetch) {
    nl_reals sums[Vectors];
#pragma GCC unroll 8
    for (int64_t k = 0; k < Vectors; ++k) sums[k] = nl_get(lanes, to + at + k * nl_width);
#pragma GCC unroll 2
    for (int64_t q = 0; q < number; ++q) {
        const nl_row row = rows[q];
        const int64_t place = row.shift + at;
#pragma GCC unroll 8
        for (int64_t k = 0; k < Vectors; ++k) {
            const int64_t i = at + k * nl_width;
            if (Holes && __builtin_expect((uint64_t)(row.hole - i) < (uint64_t)nl_width, 0)) {
                sums[k] = nl_add_beside(lanes, sums[k], i, row, add);
            } else {
                sums[k] = add(lanes, sums[k], i, place + k * nl_width - (Holes && i > row.hole), row.rank);
            }
        }
        if (!Ahead) continue;
#pragma GCC unroll 8
        for (int64_t k = 0; k < Vectors; k += 64 / NL_BYTES) fetch(place + (Vectors + k) * nl_width);
    }
#pragma GCC unroll 8
    for (int64_t k = 0; k < Vectors; ++k) nl_put(lanes, to + at + k * nl_width, sums[k]);
}

constexpr int64_t nl_some_vectors = 64 / nl_width < 8 ? 64 / nl_width : 8;

// The same for neurons from ``from`` up to ``until``; those up to ``end`` are next.
template <bool Holes, class Add, class Fetch>
static inline __attribute__((always_inline)) void nl_add_rows(real* to, const nl_row* rows, int64_t number, int64_t from,
                                                              int64_t until, int64_t end, Add add, Fetch fetch) {
    if (number == 0) return;
    const nl_whole whole;
    constexpr int64_t some = nl_some_vectors * nl_width;
    for (; from + some <= until; from += some) {
        if (from + some < end) {
            nl_add_to<Holes, true, nl_some_vectors>(whole, to, rows, number, from, add, fetch);
        } else {
            nl_add_to<Holes, false, nl_some_vectors>(whole, to, rows, number, from, add, fetch);
        }
    }
    for (; from + nl_width <= until; from += nl_width)
        nl_add_to<Holes, false, 1>(whole, to, rows, number, from, add, fetch);
    if (from < until) nl_add_to<Holes, false, 1>(nl_part{until - from}, to, rows, number, from, add, fetch);
}

// Likewise, where it is seldom done.
template <bool Holes, class Add, class Fetch>
static __attribute__((noinline)) void nl_add_rows_at_once(real* to, const nl_row* rows, int64_t number, int64_t from,
                                                          int64_t until, int64_t end, Add add, Fetch fetch) {
    nl_add_rows<Holes>(to, rows, number, from, until, end, add, fetch);
}
