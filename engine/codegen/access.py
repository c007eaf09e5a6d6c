"""Who touches what: proves that a plan may run on any number of threads, and says where they must meet.

Threads own ranges of neurons, and with a neuron the synapses onto it. A kernel may write only what the
thread that runs the iteration owns. Two entries of the schedule need a barrier between them where one writes
a buffer that the other touches, unless both go to it by the same ownership.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from engine.codegen.ir import (
    Accumulate,
    Const,
    Each,
    EachAbsent,
    EachBlock,
    EachChance,
    EachDue,
    EachEvent,
    EachRow,
    EachSpike,
    EachSynapse,
    Emit,
    Expr,
    Kernel,
    Load,
    Once,
    Op,
    Store,
    Symbol,
    Total,
)
from engine.codegen.plan import Entry, EventList, EventRecorder, Matrix, Plan, Recorder, room_of
from engine.codegen.traverse import (
    expressions_of_body,
    iteration_expressions,
    loaded,
    statements,
    subexpressions,
    symbols,
    uniform_expressions,
    written_buffers,
)

ANYONE = "anyone"
THREAD_0 = "thread 0"
BLOCK = 64
"""Neurons that belong to one thread."""


class AccessError(Exception):
    """A plan that would not run the same on several threads: a bug of the lowering, not of the user."""


@dataclass(frozen=True)
class Access:
    """One touch of a buffer (or of the events of this step) by the thread named ``owner``."""

    buffer: str
    writes: bool
    owner: str


def check_stores(plan: Plan) -> None:
    """Prove that every store goes to the iteration's own index and every accumulate to what its thread owns.

    Raises
    ------
    AccessError
        Naming the kernel and the buffer.
    """
    emitting: set[str] = set()
    for entry in plan.schedule:
        if not isinstance(entry.work, Kernel):
            continue
        kernel = entry.work
        for statement in statements((*kernel.body, *kernel.after)):
            if isinstance(statement, Store | Accumulate):
                _check_write(plan, kernel, statement)
            elif isinstance(statement, Emit):
                _check_emit(plan, kernel, statement)
        emits = {s.events for s in statements(kernel.body) if isinstance(s, Emit)}
        if twice := emits & emitting:
            raise AccessError(f"{kernel.name}: {sorted(twice)} are emitted by another kernel already")
        emitting |= emits
        _check_own_reads(plan, kernel)
        _check_before(plan, kernel)
        _check_segments(plan, kernel)


def place_barriers(plan: Plan) -> Plan:
    """The same plan with ``Entry.barrier`` set exactly where threads must wait for each other.

    An event list read with a lag other than the constant 0 is taken to be read at an earlier tick.
    """
    schedule: list[Entry] = []
    since: dict[str, set[tuple[bool, str]]] = {}
    for entry in plan.schedule:
        accesses = list(accesses_of(plan, entry))
        barrier = any(
            _conflict(access, earlier) for access in accesses for earlier in since.get(access.buffer, ())
        )
        if barrier:
            since = {}
        for access in accesses:
            since.setdefault(access.buffer, set()).add((access.writes, access.owner))
        schedule.append(replace(entry, barrier=barrier))
    return replace(plan, schedule=tuple(schedule))


def accesses_of(plan: Plan, entry: Entry) -> Iterator[Access]:
    """Every touch of a buffer that another entry may write."""
    work = entry.work
    if isinstance(work, EventRecorder):
        yield Access(_now(work.events), False, _neurons(event_list(plan, work.events).count))
    elif isinstance(work, Recorder):
        owned = work.owned and plan.buffer(work.source).count != 1
        yield Access(work.source, False, _neurons(work.owned) if owned else ANYONE)
    else:
        yield from _kernel_accesses(plan, work)


def _kernel_accesses(plan: Plan, kernel: Kernel) -> Iterator[Access]:
    for expression in uniform_expressions(kernel):
        if isinstance(expression, Load):
            yield Access(expression.array, False, ANYONE)
    for expression in iteration_expressions(kernel):
        if isinstance(expression, Load):
            yield Access(expression.array, False, _owner(plan, kernel, expression.index))
    if isinstance(kernel.domain, EachChance) and kernel.domain.group > BLOCK:
        for expression in subexpressions(kernel.domain.chance):
            if isinstance(expression, Load):
                yield Access(expression.array, False, ANYONE)
    for statement in statements((*kernel.body, *kernel.after)):
        if isinstance(statement, Store | Accumulate):
            yield Access(statement.array, True, _owner(plan, kernel, statement.index))
        elif isinstance(statement, Emit):
            yield Access(_now(statement.events), True, _owner(plan, kernel, statement.index))
    domain = kernel.domain
    if isinstance(domain, EachDue):
        yield Access(_now(domain.events), False, ANYONE)
    elif isinstance(domain, EachSpike) and domain.lag == Const(0, "int"):
        yield Access(_now(domain.events), False, _neurons(event_list(plan, domain.events).count))
    elif isinstance(domain, EachEvent) and domain.lag == Const(0, "int"):
        own_segment = matrix_of(plan, domain.matrix).rows == "post"
        count = event_list(plan, domain.events).count
        yield Access(_now(domain.events), False, _neurons(count) if own_segment else ANYONE)


def _conflict(access: Access, earlier: tuple[bool, str]) -> bool:
    wrote, owner = earlier
    return (wrote or access.writes) and (owner != access.owner or owner == ANYONE)


def matrix_of(plan: Plan, name: str) -> Matrix:
    """The matrix called ``name``."""
    return plan.matrix(name)


def event_list(plan: Plan, name: str) -> EventList:
    """The event list called ``name``."""
    return plan.event_list(name)


def _now(events: str) -> str:
    return f"events of this step in {events}"


def _neurons(count: str) -> str:
    return f"owner of neuron in {count}"


def _owner(plan: Plan, kernel: Kernel, index: Expr) -> str:
    """Which thread runs the iteration that goes to ``index``."""
    domain = kernel.domain
    if isinstance(domain, Once | Total):
        return THREAD_0
    if isinstance(domain, EachBlock):
        owners = {"i": _neurons(domain.count), "block": f"owner of block in {domain.count}"}
        return owners.get(index.name, ANYONE) if isinstance(index, Symbol) else ANYONE
    if isinstance(domain, Each | EachSpike | EachChance):
        count = _neurons_of(plan, domain)
        return _neurons(count) if base_symbol(index, count) == "i" else ANYONE
    matrix = matrix_of(plan, domain.matrix)
    base = base_symbol(index, matrix.n_post)
    if base in ("s", "pair"):
        return f"owner of synapse onto {matrix.n_post}"
    if base == "post" or (base == "row" and matrix.rows == "post"):
        return _neurons(matrix.n_post)
    return ANYONE


def _neurons_of(plan: Plan, domain: Each | EachSpike | EachChance) -> str:
    """Size symbol of the population whose neurons are iterated."""
    return event_list(plan, domain.events).count if isinstance(domain, EachSpike) else domain.count


def base_symbol(index: Expr, count: str) -> str:
    """Name of the domain symbol in ``index`` or ``offset * count + index`` with a uniform offset."""
    if isinstance(index, Symbol):
        return index.name
    if isinstance(index, Op) and index.op == "+" and len(index.args) == 2:
        for offset, symbol in (index.args, index.args[::-1]):
            if isinstance(symbol, Symbol) and _is_slot(offset, count):
                return symbol.name
    return ""


def _is_slot(offset: Expr, count: str) -> bool:
    if not (isinstance(offset, Op) and offset.op == "*" and len(offset.args) == 2):
        return False
    if Symbol(count, "int") not in offset.args and Symbol(room_of(count), "int") not in offset.args:
        return False
    symbols = {part.name for part in subexpressions(offset) if isinstance(part, Symbol)}
    loads = [part for part in subexpressions(offset) if isinstance(part, Load)]
    bound = {"i", "s", "pair", "pre", "post", "row", "length", "block"}
    return not symbols & bound and all(isinstance(load.index, Const) for load in loads)


def _check_write(plan: Plan, kernel: Kernel, statement: Store | Accumulate) -> None:
    domain = kernel.domain
    owner = _owner(plan, kernel, statement.index)
    if owner == ANYONE:
        raise AccessError(f"{kernel.name}: writes {statement.array} at an index that its thread does not own")
    if isinstance(statement, Accumulate) or isinstance(domain, Once | Total):
        return
    if isinstance(domain, Each | EachSpike | EachChance):
        own = True
    elif isinstance(domain, EachBlock):
        own = owner.startswith("owner of block")
    elif isinstance(domain, EachRow) and any(statement is s for s in statements(kernel.after)):
        own = not owner.startswith("owner of synapse")
    else:
        own = owner.startswith("owner of synapse")
    if not own:
        raise AccessError(f"{kernel.name}: stores into {statement.array} at another iteration's index")


def _check_emit(plan: Plan, kernel: Kernel, statement: Emit) -> None:
    events = event_list(plan, statement.events)
    domain = kernel.domain
    own = isinstance(domain, Each | EachSpike | EachChance) and _neurons_of(plan, domain) == events.count
    if not own or statement.index != Symbol("i", "int"):
        raise AccessError(f"{kernel.name}: emits into {events.name} something else than its own neuron")


def _check_own_reads(plan: Plan, kernel: Kernel) -> None:
    """What a kernel writes, its other iterations must not read: their order is not fixed."""
    if isinstance(kernel.domain, Once | Total):
        return
    owners: dict[str, set[str]] = {}
    for access in _kernel_accesses(plan, kernel):
        if access.writes:
            owners.setdefault(access.buffer, set()).add(access.owner)
    for access in _kernel_accesses(plan, kernel):
        if access.buffer in owners and owners[access.buffer] != {access.owner}:
            raise AccessError(
                f"{kernel.name}: reads or writes {access.buffer} where another thread writes it"
            )


def _check_before(plan: Plan, kernel: Kernel) -> None:
    """What is computed once for an event is the same for all its synapses."""
    if not kernel.before:
        return
    if not isinstance(kernel.domain, EachEvent):
        raise AccessError(f"{kernel.name}: only events have something before their synapses")
    row = matrix_of(plan, kernel.domain.matrix).rows
    read = list(expressions_of_body(kernel.before))
    loads = loaded(read)
    if loads & written_buffers(kernel):
        raise AccessError(f"{kernel.name}: reads {loads & written_buffers(kernel)} before it writes them")
    if symbols(read) & ({"s", "pre", "post"} - {row}):
        raise AccessError(f"{kernel.name}: computes something of one synapse before all of them")


def counted_in(plan: Plan, kernel: Kernel) -> tuple[str, Expr]:
    """The buffer in which a kernel over rows of bits counts the events that reach each neuron, and the index
    of the first one there.

    Raises
    ------
    AccessError
        If the kernel does something else.
    """
    match kernel:
        case Kernel(
            domain=EachEvent(matrix=name),
            body=(Accumulate(array=array, index=index, op="+", value=Const(value=1, type="int")),),
            before=(),
        ) if plan.buffer(array).dtype == "uint16":
            count = plan.matrix(name).n_post
            match index:
                case Symbol(name="post"):
                    return array, Const(0, "int")
                case Op(op="+", args=(offset, Symbol(name="post"))) if base_symbol(index, count) == "post":
                    return array, offset
    raise AccessError(f"{kernel.name}: rows of bits can only be counted, event after event")


def _check_segments(plan: Plan, kernel: Kernel) -> None:
    domain = kernel.domain
    if isinstance(domain, EachRow | EachAbsent) and matrix_of(plan, domain.matrix).rows != "post":
        raise AccessError(f"{kernel.name}: iterates rows of {domain.matrix}, which are not post-synaptic")
    if isinstance(domain, EachDue) and matrix_of(plan, domain.matrix).rows != "pre":
        raise AccessError(f"{kernel.name}: iterates rows of {domain.matrix}, which are not pre-synaptic")
    if isinstance(domain, EachSynapse | EachDue | EachEvent) and matrix_of(plan, domain.matrix).bits:
        counted_in(plan, kernel)
    if isinstance(domain, EachEvent):
        matrix, count = matrix_of(plan, domain.matrix), event_list(plan, domain.events).count
        if matrix.n_rows != count or (matrix.rows == "post" and matrix.n_post != count):
            raise AccessError(f"{kernel.name}: rows of {matrix.name} are not the neurons of {domain.events}")
