"""Stages of a script are measured in processes of their own; what is in the cache is not compiled."""

import pytest

import latency


@pytest.mark.slow
def test_what_was_compiled_is_found_and_what_changed_is_not(tmp_path):
    cold, cached, changed = (
        latency.measured(what, str(tmp_path)) for what in ("script", "script", "changed")
    )
    assert list(cold) == ["import", "declare", "compile", "first step"]
    # CPU seconds of this process and its children: the compiler takes most of them.
    assert cached["compile"]["cpu"] < 0.8 * cold["compile"]["cpu"]
    assert changed["compile"]["cpu"] > 1.2 * cached["compile"]["cpu"]
