"""Reading pickles that may come from anywhere.

A pickle is a program. Here it may build numbers, text, bytes, plain containers and numpy arrays and scalars
of these, and nothing else: it never gets hold of a Python function or class, but of stand-ins that check what
they are called with. Arrays are made here from checked descriptions, so that ``__setstate__`` of numpy sees
nothing of the file.
"""

from __future__ import annotations

import io
import math
import pickle
import re
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.files.pickle_scan import UnsafeFile, refuse_bombs

_DTYPE = re.compile(r"b1|[iufc]\d{1,2}|[SU]\d{1,9}|O\d?")
_MAX_DEPTH = 50
_PLAIN = (float, int, str, bool, type(None), bytes, complex)


def load_pickle(content: bytes, encoding: str | None = None) -> Any:
    """The plain data of a pickle of any protocol.

    Parameters
    ----------
    content : bytes
    encoding : str, optional
        Of text in files of Python 2; default ``"ASCII"``.

    Raises
    ------
    UnsafeFile
        If it asks for anything but plain data. Nothing of it has run then.
    ValueError
        If it is no complete pickle.
    """
    refuse_bombs(content)
    try:
        tree = _Unpickler(io.BytesIO(content), encoding=encoding or "ASCII").load()
        return _Settling(len(content)).settle(tree)
    except UnsafeFile:
        raise
    except Exception as fault:  # a damaged file can raise nearly anything inside of pickle
        raise ValueError(f"it is no complete pickle ({fault or type(fault).__name__})") from fault


class _Callable:
    """What a pickle gets where it asks for a function or class: only a call with the right arguments does
    anything."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make = make

    def __call__(self, *arguments: Any) -> Any:
        return self._make(*arguments)

    def __setstate__(self, state: Any) -> None:
        raise UnsafeFile("it tries to change a function")


class _Dtype:
    """Description of the elements of an array."""

    __slots__ = ("_code", "_order")

    def __init__(self, code: Any, align: Any = False, copy: Any = False) -> None:
        code = code.decode("ascii") if isinstance(code, bytes) else code
        if not isinstance(code, str) or not _DTYPE.fullmatch(code):
            raise UnsafeFile(f"it has an array of {code!r}, which is neither numbers nor text")
        self._code, self._order = code, "|"

    def __setstate__(self, state: Any) -> None:
        """(version, byte order, sub-array, names, fields, ...): all but the order only for structures."""
        if not isinstance(state, tuple) or len(state) < 5 or any(part is not None for part in state[2:5]):
            raise UnsafeFile("it has an array of structures")
        order = state[1].decode("ascii") if isinstance(state[1], bytes) else state[1]
        if order not in ("<", ">", "|", "="):
            raise UnsafeFile(f"it has an array of unknown byte order {order!r}")
        self._order = order

    @property
    def real(self) -> np.dtype[Any]:
        """As numpy knows it."""
        if self._code.startswith("O"):
            return np.dtype(object)
        dtype: np.dtype[Any] = np.dtype(self._code)
        return dtype if self._order == "|" else dtype.newbyteorder(self._order)  # type: ignore[arg-type]


class _Array:
    """An array that is being read. ``value`` is None until its state has come."""

    __slots__ = ("value",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: NDArray[Any] | None = None) -> None:
        self.value = value

    def __setstate__(self, state: Any) -> None:
        """(version, shape, dtype, column-major, bytes or list), of old numpy without the version."""
        shape, dtype, fortran, data = state[-4:]
        self.value = _array(shape, dtype, bool(fortran), data)


def _array(shape: Any, dtype: Any, fortran: bool, data: Any) -> NDArray[Any]:
    real = _real(dtype)
    if not isinstance(shape, tuple) or len(shape) > 32 or any(type(n) is not int or n < 0 for n in shape):
        raise UnsafeFile("it has an array of impossible shape")
    count = math.prod(shape)
    if real.hasobject:
        if not isinstance(data, list) or len(data) != count:
            raise ValueError("an array has not as many elements as its shape says")
        flat = np.empty(count, dtype=object)
        flat[:] = [_Boxed(item) for item in data]
    else:
        flat = _numbers(real, data, count)
    return flat.reshape(shape, order="F" if fortran else "C")


class _Boxed:
    """An element of an object array: keeps numpy from looking into lists."""

    __slots__ = ("item",)

    def __init__(self, item: Any) -> None:
        self.item = item


def _real(dtype: Any) -> np.dtype[Any]:
    if not isinstance(dtype, _Dtype):
        raise UnsafeFile("it has an array without a type")
    return dtype.real


def _numbers(dtype: np.dtype[Any], data: Any, count: int) -> NDArray[Any]:
    data = data.encode("latin1") if isinstance(data, str) else data
    if not isinstance(data, (bytes, bytearray)) or len(data) != count * dtype.itemsize:
        raise ValueError("an array has not as many bytes as its shape says")
    if not dtype.itemsize or not count:
        return np.zeros(count, dtype)
    return np.frombuffer(data, dtype, count).astype(dtype.newbyteorder("="))


def _reconstruct(kind: Any, shape: Any, code: Any) -> _Array:
    if kind is not _NDARRAY:
        raise UnsafeFile("it has an array of an unknown class")
    return _Array()


def _frombuffer(data: Any, dtype: Any, shape: Any, order: Any) -> _Array:
    return _Array(_array(shape, dtype, order == "F", data))


def _scalar(dtype: Any, data: Any = b"") -> Any:
    real = _real(dtype)
    if real.hasobject:
        raise UnsafeFile("it has a scalar of Python objects")
    return _numbers(real, data, 1)[0]


def _encode(text: Any, encoding: Any = "latin1") -> bytes:
    """How bytes are written in protocols 0 to 2."""
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise UnsafeFile("it calls an encoder")
    return text.encode("latin1")


def _bytes(kind: type) -> Callable[..., Any]:
    def make(data: Any = b"", encoding: Any = "latin1") -> Any:
        data = _encode(data, encoding) if isinstance(data, str) else data
        if not isinstance(data, bytes):
            raise UnsafeFile(f"it asks for {kind.__name__} of {type(data).__name__}")
        return kind(data)

    return make


def _container(kind: type) -> Callable[..., Any]:
    def make(items: Any = ()) -> Any:
        if not isinstance(items, list) and items != ():
            raise UnsafeFile(f"it asks for a {kind.__name__} of {type(items).__name__}")
        return kind(items)

    return make


def _complex(*parts: Any) -> complex:
    if len(parts) != 2 or not all(isinstance(part, float) for part in parts):
        raise UnsafeFile("it asks for a complex number of something else")
    return complex(*parts)


def _not_called(*_: Any) -> Any:
    raise UnsafeFile("it calls the class of arrays")


_NDARRAY = _Callable(_not_called)
_ALLOWED: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy", "ndarray"): _NDARRAY,
    ("numpy", "dtype"): _Callable(_Dtype),
    ("_codecs", "encode"): _Callable(_encode),
    ("collections", "OrderedDict"): _Callable(_container(OrderedDict)),
}
for _package in ("numpy.core", "numpy._core"):
    _ALLOWED[f"{_package}.multiarray", "_reconstruct"] = _Callable(_reconstruct)
    _ALLOWED[f"{_package}.multiarray", "scalar"] = _Callable(_scalar)
    _ALLOWED[f"{_package}.numeric", "_frombuffer"] = _Callable(_frombuffer)
for _package in ("builtins", "__builtin__"):
    _ALLOWED[_package, "set"] = _Callable(_container(set))
    _ALLOWED[_package, "frozenset"] = _Callable(_container(frozenset))
    _ALLOWED[_package, "bytes"] = _Callable(_bytes(bytes))
    _ALLOWED[_package, "bytearray"] = _Callable(_bytes(bytearray))
    _ALLOWED[_package, "complex"] = _Callable(_complex)


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        found = _ALLOWED.get((module, name))
        if found is None:
            raise UnsafeFile(f"it asks for {module}.{name}, but only numbers, text and arrays are read")
        return found

    def persistent_load(self, pid: Any) -> Any:
        raise UnsafeFile("it refers to objects outside of the file")


class _Settling:
    """Puts arrays in the place of their stand-ins, and refuses a tree that is far larger than its file."""

    def __init__(self, size: int) -> None:
        self._limit = 4 * size + 1000
        self._seen: dict[int, tuple[Any, Any, int]] = {}

    def settle(self, value: Any) -> Any:
        """The value without stand-ins."""
        settled, leaves = self._settle(value, 0)
        self._check(leaves)
        return settled

    def _check(self, leaves: int) -> None:
        if leaves > self._limit:
            raise UnsafeFile("it repeats parts of itself beyond all measure")

    def _settle(self, value: Any, depth: int) -> tuple[Any, int]:
        """The value, and how many leaves it has if all that is shared is counted again."""
        if type(value) in _PLAIN or isinstance(value, np.generic):
            return value, 1
        if id(value) in self._seen:
            _, settled, leaves = self._seen[id(value)]
            return settled, leaves
        if depth > _MAX_DEPTH:
            raise UnsafeFile("it is nested deeper than the file of any network")
        settled, leaves = self._container(value, depth + 1)
        self._check(leaves)
        self._seen[id(value)] = (value, settled, leaves)  # value: so that no other object gets its id
        return settled, leaves

    def _container(self, value: Any, depth: int) -> tuple[Any, int]:
        kind = type(value)
        if kind is _Array:
            if value.value is None:
                raise ValueError("an array has no content")
            if value.value.dtype.hasobject:
                return self._objects(value.value, depth)
            return value.value, 1
        if kind is list or kind is tuple or kind is set or kind is frozenset:
            if set(map(type, value)) <= set(_PLAIN):
                return value, len(value) + 1
            return self._items(kind, list(value), depth)
        if kind is dict or kind is OrderedDict:
            keys, leaves = self._items(list, list(value), depth)
            values, more = self._items(list, list(value.values()), depth)
            return dict(zip(keys, values, strict=True)), leaves + more
        if kind is bytearray:
            return bytes(value), 1
        raise UnsafeFile(f"it contains something that is no plain data ({kind.__name__})")

    def _items(self, kind: type, items: list[Any], depth: int) -> tuple[Any, int]:
        settled, leaves = [], 1
        for item in items:
            value, count = self._settle(item, depth)
            settled.append(value)
            leaves += count
        return kind(settled), leaves

    def _objects(self, array: NDArray[Any], depth: int) -> tuple[NDArray[Any], int]:
        flat, leaves = array.ravel(), 1
        for index, boxed in enumerate(flat):
            value, count = self._settle(boxed.item, depth)
            flat[index] = value
            leaves += count
        return flat.reshape(array.shape), leaves
