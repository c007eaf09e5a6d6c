"""The top-level functions that save and load the network of the top level, or the one with a ``net_id``."""

from __future__ import annotations

from engine.network.parameters_file import load_parameter
from engine.network.registry import network_of
from engine.network.saving import Filename

__all__ = [
    "load",
    "load_checkpoint",
    "load_parameter",
    "load_parameters",
    "save",
    "save_checkpoint",
    "save_parameters",
]


def save(filename: Filename, populations: bool = True, projections: bool = True, net_id: int = 0) -> None:
    """Save the step and all attributes; see :meth:`Network.save`."""
    network_of(net_id).save(filename, populations, projections)


def load(
    filename: Filename,
    populations: bool = True,
    projections: bool = True,
    pickle_encoding: str | None = None,
    net_id: int = 0,
) -> None:
    """Load a file of :func:`save`; see :meth:`Network.load`."""
    network_of(net_id).load(filename, populations, projections, pickle_encoding)


def save_parameters(filename: Filename, net_id: int = 0) -> None:
    """Save parameters and Constants as JSON; see :meth:`Network.save_parameters`."""
    network_of(net_id).save_parameters(filename)


def load_parameters(
    filename: Filename, global_only: bool = True, verbose: bool = False, net_id: int = 0
) -> dict[str, float]:
    """Set parameters from a JSON file; see :meth:`Network.load_parameters`."""
    return network_of(net_id).load_parameters(filename, global_only, verbose)


def save_checkpoint(filename: Filename, net_id: int = 0) -> None:
    """Save the full state for another process to go on with; see :meth:`Network.save_checkpoint`."""
    network_of(net_id).save_checkpoint(filename)


def load_checkpoint(filename: Filename, net_id: int = 0) -> None:
    """Go on where :func:`save_checkpoint` was called; see :meth:`Network.load_checkpoint`."""
    network_of(net_id).load_checkpoint(filename)
