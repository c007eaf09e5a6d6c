"""Kernels to loops, shared by the C++ targets: a target says only which entries of a row are its thread's."""

from __future__ import annotations

from engine.codegen.block_vectors import BlockVectors
from engine.codegen.chance_loops import ChanceLoops
from engine.codegen.clock_values import ClockValues
from engine.codegen.ir import (
    EachAbsent,
    EachBlock,
    EachChance,
    EachDue,
    EachEvent,
    EachRow,
    EachSpike,
    EachSynapse,
    Kernel,
    Once,
    Total,
)
from engine.codegen.synapse_loops import SynapseLoops


class LoopPrinter(ClockValues, BlockVectors, ChanceLoops, SynapseLoops):
    """Prints the loops of one plan into ``text``."""

    def kernel(self, kernel: Kernel) -> None:
        """Any kernel but those over neurons, which :meth:`each` fuses."""
        printers = {
            Once: self.once,
            EachSynapse: self.synapses,
            EachRow: self.rows,
            EachEvent: self.events,
            EachBlock: self.each_block,
            Total: self.total,
            EachAbsent: self.absent,
            EachDue: self.due,
            EachSpike: self.spikes,
            EachChance: self.chances,
        }
        printers[type(kernel.domain)](kernel)
