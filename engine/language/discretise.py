"""From equations to what one time step computes: blocks, methods, order.

A block is a maximal run of ODEs. All temporaries of a block (``Let``) are computed from the values before it,
then its variables are written in order. In synapses ``dt`` stands for dt times the update period.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

from engine.language.algebra import ONE, Part, add, collect, divide, multiply, negate, subtract
from engine.language.implicit import implicit_updates
from engine.language.model import (
    Assignment,
    Discretised,
    Equation,
    EventDriven,
    Let,
    Method,
    NeuronModel,
    Ode,
    SynapseModel,
    Update,
    Write,
)
from engine.language.report import Problem, Report
from engine.language.stages import explicit_updates, midpoint_updates, rk4_updates
from engine.language.traverse import depends_on, own_names, walk
from engine.language.tree import (
    Binary,
    Call,
    Expression,
    GlobalOperation,
    Name,
    Number,
    Random,
    Unary,
    WeightedSum,
)

M = TypeVar("M", NeuronModel, SynapseModel)

_H = Name("dt")
_LINEAR_ONLY = "The exponential and event-driven methods are reserved for linear first-order ODEs"
_COUPLED = ("implicit", "midpoint", "rk4")


def discretise(model: NeuronModel | SynapseModel, default_method: str) -> Discretised:
    """What one step of ``model`` computes.

    Parameters
    ----------
    default_method : str
        The method of ODEs that carry no flag.

    Raises
    ------
    ModelError
        Where a method cannot integrate an equation.
    """
    report = Report(model.name, model.texts)
    result = discretise_into(model, cast(Method, default_method), report)
    report.finish()
    return result


def discretise_into(model: NeuronModel | SynapseModel, default: Method, report: Report) -> Discretised:
    """As :func:`discretise`, noting mistakes in ``report``."""
    methods = {ode.name: ode.method or default for ode in model.equations if isinstance(ode, Ode)}
    _check_mixed_methods(model.equations, methods, report)
    context = _Context(model, methods, report)
    event_driven: list[EventDriven] = []
    stepwise: list[Equation] = []
    for equation in model.equations:
        if isinstance(equation, Ode) and methods[equation.name] == "event-driven":
            with report.guard():
                event_driven.append(context.event_driven(equation))
        else:
            stepwise.append(equation)
    by_locality = {
        locality: tuple(context.updates([eq for eq in stepwise if context.localities[eq.name] == locality]))
        for locality in ("global", "semiglobal", "local")
    }
    return Discretised(
        by_locality["global"], by_locality["semiglobal"], by_locality["local"], tuple(event_driven)
    )


def finished(model: M, report: Report) -> M:
    """The model, if neither reading it nor discretising it found a mistake; else all of them are raised."""
    if not report.diagnostics:
        discretise_into(model, "explicit", report)
    report.finish()
    return model


def _check_mixed_methods(equations: Iterable[Equation], methods: dict[str, Method], report: Report) -> None:
    """Methods that solve coupled systems cannot be mixed in one object."""
    coupled = [eq for eq in equations if isinstance(eq, Ode) and methods[eq.name] in _COUPLED]
    for ode in coupled[1:]:
        first = coupled[0]
        if methods[ode.name] != methods[first.name]:
            report.add(
                "Can not mix different numerical methods when solving a coupled system of equations.",
                ode.span,
                f"'{first.name}' uses {methods[first.name]}, '{ode.name}' uses {methods[ode.name]}.",
            )


@dataclass(frozen=True)
class LinearForm:
    """``scale * dx/dt = drive - rate * x``."""

    scale: Expression
    rate: Expression
    drive: Part


class _Context:
    """The methods and the changing names of one model while its equations are discretised."""

    def __init__(
        self, model: NeuronModel | SynapseModel, methods: Mapping[str, Method], report: Report
    ) -> None:
        self.model, self.methods, self.report = model, methods, report
        self.localities = {variable.name: variable.locality for variable in model.variables}
        self.changing = self.localities.keys() | {"t", "t_last", "t_pre", "t_post"}
        if isinstance(model, SynapseModel) and "w" not in _written(model):
            self.changing = self.changing - {"w"}

    # --- blocks

    def updates(self, equations: list[Equation]) -> list[Update]:
        """The updates of equations of one locality."""
        result: list[Update] = []
        block: list[Ode] = []
        for equation in [*equations, None]:
            if isinstance(equation, Ode):
                block.append(equation)
                continue
            result += self.block(block)
            block = []
            if equation is not None:
                result.append(_assignment_write(equation))
        return result

    def block(self, odes: list[Ode]) -> list[Update]:
        """The updates of consecutive ODEs: all temporaries, then all writes."""
        lets: list[Let] = []
        writes: dict[str, Write] = {}
        for group in self.groups(odes):
            with self.report.guard():
                for update in self.group(group):
                    if isinstance(update, Let):
                        lets.append(update)
                    else:
                        writes[update.name] = update
        return _without_unused(lets, [writes[ode.name] for ode in odes if ode.name in writes])

    def groups(self, odes: list[Ode]) -> list[list[Ode]]:
        """Which ODEs of a block are solved together."""
        together = ["implicit", "midpoint"] + ["rk4"] * isinstance(self.model, NeuronModel)
        groups: dict[str, list[Ode]] = {}
        for ode in odes:
            method = self.methods[ode.name]
            groups.setdefault(method if method in together else f"{method} {ode.name}", []).append(ode)
        return list(groups.values())

    def group(self, odes: list[Ode]) -> list[Update]:
        match self.methods[odes[0].name]:
            case "explicit":
                return explicit_updates(odes)
            case "midpoint":
                return midpoint_updates(odes)
            case "rk4":
                return rk4_updates(odes)
            case "implicit":
                return implicit_updates(odes)
            case "semiimplicit":
                return self.semiimplicit(odes[0])
            case "exponential":
                return self.exponential(odes[0])
            case method:
                raise Problem(f"There is no numerical method '{method}'.", odes[0].span)

    # --- methods for linear equations

    def linear(self, ode: Ode) -> LinearForm:
        """Terms that are not linear in the variable count as drive."""
        scale, numerator = split_scale(ode)
        slope, drive = collect(numerator, ode.name)
        if slope is None:
            raise Problem(
                f"{_LINEAR_ONLY}; this one has no term that is linear in {ode.name}.",
                ode.span,
                "Use explicit, midpoint or rk4.",
            )
        return LinearForm(scale, negate(slope), drive)

    def exponential(self, ode: Ode) -> list[Update]:
        """x := A + (x - A) exp(-h/tau), with tau = scale/rate and A = drive/rate."""
        x, form = Name(ode.name), self.linear(ode)
        lets, rate = _shared(f"_rate_{ode.name}", form.rate)
        decay = Name(f"_decay_{ode.name}")
        lets.append(Let(decay.name, Call("exp", (negate(multiply(divide(_H, form.scale), rate)),))))
        if form.drive is None:
            return [*lets, Write(ode.name, multiply(x, decay), ode.bounds, ode.text)]
        steady = Name(f"_steady_{ode.name}")
        lets.append(Let(steady.name, self.quotient(form.drive, rate, form.rate)))
        relaxed = Binary("+", steady, Binary("*", Binary("-", x, steady), decay))
        return [*lets, Write(ode.name, relaxed, ode.bounds, ode.text)]

    def quotient(self, drive: Expression, rate: Expression, full_rate: Expression) -> Expression:
        """drive/rate; by a reciprocal where the rate alone can be computed once for all steps."""
        if rate == ONE:
            return drive
        if self.is_fixed(full_rate) and not self.is_fixed(drive):
            return multiply(drive, divide(ONE, rate))
        return divide(drive, rate)

    def is_fixed(self, node: Expression) -> bool:
        """Whether ``node`` is made of numbers, parameters, Constants and dt only."""
        for part in walk(node):
            if isinstance(part, Name):
                if part.owner != "own" or part.name in self.changing:
                    return False
            elif not isinstance(part, Number | Unary | Binary | Call):
                return False
        return True

    def semiimplicit(self, ode: Ode) -> list[Update]:
        """x += h/(h + tau) (A - x), written x += h (drive - rate x)/(scale + h rate)."""
        x, form = Name(ode.name), self.linear(ode)
        lets, rate = _shared(f"_rate_{ode.name}", form.rate)
        force = subtract(form.drive, multiply(rate, x)) or Number(0)
        below = add(form.scale, multiply(_H, rate)) or form.scale
        change = Let(f"_change_{ode.name}", divide(multiply(_H, force), below))
        return [*lets, change, Write(ode.name, Binary("+", x, Name(change.name)), ode.bounds, ode.text)]

    def event_driven(self, ode: Ode) -> EventDriven:
        """The exact solution between events."""
        if isinstance(self.model, NeuronModel):
            raise Problem("The event-driven method is for synapses only.", ode.span, "Use exponential.")
        if self.localities[ode.name] != "local":
            message = "An event-driven variable has one value for each synapse."
            raise Problem(message, ode.span, "Leave out its locality flag.")
        form = self.linear(ode)
        steady = Number(0.0) if form.drive is None else divide(form.drive, form.rate)
        tau = divide(form.scale, form.rate)
        if depends_on(steady, ode.name):
            raise Problem(f"{_LINEAR_ONLY}; this one is not linear in {ode.name}.", ode.span)
        others = sorted((own_names(steady) | own_names(tau)) & self.changing)
        if others or not (self.is_constant_tree(steady) and self.is_constant_tree(tau)):
            shown = f" ({', '.join(others)})" if others else ""
            raise Problem(
                f"The equation can not depend on other variables{shown} to be evaluated exactly.",
                ode.span,
                "Use the flag exponential instead of event-driven.",
            )
        return EventDriven(ode.name, tau, steady, ode.text)

    @staticmethod
    def is_constant_tree(node: Expression) -> bool:
        """Whether ``node`` holds no draws, sums or operations, which change from step to step."""
        return not any(isinstance(part, Random | WeightedSum | GlobalOperation) for part in walk(node))


def split_scale(ode: Ode) -> tuple[Expression, Expression]:
    """``scale`` and ``numerator`` of a gradient ``numerator / scale``; only the latter holds the variable."""
    match ode.gradient:
        case Binary(operator="/", left=left, right=right) if not depends_on(right, ode.name):
            return right, left
        case gradient:
            return ONE, gradient


def _shared(name: str, node: Expression) -> tuple[list[Let], Expression]:
    """A temporary for ``node``, unless it is as short as a name."""
    if isinstance(node, Name | Number) or (
        isinstance(node, Unary) and isinstance(node.operand, Name | Number)
    ):
        return [], node
    return [Let(name, node)], Name(name)


def _without_unused(lets: list[Let], writes: list[Write]) -> list[Update]:
    """Only temporaries that something reads: stages of a slope that does not hold the variable are not."""
    read = {name for write in writes for name in own_names(write.expression)}
    kept: list[Let] = []
    for let in reversed(lets):
        if let.name in read:
            read |= own_names(let.expression)
            kept.append(let)
    return [*reversed(kept), *writes]


def _assignment_write(assignment: Assignment) -> Write:
    expression = assignment.expression
    if assignment.operator != "=":
        expression = Binary(assignment.operator[0], Name(assignment.name), expression)
    return Write(assignment.name, expression, assignment.bounds, assignment.text)


def _written(model: SynapseModel) -> set[str]:
    """Names that equations or events change."""
    return {statement.name for statement in (*model.equations, *(model.pre_spike or ()), *model.post_spike)}
