"""Storage formats and orders by name, and the automatic ones."""

from __future__ import annotations

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
