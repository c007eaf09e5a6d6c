"""The loop of the simulation process, with a network that needs no compiler."""

from __future__ import annotations

import queue
from collections.abc import Callable

import numpy as np
import pytest

from app.simulation import protocol
from app.simulation.process import Worker
from app.simulation.protocol import Frames
from app.simulation.publisher import Publisher
from app.simulation.rings import Ring
from engine.errors import EngineError


class CountingMonitor:
    """Records the number of each step for 5 neurons, and a spike of neuron 0 in each."""

    period_steps = 1

    def __init__(self) -> None:
        self.new: list[int] = []
        self.taken = 0

    def take(self, variable: str) -> object:
        if variable == "spike":
            return np.array(self.new, np.int64), np.zeros(len(self.new), np.int32)
        rows = np.repeat(np.array(self.new, float)[:, None], 5, axis=1)
        self.new = []
        return rows


class CountingNetwork:
    total = 100
    dt = 0.1
    threads = 1
    storage = {"p": "lists of ranks"}  # noqa: RUF012 (as the worker finds it)

    def __init__(self) -> None:
        self.monitor = CountingMonitor()
        self.monitors = {("a", "spike"): self.monitor, ("a", "x"): self.monitor}
        self.step = 0
        self.calls: list[int] = []

    def run(self, steps: int, stop: np.ndarray) -> int:
        self.calls.append(steps)
        self.monitor.new += range(self.step, self.step + steps)
        self.step += steps
        return steps

    def warning(self) -> str:
        return "x is large"


class Bench:
    """A worker with its queue, its reports, and a ring."""

    def __init__(self, capacity: int, prepare: Callable[..., object]) -> None:
        self.ring = Ring(capacity)
        self.commands: queue.SimpleQueue[protocol.Command] = queue.SimpleQueue()
        self.reports: list[protocol.Report] = []
        self.worker = Worker(self.commands, self.on_report, prepare)
        self.commands.put(protocol.Attach(self.ring.name, capacity))
        self.on_report_do: Callable[[protocol.Report], None] = lambda report: None

    def on_report(self, report: protocol.Report) -> None:
        self.reports.append(report)
        self.on_report_do(report)

    def close(self) -> None:
        self.ring.close()
        self.ring.unlink()


def test_a_slow_window_delays_its_data_and_loses_none() -> None:
    """A ring of 16 records carries 100 spikes and 200 samples; the run is over long before."""
    network = CountingNetwork()
    bench = Bench(16, lambda command, phase: network)
    got = []

    def read_and_quit() -> None:
        got.append(bench.ring.read())
        if sum(map(len, got)) == 300:
            bench.commands.put(protocol.Quit())

    publish = Publisher.publish
    try:
        bench.commands.put(protocol.Run(1, b""))
        bench.commands.put(protocol.Watch(7, "a", "spike"))
        bench.commands.put(protocol.Watch(8, "a", "x", (4, 2)))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                Publisher,
                "publish",
                lambda self, ring, step: (publish(self, ring, step), read_and_quit())[0],
            )
            bench.worker.loop()
        assert network.step == 100
        records = np.concatenate(got)
        spikes, samples = records[records["stream"] == 7], records[records["stream"] == 8]
        assert (spikes["step"] == np.arange(100)).all()
        assert (samples["value"] == np.repeat(np.arange(100), 2)).all()
        assert (samples["rank"] == np.tile([4, 2], 100)).all()
        assert bench.ring.mark == 100
        assert isinstance(bench.reports[-1], protocol.Finished)
        assert bench.reports[-1].warning == "x is large"
    finally:
        bench.close()


def test_chunks_grow_until_they_take_their_time() -> None:
    network = CountingNetwork()
    bench = Bench(1000, lambda command, phase: network)
    bench.on_report_do = lambda r: (
        bench.commands.put(protocol.Quit()) if isinstance(r, protocol.Finished) else None
    )
    try:
        bench.commands.put(protocol.Run(1, b""))
        bench.worker.loop()
        assert network.calls[:4] == [1, 2, 4, 8]
        assert sum(network.calls) == 100
    finally:
        bench.close()


@pytest.mark.parametrize(
    ("error", "message", "trace"),
    [
        (EngineError("First: tau is missing."), "First: tau is missing.", False),
        (ZeroDivisionError("oops"), "The engine failed unexpectedly (ZeroDivisionError: oops).", True),
    ],
)
def test_errors_are_reported_and_the_worker_lives_on(error: Exception, message: str, trace: bool) -> None:
    def prepare(command: protocol.Run, phase: Callable[[str], None]) -> CountingNetwork:
        if command.run == 1:
            raise error
        return CountingNetwork()

    bench = Bench(1000, prepare)
    bench.on_report_do = lambda r: (
        bench.commands.put(protocol.Quit()) if isinstance(r, protocol.Finished) else None
    )
    try:
        bench.commands.put(protocol.Run(1, b""))
        bench.commands.put(protocol.Run(2, b""))
        bench.worker.loop()
        failed = bench.reports[0]
        assert isinstance(failed, protocol.Failed)
        assert failed.message == message
        assert ("Traceback" in failed.details) == trace
        assert bench.reports[-1].run == 2
    finally:
        bench.close()


def test_messages_survive_a_pipe_that_cuts_them_anywhere() -> None:
    messages = [
        protocol.Run(3, b"{}" * 500, {"abc": b"\x00\xff"}, None),
        protocol.Watch(1, "a", "v", (0, 5)),
        protocol.Pause(),
        protocol.Resume(4),
    ]
    stream = b"".join(map(protocol.pack, messages))
    for size in (1, 3, 100, len(stream)):
        frames = Frames()
        pieces = [stream[k : k + size] for k in range(0, len(stream), size)]
        payloads = [payload for piece in pieces for payload in frames.feed(piece)]
        assert [protocol.decode_command(payload) for payload in payloads] == messages
