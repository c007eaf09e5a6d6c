// Vectors of neurons that go through the steps of a block: last refractory steps, and spikes that were counted.

// How they go: the quick way whole vectors, no neuron of which is reached by more spikes than a byte counts; the careful
// way up to the last of so many neurons.
struct nl_quick {
    static constexpr bool is_quick = true;
    static nl_whole lanes(int64_t) { return {}; }
};
struct nl_careful {
    static constexpr bool is_quick = false;
    static nl_part lanes(int64_t left) { return {nl_max(0, nl_min(left, nl_width))}; }
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

static inline nl_lasts nl_get_lasts(nl_whole, const int64_t* last, int64_t first_step) {
    const nl_longs since = *(const nl_longs*)last - first_step, far = nl_longs{} + NL_FAR;
    const nl_longs near = since < -far ? -far : since;
    return {__builtin_convertvector(near > far ? far : near, nl_sinces)};
}

static inline nl_lasts nl_get_lasts(nl_part some, const int64_t* last, int64_t first_step) {
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
            (nl_steps_of_doubles)last.v, nl_steps_of_doubles{} + (long long)until, (uint8_t)which.bits),
        __builtin_ia32_blendmd_512_mask(
            (nl_steps_of_floats)last.v, nl_steps_of_floats{} + (int)until, (uint16_t)which.bits))};
}
#else
static inline nl_flags nl_is_over(nl_lasts last, int64_t later) {
    return nl_flags(nl_sinces{} + (decltype(last.v[0] + 0))later > last.v);
}

static inline nl_lasts nl_rest_until(nl_flags which, int64_t until, nl_lasts last) {
    return {which.v ? nl_sinces{} + (decltype(last.v[0] + 0))until : last.v};
}
#endif

// Numbers of spikes that reach neurons in a step: low bytes, and high ones at a distance, which is 0 where there are none.
// They are taken as reals; then no high ones are left. There is room for whole vectors.
struct nl_arrived {
    uint8_t* low;
    int64_t high;
};

typedef char nl_few_bytes __attribute__((vector_size(16)));
static inline nl_few_bytes nl_few(const uint8_t* from) {
    typedef int64_t longs __attribute__((vector_size(16)));
    typedef int32_t ints __attribute__((vector_size(16)));
    nl_few_bytes bytes;
    int64_t eight = 0;
    int32_t four = 0;
    if (nl_width == 8) {
        __builtin_memcpy(&eight, from, 8);
        bytes = (nl_few_bytes)(longs){eight, 0};
    } else if (nl_width == 4) {
        __builtin_memcpy(&four, from, 4);
        bytes = (nl_few_bytes)(ints){four, 0, 0, 0};
    } else {
        __builtin_memcpy(&bytes, from, 16);
    }
    return bytes;
}

#if defined(NL_VECTORS)
static inline nl_doubles nl_from_bytes(nl_doubles none, const uint8_t* from) {
    return __builtin_ia32_cvtdq2pd512_mask(__builtin_ia32_pmovzxbd256(nl_few(from)), none, -1);
}

static inline nl_floats nl_from_bytes(nl_floats none, const uint8_t* from) {
    const nl_steps_of_floats numbers = __builtin_ia32_pmovzxbd512_mask(nl_few(from), nl_steps_of_floats{}, -1);
    return __builtin_ia32_cvtdq2ps512_mask(numbers, none, -1, NL_NOW);
}
#elif NL_BYTES == 32
typedef double nl_four_doubles __attribute__((vector_size(32)));
static inline nl_four_doubles nl_from_bytes(nl_four_doubles, const uint8_t* from) {
    return __builtin_convertvector(__builtin_ia32_pmovzxbd128(nl_few(from)), nl_four_doubles);
}

typedef float nl_eight_floats __attribute__((vector_size(32)));
static inline nl_eight_floats nl_from_bytes(nl_eight_floats, const uint8_t* from) {
    return __builtin_convertvector(__builtin_ia32_pmovzxbd256(nl_few(from)), nl_eight_floats);
}
#else
static inline nl_vector nl_from_bytes(nl_vector x, const uint8_t* from) {
    for (int64_t k = 0; k < nl_width; ++k) x[k] = from[k];
    return x;
}
#endif

// A number of spikes plus NL_BIAS, in one instruction: it is the last byte of a real of that size. A weight times the
// number is then one fused step, to the same bits, where the weight times the bias is a number.
#if defined(NL_VECTORS) && defined(__AVX512BW__)
#define NL_BIAS ((real)(sizeof(real) == 8 ? 1L << 52 : 1L << 23))
typedef char nl_bytes_of_reals __attribute__((vector_size(64)));
static inline nl_reals nl_biased(nl_arrived spikes, int64_t i) {
    typedef long long longs __attribute__((vector_size(16)));
    const nl_bytes_of_reals bias = (nl_bytes_of_reals)(nl_vector{} + NL_BIAS);
    if (sizeof(real) == 8) {
        // All lanes have all eight bytes; of bytes 0 and 1, then 2 and 3 and so on the first in each real stays.
        const nl_steps_of_doubles places = {0, 1, 2, 3, 4, 5, 6, 7};
        long long eight;
        __builtin_memcpy(&eight, spikes.low + i, 8);
        const nl_steps_of_doubles all = nl_steps_of_doubles{} + eight;
        return (nl_vector)__builtin_ia32_pshufb512_mask(
            (nl_bytes_of_reals)all, (nl_bytes_of_reals)places, bias, 0x0101010101010101);
    }
    const nl_steps_of_floats places = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    longs sixteen;
    __builtin_memcpy(&sixteen, spikes.low + i, 16);
    const nl_steps_of_doubles all = __builtin_ia32_broadcasti64x2_512_mask(sixteen, nl_steps_of_doubles{}, -1);
    return (nl_vector)__builtin_ia32_pshufb512_mask(
        (nl_bytes_of_reals)all, (nl_bytes_of_reals)places, bias, 0x1111111111111111);
}
#else
#define NL_BIAS ((real)0)
static inline nl_reals nl_biased(nl_arrived spikes, int64_t i) { return nl_from_bytes(nl_vector{}, spikes.low + i); }
#endif

static inline bool nl_is_biased(real weight) { return nl_isfinite(NL_BIAS * weight); }

static inline nl_reals nl_counted(nl_quick, nl_arrived spikes, int64_t i) {
    return NL_BIAS > 0 ? nl_biased(spikes, i) - NL_BIAS : nl_from_bytes(nl_vector{}, spikes.low + i);
}

static inline nl_reals nl_counted(nl_careful, nl_arrived spikes, int64_t i) {
    const nl_reals low = nl_from_bytes(nl_vector{}, spikes.low + i);
    if (__builtin_expect(spikes.high == 0, 1)) return low;
    return nl_fma((real)256, nl_from_bytes(nl_vector{}, spikes.low + spikes.high + i), low);
}

static inline void nl_clear_high(nl_quick, nl_arrived, int64_t) {}

static inline void nl_clear_high(nl_careful, nl_arrived spikes, int64_t i) {
    if (__builtin_expect(spikes.high != 0, 0)) __builtin_memset(spikes.low + spikes.high + i, 0, nl_width);
}
