// What is reduced over a row comes in 16 lanes, which are joined by halves.

template <typename Number, typename Operation>
static inline Number nl_joined(const Number* lanes, Operation operation) {
    Number half[8];
    for (int k = 0; k < 8; ++k) half[k] = operation(lanes[k], lanes[k + 8]);
    for (int k = 0; k < 4; ++k) half[k] = operation(half[k], half[k + 4]);
    for (int k = 0; k < 2; ++k) half[k] = operation(half[k], half[k + 2]);
    return operation(half[0], half[1]);
}

template <typename Number>
static inline Number nl_joined_sum(const Number* lanes) {
    return nl_joined(lanes, [](Number a, Number b) { return a + b; });
}

template <typename Number>
static inline Number nl_joined_min(const Number* lanes) {
    return nl_joined(lanes, [](Number a, Number b) { return nl_min(a, b); });
}

template <typename Number>
static inline Number nl_joined_max(const Number* lanes) {
    return nl_joined(lanes, [](Number a, Number b) { return nl_max(a, b); });
}

// Hints, which read nothing: brings what lies beyond 16 elements into the cache, to be read or to be written.
template <typename Number>
static inline void nl_fetch(const Number* elements) {
    const char* const place = (const char*)elements + 2048;
    for (uint64_t line = 0; line < 16 * sizeof(Number); line += 64) __builtin_prefetch(place + line);
}

template <typename Number>
static inline void nl_fetch_written(const Number* elements) {
    const char* const place = (const char*)elements + 1024;
    for (uint64_t line = 0; line < 16 * sizeof(Number); line += 64) __builtin_prefetch(place + line, 1);
}
