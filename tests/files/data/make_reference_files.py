"""Writes the files of the reference in this folder: run with a Python that has ANNarchy 4.8.2.6, in a scratch
directory, and copy ``out`` here: ``python make_reference_files.py``."""

from pathlib import Path

import ANNarchy as ann
import numpy as np

OUT = Path("out")
OUT.mkdir(exist_ok=True)

ann.setup(dt=0.5, seed=1)
rate = ann.Neuron(
    parameters="tau = 10.0 : population\nbase = 0.5",
    equations="tau*dr/dt + r = sum(exc) + base\nm = mean(r) : population",
)
ann.Constant("gain", 3.0)
a = ann.Population((2, 3), rate, name="a")
b = ann.Population(4, rate, name="b")
s = ann.Population(3, ann.Izhikevich, name="s")
a.base = np.arange(6.0)
single = ann.Projection(a, b, "exc", name="single")
single.connect_all_to_all(weights=0.25, delays=1.5)
oja = ann.Projection(a, b, "exc", ann.Oja(), name="oja")
oja.connect_fixed_number_pre(2, weights=ann.Uniform(0, 1))
stdp = ann.Projection(s, s, "exc", ann.STDP(), name="stdp")
stdp.connect_all_to_all(weights=0.5, delays=ann.DiscreteUniform(1, 4))
ragged = ann.Projection(a, b[1:4], "exc", name="ragged")
ragged.connect_from_matrix([[None, 1.0, 2.0, None, None, 3.0], [4.0] + [None] * 5, [5.0, 6.0] + [None] * 4])
ann.compile()
ann.simulate(20.0)

ann.save(str(OUT / "net.data"))
ann.save(str(OUT / "net.txt.gz"))
stdp.save(str(OUT / "stdp.npz"))
a.save(str(OUT / "a.npz"))
for extension in ("npz", "data", "gz"):
    for projection in (single, oja, stdp, ragged):
        projection.save_connectivity(str(OUT / f"connectivity_{projection.name}.{extension}"))
ann.save_parameters(str(OUT / "parameters.json"))

# Expected values, as Python reads them there.
print({"a.r": a.r.tolist(), "b.r": b.r.tolist(), "s.v": s.v.tolist(), "a.m": a.m})
for projection in (single, oja, stdp, ragged):
    ranks = [list(map(int, dendrite.pre_ranks)) for dendrite in projection]
    print(projection.name, projection.post_ranks, ranks, projection.w, projection.delay)
ann.save(str(OUT / "net.npz"))
