// Threads that meet at a barrier which spins, and yields where the machine is busy.
#pragma once
#include <sched.h>

#include <atomic>
#include <thread>
#include <vector>

class Barrier {
  public:
    explicit Barrier(int threads) : threads_(threads) {}

    void wait() {
        if (threads_ == 1) return;
        const unsigned round = round_.load(std::memory_order_relaxed);
        if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
            arrived_.store(0, std::memory_order_relaxed);
            round_.store(round + 1, std::memory_order_release);
            return;
        }
        for (int looks = 0; round_.load(std::memory_order_acquire) == round; ++looks)
            if (looks >= 300)
                sched_yield();
#ifdef __x86_64__
            else
                __builtin_ia32_pause();
#endif
    }

  private:
    const int threads_;
    alignas(64) std::atomic<int> arrived_{0};
    alignas(64) std::atomic<unsigned> round_{0};
};

// The calling thread stays on the t-th processor that the process may use: a new thread begins on that of its maker,
// and in a run of some milliseconds the system may never part them.
inline void pin(const cpu_set_t &allowed, int t) {
    t %= CPU_COUNT(&allowed);
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (!CPU_ISSET(cpu, &allowed) || t-- > 0) continue;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        sched_setaffinity(0, sizeof one, &one);
        return;
    }
}

// body(thread) on each of the threads.
template <class Body>
void parallel(int threads, const Body &body) {
    cpu_set_t allowed;
    const bool is_pinned = threads > 1 && sched_getaffinity(0, sizeof allowed, &allowed) == 0;
    const auto begin = [&](int t) {
        if (is_pinned) pin(allowed, t);
        body(t);
    };
    std::vector<std::thread> others;
    for (int t = 1; t < threads; ++t) others.emplace_back(begin, t);
    begin(0);
    for (std::thread &other : others) other.join();
    if (is_pinned) sched_setaffinity(0, sizeof allowed, &allowed);
}
