// Who is refractory, as one bit for each neuron: that of a neuron is taken back at the step after its last refractory
// one. Neurons that wait for the same step, modulo 64, are a list: `due` has its first, `following` the one after each.

static inline void nl_wait(int64_t i, int64_t last, int32_t* following, int32_t* due) {
    int32_t* const first = due + (((uint64_t)last + 1) & 63);
    following[i] = *first;
    *first = (int32_t)i;
}

// Neuron i, which is not refractory, is so after this step up to `last[i]`.
static inline void nl_rest(
    int64_t i, int64_t step, const int64_t* last, int64_t* resting, int32_t* following, int32_t* due) {
    if (last[i] <= step) return;
    resting[i / 64] |= (int64_t)((uint64_t)1 << (i & 63));
    nl_wait(i, last[i], following, due);
}

// Those that are not refractory any more.
static inline void nl_wake(
    int64_t step, const int64_t* last, int64_t* resting, int32_t* following, int32_t* due) {
    int32_t* const first = due + ((uint64_t)step & 63);
    int32_t left = *first;
    *first = -1;
    while (left >= 0) {
        const int64_t i = left;
        left = following[i];
        if (last[i] < step) {
            resting[i / 64] &= (int64_t) ~((uint64_t)1 << (i & 63));
        } else {
            nl_wait(i, last[i], following, due);
        }
    }
}

// Bits and lists from the last refractory steps alone, before a step.
static inline void nl_find_resting(int64_t lower, int64_t upper, int64_t step, const int64_t* last, int64_t* resting,
    int32_t* following, int32_t* due) {
    for (int64_t k = 0; k < 64; ++k) due[k] = -1;
    for (int64_t begin = lower; begin < upper; begin += 64) {
        const int64_t count = nl_min(64, upper - begin);
        uint64_t found = 0;
        for (int64_t k = 0; k < count; ++k) found |= (uint64_t)(last[begin + k] >= step) << k;
        resting[begin / 64] = (int64_t)found;
        for (; found; found &= found - 1) {
            const int64_t i = begin + __builtin_ctzll(found);
            nl_wait(i, last[i], following, due);
        }
    }
}
