// Each thread stays on a core of its own while it runs the network, and is free again afterwards.

struct nl_cores {
    uint64_t bits[128];
};

#if defined(__linux__)
extern "C" int sched_getaffinity(int thread, unsigned long size, void* cores);
extern "C" int sched_setaffinity(int thread, unsigned long size, const void* cores);

static inline bool nl_stay(int32_t core, nl_cores* before) {
    if (core < 0 || core >= 64 * 128 || sched_getaffinity(0, sizeof *before, before)) return false;
    nl_cores one = {};
    one.bits[core / 64] = (uint64_t)1 << (core % 64);
    return !sched_setaffinity(0, sizeof one, &one);
}

static inline void nl_leave(bool stayed, const nl_cores* before) {
    if (stayed) sched_setaffinity(0, sizeof *before, before);
}
#else
static inline bool nl_stay(int32_t, nl_cores*) { return false; }
static inline void nl_leave(bool, const nl_cores*) {}
#endif
