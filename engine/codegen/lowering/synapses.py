"""The synapses of one projection: sparse rows, buffers, and what names stand for."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.codegen.ir import (
    LANES,
    Const,
    Expr,
    Load,
    Symbol,
)
from engine.codegen.lowering.builder import (
    NEVER,
    POSITIVE,
    TREE_DTYPES,
    Builder,
    Values,
    homogeneous,
    index_dtype,
    rank_dtype,
)
from engine.codegen.lowering.counted import CountedSpikes, is_counted
from engine.codegen.lowering.deferral import deferral
from engine.codegen.lowering.deferred_kernels import DeferredWeights
from engine.codegen.lowering.delays import SpikeQueue
from engine.codegen.lowering.dense import dense_rows
from engine.codegen.lowering.late_traces import LateTraceKernels, are_late
from engine.codegen.lowering.neurons import constant
from engine.codegen.lowering.population import LoweredPopulation
from engine.codegen.lowering.rows import SparseRows
from engine.codegen.lowering.scope import Scope
from engine.codegen.lowering.tiles import number_of_tiles
from engine.codegen.lowering.trace_kernels import TraceKernels
from engine.codegen.lowering.traces import shared_traces
from engine.codegen.plan import Matrix
from engine.errors import EngineError
from engine.language import discretise
from engine.language.model import Discretised, SynapseModel, Write
from engine.language.traverse import walk
from engine.language.tree import GlobalOperation, Owner, WeightedSum

if TYPE_CHECKING:
    from engine.network import Projection

SYNAPSE = Symbol("s", "int")
PRE = Symbol("pre", "int")
POST = Symbol("post", "int")
PAIR = Symbol("pair", "int")


class SynapseValues:
    """Buffers of one projection, and what the names in its synapse's text stand for."""

    def __init__(
        self, builder: Builder, projection: Projection, pre: LoweredPopulation, post: LoweredPopulation
    ) -> None:
        self.builder = builder
        self.projection = projection
        self.model: SynapseModel = projection.model
        self.pre, self.post = pre, post
        self.name = f"proj{projection.id}"
        self.inner = f"synapses{projection.id}"
        self.spiking = pre.events is not None and projection.decoded_steps is None
        self.attributes: dict[str, str] = {}
        self.localities: dict[str, str] = {}
        self.streams: dict[Any, int] = {}
        self._temporaries = 0
        self.queue: SpikeQueue | None = None
        self.traces: TraceKernels | None = None
        self.counted: CountedSpikes | None = None
        self.deferred: DeferredWeights | None = None
        self.updates: Discretised = discretise(self.model, projection.network.method)

    # --- buffers --------------------------------------------------------------------------------------

    def declare(self) -> None:
        """Declare the switches, the sparse structure, parameters and variables."""
        b, projection, label = self.builder, self.projection, self.projection.name
        self.transmission = b.flag(f"{self.inner}_transmission", int(projection.transmission), "switch")
        self.update_flag = b.flag(f"{self.inner}_update", int(projection.update), "switch")
        self.plasticity = b.flag(f"{self.inner}_plasticity", int(projection.plasticity), "switch")
        self.axon_transmission = b.flag(
            f"{self.inner}_axon_transmission", int(projection.axon_transmission), "switch"
        )
        period = projection.learning_period
        b.buffer(f"{self.inner}_period", "int64", 1, period, "steps between updates", POSITIVE)
        b.buffer(f"{self.inner}_offset", "int64", 1, projection.learning_offset, "first updated step")
        delay = projection.connectivity.max_delay_steps
        self.delayed = delay > 1 or not projection.connectivity.uniform
        if projection.connectivity.uniform:
            b.buffer(f"{self.inner}_delay", "int64", 1, delay, f"{label}: delay in steps", POSITIVE)
            self.pre.slots = max(self.pre.slots, delay + 1)
        self.nnz = b.size(f"nnz_{self.name}", projection.connectivity.nnz)
        bytes_of_real = 4 if b.precision == "float" else 8
        tiles = number_of_tiles(projection, b.threads, bytes_of_real) if self.spiking else 1
        self.rows = SparseRows(projection.connectivity, self.spiking, b.threads, tiles)
        self._attributes()
        self._structure()
        conductances = [g for target in projection.targets if (g := self.post.conductance(target))]
        if self.spiking:
            self.conductances = conductances
        elif projection.into_conductance:
            self.sums = conductances
        else:
            self.sums = [self.post.sum(target) for target in projection.targets]

    def _structure(self) -> None:
        """Sparse rows: spikes travel along pre-synaptic rows, rates are summed along post-synaptic ones."""
        c = self.projection.connectivity
        if not self.spiking:
            self._rows_onto_neurons()
            return
        if is_counted(self.projection, self._single_weight()):
            self.counted = CountedSpikes(self, self.rows)
            self.matrix = self.post_rows = self.counted.matrix
            return
        self._rows_of_spikes()
        if not c.uniform and (self.model.pre_spike or self.updates.event_driven):
            self.queue = SpikeQueue(self.builder, self.name, self.inner, c, self.pre, self.post, self.rows)
        visited = bool(self.model.post_spike) and self.deferred is None
        if visited or self.model.creating is not None:
            self._rows_back()

    def _rows_onto_neurons(self) -> None:
        """Post-synaptic rows, along which rates are summed."""
        b, c, inner, arrays = self.builder, self.projection.connectivity, self.inner, self.rows.arrays
        rows = b.size(f"offsets_post_{self.name}", c.n_post + 1)
        b.buffer(f"{inner}_rows", "int64", rows, arrays["rows"], "start of each post row")
        b.buffer(f"{inner}_pre", rank_dtype(c.n_pre), self.nnz, arrays["pre"], "pre rank of each synapse")
        n_post = self.post.count
        matrix = Matrix(f"{inner}_matrix", "post", n_post, n_post, f"{inner}_rows", f"{inner}_pre")
        self.matrix = self.post_rows = self._dense_if_possible(matrix)
        b.matrices.append(self.matrix)

    def _rows_of_spikes(self) -> None:
        """Pre-synaptic rows, cut into the parts of threads."""
        b, c, inner, arrays = self.builder, self.projection.connectivity, self.inner, self.rows.arrays
        tiles = self.rows.tiles
        rows = b.size(f"offsets_pre_{self.name}", c.n_pre + 1)
        split = b.size(f"split_{self.name}", c.n_pre * (b.threads * tiles + 1))
        b.buffer(f"{inner}_rows", "int64", rows, arrays["rows"], "start of each pre row")
        b.buffer(f"{inner}_post", rank_dtype(c.n_post), self.nnz, arrays["post"], "post rank of each synapse")
        b.buffer(f"{inner}_split", "int64", split, arrays["split"], "thread parts")
        matrix = Matrix(
            f"{inner}_matrix",
            "pre",
            self.pre.count,
            self.post.count,
            f"{inner}_rows",
            f"{inner}_post",
            f"{inner}_split",
            tiles=b.size(f"tiles_{self.name}", tiles),
        )
        self.matrix = self._dense_if_possible(matrix)
        b.matrices.append(self.matrix)

    def _rows_back(self) -> None:
        """Post-synaptic rows beside those of spikes: the synapses that a post-synaptic spike visits."""
        b, c, inner, arrays = self.builder, self.projection.connectivity, self.inner, self.rows.arrays
        # Onto one neuron both orders of synapses are the same.
        alone = c.n_post == 1 and not self.projection.structural
        rows = b.size(f"offsets_post_{self.name}", c.n_post + 1)
        b.buffer(f"{inner}_in_rows", "int64", rows, arrays["in_rows"], "start of each post row")
        b.buffer(f"{inner}_in_pre", rank_dtype(c.n_pre), self.nnz, arrays["in_pre"], "pre rank, post-major")
        if not alone:
            index = arrays["in_index"]
            label = "storage index, post-major"
            b.buffer(f"{inner}_in_index", index_dtype(c.nnz), self.nnz, index, label)
        matrix = Matrix(
            f"{inner}_inverse",
            "post",
            self.post.count,
            self.post.count,
            f"{inner}_in_rows",
            f"{inner}_in_pre",
            index="" if alone else f"{inner}_in_index",
        )
        self.post_rows = self._dense_if_possible(matrix, "in_") if alone else matrix
        b.matrices.append(self.post_rows)

    def _dense_if_possible(self, matrix: Matrix, of: str = "") -> Matrix:
        """The matrix as dense rows if it has no gaps, and gets none while the network runs.

        ``of`` begins the names of its arrays.
        """
        wanted = self.projection.wanted_form
        if self.projection.structural or wanted == "sparse":
            return matrix
        arrays = self.rows.arrays
        c = self.projection.connectivity
        if matrix.rows == "pre" and matrix.n_post in self.builder.known and c.nnz == c.n_pre * c.n_post:
            matrix = replace(matrix, full=True)
        shortest = 0 if wanted == "dense" else LANES
        columns = arrays["post" if matrix.rows == "pre" else f"{of}pre"]
        found = dense_rows(arrays[f"{of}rows"](), columns(), shortest)
        if found is None:
            return matrix
        first = self.builder.size(f"first_{of}{self.name}", found.first)
        past = self.builder.size(f"past_{of}{self.name}", found.past)
        return replace(matrix, first=first, past=past, hole=found.hole)

    def _attributes(self) -> None:
        projection, weights = self.projection, self.projection.connectivity.weights
        events = (*(self.model.pre_spike or ()), *self.model.post_spike)
        written = {a.name for a in events}
        for parameter in self.model.parameters:
            value = projection.init[parameter.name]
            single = parameter.locality == "local" and not (
                parameter.name in written or parameter.name in projection.widened or not homogeneous(value)
            )
            self._attribute(
                parameter.name, parameter.dtype, "global" if single else parameter.locality, value
            )
        traces = shared_traces(self)
        if traces:
            found = deferral(self, traces)
            is_late = are_late(self) and found is None
            self.traces = (LateTraceKernels if is_late else TraceKernels)(self, traces)
            self.builder.traces[projection.id] = traces
            self.traces.declare()
            if found is None:
                self.builder.separate[projection.id] = frozenset({"w"})
            else:
                self.deferred = DeferredWeights(self, self.traces, found)
                self.deferred.declare()
                self.builder.deferrals[projection.id] = found
        for variable in self.model.variables:
            if self.traces is not None and variable.name in self.traces.names:
                self.localities[variable.name] = "local"
            elif variable.name != "w":
                value = projection.init[variable.name]
                self._attribute(variable.name, variable.dtype, variable.locality, value)
        if isinstance(weights, float | int) and self._single_weight():
            self._attribute("w", "float", "global", weights)
        elif isinstance(weights, float | int):
            self._attribute("w", "float", "local", weights)
        else:
            self._attribute("w", "float", "local", self._weights)
        if self.updates.event_driven and self.traces is None:
            self.builder.separate[projection.id] = frozenset(e.name for e in self.updates.event_driven)
            self.builder.buffer(
                f"{self.inner}_event", "int64", self.nnz, NEVER, f"{projection.name}: step of the last event"
            )

    def _single_weight(self) -> bool:
        if not isinstance(self.projection.connectivity.weights, float | int):
            return False
        in_equations = any(isinstance(e, Write) and e.name == "w" for e in self.updates.local_updates)
        events = (*(self.model.pre_spike or ()), *self.model.post_spike)
        return not (
            in_equations
            or any(a.name == "w" for a in events)
            or "w" in self.projection.widened
            or self.projection.force_multiple_weights
        )

    def _weights(self) -> np.ndarray[Any, Any]:
        """Weights as the buffer holds them; those of rates are handed over, not copied."""
        by_pre = self.projection.connectivity.weights_by_pre
        if by_pre is not None:
            return by_pre
        weights = self.projection.connectivity.weights
        assert isinstance(weights, np.ndarray), "the network keeps its weights when it gets a new plan"
        return self.rows.in_storage_order(weights) if self.spiking else weights

    def _attribute(self, name: str, dtype: str, locality: str, value: Values) -> None:
        counts: dict[str, str | int] = {"local": self.nnz, "semiglobal": self.post.count, "global": 1}
        self.localities[name] = locality
        if locality == "local" and isinstance(value, np.ndarray) and not homogeneous(value):
            value = partial(self.rows.in_storage_order, value)
        self.attributes[name] = self.builder.buffer(
            f"{self.name}_{name}",
            TREE_DTYPES[dtype],
            counts[locality],
            value,
            f"{self.projection.name}.{name}",
            None,
        )

    # --- names ----------------------------------------------------------------------------------------

    def scope(self, index: Expr, updated: int, dt: Expr | None = None) -> Scope:
        """Names in the synapse's text. ``updated`` is 0 where the step's own update of the neurons is not
        done yet (phase 2), 1 after it (phases 8 and 9): delayed ``pre.x`` are then one step younger."""

        def resolve(name: str, owner: Owner) -> Expr | None:
            if owner == "pre" and name in self.pre.attributes:
                if not updated and not self.delayed and self.pre.attributes[name] in self._inputs():
                    raise self._reads_own_input(f"pre.{name}", self.pre)
                if self.delayed:
                    return self._delayed(name, updated, index)
                return self.builder.load(self.pre.attributes[name], PRE)
            if owner == "post" and name in self.post.attributes:
                return self.builder.load(self.post.attributes[name], POST)
            if owner != "own":
                return None
            if name in self.attributes:
                return self.load(name)
            if name == "t_pre" and self.pre.events is not None:
                return self.pre.spike_time(PRE)
            if name == "t_post" and self.post.events is not None:
                return self.post.spike_time(POST)
            return constant(self.builder, self.projection, name)

        def weighted_sum(target: str, owner: Owner) -> Expr | None:
            side = self.pre if owner == "pre" else self.post
            if owner == "own" or target not in side.sums:
                return None
            if not updated and side.sums[target] in self._inputs():
                raise self._reads_own_input(f"{owner}.sum({target})", side)
            if owner == "pre" and self.delayed:
                raise EngineError(
                    f"Projection {self.projection.name}: pre.sum({target}) cannot be delayed. Copy it to a "
                    f"variable in the equations of {side.population.name} and read that one."
                )
            return self.builder.load(side.sums[target], PRE if owner == "pre" else POST)

        def operation(node: GlobalOperation) -> Expr | None:
            side = {"pre": self.pre, "post": self.post}.get(node.owner)
            return None if side is None else side.operation(node.operation, node.name)

        return Scope(
            f"Projection {self.projection.name}",
            dt or Const(self.builder.dt),
            resolve,
            weighted_sum,
            operation,
            index,
            self.streams,
            self.builder.stream,
        )

    def _delayed(self, name: str, updated: int, index: Expr) -> Expr:
        """``pre.name`` as it arrives at the synapse."""
        connectivity = self.projection.connectivity
        if connectivity.uniform:
            return self.pre.delayed(name, PRE, self.builder.load(f"{self.inner}_delay"), updated)
        model = self.pre.population.model
        local = [p.locality == "local" for p in model.parameters if p.name == name]
        local += [v.locality == "local" for v in model.variables if v.name == name]
        if not all(local):
            raise EngineError(
                f"Projection {self.projection.name}: the synapse accesses the global variable pre.{name} "
                f"with a non-uniform delay. Make {name} a variable of each neuron of "
                f"{self.pre.population.name}, or give all synapses one delay."
            )
        self.pre.slots = max(self.pre.slots, connectivity.max_delay_steps + 1)
        if index == PAIR:  # There is no synapse yet.
            created = Const(self.projection.delay_of_created(), "int")
            return self.pre.delayed(name, PRE, created, updated)
        delays = self.rows.arrays["route_delays"]
        label = f"{self.projection.name}: delay of each synapse in steps"
        limits = (1, connectivity.max_delay_steps)
        buffer = self.builder.buffer(f"{self.inner}_route_delays", "int32", self.nnz, delays, label, limits)
        return self.pre.delayed(name, PRE, Load(buffer, SYNAPSE, "int"), updated)

    def sums_read(self) -> set[str]:
        """Buffers of the weighted sums that the ``psp`` reads: they must be complete by then."""
        if self.spiking or self.model.psp is None:
            return set()
        sums = (node for node in walk(self.model.psp) if isinstance(node, WeightedSum))
        sides = {"pre": self.pre.sums, "post": self.post.sums, "own": {}}
        return {sides[node.owner].get(node.target, "") for node in sums}

    def adds_to(self, buffers: set[str]) -> bool:
        """Does it add to one of these in phase 2?"""
        return not buffers.isdisjoint(self._inputs())

    def _inputs(self) -> list[str]:
        """Buffers of the post-synaptic population that the projection adds to in phase 2."""
        return self.conductances if self.spiking else self.sums

    def _reads_own_input(self, what: str, side: LoweredPopulation) -> EngineError:
        return EngineError(
            f"Projection {self.projection.name}: {what} is read while the projection itself adds to it. "
            f"Copy it to a variable in the equations of {side.population.name} and read that one."
        )

    def load(self, name: str) -> Load:
        """An attribute of the current synapse (or of its post neuron, or of the projection)."""
        index = POST if self.localities[name] == "semiglobal" else SYNAPSE
        return self.builder.load(self.attributes[name], index)
