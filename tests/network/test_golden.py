"""Every golden file, built through the public API: on one and on two threads, and in single precision."""

from __future__ import annotations

import pytest
from golden_networks import CASES, GoldenNetwork, golden


@pytest.mark.parametrize(("threads", "precision"), [(1, "double"), (2, "double"), (1, "float")])
@pytest.mark.parametrize("case", CASES)
def test_numbers_agree(case: str, threads: int, precision: str) -> None:
    content = golden(case)
    network = GoldenNetwork(content, threads, precision)
    network.build()
    network.run()
    assert network.compare() == len(content["data"]) > 0


def test_no_file_is_left_out() -> None:
    assert len(CASES) == 28
