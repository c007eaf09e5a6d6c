"""Every golden file, built through the public API and run on one and on two threads, and in
single precision."""

from __future__ import annotations

import pytest
from golden_networks import CASES, NOT_YET, NOT_YET_IN_PART, GoldenNetwork, golden

from engine import EngineError


@pytest.mark.parametrize(("threads", "precision"), [(1, "double"), (2, "double"), (1, "float")])
@pytest.mark.parametrize("case", [case for case in CASES if case not in NOT_YET])
def test_numbers_agree(case: str, threads: int, precision: str) -> None:
    without = frozenset(NOT_YET_IN_PART.get(case, {}))
    network = GoldenNetwork(golden(case), threads, without, precision)
    network.build()
    network.run()
    assert network.compare() > 0


@pytest.mark.parametrize("case", [*NOT_YET, *NOT_YET_IN_PART])
def test_what_is_missing_is_an_error(case: str) -> None:
    with pytest.raises(EngineError, match="not available yet"):
        network = GoldenNetwork(golden(case))
        network.build()
        network.net.compile(silent=True)


def test_lists_of_missing_features_name_real_cases() -> None:
    assert {*NOT_YET, *NOT_YET_IN_PART} <= set(CASES)
