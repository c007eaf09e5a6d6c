"""Mutated models parse, or every mistake points into the text; never anything else."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from mutation import Text, corpus, mutants, parsed


def check_many(number: int, count: int) -> None:
    """Check ``count`` mutants, always the same ones for one ``number``."""

    @seed(number)
    @settings(
        deadline=None,
        database=None,
        max_examples=count,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(mutants())
    def parses_or_says_where(text: Text) -> None:
        parsed(text)

    parses_or_says_where()


def test_what_is_mutated_is_sound() -> None:
    assert len(corpus()) > 60
    for text in corpus():
        assert parsed(text) is not None or "axon" in str(text)


def test_mutated_models() -> None:
    check_many(1, 300)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("number", range(100, 110))
def test_many_mutated_models(number: int) -> None:
    check_many(number, 5000)
