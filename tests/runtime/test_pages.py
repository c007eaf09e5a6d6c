"""Large arrays begin on huge pages; smaller ones, and systems without, keep to ordinary memory."""

import gc
import re
from pathlib import Path

import numpy as np
import pytest

from engine.runtime import pages
from engine.runtime.core import aligned_empty, aligned_zeros
from engine.runtime.pages import HUGE_PAGE, LEAST, on_huge_pages

SMAPS = Path("/proc/self/smaps")


def is_asked_for(address: int) -> bool:
    """Was the system asked for huge pages here? Linux tells by a flag of the mapping."""
    for mapping in re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", SMAPS.read_text(), flags=re.MULTILINE)[1:]:
        begin, end = (int(text, 16) for text in mapping.split(maxsplit=1)[0].split("-"))
        if begin <= address < end:
            flags = re.search(r"^VmFlags:(.*)$", mapping, re.MULTILINE)
            return flags is not None and "hg" in flags[1].split()
    raise AssertionError("no mapping")


@pytest.mark.skipif(HUGE_PAGE is None or not SMAPS.exists(), reason="a matter of Linux")
@pytest.mark.parametrize(("huge_pages", "rest"), [(1, 0), (3, 0), (1, LEAST - 64), (1, LEAST), (0, LEAST)])
def test_large_arrays_begin_on_huge_pages(huge_pages, rest):
    size = huge_pages * HUGE_PAGE + rest
    array = on_huge_pages(size)
    assert array is not None and array.size == size and array.flags.writeable
    address = array.ctypes.data
    assert address % HUGE_PAGE == 0
    ends = {0, size - 1} if rest in (0, LEAST) else {0, huge_pages * HUGE_PAGE - 1}
    assert all(is_asked_for(address + end) for end in ends)
    if rest == LEAST - 64:
        assert not is_asked_for(address + size - 1)
    assert not array.any()
    array[:] = 7
    assert array.sum(dtype=np.int64) == 7 * size


@pytest.mark.parametrize("make", [aligned_zeros, aligned_empty])
def test_arrays_for_compiled_code_are_made_of_it(make):
    array = make((LEAST // 8, 3), np.float64)
    gc.collect()
    if HUGE_PAGE is not None:
        assert array.ctypes.data % HUGE_PAGE == 0
    array[...] = np.arange(3)
    assert array.shape == (LEAST // 8, 3) and (array == np.arange(3)).all()
    assert on_huge_pages(LEAST - 1) is None


def test_systems_without_huge_pages_get_ordinary_memory(monkeypatch):
    def refused(*_):
        raise OSError("no")

    for name, value in (("HUGE_PAGE", None), ("mmap.mmap", refused)):
        with monkeypatch.context() as patched:
            patched.setattr(f"{pages.__name__}.{name}", value)
            if name == "mmap.mmap":
                patched.setattr(pages, "HUGE_PAGE", 1 << 21)
            assert on_huge_pages(4 * LEAST) is None
            array = aligned_zeros(4 * LEAST, np.uint8)
            assert array.ctypes.data % 64 == 0 and not array.any()
