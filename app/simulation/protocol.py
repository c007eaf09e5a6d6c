"""What the window and the simulation process say to each other.

Messages are msgspec structs, packed as MessagePack behind their length (four bytes, little-endian). They
carry commands and news only; recorded data travel through :mod:`app.simulation.rings`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import msgspec

_LENGTH = struct.Struct("<I")


class _Message(msgspec.Struct, frozen=True, tag=True):
    """Base of all messages: told apart by the name of their class."""


class Attach(_Message, frozen=True):
    """Write recorded data into the ring of this name, which has room for ``capacity`` records."""

    ring: str
    capacity: int


class Run(_Message, frozen=True):
    """Build this document (JSON; ``arrays`` has the content of its arrays by their hash) and simulate it from
    the start. ``run`` numbers the attempts. With ``pause_after`` the run pauses after so many steps."""

    run: int
    document: bytes
    arrays: dict[str, bytes] = {}
    pause_after: int | None = None


class Watch(_Message, frozen=True):
    """Send ``variable`` of the population ``source``, from the first recorded row on, as ``stream``; of these
    ranks only, or of all if ``ranks`` is None (for spikes). Stream numbers are never used twice."""

    stream: int
    source: str
    variable: str
    ranks: tuple[int, ...] | None = None


class Unwatch(_Message, frozen=True):
    stream: int


class Pause(_Message, frozen=True):
    pass


class Resume(_Message, frozen=True):
    """Go on; with ``steps`` pause again after so many."""

    steps: int | None = None


class Stop(_Message, frozen=True):
    """End the run where it is, keeping what was recorded."""


class Reset(_Message, frozen=True):
    """Forget the network and what was recorded."""


class SaveRecordings(_Message, frozen=True):
    """Write what was recorded to this file (.npz)."""

    path: str


class Quit(_Message, frozen=True):
    pass


Command = Attach | Run | Watch | Unwatch | Pause | Resume | Stop | Reset | SaveRecordings | Quit


class Ready(_Message, frozen=True):
    """The engine is imported; runs can start."""


class Phase(_Message, frozen=True):
    """What the preparation of a run is busy with."""

    run: int
    text: str


class Started(_Message, frozen=True):
    """The network is compiled; ``total`` steps of ``dt`` ms are to be simulated on so many threads.
    ``storage`` says how the synapses of projections are held, by their ids."""

    run: int
    total: int
    dt: float
    threads: int = 1
    storage: dict[str, str] = {}


class Progress(_Message, frozen=True):
    """``step`` steps are done, in ``seconds`` of computing. Also the sign of life of a running simulation."""

    run: int
    step: int
    seconds: float


class Paused(_Message, frozen=True):
    run: int
    step: int


class Finished(_Message, frozen=True):
    """All steps are done, or the run was stopped before; ``warning`` says what to know of the results."""

    run: int
    step: int
    seconds: float
    warning: str = ""


class Failed(_Message, frozen=True):
    """The run ended by an error: one text for the user, and what a developer would want to see."""

    run: int
    message: str
    details: str


class Saved(_Message, frozen=True):
    """Answer to :class:`SaveRecordings`; ``error`` is empty if it worked."""

    path: str
    error: str


Report = Ready | Phase | Started | Progress | Paused | Finished | Failed | Saved

_encoder = msgspec.msgpack.Encoder()
_command_decoder = msgspec.msgpack.Decoder(Command)
_report_decoder = msgspec.msgpack.Decoder(Report)


def pack(message: Command | Report) -> bytes:
    """One message as it goes through the pipe."""
    payload = _encoder.encode(message)
    return _LENGTH.pack(len(payload)) + payload


def decode_command(payload: bytes) -> Command:
    return _command_decoder.decode(payload)


def decode_report(payload: bytes) -> Report:
    return _report_decoder.decode(payload)


class Frames:
    """Cuts a stream of bytes, as it arrives in pieces, into the payloads of messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Add ``data``; yield each payload that is now complete."""
        self._buffer += data
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                return
            payload = bytes(self._buffer[_LENGTH.size : end])
            del self._buffer[:end]
            yield payload
