"""Parts of populations: which neurons an index picks, and how their values are read and written."""

from __future__ import annotations

import numpy as np
import pytest

from engine import EngineError, Network, Neuron, Normal, Population

NEURON = Neuron(parameters="tau = 10.0 : population\nb = 0.5", equations="r = b : init = 1.0")


@pytest.fixture
def line() -> Population:
    return Network(seed=2).create(10, NEURON, name="line")


@pytest.fixture
def grid() -> Population:
    return Network(seed=2).create((4, 5), NEURON, name="grid")


@pytest.mark.parametrize(
    ("index", "ranks"),
    [
        (3, [3]),
        (-1, [9]),
        (np.int32(4), [4]),
        (slice(2, 5), [2, 3, 4]),
        (slice(-3, None), [7, 8, 9]),
        (slice(None, None, 4), [0, 4, 8]),
        (slice(8, 2, -2), [8, 6, 4]),
        (slice(8, 100), [8, 9]),
        ([1, 5, 3], [1, 5, 3]),
        (np.array([7, -1]), [7, 9]),
        (np.arange(10) > 7, [8, 9]),
    ],
)
def test_indices_of_a_line(line: Population, index: object, ranks: list[int]) -> None:
    view = line[index]
    assert view.ranks.tolist() == ranks
    assert view.geometry == (len(ranks),)
    assert len(view) == view.size == len(ranks)


@pytest.mark.parametrize("index", [10, -11, [0, 10], slice(5, 5), [[1, 2], [3, 4]], 1.5, "a"])
def test_impossible_indices(line: Population, index: object) -> None:
    with pytest.raises(EngineError, match="line"):
        _ = line[index]


def test_indices_of_a_grid(grid: Population) -> None:
    assert grid[1, :].ranks.tolist() == [5, 6, 7, 8, 9]
    assert grid[1, :].geometry == (1, 5)
    assert grid[1:3, -2:].ranks.tolist() == [8, 9, 13, 14]
    assert grid[1:3, -2:].geometry == (2, 2)
    assert grid[0:2].ranks.tolist() == [0, 1]
    assert grid[2, 3].rank == 13
    with pytest.raises(EngineError, match="needs 2 indices"):
        _ = grid[1, :, :]


def test_views_are_not_indexed_again(line: Population) -> None:
    with pytest.raises(TypeError):
        _ = line[2:5][0]


def test_sums_of_views(line: Population, grid: Population) -> None:
    both = line[[5, 1]] + line[1:3]
    assert both.ranks.tolist() == [1, 2, 5]
    assert both.geometry is None
    assert (line.neuron(7) + line.neuron(3)).ranks.tolist() == [3, 7]
    with pytest.raises(EngineError, match="same population"):
        _ = line[0] + grid[0]


@pytest.mark.parametrize("compiled", [False, True])
def test_values_of_views(line: Population, compiled: bool) -> None:
    if compiled:
        line.network.compile(silent=True)
    line[2:5].b = [1.0, 2.0, 3.0]
    line[[9, 8]].b = [9.0, 8.0]
    line[0].b = 7
    np.testing.assert_array_equal(line.b, [7.0, 0.5, 1.0, 2.0, 3.0, 0.5, 0.5, 0.5, 8.0, 9.0])
    np.testing.assert_array_equal(line[[4, 2]].b, [3.0, 1.0])
    assert line[2:5].tau == 10.0
    line[5:].b = Normal(0.0, 1.0)
    assert len(np.unique(line.b)) == 10
    for wrong in ([1.0], np.zeros((3, 1))):
        with pytest.raises(EngineError, match=r"line\.b"):
            line[2:5].b = wrong
    with pytest.raises(EngineError, match="whole population"):
        line[2:5].tau = 5.0
    line.network.compile(silent=True) if not compiled else None
    line.network.step()
    np.testing.assert_array_equal(line.r, line.b)


@pytest.mark.parametrize("compiled", [False, True])
def test_single_neurons(line: Population, compiled: bool) -> None:
    if compiled:
        line.network.compile(silent=True)
    neuron = line.neuron(3)
    neuron.b = 4.0
    assert neuron.b == 4.0
    assert isinstance(neuron.b, float)
    assert line.b[3] == 4.0
    assert line.b[2] == 0.5
    neuron.tau = 3.0
    assert line.tau == 3.0
    assert "b = 4.0" in repr(neuron)
    with pytest.raises(EngineError, match="takes a number"):
        neuron.b = [1.0, 2.0]
    assert [n.rank for n in line] == list(range(10))


def test_coordinates_in_views(grid: Population) -> None:
    view = grid[1:3, 1:3]
    assert view.rank_from_coordinates((1, 2)) == 7
    assert view.rank_from_coordinates((0, 0), local=True) == 6
    assert view.coordinates_from_rank(11) == (2, 1)
    assert view.coordinates_from_rank(11, local=True) == (1, 0)
    with pytest.raises(EngineError, match="not in the view"):
        view.rank_from_coordinates((0, 0))
