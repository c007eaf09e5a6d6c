// COBA (Vogels & Abbott 2005): neurons with conductance-based synapses.
#include "coba.hpp"

int main(int count, char **given) { simulate(Arguments(count, given, 1000.0), Coba(), nullptr); }
