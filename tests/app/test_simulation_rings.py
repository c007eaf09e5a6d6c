"""The ring between the simulation process and the window."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from multiprocessing import shared_memory
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.simulation.rings import RECORD, Ring

ROOT = Path(__file__).resolve().parents[2]


def records(first: int, count: int) -> np.ndarray:
    """``count`` records numbered from ``first`` on, in every field."""
    numbers = np.arange(first, first + count)
    made = np.zeros(count, RECORD)
    made["stream"], made["rank"], made["step"], made["value"] = numbers, 2 * numbers, 3 * numbers, numbers / 2
    return made


@pytest.fixture
def ring() -> Iterator[Ring]:
    made = Ring(8)
    yield made
    made.close()
    made.unlink()


def test_what_is_written_is_read_once(ring: Ring) -> None:
    assert ring.write(records(0, 5)) == 5
    assert (ring.read() == records(0, 5)).all()
    assert len(ring.read()) == 0


def test_records_keep_their_order_across_the_end_of_the_memory(ring: Ring) -> None:
    ring.write(records(0, 6))
    ring.read()
    assert ring.write(records(6, 7)) == 7
    assert (ring.read() == records(6, 7)).all()


def test_a_full_ring_takes_no_more_and_overwrites_nothing(ring: Ring) -> None:
    assert ring.write(records(0, 6)) == 6
    assert ring.write(records(6, 6)) == 2
    assert ring.free == 0
    assert (ring.read() == records(0, 8)).all()
    assert ring.write(records(8, 1)) == 1


def test_the_mark_is_seen_by_the_other_side(ring: Ring) -> None:
    other = Ring(8, ring.name)
    ring.mark = 77
    assert other.mark == 77
    other.close()


@given(st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=60))
@settings(max_examples=60, deadline=None)
def test_nothing_is_lost_doubled_or_reordered(turns: list[tuple[int, bool]]) -> None:
    """Any interleaving of writes of any size and reads delivers 0, 1, 2, ... to the reader."""
    ring = Ring(7)
    try:
        offered = np.zeros(0, RECORD)
        made, got = 0, []
        for count, read in turns:
            offered = np.concatenate((offered, records(made, count)))
            made += count
            offered = offered[ring.write(offered) :]
            if read:
                got.append(ring.read())
        got.append(ring.read())
        arrived = np.concatenate(got)
        assert (arrived == records(0, len(arrived))).all()
        assert len(arrived) + len(offered) == made
    finally:
        ring.close()
        ring.unlink()


WRITER = """
import sys
import numpy as np
from app.simulation.rings import RECORD, Ring
ring = Ring(int(sys.argv[2]), sys.argv[1])
numbers = np.zeros(int(sys.argv[3]), RECORD)
numbers["step"] = np.arange(len(numbers))
while len(numbers):
    numbers = numbers[ring.write(numbers[:997]):]
ring.mark = int(sys.argv[3])
"""


def test_another_process_writes_while_this_one_reads() -> None:
    ring, total = Ring(1000), 50_000
    writer = subprocess.Popen([sys.executable, "-c", WRITER, ring.name, "1000", str(total)], cwd=ROOT)
    try:
        got, count = [], 0
        while count < total and (writer.poll() is None or ring.free < ring.capacity):
            got.append(ring.read()["step"])
            count += len(got[-1])
        assert (np.concatenate(got) == np.arange(total)).all()
        assert writer.wait(10) == 0
        assert ring.mark == total
        shared_memory.SharedMemory(ring.name).close()  # the end of the writer did not remove it
    finally:
        writer.kill()
        ring.close()
        ring.unlink()


OWNER = """
import os, signal
from app.simulation.rings import Ring
ring = Ring(10)
print(ring.name, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_memory_is_removed_when_its_owner_is_killed() -> None:
    owner = subprocess.run(
        [sys.executable, "-c", OWNER], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert owner.returncode == -9
    with pytest.raises(FileNotFoundError):  # run() returns when the tracker, too, has closed the pipes
        shared_memory.SharedMemory(owner.stdout.strip())
