"""Network -> plan: which buffers exist and what one step computes, in the order of semantics.md.

In: an ``engine.network.Network`` whose connectivity is drawn. Out: :class:`Lowered`: the plan, the numbers
of its size symbols and the first values of its buffers. Knows no programming language.
"""

from engine.codegen.lowering.builder import Lowered
from engine.codegen.lowering.network import lower

__all__ = ["Lowered", "lower"]
