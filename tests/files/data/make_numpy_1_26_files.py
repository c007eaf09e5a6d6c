"""Writes numpy_1_26_protocol_*.data in this folder: run with numpy 1.26."""

import pickle
from collections import OrderedDict
from pathlib import Path

import numpy as np

ragged = np.empty(2, dtype=object)
ragged[:] = [[1, 2], [3]]
content = {
    "real": np.arange(6.0).reshape(2, 3),
    "columns": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "strided": np.arange(6)[::2],
    "single": np.arange(3, dtype=np.float32),
    "big": np.arange(3, dtype=">i4"),
    "flags": np.array([True, False]),
    "words": np.array(["a", "bcd"]),
    "bytes": np.array([b"a", b"bcd"]),
    "complex": np.array([1 + 2j]),
    "empty": np.zeros((0, 3)),
    "nothing": np.array(None, dtype=object),
    "ragged": ragged,
    "scalar": np.float64(2.5),
    "whole": np.int32(-3),
    "text": np.str_("abc"),
    "true": np.bool_(True),
    "z": 1 + 2j,
    "set": {1, 2},
    "frozen": frozenset([3]),
    "ordered": OrderedDict(x=1),
    "raw": b"\x00\xff",
    "raw_empty": b"",
    "raw_array": bytearray(b"\x01\x80"),
    "tuple": (1, (2.5, None)),
    "long": 1 << 80,
}
for protocol in range(6):
    Path(f"numpy_1_26_protocol_{protocol}.data").write_bytes(pickle.dumps(content, protocol=protocol))
