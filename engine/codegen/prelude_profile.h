// Where the time of a step goes, in nanoseconds.

struct nl_moment {
    long seconds, nanoseconds;
};

extern "C" int clock_gettime(int clock, nl_moment* moment);

static inline int64_t nl_now() {
#if defined(__APPLE__)
    const int monotonic = 6;
#else
    const int monotonic = 1;
#endif
    nl_moment moment;
    clock_gettime(monotonic, &moment);
    return (int64_t)moment.seconds * 1000000000 + moment.nanoseconds;
}

// Counts the time since the last lap for one part.
static inline void nl_lap(int64_t* part, int64_t* last) {
    const int64_t now = nl_now();
    *part += now - *last;
    *last = now;
}
