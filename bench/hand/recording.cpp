// COBA with v of all neurons each ms and all spikes in memory, in blocks that are large enough from the beginning.
#include "coba.hpp"

int main(int count, char **given) {
    const Arguments arguments(count, given, 1000.0);
    Recording recording;
    recording.period = 10;
    simulate(arguments, Coba(), &recording);
}
