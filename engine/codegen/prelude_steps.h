// Vectors of neurons that go through the steps of a block: last refractory steps, and spikes that were counted.

template <int64_t number>
struct nl_vectors {
    static constexpr int64_t count = number;
};

// Last refractory steps, counted from the first step of the block, in integers as wide as a real; what is too far away
// for them is as far away as they can say.
#define NL_FAR (1L << 30)
typedef decltype(nl_vector{} < nl_vector{}) nl_sinces;
typedef int64_t nl_longs __attribute__((vector_size(NL_BYTES * 8 / sizeof(real)), aligned(8), may_alias));
struct nl_lasts {
    nl_sinces v;
};

static inline int64_t nl_near(int64_t steps) { return nl_max(-NL_FAR, nl_min(NL_FAR, steps)); }

static inline nl_lasts nl_get_lasts(nl_all, const int64_t* last, int64_t first_step) {
    const nl_longs since = *(const nl_longs*)last - first_step, far = nl_longs{} + NL_FAR;
    const nl_longs near = since < -far ? -far : since;
    return {__builtin_convertvector(near > far ? far : near, nl_sinces)};
}

static inline nl_lasts nl_get_lasts(nl_first some, const int64_t* last, int64_t first_step) {
    nl_lasts lasts = {};
    for (int64_t k = 0; k < some.count; ++k) lasts.v[k] = nl_near(last[k] - first_step);
    return lasts;
}

#ifdef NL_VECTORS
typedef long long nl_steps_of_doubles __attribute__((vector_size(64)));
typedef int nl_steps_of_floats __attribute__((vector_size(64)));

static inline nl_flags nl_is_over(nl_lasts last, int64_t later) {
    return nl_flags(NL_OF(uint32_t,
        (uint8_t)__builtin_ia32_pcmpgtq512_mask(nl_steps_of_doubles{} + (long long)later, (nl_steps_of_doubles)last.v, -1),
        (uint16_t)__builtin_ia32_pcmpgtd512_mask(nl_steps_of_floats{} + (int)later, (nl_steps_of_floats)last.v, -1)));
}

static inline nl_lasts nl_rest_until(nl_flags which, int64_t until, nl_lasts last) {
    return {NL_OF(nl_sinces,
        __builtin_ia32_blendmq_512_mask(
            (nl_steps_of_doubles)last.v, nl_steps_of_doubles{} + (long long)nl_near(until), (uint8_t)which.bits),
        __builtin_ia32_blendmd_512_mask(
            (nl_steps_of_floats)last.v, nl_steps_of_floats{} + (int)nl_near(until), (uint16_t)which.bits))};
}
#else
static inline nl_flags nl_is_over(nl_lasts last, int64_t later) {
    return nl_flags(nl_sinces{} + (decltype(last.v[0] + 0))later > last.v);
}

static inline nl_lasts nl_rest_until(nl_flags which, int64_t until, nl_lasts last) {
    return {which.v ? nl_sinces{} + (decltype(last.v[0] + 0))nl_near(until) : last.v};
}
#endif

// Numbers of spikes, as reals; where they are taken, none are left.
typedef uint16_t nl_shorts __attribute__((vector_size(2 * NL_BYTES / sizeof(real)), aligned(2), may_alias));
#ifdef NL_VECTORS
static inline nl_doubles nl_counted(nl_doubles none, const uint16_t* from) {
    typedef short shorts __attribute__((vector_size(16), aligned(2), may_alias));
    return __builtin_ia32_cvtdq2pd512_mask(__builtin_ia32_pmovzxwd256(*(const shorts*)from), none, -1);
}

static inline nl_floats nl_counted(nl_floats none, const uint16_t* from) {
    typedef short shorts __attribute__((vector_size(32), aligned(2), may_alias));
    const nl_steps_of_floats numbers =
        __builtin_ia32_pmovzxwd512_mask(*(const shorts*)from, nl_steps_of_floats{}, -1);
    return __builtin_ia32_cvtdq2ps512_mask(numbers, none, -1, NL_NOW);
}
#else
static inline nl_vector nl_counted(nl_vector, const uint16_t* from) {
    typedef int ints __attribute__((vector_size(4 * NL_BYTES / sizeof(real))));
    return __builtin_convertvector(__builtin_convertvector(*(const nl_shorts*)from, ints), nl_vector);
}
#endif

static inline nl_reals nl_counted(nl_all, const uint16_t* from) { return nl_counted(nl_vector{}, from); }
static inline nl_reals nl_counted(nl_first some, const uint16_t* from) {
    nl_vector x = {};
    for (int64_t k = 0; k < some.count; ++k) x[k] = from[k];
    return x;
}

static inline void nl_clear(nl_all, uint16_t* counts) { *(nl_shorts*)counts = nl_shorts{}; }
static inline void nl_clear(nl_first some, uint16_t* counts) {
    for (int64_t k = 0; k < some.count; ++k) counts[k] = 0;
}
