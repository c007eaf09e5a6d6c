// Izhikevich's neurons (2003): 80 % pyramidal cells, 20 % interneurons, noise, explicit steps of 1 ms.
#pragma once
#include "normal.hpp"

struct Izhikevich {
    Array<real> v, u, a, b, c, d, noise, input;
    Array<Mask> fired;

    // Padding at the end never fires.
    Izhikevich(int exc, int n, Random &random) {
        const size_t room = padded(n, 64);
        for (auto *array : {&v, &u, &a, &b, &c, &d, &noise, &input}) array->make(room);
        fired.make(room / kLanes);
        for (int i = 0; i < n; ++i) {
            const real r = static_cast<real>(random.uniform());
            const bool pyramid = i < exc;
            noise[i] = pyramid ? 5 : 2;
            a[i] = pyramid ? static_cast<real>(0.02) : static_cast<real>(0.02) + static_cast<real>(0.08) * r;
            b[i] = pyramid ? static_cast<real>(0.2) : static_cast<real>(0.25) - static_cast<real>(0.05) * r;
            c[i] = pyramid ? -65 + 15 * r * r : -65;
            d[i] = pyramid ? 8 - 6 * r * r : 2;
            v[i] = -65, u[i] = -65 * b[i];
        }
        for (size_t i = n; i < room; ++i) v[i] = c[i] = -65, b[i] = static_cast<real>(0.2), u[i] = -13;
    }

    // One step of the neurons from begin to end (multiples of 64), which consumes their input; spikes to the list.
    int step(size_t begin, size_t end, Normals &normals, uint32_t *list) {
        pass(begin, end, normals, noise.data, a.data, b.data, c.data, d.data, input.data, v.data, u.data, fired.data);
        int found = 0;
        for (size_t i = begin; i < end; i += 64) {
            uint64_t bits;
            std::memcpy(&bits, &fired[i / kLanes], 8);
            for (; bits; bits &= bits - 1) list[found++] = static_cast<uint32_t>(i + __builtin_ctzll(bits));
        }
        return found;
    }

  private:
    // What stores may alias is local or restricted: all that is constant stays in registers.
    [[gnu::noinline]] static void pass(size_t begin, size_t end, Normals &given, const real *__restrict noise,
                                       const real *__restrict a, const real *__restrict b, const real *__restrict c,
                                       const real *__restrict d, real *__restrict input, real *__restrict v,
                                       real *__restrict u, Mask *__restrict fired) {
        Normals normals = given;
        for (size_t i = begin; i < end; i += 2 * kLanes) {
            Vec random[2];
            normals.draw(random[0], random[1]);
            for (int k = 0; k < 2; ++k) {
                const size_t at = i + k * kLanes;
                const Vec v0 = load(v + at), u0 = load(u + at);
                const Vec current = fma(load(noise + at), random[k], load(input + at));
                const Vec moved = fma(v0, fma(v0, splat(static_cast<real>(0.04)), splat(6)), splat(140) - u0 + current);
                const Vec recovery = fma(load(a + at), fma(load(b + at), v0, -u0), u0);
                const Mask over = greater(moved, splat(30));
                store(v + at, choose(over, load(c + at), moved));
                store(u + at, choose(over, recovery + load(d + at), recovery));
                store(input + at, Vec{});
                fired[at / kLanes] = over;
            }
        }
        given = normals;
    }
};
