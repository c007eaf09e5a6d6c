"""Connection patterns against their definitions; bounds are at least six standard deviations wide."""

from itertools import pairwise

import numpy as np
import pytest

from engine.connectivity import (
    Connectivity,
    all_to_all,
    difference_of_gaussians,
    fixed_number_post,
    fixed_number_pre,
    fixed_probability,
    one_to_one,
)
from engine.errors import EngineError
from engine.runtime.patterns import chosen_rows

RANDOM = [
    (fixed_probability, {"probability": 0.1}),
    (fixed_number_pre, {"number": 7}),
    (fixed_number_pre, {"number": 150}),
    (fixed_number_post, {"number": 7}),
    (fixed_number_post, {"number": 150}),
]


def ends(n_pre=200, n_post=300, pre=None, post=None, **more):
    """The keywords that describe two populations or views of them."""
    return {
        "pre_ranks": np.arange(n_pre) if pre is None else np.array(pre),
        "post_ranks": np.arange(n_post) if post is None else np.array(post),
        "n_pre": n_pre,
        "n_post": n_post,
        **more,
    }


def dense(connectivity):
    """Number of synapses of each pair, after a check of the rows themselves."""
    assert connectivity.offsets.dtype == np.int64 and connectivity.pre.dtype == np.uint16
    assert connectivity.offsets[0] == 0 and connectivity.offsets[-1] == connectivity.nnz
    assert len(connectivity.offsets) == connectivity.n_post + 1
    for i in range(connectivity.n_post):
        row = connectivity.pre[connectivity.offsets[i] : connectivity.offsets[i + 1]]
        assert (row[1:] > row[:-1]).all(), "a row ascends and has no duplicates"
    matrix = np.zeros((connectivity.n_post, connectivity.n_pre), dtype=int)
    np.add.at(matrix, (connectivity.post, connectivity.pre), 1)
    return matrix


def test_all_to_all_is_complete_but_for_the_diagonal():
    square = ends(5, 5, same_population=True)
    np.testing.assert_array_equal(dense(all_to_all(**square)), 1 - np.eye(5))
    np.testing.assert_array_equal(dense(all_to_all(**square, allow_self_connections=True)), np.ones((5, 5)))
    np.testing.assert_array_equal(dense(all_to_all(**ends(5, 3))), np.ones((3, 5)))


def test_all_to_all_of_overlapping_views_leaves_out_equal_ranks():
    matrix = dense(all_to_all(**ends(6, 6, pre=[4, 1, 2], post=[2, 5, 4], same_population=True)))
    expected = np.zeros((6, 6))
    expected[np.ix_([2, 4, 5], [1, 2, 4])] = 1
    expected[[2, 4], [2, 4]] = 0
    np.testing.assert_array_equal(matrix, expected)


def test_one_to_one_pairs_views_in_their_own_order():
    matrix = dense(one_to_one(**ends(6, 5, pre=[5, 0, 3, 1], post=[4, 2, 0], same_population=True)))
    expected = np.zeros((5, 6))
    expected[[4, 2, 0], [5, 0, 3]] = 1
    np.testing.assert_array_equal(matrix, expected)
    np.testing.assert_array_equal(dense(one_to_one(**ends(4, 4, same_population=True))), np.eye(4))


@pytest.mark.parametrize("by_pre", [False, True])
@pytest.mark.parametrize("probability", [0.004, 0.1, 0.5, 0.97])
def test_fixed_probability_has_the_moments_of_independent_draws(probability, by_pre):
    drawn = fixed_probability(**ends(400, 500), probability=probability, seed=11, stream=3, by_pre=by_pre)
    matrix = dense(drawn)
    n_post, n_pre = matrix.shape
    deviation = np.sqrt(probability * (1 - probability))
    assert abs(matrix.mean() - probability) < 6 * deviation / np.sqrt(matrix.size)
    for axis, length, number in ((0, n_post, n_pre), (1, n_pre, n_post)):
        variance = matrix.sum(axis=axis).var() / (length * deviation**2)
        assert abs(variance - 1) < 6 * np.sqrt(2 / number) + 3 / number
    for a, b in ((matrix[:, 1:], matrix[:, :-1]), (matrix[1:], matrix[:-1])):
        covariance = ((a - probability) * (b - probability)).mean()
        assert abs(covariance) < 6 * deviation**2 / np.sqrt(a.size)


def test_gaps_between_kept_candidates_are_geometric():
    """Chi-square with 60 classes; 114 is exceeded once in 10 000 times."""
    p = 0.05
    drawn = fixed_probability(**ends(100_000, 20), probability=p, seed=4)
    gaps = np.concatenate([np.diff(drawn.pre[a:b].astype(int)) for a, b in pairwise(drawn.offsets)])
    counts = np.bincount(np.minimum(gaps - 1, 59), minlength=60)
    expected = p * (1 - p) ** np.arange(60)
    expected[59] = (1 - p) ** 59
    expected *= len(gaps)
    assert ((counts - expected) ** 2 / expected).sum() < 114


def test_fixed_probability_at_its_ends():
    assert fixed_probability(**ends(), probability=0.0).nnz == 0
    assert fixed_probability(**ends(), probability=1e-300, seed=1).nnz == 0
    assert dense(fixed_probability(**ends(), probability=1.0)).all()
    assert dense(fixed_probability(**ends(), probability=1.7)).all()
    for wrong in (-0.1, float("nan")):
        with pytest.raises(EngineError, match="probability"):
            fixed_probability(**ends(), probability=wrong)


@pytest.mark.parametrize("number", [1, 3, 40, 199, 200])
def test_fixed_number_pre_gives_each_row_the_number(number):
    matrix = dense(fixed_number_pre(**ends(), number=number, seed=5))
    assert (matrix.sum(axis=1) == number).all()
    chosen = matrix.sum(axis=0)
    expected, variance = 300 * number / 200, 300 * number / 200 * (1 - number / 200)
    assert (abs(chosen - expected) <= 6 * np.sqrt(variance) + 1).all()


@pytest.mark.parametrize("number", [1, 3, 40, 299, 300])
def test_fixed_number_post_gives_each_column_the_number(number):
    matrix = dense(fixed_number_post(**ends(), number=number, seed=5))
    assert (matrix.sum(axis=0) == number).all()
    expected, variance = 200 * number / 300, 200 * number / 300 * (1 - number / 300)
    assert (abs(matrix.sum(axis=1) - expected) <= 6 * np.sqrt(variance) + 1).all()


def test_fixed_number_makes_every_set_equally_likely():
    matrix = dense(fixed_number_pre(**ends(5, 60_000), number=2, seed=9))
    _, counts = np.unique(matrix, axis=0, return_counts=True)
    assert len(counts) == 10
    assert ((counts - 6000) ** 2 / 6000).sum() < 33.7  # chi-square, 9 degrees of freedom, 1e-4


@pytest.mark.parametrize(("pattern", "arguments"), RANDOM)
def test_self_connections_are_left_out_only_within_one_population(pattern, arguments):
    square = ends(200, 200, seed=2, **arguments)
    matrix = dense(pattern(**square, same_population=True))
    assert matrix.trace() == 0
    assert dense(pattern(**square, same_population=True, allow_self_connections=True)).trace() > 0
    assert dense(pattern(**square)).trace() > 0
    assert dense(pattern(**square, same_population=True, by_pre=True)).trace() == 0
    if "number" in arguments:
        axis = 1 if pattern is fixed_number_pre else 0
        assert (matrix.sum(axis=axis) == arguments["number"]).all()


def test_choosing_all_within_one_population():
    square = ends(6, 6, same_population=True)
    assert (dense(fixed_number_pre(**square, number=5, seed=4)) == 1 - np.eye(6)).all()
    with pytest.raises(EngineError, match="allow self-connections"):
        fixed_number_pre(**square, number=6)
    assert dense(fixed_number_post(**square, number=6)).all()


@pytest.mark.parametrize("pattern", [fixed_number_pre, fixed_number_post])
@pytest.mark.parametrize("number", [501, -1, 2.5])
def test_impossible_numbers_are_refused(pattern, number):
    with pytest.raises(EngineError, match=str(number)):
        pattern(**ends(500, 500), number=number)


@pytest.mark.parametrize(
    ("pattern", "arguments"),
    [
        (all_to_all, {}),
        (fixed_probability, {"probability": 0.7}),
        (fixed_number_pre, {"number": 2}),
        (fixed_number_post, {"number": 2}),
    ],
)
def test_views_confine_the_pattern_to_their_ranks(pattern, arguments):
    pre, post = [9, 150, 3, 77, 20, 21, 22, 23], [250, 4, 130]
    matrix = dense(pattern(**ends(pre=pre, post=post), **arguments, seed=8))
    outside = matrix.copy()
    outside[np.ix_(post, pre)] = 0
    assert matrix.any() and not outside.any()


def test_ranks_must_exist_and_be_distinct():
    with pytest.raises(EngineError, match="distinct"):
        all_to_all(**ends(pre=[1, 1]))
    with pytest.raises(EngineError, match="299"):
        all_to_all(**ends(post=[300]))


@pytest.mark.parametrize(("pattern", "arguments"), RANDOM)
def test_seed_and_stream_decide(pattern, arguments):
    def draw(seed, stream, **more):
        return dense(pattern(**{**ends(), **more}, **arguments, seed=seed, stream=stream))

    first = draw(1, 1)
    np.testing.assert_array_equal(first, draw(1, 1))
    others = [(2, 1), (1, 2), (1 + 2**40, 1), (1, 1 + 2**40), (-1, 1)]
    assert all((first != draw(seed, stream)).any() for seed, stream in others)


@pytest.mark.parametrize(("pattern", "arguments"), RANDOM[1:3])
def test_a_row_depends_on_its_own_rank_only(pattern, arguments):
    """So rows may be drawn in any order and on any number of threads."""
    whole = dense(pattern(**ends(), **arguments, seed=6))
    some = dense(pattern(**ends(post=[17, 290, 101]), **arguments, seed=6))
    np.testing.assert_array_equal(some[[17, 101, 290]], whole[[17, 101, 290]])


@pytest.mark.parametrize(
    ("pattern", "arguments"),
    [(all_to_all, {}), (one_to_one, {}), *RANDOM, (fixed_probability, {"probability": 0})],
)
def test_rows_of_either_side_hold_the_same_pairs(pattern, arguments):
    more = {"pre": [9, 190, 3, *range(20, 180)], "post": [250, 4, 130, *range(5, 105)]}
    arguments = arguments if arguments.get("number") != 150 else {"number": 60}
    for by_pre in (False, True):
        drawn = pattern(**ends(**more), **arguments, seed=3, by_pre=by_pre)
        offsets, posts = drawn.joined.by_pre
        assert posts.dtype == np.uint16
        turned = drawn.turned()
        np.testing.assert_array_equal(turned.offsets, drawn.offsets)
        np.testing.assert_array_equal(dense(turned), dense(drawn))
        pre = np.repeat(np.arange(200), np.diff(offsets))
        matrix = np.zeros((300, 200), dtype=int)
        matrix[posts, pre] = 1
        np.testing.assert_array_equal(matrix, dense(drawn))
        if not drawn.nnz:
            continue
        outside = matrix.copy()
        outside[np.ix_(more["post"], more["pre"])] = 0
        assert not outside.any()


@pytest.mark.parametrize(("size", "kind"), [(65_536, np.uint16), (65_537, np.int32)])
@pytest.mark.parametrize(("pattern", "arguments"), [(all_to_all, {}), *RANDOM[:3]])
def test_ranks_take_two_bytes_where_that_is_enough(pattern, arguments, size, kind):
    drawn = pattern(**ends(size, 3, **arguments, seed=1))
    assert drawn.pre.dtype == kind
    assert drawn.joined.by_pre.ranks.dtype == np.uint16
    assert drawn.pre.max() > size * 0.9
    rows = (drawn.pre[a:b].astype(int) for a, b in pairwise(drawn.offsets))
    assert all((np.diff(row) > 0).all() for row in rows)


def test_weights_are_turned_along_with_their_synapses():
    pre = np.array([0, 2, 1, 2, 0])
    drawn = Connectivity.of_rows(3, 4, np.array([0, 2, 2, 4, 5]), pre, weights=np.array([1.0, 2, 3, 4, 5]))
    turned = drawn.turned()
    np.testing.assert_array_equal(turned.joined.by_pre.ranks, [0, 3, 2, 0, 2])
    np.testing.assert_array_equal(turned.weights_by_pre, [1, 5, 3, 2, 4])
    assert turned.weights is None


@pytest.mark.parametrize("number", [3, 50, 1500, 2900])
def test_chosen_from_many_candidates(number):
    """Few of many are sorted, others marked; of more than half those to leave out are drawn."""
    size = 200_000 if number == 50 else 3000
    drawn = fixed_number_pre(**ends(size, 300), number=number, seed=5)
    rows = drawn.pre.reshape(300, number).astype(int)
    assert (np.diff(rows, axis=1) > 0).all()
    mean, deviation = rows.mean(), size / np.sqrt(12 * rows.size)
    assert abs(mean - (size - 1) / 2) < 6 * deviation
    counts = np.bincount(rows.ravel() * 10 // size, minlength=10)
    p = 0.1 * rows.size
    assert ((counts - p) ** 2 / p).sum() < 33.7  # chi-square, 9 degrees of freedom, 1e-4 (or less likely)


@pytest.mark.parametrize(
    ("pattern", "arguments"), [(one_to_one, {}), (all_to_all, {}), *RANDOM[:2], RANDOM[3]]
)
def test_empty_sides_make_no_synapses(pattern, arguments):
    arguments = arguments if "number" not in arguments else {"number": 0}
    assert dense(pattern(**ends(pre=[]), **arguments)).sum() == 0
    assert dense(pattern(**ends(post=[]), **arguments)).sum() == 0


def test_the_generator_gives_the_published_numbers():
    """Philox4x32-10 with counter 0 and key 0 starts with 6627e8d5 e169c58d bc57ac4c 9b00dbd8
    (Random123, known-answer tests). The upper key word is mixed with 434f4e4e."""
    candidates = np.arange(1 << 16, dtype=np.int32)
    zero = np.zeros(1, dtype=np.int32)
    chosen = np.zeros((1, 1), dtype=np.int32)
    chosen_rows(candidates, zero, False, 0x434F4E4E << 32, 0, chosen)
    assert chosen.item() == 0xE169


@pytest.mark.parametrize(
    ("pattern", "arguments"), [(all_to_all, {}), *RANDOM, (fixed_probability, {"probability": 1e-4})]
)
@pytest.mark.parametrize("threads", [2, 3])
def test_threads_do_not_change_the_synapses(pattern, arguments, threads):
    one, several = (
        pattern(**ends(900, 1100), **arguments, seed=3, same_population=True, threads=n) for n in (1, threads)
    )
    np.testing.assert_array_equal(one.offsets, several.offsets)
    np.testing.assert_array_equal(one.pre, several.pre)


@pytest.mark.parametrize(
    ("pre", "post"),
    [((9, 8), (7, 11)), ((6, 6), (6, 6)), ((13,), (30,)), ((2, 3, 4), (4, 3, 2)), ((5,), (4, 3))],
)
@pytest.mark.parametrize("exclude_self", [False, True])
def test_bells_are_the_same_from_either_side(pre, post, exclude_self):
    bells = {"amp_pos": 1.0, "sigma_pos": 0.1, "amp_neg": 0.3, "sigma_neg": 0.4, "limit": 0.01}
    given = {"pre_geometry": pre, "post_geometry": post, "exclude_self": exclude_self, **bells}
    expected = difference_of_gaussians(**given).turned()
    found = difference_of_gaussians(**given, by_pre=True)
    made_by_pre = len(pre) == len(post)
    assert (found.weights is None) == made_by_pre
    found = found if made_by_pre else found.turned()
    for one, other in zip(found.joined.by_pre, expected.joined.by_pre, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(found.weights_by_pre, expected.weights_by_pre)
    assert found.nnz > 10


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_do_not_change_bells(threads):
    bells = {"amp_pos": 1.0, "sigma_pos": 0.1, "amp_neg": 0.3, "sigma_neg": 0.4, "limit": 0.01}
    c = difference_of_gaussians(pre_geometry=(9, 8), post_geometry=(7, 11), **bells, threads=threads)
    one = difference_of_gaussians(pre_geometry=(9, 8), post_geometry=(7, 11), **bells)
    np.testing.assert_array_equal(c.pre, one.pre)
    np.testing.assert_array_equal(c.weights, one.weights)
    np.testing.assert_array_equal(c.offsets, one.offsets)
    dense(c)
