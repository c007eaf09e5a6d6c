"""The guard counts what a network executes, and says which case needs more than before."""

import json

import pytest

import check
from cases import CASES

counts_are_possible = pytest.mark.skipif(bool(check.unavailable()), reason=check.unavailable() or "counted")


def test_growth_beyond_five_percent_is_told():
    stored = {"coba": 1000, "hh": 1000, "oja": 1000}
    assert check.grown(stored, {"coba": 1050, "hh": 400, "brunel": 7}) == []
    (told,) = check.grown(stored, {"coba": 1051, "hh": 1000})
    assert told.startswith("coba: 1,051 instructions, +5.1% against the stored 1,000")


def test_every_case_is_stored():
    stored = json.loads(check.STORED.read_text())
    assert set(stored["counts"]) == set(CASES)
    assert stored["flags"] == check.FLAGS


@counts_are_possible
def test_twice_the_steps_are_twice_the_instructions(tmp_path, monkeypatch):
    """An instruction count that does not follow the work counts something else; and it repeats exactly."""
    from dataclasses import replace

    monkeypatch.setenv("NEUROLOOM_CACHE_DIR", str(tmp_path))
    case = CASES["rate_dense"]
    few, again, more = (
        check.instructions(replace(case, counted=(0.05, steps)), tmp_path) for steps in (10.0, 10.0, 20.0)
    )
    assert few == again
    # 200 x 200 products in vectors of four, each step.
    assert few > 10 * 200 * 200 / 4
    assert more == pytest.approx(2 * few, rel=0.02)


@pytest.mark.slow
@pytest.mark.timeout(900)
@counts_are_possible
def test_no_case_needs_more_instructions_than_stored():
    stored = json.loads(check.STORED.read_text())
    if stored["compiler"] != check.compiler():
        pytest.skip(f"stored for {stored['compiler']}, this is {check.compiler()}")
    assert check.grown(stored["counts"], check.count(CASES)) == []
