"""Flags of a user's script: ``python script.py -j 4 --prec float``.

They are read when the engine is imported, and are the defaults of the top-level network: ``setup()`` in the
script overrides them. What is no flag of ours belongs to the script and is left alone.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from engine.errors import EngineError


@dataclass(frozen=True)
class Flags:
    """What the command line asks for.

    Attributes
    ----------
    settings : dict
        Keys of ``setup``.
    clean : bool
        Build anew.
    report : str or None
        File of the report that compile writes.
    gpu : int or None
        Number of the GPU to use.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    clean: bool = False
    report: str | None = None
    gpu: int | None = None


class _Parser(argparse.ArgumentParser):
    """Raises where argparse would end the program."""

    def error(self, message: str) -> NoReturn:
        raise EngineError(f"Command line of {self.prog}: {message}.")


def _cores(text: str) -> list[int]:
    try:
        return [int(core) for core in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of cores such as 0,1,2") from None


def _parser() -> _Parser:
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("-c", "--clean", action="store_true")
    parser.add_argument("-d", "--debug", action="store_const", const=True)
    parser.add_argument("-v", "--verbose", action="store_const", const=True)
    parser.add_argument("--prec", dest="precision", choices=("double", "float"))
    parser.add_argument("--report")
    parser.add_argument("--auto-tuning", action="store_true")
    parser.add_argument("-j", "--num-threads", type=int)
    parser.add_argument("--visible-cores", type=_cores)
    parser.add_argument("--gpu", nargs="?", type=int, const=0)
    parser.add_argument("--profile", dest="profiling", action="store_const", const=True)
    parser.add_argument("--profile-out")
    return parser


_FLAG = re.compile(
    r"-[cdv]+|--(clean|debug|verbose|auto-tuning|profile)"
    r"|(?P<valued>-j|--(prec|report|num-threads|visible-cores|profile-out|gpu))|-j\d+"
    r"|--(prec|report|num-threads|visible-cores|profile-out|gpu)=.*"
)


def _ours(arguments: Sequence[str]) -> Iterator[str]:
    """What belongs to our flags: ``-dataset`` is a flag of the script, not ``-d`` and more."""
    waiting = False
    for argument in arguments:
        flag = _FLAG.fullmatch(argument)
        if flag is not None or (waiting and not argument.startswith("-")):
            yield argument
        waiting = flag is not None and flag["valued"] is not None


def read(arguments: Sequence[str]) -> Flags:
    """The flags among ``arguments``.

    Raises
    ------
    EngineError
        Where a flag has an impossible value.
    """
    given = vars(_parser().parse_args(list(_ours(arguments))))
    clean, report, gpu = (given.pop(name) for name in ("clean", "report", "gpu"))
    settings: dict[str, Any] = {}
    if given.pop("auto_tuning"):
        settings |= {"sparse_matrix_format": "auto", "sparse_matrix_storage_order": "auto"}
    settings |= {key: value for key, value in given.items() if value is not None}
    return Flags(settings, clean, report, gpu)


_ARGUMENTS = tuple(getattr(sys, "argv", ())[1:])
_flags: list[Flags] = []


def flags() -> Flags:
    """The flags that this program was started with."""
    if not _flags:
        _flags.append(read(_ARGUMENTS))
    return _flags[0]


def ignore() -> None:
    """For programs with a command line of their own: there are no flags of ours on it."""
    _flags[:] = [Flags()]
