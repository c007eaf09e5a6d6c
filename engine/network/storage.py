"""Storage formats and orders of synapses, as scripts name them.

Where nothing else is asked for (``lil``, the default, and ``auto``) the engine chooses its structure by the
synapses themselves; ``Projection.storage`` tells which, and why. Other names ask for lists of ranks, and
``dense`` for rows whose ranks nobody reads (:attr:`Storage.wanted_form`). Names are refused where they make
no sense, and decide two things more that a script sees: with ``dense`` every post-synaptic neuron has a
dendrite, and ``dense`` and ``bsr`` keep a weight for each synapse.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from engine.errors import CodeGeneratorException, EngineError, InvalidConfiguration
from engine.language import format_expression
from engine.language.model import SynapseModel
from engine.network.configuration import FORMATS as CONFIGURED

if TYPE_CHECKING:
    from engine.connectivity import Connectivity
    from engine.network.projection import Projection

FORMATS = (*CONFIGURED, "dia")
ORDERS = ("post_to_pre", "pre_to_post", "auto")
SPIKING = ("lil", "csr", "dense", "bsr")
DEFAULT_SYNAPSE_ONLY = ("sell", "coo", "bsr", "hyb", "dia")
BOTH_ORDERS = ("csr", "dense")
DENSE_FROM = 0.6
"""Part of all pairs from which ``auto`` is ``dense``."""


@dataclass(frozen=True)
class Storage:
    """What a script asked for, or what became of ``auto``."""

    format: str = "lil"
    order: str = "post_to_pre"
    chosen: bool = False
    """The engine chose the format: ``auto``."""

    @property
    def wanted_form(self) -> Literal["", "dense", "sparse"]:
        """What the engine must hold the synapses as, where that is possible; empty: as it likes."""
        if self.chosen or self.format in ("lil", "auto"):
            return ""
        return "dense" if self.format == "dense" else "sparse"

    @property
    def keeps_all_dendrites(self) -> bool:
        """Neurons without synapses have dendrites, too."""
        return self.format == "dense"

    @property
    def keeps_all_weights(self) -> bool:
        """Equal weights are not stored as one."""
        return self.format in ("dense", "bsr")


LIL = Storage()
"""Of connectors that were given no names."""


def asked_storage(projection: Projection, storage_format: str | None, storage_order: str | None) -> Storage:
    """The names given to a connector, or else those of ``setup``; unknown ones are refused."""
    settings = projection.network.configuration.values
    chosen = settings["sparse_matrix_format"] if storage_format is None else storage_format
    order = settings["sparse_matrix_storage_order"] if storage_order is None else storage_order
    for what, name, known in (("format", chosen, FORMATS), ("order", order, ORDERS)):
        if name not in known:
            raise EngineError(
                f"Projection {projection.name}: the storage {what} {name!r} is unknown; there are "
                f"{', '.join(known)}."
            )
    return Storage("lil" if chosen == "default" else chosen, order)


def check_storage(projection: Projection, storage: Storage, delays_differ: bool) -> None:
    """Refuse what cannot be combined."""
    label = f"Projection {projection.name}"
    name, order, model = storage.format, storage.order, projection.model
    spiking = projection.pre_population.model.kind == "spike"
    if projection.structural and name not in ("lil", "auto"):
        raise InvalidConfiguration(
            f"{label}: structural plasticity needs storage_format='lil', not {name!r}."
        )
    if name in ("csr_scalar", "csr_vector"):
        raise InvalidConfiguration(f"{label}: {name!r} is a format of GPUs; use 'csr'.")
    if spiking and name not in (*SPIKING, "auto"):
        raise InvalidConfiguration(
            f"{label}: spiking synapses cannot be stored as {name!r}; use one of {', '.join(SPIKING)}."
        )
    if not spiking and name in DEFAULT_SYNAPSE_ONLY and not _is_default(model):
        raise InvalidConfiguration(
            f"{label}: {name!r} is for the default synapse only, not for {model.name or 'another one'}; "
            f"use 'lil' or 'csr'."
        )
    if order == "pre_to_post":
        _check_pre_to_post(label, name, model, spiking)
    if name == "ellr" and delays_differ:
        raise InvalidConfiguration(f"{label}: 'ellr' needs one delay for all synapses; use 'lil' or 'csr'.")
    if name == "dia" and projection.pre.size < projection.post.size:
        raise InvalidConfiguration(f"{label}: 'dia' needs at least as many pre- as post-synaptic neurons.")
    if name == "dia" and projection.post is not projection.post_population:
        raise InvalidConfiguration(f"{label}: 'dia' needs a whole post-synaptic population, not a view.")


def _check_pre_to_post(label: str, name: str, model: SynapseModel, spiking: bool) -> None:
    if not spiking or model.psp is not None:
        raise CodeGeneratorException(
            f"{label}: storage_order='pre_to_post' is for spikes only; use 'post_to_pre'."
        )
    if name not in (*BOTH_ORDERS, "auto"):
        raise InvalidConfiguration(
            f"{label}: storage_order='pre_to_post' is not possible with {name!r}; use 'csr' or 'dense'."
        )


def resolved(storage: Storage, projection: Projection, pattern: str, drawn: Connectivity) -> Storage:
    """What ``auto`` means for the synapses that were drawn."""
    name, order = storage.format, storage.order
    pairs = projection.pre.size * projection.post.size
    if name == "auto":
        if projection.structural or pattern == "One-to-One":
            name = "lil"
        elif pattern == "All-to-All" or (pairs and drawn.nnz >= DENSE_FROM * pairs):
            name = "dense"
        else:
            name = "csr"
    if order == "auto":
        spikes = projection.pre_population.model.kind == "spike" and projection.model.psp is None
        order = "pre_to_post" if spikes and name in BOTH_ORDERS else "post_to_pre"
    chosen = storage.chosen or storage.format == "auto"
    return replace(storage, format=name, order=order, chosen=chosen)


def _is_default(model: SynapseModel) -> bool:
    """The sum of ``w * pre.r``, and no equations."""
    plain = model.psp is None or format_expression(model.psp) == "w * pre.r"
    return plain and model.operation == "sum" and not model.equations
