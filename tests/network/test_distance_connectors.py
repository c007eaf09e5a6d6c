"""Connectors whose weights follow from the distance between neurons."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from connecting import RATE, drawn, ends

from engine import EngineError, Network

DISTANCE = json.loads((Path(__file__).parent / "distance_weights.json").read_text())["cases"]


@pytest.mark.parametrize("case", DISTANCE, ids=lambda case: f"{case['call']} {case['pre']}")
def test_distance_patterns_give_the_reference_weights_bit_for_bit(case: dict[str, Any]) -> None:
    net = Network()
    pre = net.create(tuple(case["pre"]), RATE)
    post = pre if case["same"] else net.create(tuple(case["post"]), RATE)
    proj = net.connect(pre, post, "exc")
    c = drawn(getattr(proj, case["call"])(**case["arguments"]))
    assert c.nnz == case["nnz"]
    for rank, row in case["rows"].items():
        synapses = slice(c.offsets[int(rank)], c.offsets[int(rank) + 1])
        assert c.pre[synapses].tolist() == row["pre"]
        assert c.weights[synapses].tolist() == row["w"]


def by_definition(pre: tuple[int, ...], post: tuple[int, ...], weight: Any) -> np.ndarray:
    """Weights of all pairs (post, pre) in double precision, without any limit."""

    def places(geometry: tuple[int, ...]) -> np.ndarray:
        coordinates = np.stack(np.unravel_index(np.arange(np.prod(geometry)), geometry), axis=1)
        return coordinates / np.maximum(np.array(geometry) - 1, 1)

    difference = places(post)[:, None, : len(pre)] - places(pre)[None]
    return np.asarray(weight((difference**2).sum(axis=2)))


@pytest.mark.parametrize(
    "geometries", [((30,), (7,)), ((9, 1), (5, 6)), ((6,), (4, 5)), ((4, 5, 3), (5, 2, 6))]
)
@pytest.mark.parametrize("sigma", [0.05, 0.4, 3.0])
def test_gaussian_by_its_definition(geometries: Any, sigma: float) -> None:
    *_, proj = ends(*geometries)
    c = drawn(proj.connect_gaussian(-2.0, sigma, limit=0.2))
    full = by_definition(*geometries, lambda d2: -2.0 * np.exp(-d2 / (2 * sigma**2)))
    matrix = np.zeros(full.shape)
    matrix[c.post, c.pre] = c.weights
    clear = abs(abs(full) - 0.4) > 1e-5  # rounding decides about the others
    expected = np.where(abs(full) > 0.4, full, 0.0)
    np.testing.assert_allclose(matrix[clear], expected[clear], rtol=2e-6)
    assert c.nnz > 0 and (c.nnz < full.size or sigma == 3.0)


def test_dog_by_its_definition() -> None:
    *_, proj = ends((8, 9), (6, 7))
    c = drawn(proj.connect_dog(1.0, 0.1, 0.4, 0.5, limit=0.05))
    full = by_definition((8, 9), (6, 7), lambda d2: np.exp(-d2 / 0.02) - 0.4 * np.exp(-d2 / 0.5))
    matrix = np.zeros(full.shape)
    matrix[c.post, c.pre] = c.weights
    clear = abs(abs(full) - 0.05 * 0.6) > 1e-5
    np.testing.assert_allclose(matrix[clear], np.where(abs(full) > 0.03, full, 0.0)[clear], atol=2e-7)
    assert (c.weights > 0).any() and (c.weights < 0).any()


def test_dog_of_equal_bells_makes_no_synapse() -> None:
    *_, proj = ends(20, 20)
    assert drawn(proj.connect_dog(1.0, 0.2, 1.0, 0.2)).nnz == 0


def test_distance_patterns_refuse_what_has_no_distance() -> None:
    net, pre, post, proj = ends((4, 4), (16,))
    with pytest.raises(EngineError, match="2 dimensions and the post-synaptic one 1"):
        drawn(proj.connect_gaussian(1.0, 0.1))
    for view in (net.connect(pre[0:2], post, "exc"), net.connect(post, pre[0, :], "exc")):
        with pytest.raises(EngineError, match="whole populations, and a view of pre"):
            view.connect_gaussian(1.0, 0.1)
        with pytest.raises(EngineError, match="whole populations"):
            view.connect_dog(1.0, 0.1, 0.5, 0.2)
    with pytest.raises(EngineError, match="sigma must be a positive part"):
        drawn(net.connect(post, pre, "exc").connect_gaussian(1.0, 0.0))


def test_self_connections_of_distance_patterns() -> None:
    net, pre, _, _ = ends((5, 5), 2)
    without = net.connect(pre, pre, "exc").connect_gaussian(1.0, 0.3)
    with_self = net.connect(pre, pre, "exc").gaussian(1.0, 0.3, allow_self_connections=True)
    assert drawn(with_self).nnz - drawn(without).nnz == 25


def test_a_population_of_one_neuron_lies_at_zero() -> None:
    *_, proj = ends(1, 3)
    assert drawn(proj.connect_gaussian(1.0, 0.5)).weights.tolist() == pytest.approx(
        [1.0, np.exp(-0.5), np.exp(-2.0)], rel=1e-6
    )
