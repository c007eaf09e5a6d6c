"""Storage formats and orders by name, and the automatic ones."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from connecting import RATE, SPIKING, drawn, ends

from engine import (
    CodeGeneratorException,
    EngineError,
    InvalidConfiguration,
    Network,
    Neuron,
    Synapse,
    Uniform,
)


@pytest.mark.parametrize("neuron", [RATE, SPIKING], ids=["rate", "spike"])
def test_storage_names_do_not_change_results(neuron: Neuron) -> None:
    names = ["lil", "csr", "dense", "auto", "bsr"]
    names += ["ell", "ellr", "sell", "coo", "hyb"] if neuron is RATE else []
    results = []
    for name in names:
        net, pre, post, proj = ends(6, 5, neuron)
        proj.connect_fixed_probability(0.4, Uniform(0.0, 1.0), storage_format=name)
        net.compile(silent=True)
        pre.b = 2.0
        m = net.monitor(post, "r" if neuron is RATE else "g_exc")
        net.simulate(3.0)
        results.append(m.get(m.variables[0])[1])
    assert results[0].any()
    for other in results[1:]:
        np.testing.assert_array_equal(results[0], other)


@pytest.mark.parametrize("neuron", [RATE, SPIKING], ids=["rate", "spike"])
@pytest.mark.parametrize(("pres", "posts"), [(1, 3), (5, 7), (16, 2), (35, 20)])
def test_forms_that_are_asked_for_give_the_same_bits(neuron: Neuron, pres: int, posts: int) -> None:
    forms, results = [], []
    for name in ("lil", "csr", "dense", "auto"):
        net, pre, post, proj = ends(pres, posts, neuron)
        proj.connect_all_to_all(Uniform(0.0, 1.0), storage_format=name)
        net.compile(silent=True)
        pre.b = np.linspace(2.0, 0.5, pres)
        m = net.monitor(post, "r" if neuron is RATE else "g_exc")
        net.simulate(4.0)
        results.append(m.get(m.variables[0]))
        forms.append(proj.stored_as)
    assert results[0][1].any()
    for other in results[1:]:
        np.testing.assert_array_equal(results[0], other)
    length = pres if neuron is RATE else posts  # of the rows that are in use
    as_found = "dense" if length >= 16 else "sparse"
    assert forms == [as_found, "sparse", "dense", as_found]


def test_a_format_that_is_asked_for_wins_over_bits() -> None:
    spikes = []
    for name in (None, "auto", "csr", "dense"):
        net = Network(dt=1.0, seed=5)
        cell = Neuron("I = 1.0", "v = v + I + g_exc", spike="v > 20.0", reset="v = 0.0")
        pop = net.create(2048, cell)
        pop.I = np.linspace(0.5, 3.0, 2048)
        proj = net.connect(pop, pop, "exc").connect_fixed_probability(0.1, 1 / 64, storage_format=name)
        m = net.monitor(pop, "spike")
        net.compile(silent=True)
        net.simulate(30.0)
        # Sums of so few 64ths are exact in any order.
        spikes.append((proj.stored_as, m.get("spike")))
    assert [form for form, _ in spikes] == ["bits", "bits", "sparse", "sparse"]
    assert sum(map(len, spikes[0][1].values())) > 2048
    assert all(other == spikes[0][1] for _, other in spikes[1:])


@pytest.mark.parametrize(
    ("neuron", "connect", "words"),
    [
        (RATE, lambda p: p.connect_all_to_all(Uniform(0.0, 1.0)), "dense rows, .* \\(rows have no gaps"),
        (
            RATE,
            lambda p: p.connect_all_to_all(1.0, storage_format="csr"),
            "lists of ranks, .* \\(storage_format='csr'",
        ),
        (
            RATE,
            lambda p: p.connect_fixed_number_pre(10, 1.0, storage_format="dense"),
            "lists of ranks, .* \\(storage_format='dense', but rows have gaps: 25 % of all pairs",
        ),
        (
            SPIKING,
            lambda p: p.connect_fixed_number_pre(10, 1.0),
            "lists of ranks, .* \\(rows have gaps: 25 %",
        ),
        (SPIKING, lambda p: p.connect_one_to_one(1.0), "lists of ranks, .* \\(rows have gaps: 2.5 %"),
    ],
)
def test_storage_tells_form_reason_and_bytes(neuron: Neuron, connect: Any, words: str) -> None:
    net, *_, proj = ends(40, 40, neuron)
    connect(proj)
    assert (proj.storage, proj.stored_as) == (None, "")
    net.compile(silent=True)
    storage = proj.storage
    assert storage is not None and re.match(words, str(storage)), str(storage)
    assert storage.synapses == proj.nb_synapses
    # Ranks of two bytes; a weight of eight, where there is one for each; rows, switches and clocks besides.
    least = storage.synapses * (2 + 8 * isinstance(proj.w, list))
    assert least <= storage.bytes <= least + 8 * 6 * 41
    assert storage.bytes_each == storage.bytes / storage.synapses


def test_bytes_of_storage_count_lists_that_only_python_reads() -> None:
    net = Network(dt=1.0)
    pop = net.create(2048, SPIKING)
    proj = net.connect(pop, pop, "exc").connect_fixed_probability(0.1, 1.0)
    net.compile(silent=True)
    storage = proj.storage
    assert storage is not None and storage.form == "bits"
    assert str(storage).startswith("rows of bits") and "all have one weight and only add it" in str(storage)
    bits = 2048 * 2048 // 8
    assert bits <= storage.bytes <= 1.2 * bits
    assert len(proj.dendrite(5).pre_ranks) > 0
    with_lists = proj.storage
    assert with_lists is not None
    assert with_lists.bytes >= bits + 2 * 2 * storage.synapses, "rows by either side"


def test_a_dense_projection_has_all_dendrites_and_all_weights() -> None:
    net, pre, post, proj = ends(3, 4)
    proj.connect_all_to_all(0.5, storage_format="dense")
    sparse = net.connect(pre, post, "exc").connect_from_matrix(
        [[1.0, None, 2.0], [None] * 3, [3.0] * 3, [None] * 3], storage_format="dense"
    )
    net.compile(silent=True)
    assert proj._storage_format == "dense"
    assert proj.w == [[0.5] * 3] * 4
    assert sparse.post_ranks == [0, 1, 2, 3]
    assert sparse.w == [[1.0, 2.0], [], [3.0] * 3, []]
    assert (len(sparse[1]), sparse[1].w) == (0, [])
    sparse.w = [[4.0, 5.0], [], [6.0] * 3, []]
    assert sparse.w == [[4.0, 5.0], [], [6.0] * 3, []]


@pytest.mark.parametrize(
    ("connect", "expected"),
    [
        (lambda p: p.connect_all_to_all(1.0, storage_format="auto"), "dense"),
        (lambda p: p.connect_one_to_one(1.0, storage_format="auto"), "lil"),
        (lambda p: p.connect_fixed_number_pre(7, 1.0, storage_format="auto"), "dense"),
        (lambda p: p.connect_fixed_number_pre(5, 1.0, storage_format="auto"), "csr"),
        (lambda p: p.connect_fixed_number_pre(5, 1.0), "lil"),
    ],
)
def test_auto_follows_the_density(connect: Any, expected: str) -> None:
    *_, proj = ends(10, 10)
    drawn(connect(proj))
    assert proj._storage_format == expected


@pytest.mark.parametrize(
    ("neuron", "name", "order", "expected"),
    [
        (SPIKING, "csr", "auto", "pre_to_post"),
        (SPIKING, "lil", "auto", "post_to_pre"),
        (RATE, "csr", "auto", "post_to_pre"),
    ],
)
def test_auto_order(neuron: Neuron, name: str, order: str, expected: str) -> None:
    *_, proj = ends(3, 2, neuron)
    drawn(proj.connect_all_to_all(1.0, storage_format=name, storage_order=order))
    assert proj._storage_order == expected


def test_setup_chooses_the_storage_of_connectors_without_names() -> None:
    net = Network()
    net.config(sparse_matrix_format="csr", sparse_matrix_storage_order="pre_to_post")
    pop = net.create(4, SPIKING)
    assert net.connect(pop, pop, "exc").connect_all_to_all(1.0)._storage_format == "csr"
    assert net.connect(pop, pop, "exc").connect_all_to_all(1.0)._storage_order == "pre_to_post"
    assert net.connect(pop, pop, "exc").connect_gaussian(1.0, 0.1)._storage_order == "post_to_pre"


@pytest.mark.parametrize(
    ("neuron", "arguments", "error", "message"),
    [
        (
            RATE,
            {"storage_order": "pre_to_post", "storage_format": "csr"},
            CodeGeneratorException,
            "for spikes only",
        ),
        (SPIKING, {"storage_order": "pre_to_post"}, InvalidConfiguration, "not possible with 'lil'"),
        (
            SPIKING,
            {"storage_format": "ell"},
            InvalidConfiguration,
            "cannot be stored as 'ell'",
        ),
        (RATE, {"storage_format": "csr_vector"}, InvalidConfiguration, "format of GPUs"),
        (RATE, {"storage_format": "ellr", "delays": Uniform(1.0, 3.0)}, InvalidConfiguration, "one delay"),
        (RATE, {"storage_format": "dia"}, InvalidConfiguration, "as many pre- as post-synaptic"),
    ],
)
def test_forbidden_storage(neuron: Neuron, arguments: Any, error: Any, message: str) -> None:
    net, *_, proj = ends(2, 3, neuron)
    proj.connect_all_to_all(1.0, **arguments)
    with pytest.raises(error, match=message):
        net.compile(silent=True)


def test_forbidden_storage_of_models_and_plasticity() -> None:
    net, pre, post, _ = ends(3, 3)
    learning = Synapse(equations="dw/dt = pre.r", psp="w * pre.r", name="learning")
    net.connect(pre, post, "exc", learning, name="other").connect_all_to_all(1.0, storage_format="coo")
    with pytest.raises(InvalidConfiguration, match="default synapse only, not for learning"):
        drawn(net.projections[1])
    plain = net.connect(pre, post, "exc", Synapse(psp="w*pre.r"))
    assert drawn(plain.connect_all_to_all(1.0, storage_format="coo")).nnz == 9
    growing = Network()
    growing.config(structural_plasticity=True)
    pop = growing.create(3, RATE)
    with pytest.raises(InvalidConfiguration, match="structural plasticity needs storage_format='lil'"):
        drawn(growing.connect(pop, pop, "exc").connect_all_to_all(1.0, storage_format="csr"))


def test_unknown_storage_is_refused_at_once() -> None:
    *_, proj = ends()
    with pytest.raises(EngineError, match="storage format 'foo' is unknown; there are default, lil"):
        proj.connect_all_to_all(1.0, storage_format="foo")
    with pytest.raises(EngineError, match="storage order 'post' is unknown"):
        proj.connect_all_to_all(1.0, storage_order="post")
    with pytest.raises(EngineError, match="one-to-one connections cannot be stored as 'dense'"):
        proj.connect_one_to_one(1.0, storage_format="dense")
