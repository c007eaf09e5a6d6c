"""The kernel IR: small, typed, and without a word of any target in it.

A kernel says *what* is iterated (its domain) and what happens in one iteration (its body). The rule that
makes every target simple: a :class:`Store` goes to the iteration's own index; everything else is an
:class:`Accumulate`. ``access.check_stores`` proves it.

Symbols that a domain binds
---------------------------
``Each``        ``i`` (0 .. n-1)
``Once``        none
``EachSynapse`` ``s`` (storage index of the synapse), ``pre``, ``post``
``EachEvent``   as ``EachSynapse``; the row is the rank in the event list
``EachAbsent``  ``pre``, ``post``, ``pair`` (post * n_pre + pre)
``EachDue``     as ``EachSynapse``
``EachSpike``   ``i`` (the rank in the event list)
``EachChance``  ``i``, ``unit``
``EachRow``     ``row`` (= ``post``) in ``before``/``after``; ``s``, ``pre``, ``post`` in ``body``
``EachBlock``   ``i`` in the reduction, ``block`` in ``after``
``Total``       ``i`` in the reduction

Symbols that every kernel may use: ``step`` (int, the user-visible step n), ``tick`` (int, never set back;
indexes histories), ``t`` (real, n * dt), ``done`` (int, steps done in this call),
the plan's size symbols (int), the symbols of ``Plan.prologue``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Type = Literal["real", "int", "bool", "gains"]
"""``gains`` are what exact steps with one length share (see ``relaxation.py``)."""

LANES = 16
"""In how many parts a row is reduced: two vectors of doubles, or one of floats, at the widest."""


@dataclass(frozen=True)
class Const:
    value: float | int | bool
    type: Type = "real"


@dataclass(frozen=True)
class Symbol:
    """A symbol bound by the domain, by a :class:`Let`, or one of step, tick, t."""

    name: str
    type: Type = "real"


@dataclass(frozen=True)
class Load:
    """``array[index]``; ``array`` is the name of a plan buffer."""

    array: str
    index: Expr
    type: Type = "real"


@dataclass(frozen=True)
class Op:
    """``+ - * / neg``, ``mod`` (real: fmod; int: floor modulo), ``< > <= >= == !=``, ``and or not``.
    ``/`` is always real."""

    op: str
    args: tuple[Expr, ...]
    type: Type = "real"


@dataclass(frozen=True)
class Function:
    """A mathematical function by canonical name (the keys of ``language.functions.FUNCTIONS``), plus
    ``min``, ``max``, ``fma`` (a * b + c, rounded once), ``exprel`` ((exp(x) - 1) / x) and
    ``gain`` (``k exprel(-k r)`` of a rate r and ``gains`` of k)."""

    name: str
    args: tuple[Expr, ...]
    type: Type = "real"


@dataclass(frozen=True)
class Select:
    """``condition ? then : otherwise`` with both sides free of effects."""

    condition: Expr
    then: Expr
    otherwise: Expr
    type: Type = "real"


@dataclass(frozen=True)
class Cast:
    """Convert to ``type``: real to int truncates toward zero, to bool is ``!= 0``."""

    operand: Expr
    type: Type


@dataclass(frozen=True)
class Draw:
    """A counter-based random number: a function of (seed, stream, draw counter of the step, index).

    ``distribution`` is one of Uniform, DiscreteUniform, Normal, LogNormal, Exponential, Gamma, Binomial;
    ``stream`` is unique for each object and random term of the network.
    """

    distribution: str
    args: tuple[Expr, ...]
    stream: int
    index: Expr
    type: Type = "real"


Expr = Const | Symbol | Load | Op | Function | Select | Cast | Draw


@dataclass(frozen=True)
class Let:
    """Bind a symbol for the rest of the body."""

    name: str
    value: Expr


@dataclass(frozen=True)
class Store:
    array: str
    index: Expr
    value: Expr


@dataclass(frozen=True)
class Accumulate:
    """``array[index] op= value`` with op in ``= + - * / min max``; may go to another iteration's index.
    Several to one index happen in ascending order of the iteration."""

    array: str
    index: Expr
    op: str
    value: Expr


@dataclass(frozen=True)
class If:
    condition: Expr
    then: tuple[Statement, ...]


@dataclass(frozen=True)
class Emit:
    """Append ``index`` to this step's slot of an event list."""

    events: str
    index: Expr


@dataclass(frozen=True)
class Interrupt:
    """Let the run end after this step, so that Python can act."""


@dataclass(frozen=True)
class Comment:
    """The equation that the following statements came from."""

    text: str


Statement = Let | Store | Accumulate | If | Emit | Interrupt | Comment


@dataclass(frozen=True)
class Each:
    """Every i in 0 .. ``sizes[count]`` - 1. With ``rare`` the body is one ``If`` that seldom holds
    (a threshold): a target may test many iterations at once before it looks at single ones."""

    count: str
    rare: bool = False


@dataclass(frozen=True)
class Once:
    """One single iteration."""


@dataclass(frozen=True)
class EachSynapse:
    """Every synapse of a matrix."""

    matrix: str


@dataclass(frozen=True)
class EachRow:
    """Every row of a matrix with ``rows == "post"``, with an inner loop over its synapses."""

    matrix: str


@dataclass(frozen=True)
class EachEvent:
    """Every synapse in the rows of the events that were emitted ``lag`` ticks ago (0: in this step),
    in order of emission (ascending rank)."""

    events: str
    matrix: str
    lag: Expr


@dataclass(frozen=True)
class EachBlock:
    """Every block of 64 neurons, with an inner loop over the neurons of the block. Blocks lie within the
    ranges that threads own, so that a reduction in two stages has the same order on any number of threads."""

    count: str


@dataclass(frozen=True)
class Total:
    """One single iteration, with an inner loop over i in 0 .. ``sizes[count]`` - 1."""

    count: str


@dataclass(frozen=True)
class EachAbsent:
    """Every pair of neurons that no synapse of a matrix with ``rows == "post"`` joins, by ascending ``pair``.
    ``n_pre`` is the size symbol of the pre-synaptic population."""

    matrix: str
    n_pre: str


@dataclass(frozen=True)
class EachDue:
    """Every synapse at which a spike is due, where each synapse has a delay of its own.

    ``ages`` (int64 buffer of ``classes`` elements, a size symbol) are the different ages, in ticks of the
    event list, descending. Row ``rank * classes + k`` of ``matrix`` has the synapses of a neuron whose
    spikes are due at age ``ages[k]``. In order of emission: the oldest first, then by ascending rank."""

    events: str
    matrix: str
    ages: str
    classes: str


@dataclass(frozen=True)
class EachSpike:
    """Every rank that was emitted ``lag`` ticks ago; the thread that emitted it has the iteration."""

    events: str
    lag: Expr


@dataclass(frozen=True)
class EachChance:
    """Neurons that are picked at random, each with its own ``chance``, independently of each other and of
    other steps, by ascending ``i``. ``unit`` is a number between 0 and the chance (or 1, if that is less).
    What is not a number is no chance.

    Each group of neurons has candidates, with the largest chance of the group. Where ``chance`` depends on
    ``i``, a candidate is picked if its ``unit`` is less than its chance.

    Up to :data:`RARE` the gaps between candidates are drawn, from the stream ``gaps``: with the words of
    counter g = first neuron of the group + k, gap k is ``int(log(u) * scale)``, where u has 51 bits of a, b
    and a last one that is set, and ``scale`` is ``1 / log1p(-largest)``; ``unit`` is
    ``largest * unit(c, d)``. Where nobody needs a ``unit``, there are two gaps from each counter: gap k from
    that of g = first + k // 16 * 8 + k % 8, from (c, d) where k % 16 is 8 or more. There, from :data:`NEAR`
    on, there are four, in single precision: gap k from g = first + k // 32 * 8 + k % 16 // 2, from the words
    b, a, d and c, where u has 30 bits of the word and a last one that is set.

    Beyond :data:`RARE` each neuron has a standard uniform number of ``stream``, which is its ``unit``, and is
    picked if that is less than its chance.

    With a ``window`` of more than one step, for a chance that does not change in a call and a body that does
    not use ``unit``, one sequence of gaps runs through the neurons of all steps of the window, step after
    step. It begins where the draw counter is a multiple of ``window``, whose value it has; the counters begin
    at window * first, and the key is the seed, xor the bits of the largest chance.

    Attributes
    ----------
    count : str
    chance : Expr
    stream, gaps : int
    group : int
        Neurons of a group: :data:`GROUP`, :data:`ALIKE`, or 64, which belong to one thread.
    scale : Expr or None
        None where ``chance`` depends on ``i``.
    window : int
    kept : str
        With a window: uint16 buffer for what is picked in it, ``room`` (a size symbol) elements for each
        group of each thread.
    """

    count: str
    chance: Expr
    stream: int
    gaps: int
    group: int
    scale: Expr | None = None
    window: int = 1
    kept: str = ""
    room: str = ""


GROUP = 1024
"""Neurons whose gaps are one sequence."""

ALIKE = 2048
"""The same where all have one chance that lasts: times :data:`WINDOW` it is a place of 16 bits."""

WINDOW = 8
"""Steps in which gaps are one sequence where the chance lasts."""

RARE = 0.125
"""Chance up to which gaps cost less than a number for each neuron."""

NEAR = 1 / 128
"""Chance from which on gaps are short enough for single precision: a chance is as exact as 4e-6 of itself."""

Domain = (
    Each
    | Once
    | EachSynapse
    | EachRow
    | EachEvent
    | EachDue
    | EachSpike
    | EachBlock
    | Total
    | EachAbsent
    | EachChance
)


@dataclass(frozen=True)
class Reduction:
    """Inside an ``EachRow``, ``EachBlock`` or ``Total``: symbol ``name`` starts as ``start`` and takes
    ``name op value`` over the inner loop; ``op`` is ``+``, ``min`` or ``max``. ``value`` may use ``s``,
    ``pre``, ``post`` of a row's synapses, ``i`` of a block's neurons.

    The order is fixed, so that a result has the same bits on any number of threads. Neurons come in ascending
    order. Of the n synapses of a row the first ``n - n % LANES`` are taken into ``LANES`` lanes, entry k into
    lane ``k % LANES``, in ascending order; the lanes are joined by halves (lane k with lane k + 8, then
    k + 4 and so on) and taken into ``name``; then the rest is, one after the other."""

    name: str
    op: str
    start: Expr
    value: Expr


@dataclass(frozen=True)
class Kernel:
    """One loop of a step.

    Attributes
    ----------
    name : str
        Unique, readable (``"P.equations"``).
    domain : Domain
    body : tuple of Statement
        One iteration (``EachRow``: one synapse of the row, before its value is reduced; ``EachBlock``,
        ``Total``: empty).
    condition : Expr or None
        Uniform over the kernel (flags, ``step``); the kernel is skipped where it is false.
    reduction : Reduction or None
        Of domains with an inner loop.
    before : tuple of Let
        ``EachEvent`` only: once for each event, before its synapses. They see the neuron of the event
        (``pre`` or ``post``, by the rows) and read nothing that the body writes.
    after : tuple of Statement
        Once after each inner loop; sees the reduced symbol. ``EachRow``: also ``row``, ``post`` and
        ``length`` (int, number of synapses in the row). ``EachBlock``: also ``block``.
    """

    name: str
    domain: Domain
    body: tuple[Statement, ...]
    condition: Expr | None = None
    reduction: Reduction | None = None
    after: tuple[Statement, ...] = ()
    before: tuple[Let, ...] = ()
