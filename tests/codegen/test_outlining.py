"""Long texts: loops become functions that alike ones share, in units that are compiled once each."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from engine import STDP, Network, Neuron, Projection, Uniform
from engine.codegen import outlining, step_values, units
from engine.codegen.outlining import BORDER, PLAINLY, Span, outlined
from engine.codegen.units import units as units_of

SPIKING = """
    tau * dv/dt = {constant} - v + g_exc + Normal(0.0, 1.0)
    dg_exc/dt = -g_exc / 5.0
"""


def ring_of_populations(constants: list[float], threads: int = 1) -> Network:
    """As many populations, each onto the next one; every second projection learns."""
    net = Network(dt=0.1, seed=5)
    net.config(num_threads=threads)
    populations = []
    for constant in constants:
        text = SPIKING.format(constant=constant)
        neuron = Neuron("tau = 20.0", text, spike="v > 20.0", reset="v = 0.0", refractory=1.0)
        populations.append(net.create(70, neuron))
    for k, pre in enumerate(populations):
        post = populations[(k + 1) % len(populations)]
        synapse = STDP(tau_plus=20.0) if k % 2 else None
        projection = Projection(pre, post, "exc", synapse, network=net)
        projection.connect_fixed_probability(0.2, weights=Uniform(0.0, 0.4))
    net.monitor(populations[0], ["spike", "v"])
    return net


def values(net: Network) -> list[np.ndarray]:
    """Everything after 30 ms."""
    net.compile(silent=True)
    net.simulate(30.0)
    arrays = [p.v for p in net.get_populations()]
    arrays += [np.concatenate([np.ravel(d.w) for d in p.dendrites]) for p in net.get_projections()]
    data = net.get_monitors()[0].get()
    return [*arrays, np.asarray(data["v"]), np.concatenate([data["spike"][k] for k in range(70)])]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NEUROLOOM_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "compiled"


@pytest.mark.parametrize("threads", [1, 2])
def test_functions_and_units_change_no_bit(
    cache: Path, monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    constants = [31.0, 32.0, 31.0, 33.0]
    monkeypatch.setattr(outlining, "LONGEST", 10**6)
    inline = ring_of_populations(constants, threads)
    assert len(units_of(inline.generate())) == 1
    expected = values(inline)
    assert len(expected[-1]) > 20, "hardly a spike"
    monkeypatch.setattr(outlining, "LONGEST", 0)
    monkeypatch.setattr(units, "WHOLE", 0)
    monkeypatch.setattr(units, "LINES", 20)
    net = ring_of_populations(constants, threads)
    assert len(units_of(net.generate())) > 3
    for got, wanted in zip(values(net), expected, strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_alike_loops_share_a_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlining, "LONGEST", 0)
    monkeypatch.setattr(step_values, "MOST", 0)  # As in networks that are large.
    texts = [ring_of_populations([21.0] * count).generate() for count in (6, 12)]
    assert "Normal" in texts[0] and "nl_place" in texts[0]
    few, many = (set(re.findall(r"void (nl_loop_\w+)", text)) for text in texts)
    assert few == many
    calls = re.findall(r"^ {8}(nl_loop_\w+)\(", texts[1], re.MULTILINE)
    assert len(calls) > 3 * len(many)
    assert all(f"{PLAINLY}static int64_t nl_thread" in text for text in texts), "no loop stays behind"


def test_a_short_text_keeps_its_loops() -> None:
    text = ring_of_populations([21.0, 22.0]).generate()
    *functions, _ = text.split(BORDER)[1:]
    loops = [function for function in functions if not function.startswith("numbers of steps")]
    assert loops and all("nl_reals" in loop for loop in loops), "only vectors are apart"
    assert len(units_of(text)) == 1


def test_a_changed_equation_compiles_one_unit_again(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlining, "LONGEST", 0)
    monkeypatch.setattr(units, "WHOLE", 0)
    monkeypatch.setattr(units, "LINES", 30)
    constants = [20.0 + k for k in range(8)]
    values(ring_of_populations(constants))
    before = set(cache.glob("*.o"))
    constants[3] = 20.5
    values(ring_of_populations(constants))
    after = set(cache.glob("*.o"))
    assert before < after
    # The unit of the equation, the one that calls it, and what moved between the units beside it.
    assert len(after - before) <= 4 < len(before) - 2


BODY = """\
        // one
        for (int64_t i = 0; i < n; ++i) {
            const real here = a[i] * scale;
            a[i] = here + 1.0;
        }
        // two
        for (int64_t i = 0; i < m; ++i) {
            const real there = b[i] * other;
            b[i] = there + 1.0;
        }
        // three
        for (int64_t i = 0; i < m; ++i) {
            b[i] = b[i] * other - 1.0;
            ++seen;
        }""".splitlines()
SPANS = [Span(0, 5), Span(5, 10), Span(10, 15)]
SIGNATURE = "static int64_t nl_thread(void** buffers, const int64_t thread, const int64_t threads"
DECLARED = [
    "    const int64_t n = sizes[0];",
    "    const int64_t m = sizes[1];",
    "    const real scale = *(const real*)buffers[0];",
    "    const real other = *(const real*)buffers[1];",
    "    // the users' arrays; one a line",
    "    real* __restrict const a = (real*)buffers[2];",
    "    real* __restrict const b = (real*)buffers[3];",
    "    int64_t seen = 0;",
]


def test_what_a_loop_changes_is_handed_over_as_a_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlining, "LONGEST", 0)
    found = outlined(SIGNATURE, DECLARED, BODY, SPANS)
    assert found.complete
    first, third = found.functions
    assert "(const int64_t n, real* __restrict const a, const real scale)" in first
    assert "int64_t& seen" in third
    calls = [line.strip() for line in found.body if not line.strip().startswith("//")]
    assert [re.sub(r"nl_loop_\w+", "f", call) for call in calls] == [
        "f(n, a, scale);",
        "f(m, b, other);",
        "f(m, b, other, seen);",
    ]


def test_a_loop_that_uses_what_cannot_be_handed_over_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlining, "LONGEST", 0)
    declared = [*DECLARED[:-1], "    int64_t table[64], seen = 0;"]
    found = outlined(SIGNATURE, declared, BODY, SPANS)
    assert not found.complete
    assert len(found.functions) == 1
    assert BODY[10:] == found.body[-5:]


@pytest.mark.parametrize("change", ["type", "array twice", "number"])
def test_loops_that_differ_share_nothing(monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    monkeypatch.setattr(outlining, "LONGEST", 0)
    declared, body = list(DECLARED), list(BODY)
    if change == "type":
        declared[6] = "    int64_t* __restrict const b = (int64_t*)buffers[3];"
    elif change == "array twice":
        body[7] = body[7].replace("other", "b[0]")
    else:
        body[8] = body[8].replace("1.0", "2.0")
    assert len(outlined(SIGNATURE, declared, body, SPANS).functions) == 3


def test_a_loop_apart_is_a_function_in_a_short_text() -> None:
    found = outlined(SIGNATURE, DECLARED, BODY, [SPANS[0], Span(5, 10, apart=True), SPANS[2]])
    assert not found.complete
    assert len(found.functions) == 1
    assert found.body[:5] == BODY[:5] and found.body[-5:] == BODY[10:]
    assert "(const int64_t m, real* __restrict const b, const real other)" in found.functions[0]
