"""Objects of a network that consist of populations, monitors and the like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.network.network import Network


class Extension:
    """Base of BOLD monitors and other compounds.

    Attributes
    ----------
    name : str
    network : Network
    """

    name: str
    network: Network

    @property
    def parts(self) -> list[Any]:
        """What it consists of, in an order in which it can be copied to another network."""
        raise NotImplementedError
