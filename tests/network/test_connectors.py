"""Weights and delays of connectors, and how synapses are read back. Random patterns: tests/connectivity."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from connecting import SPIKING, drawn, ends

from engine import Constant, EngineError, Normal, Uniform


@pytest.mark.parametrize(
    ("weights", "single"),
    [(2, True), (2.0, True), (np.float64(2.0), True), ("Constant", True), (np.float32(2.0), False)],
)
def test_which_numbers_are_one_weight(weights: Any, single: bool) -> None:
    net, *_, proj = ends(2, 1)
    proj.connect_all_to_all(Constant("two", 2.0) if weights == "Constant" else weights)
    net.compile(silent=True)
    assert proj.w == (2.0 if single else [[2.0, 2.0]])


@pytest.mark.parametrize(
    ("delay", "steps"), [(0.2, 0), (0.75, 2), (1.25, 2), (1.75, 4), (np.float32(1.0), 2)]
)
def test_uniform_delays_round_half_to_even(delay: float, steps: int) -> None:
    *_, proj = ends(dt=0.5)
    proj.connect_gaussian(1.0, 0.5, delays=delay)
    assert (proj.uniform_delay, proj.max_delay) == (steps, steps)
    assert drawn(proj).delay_steps == max(1, steps)


def test_drawn_weights_and_delays_have_the_moments_of_their_distributions() -> None:
    """20 000 samples: the mean within 6 standard errors, the standard deviation within 6/sqrt(2 n) of it."""
    *_, proj = ends(200, 100, dt=0.1)
    c = drawn(proj.connect_all_to_all(Normal(2.0, 0.5), delays=Uniform(1.0, 3.0)))
    assert c.nnz == 20_000
    assert abs(c.weights.mean() - 2.0) < 6 * 0.5 / np.sqrt(c.nnz)
    assert abs(c.weights.std() / 0.5 - 1.0) < 6 / np.sqrt(2 * c.nnz)
    assert (c.delays.min(), c.delays.max()) == (10, 30)
    assert abs(c.delays.mean() - 20.0) < 6 * 20 / np.sqrt(12 * c.nnz)
    assert abs(np.corrcoef(c.weights, c.delays)[0, 1]) < 6 / np.sqrt(c.nnz)


def test_a_second_connector_replaces_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    *_, proj = ends()
    proj.connect_all_to_all(1.0, storage_format="dense")
    proj.connect_one_to_one(1.0)
    assert "Projection proj was already connected ... data will be overwritten." in capsys.readouterr().out
    assert (proj.connector_name, proj._storage_format) == ("One-to-One", "lil")


def test_descriptions() -> None:
    *_, proj = ends()
    gaussian = "Gaussian, amplitude 1.0, sigma 0.2, delays 0.0"
    dog = r"Difference-of-Gaussian, A+ 1.0, sigma+ 0.2, A- 0.3, sigma- 0.7, delays $\mathcal{U}$(1, 2)"
    assert proj.connect_gaussian(1.0, 0.2).connector_description == gaussian
    assert proj.connect_dog(1.0, 0.2, 0.3, 0.7, delays=Uniform(1, 2)).connector_description == dog
    sparse = proj.connect_from_sparse(sp.csr_matrix((3, 2)))
    assert sparse.connector_description == "Sparse connectivity matrix"


def test_receptive_fields_lie_where_their_neurons_lie() -> None:
    net, *_, proj = ends((2, 3), (3, 2))
    weights = 1.0 + np.arange(36.0).reshape(6, 6)
    matrix = weights.astype(object)
    matrix[4, :], matrix[1, 3] = None, None
    proj.connect_from_matrix(matrix)
    net.compile(silent=True)
    known = np.where(matrix == np.array(None), 0.0, weights)
    fields = proj.receptive_fields()
    assert fields.shape == (1 + 3 * 2, 2 * 3)
    assert not fields[0].any()
    for rank in range(6):
        row, column = divmod(rank, 2)
        part = fields[1 + 2 * row : 3 + 2 * row, 3 * column : 3 * column + 3]
        np.testing.assert_array_equal(part, known[rank].reshape(2, 3))
    grid = proj.receptive_fields(in_post_geometry=False)  # five neurons: two columns, three rows
    assert grid.shape == (1 + 3 * 2, 2 * 3)
    np.testing.assert_array_equal(grid[5:7, 0:3], known[5].reshape(2, 3))
    assert not grid[5:7, 3:6].any()
    with pytest.raises(EngineError, match="no attribute 'x'"):
        proj.receptive_fields("x")


def test_receptive_fields_need_two_dimensions() -> None:
    net, *_, proj = ends((2, 3), 4)
    proj.connect_all_to_all(1.0)
    with pytest.raises(EngineError, match="before the network is compiled"):
        proj.receptive_fields()
    net.compile(silent=True)
    with pytest.raises(EngineError, match="post has the geometry"):
        proj.receptive_fields()
    np.testing.assert_array_equal(proj.receptive_fields(in_post_geometry=False)[1:], np.ones((4, 6)))


def test_efferent_synapses() -> None:
    net, *_, proj = ends(4, 3, SPIKING)
    proj.connect_from_matrix([[1.0, None, 1.0, None], [None, None, 1.0, None], [1.0, None, 1.0, None]])
    net.compile(silent=True)
    assert proj.nb_efferent_synapses() == {0: 2, 2: 3}
