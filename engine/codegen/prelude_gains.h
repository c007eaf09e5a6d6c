// What the exact step of a linear equation moves by for each unit of its force, k exprel(-k r), for one k and many
// rates r: the polynomial of short steps, 0 <= k r < 1/2, with the powers of k in its coefficients. Elements beyond
// take the general way.
template <class Real>
constexpr int nl_coefficients = sizeof(Real) == 8 ? sizeof(nl_short_step) / 8 : sizeof(nl_short_step_float) / 4;

struct nl_gains {
    real of[nl_coefficients<real>];
    real k, end;  // the polynomial holds below `end`
};

static inline nl_gains nl_gains_of(real k) {
    constexpr int count = nl_coefficients<real>;
    nl_gains gains;
    real power = k;
    for (int j = count - 1; j >= 0; --j) {
        gains.of[j] = (sizeof(real) == 8 ? (real)nl_short_step[j] : (real)nl_short_step_float[j]) * power;
        power *= -k;
    }
    gains.k = k;
    // Powers of a smaller k vanish, which for moderate rates changes nothing; those of a larger one overflow.
    constexpr real least = sizeof(real) == 8 ? (real)1e-29 : (real)2e-6;
    constexpr real most = sizeof(real) == 8 ? (real)1e29 : (real)1e6;
    gains.end = !(k >= 0 && k <= most) ? 0 : k < least ? 300 : (real)0.5 / k;
    return gains;
}

static inline real nl_gain_of_one(real r, const nl_gains& gains) {
    return r >= 0 && r < gains.end ? nl_polynomial(r, gains.of) : gains.k * nl_exprel(-gains.k * r);
}

#ifdef NL_VECTORS
typedef real nl_gained __attribute__((vector_size(64)));

// Bit j says whether rate j is one of the polynomial; a negative one is a large number without sign.
static inline __UINT8_TYPE__ nl_are_short(nl_doubles r, double end) {
    typedef long long whole __attribute__((vector_size(64)));
    return __builtin_ia32_ucmpq512_mask((whole)r, (whole)NL_8(end), 1, -1);
}
static inline __UINT16_TYPE__ nl_are_short(nl_floats r, float end) {
    typedef int whole __attribute__((vector_size(64)));
    return __builtin_ia32_ucmpd512_mask((whole)r, (whole)NL_16(end), 1, -1);
}

static __attribute__((noinline, unused)) nl_doubles nl_gain_of_others(
    nl_doubles r, nl_doubles gain, __UINT8_TYPE__ done, double k) {
    return __builtin_ia32_blendmpd_512_mask(k * nl_exprel_inline(-k * r), gain, done);
}
static __attribute__((noinline, unused)) nl_floats nl_gain_of_others(
    nl_floats r, nl_floats gain, __UINT16_TYPE__ done, float k) {
    return __builtin_ia32_blendmps_512_mask(k * nl_exprel_inline(-k * r), gain, done);
}

static inline nl_gained nl_gain_inline(nl_gained r, const nl_gains& gains) {
    const nl_gained gain = nl_polynomial(r, gains.of);
    const auto done = nl_are_short(r, gains.end);
    return __builtin_expect(done == (decltype(done))~0, 1) ? gain : nl_gain_of_others(r, gain, done, gains.k);
}

extern "C" {
#pragma omp declare simd simdlen(64 / sizeof(real)) uniform(gains) notinbranch
__attribute__((pure, visibility("hidden"))) real nl_gain_real(real r, const nl_gains* gains);
NL_SHARED real nl_gain_one_real(real r, const nl_gains* gains) __asm__("nl_gain_real");
NL_SHARED nl_gained nl_gain_8(nl_gained r, const nl_gains* gains) __asm__("_ZGVeN8vu_nl_gain_real");
NL_SHARED nl_gained nl_gain_16(nl_gained r, const nl_gains* gains) __asm__("_ZGVeN16vu_nl_gain_real");
}

real nl_gain_one_real(real r, const nl_gains* gains) { return nl_gain_of_one(r, *gains); }
nl_gained nl_gain_8(nl_gained r, const nl_gains* gains) { return nl_gain_inline(r, *gains); }
nl_gained nl_gain_16(nl_gained r, const nl_gains* gains) { return nl_gain_inline(r, *gains); }

static inline real nl_gain(real r, const nl_gains& gains) { return nl_gain_real(r, &gains); }
#ifdef NL_BYTES
static inline nl_reals nl_gain(nl_reals r, const nl_gains& gains) { return nl_gain_inline(r.v, gains); }
#endif
#else
static inline real nl_gain(real r, const nl_gains& gains) { return nl_gain_of_one(r, gains); }
#ifdef NL_BYTES
static __attribute__((noinline, unused)) nl_vector nl_gain_of_others(
    nl_vector r, nl_vector gain, nl_compared done, real k) {
    return nl_choose(nl_flags(done), gain, k * nl_exprel(-k * nl_reals(r))).v;
}

static inline nl_reals nl_gain(nl_reals r, const nl_gains& gains) {
    const nl_reals gain = nl_polynomial(r, gains.of);
    const nl_flags done = (r >= 0) & (r < gains.end);
    if (__builtin_expect(nl_bits_of(done) == (1u << nl_width) - 1, 1)) return gain;
    return nl_gain_of_others(r.v, gain.v, done.v, gains.k);
}
#endif
#endif
