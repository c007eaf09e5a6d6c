// The barrier of a step. A step takes microseconds, so waiting threads look again and again for a moment; where the
// machine has other work, they then give their core away, perhaps to the very thread that they wait for. (The
// barriers of OpenMP libraries either burn whole time slices here or go to sleep too early.)

extern "C" int sched_yield(void);

static inline void nl_pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}

// state[0]: threads that have arrived; state[16]: how often all have met.
static __attribute__((noinline, unused)) void nl_meet(volatile int32_t* state, int32_t threads) {
    const int32_t met = __atomic_load_n(state + 16, __ATOMIC_RELAXED);
    if (__atomic_add_fetch(state, 1, __ATOMIC_ACQ_REL) == threads) {
        __atomic_store_n(state, 0, __ATOMIC_RELAXED);
        __atomic_store_n(state + 16, met + 1, __ATOMIC_RELEASE);
        return;
    }
    for (int32_t looks = 0; __atomic_load_n(state + 16, __ATOMIC_ACQUIRE) == met; ++looks) {
        if (looks < 300) nl_pause();
        else sched_yield();
    }
}
