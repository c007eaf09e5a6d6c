"""The pass that takes exact steps of linear equations without a division.

``A + (x - A) exp(-k r)`` with ``A = d / r`` is ``x + k exprel(-k r) (d - r x)``, exprel(z) = (exp(z) - 1) / z: it loses no
digits where ``A`` and ``x`` are close, and holds where ``r`` is zero.
"""

from __future__ import annotations

import dataclasses
from collections import Counter

from engine.codegen.ir import (
    Each,
    Expr,
    Function,
    Kernel,
    Let,
    Load,
    Op,
    Statement,
    Store,
    Symbol,
)
from engine.codegen.passes import map_kernels, rewrite
from engine.codegen.plan import Plan
from engine.codegen.traverse import expressions_of_body


def relax(plan: Plan) -> Plan:
    """Exact steps towards a quotient, in neurons."""
    return map_kernels(plan, _with_relaxations)


def _with_relaxations(kernel: Kernel) -> Kernel:
    if not isinstance(kernel.domain, Each):
        return kernel
    body = kernel.body
    for place, statement in enumerate(kernel.body):
        if isinstance(statement, Store) and isinstance(statement.value, Op):
            body = _relaxed(body, place) or body
    return dataclasses.replace(kernel, body=body) if body is not kernel.body else kernel
