// Threads that meet at a barrier which spins, and yields where the machine is busy.
#pragma once
#include <atomic>
#include <sched.h>
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

// body(thread) on each of the threads.
template <class Body>
void parallel(int threads, const Body &body) {
    std::vector<std::thread> others;
    for (int t = 1; t < threads; ++t) others.emplace_back([&body, t] { body(t); });
    body(0);
    for (std::thread &other : others) other.join();
}
