// Calls nl_run of a compiled network once, with buffers from a file: what an instruction counter looks at.
// replay LIBRARY DUMP; the format of DUMP is written by bench/check.py.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <vector>

using Run = int64_t (*)(void **, const int64_t *, const int64_t *, int64_t, int32_t, volatile int32_t *,
                        volatile int64_t *);

static std::FILE *file;

static int64_t number() {
    int64_t value;
    if (std::fread(&value, sizeof value, 1, file) != 1) std::exit(2);
    return value;
}

int main(int argc, char **argv) {
    if (argc != 3 || !(file = std::fopen(argv[2], "rb"))) return 2;
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (!library) return std::fprintf(stderr, "%s\n", dlerror()), 2;
    const Run run = reinterpret_cast<Run>(dlsym(library, "nl_run"));
    const int64_t steps = number();
    int64_t clock[3];
    for (int64_t &value : clock) value = number();
    std::vector<int64_t> sizes(number());
    for (int64_t &value : sizes) value = number();
    std::vector<void *> buffers(number());
    for (size_t i = 0; i < buffers.size(); ++i) {
        const int64_t same = number(), bytes = number();
        if (same >= 0) {
            buffers[i] = buffers[same];
            continue;
        }
        buffers[i] = std::aligned_alloc(64, (bytes + 127) / 64 * 64);
        if (bytes && std::fread(buffers[i], bytes, 1, file) != 1) return 2;
    }
    volatile int32_t stop = 0;
    volatile int64_t progress = 0;
    return run(buffers.data(), sizes.data(), clock, steps, 1, &stop, &progress) == steps ? 0 : 1;
}
