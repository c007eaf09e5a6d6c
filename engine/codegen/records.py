"""Recorders and event recorders to C++ text."""

from __future__ import annotations

from engine.codegen.access import event_list
from engine.codegen.loops import LoopPrinter
from engine.codegen.plan import EventRecorder, Recorder
from engine.codegen.text import Text


def row_counter(loops: LoopPrinter, recorder: Recorder) -> str:
    """Identifier of the thread's own count of written rows."""
    return loops.identifiers.of("rows", f"{recorder.name}_rows_written")


def filled_counter(loops: LoopPrinter, recorder: EventRecorder) -> str:
    """Identifier of the number of events in the thread's area."""
    return loops.identifiers.of("filled", f"{recorder.name}_filled_here")


def print_recorder(loops: LoopPrinter, recorder: Recorder) -> None:
    """Copy the thread's elements into the next row, if a row is due."""
    text, e = loops.text, loops.expressions
    control, count = e.buffer(recorder.control), e.size(recorder.count)
    rows = row_counter(loops, recorder)
    target = e.buffer(recorder.target)
    by_neuron = bool(recorder.owned and recorder.ranks)
    lower, upper = loops.bounds(recorder.owned if recorder.owned and not recorder.ranks else recorder.count)
    if by_neuron:
        lower, upper = "0", count
    text.comment(f"record {recorder.name}")
    period = loops.period(f"step - {control}[2]", f"{control}[1]", f"{control}[0]")
    due = f"{control}[0] && {period} == {control}[3]"
    with text.block(f"if ({due})"):
        with text.block(f"for (int64_t i = {lower}; i < {upper}; ++i)"):
            place = "i"
            if recorder.ranks:
                text.line(f"const int64_t post = {e.element(recorder.ranks, 'i')};")
                place = "post"
            if by_neuron:
                first, last = loops.bounds(recorder.owned)
                text.line(f"if (post < {first} || post >= {last}) continue;")
            text.line(f"{target}[{rows} * {count} + i] = {e.element(recorder.source, place)};")
        text.line(f"++{rows};")


def print_event_recorder(loops: LoopPrinter, recorder: EventRecorder) -> None:
    """Append the thread's events of this step to its area."""
    text, e = loops.text, loops.expressions
    events = event_list(loops.plan, recorder.events)
    lower, _ = loops.bounds(events.count)
    filled = filled_counter(loops, recorder)
    text.comment(f"record {recorder.name}")
    with text.block(f"if ({e.element(recorder.control, '0')})"):
        text.line(f"const int64_t slot = {loops.period('tick', e.size(events.slots))};")
        text.line(f"const int64_t first = slot * {e.size(events.count)} + {lower};")
        text.line(f"const int64_t end = first + {e.buffer(events.counts)}[slot * threads + thread];")
        with text.block("for (int64_t event = first; event < end; ++event)"):
            text.line(f"const int32_t post = {e.buffer(events.ranks)}[event];")
            if recorder.mask:
                text.line(f"if (!{e.element(recorder.mask, 'post')}) continue;")
            place = f"thread * {e.size(recorder.capacity)} + {filled}"
            text.line(f"{e.buffer(recorder.steps)}[{place}] = step;")
            text.line(f"{e.buffer(recorder.ranks)}[{place}] = post;")
            text.line(f"++{filled};")


def print_room_at_start(loops: LoopPrinter, recorder: EventRecorder, text: Text) -> None:
    """Do no step at all when any thread's area might not hold the first one's events."""
    e = loops.expressions
    n = e.size(event_list(loops.plan, recorder.events).count)
    room = f"{e.size(recorder.capacity)} - {e.buffer(recorder.filled)}[k]"
    own = f"nl_lower({n}, k + 1, threads) - nl_lower({n}, k, threads)"
    with text.block("for (int64_t k = 0; k < threads; ++k)"):
        text.line(f"if ({e.element(recorder.control, '0')} && {room} < {own}) steps = 0;")


def print_room(loops: LoopPrinter, recorder: EventRecorder, text: Text, steps: str = "") -> None:
    """Ask for the end of the run when the thread's area might not hold the events of another step, or of so
    many."""
    e = loops.expressions
    lower, upper = loops.bounds(event_list(loops.plan, recorder.events).count)
    room = f"{e.size(recorder.capacity)} - {filled_counter(loops, recorder)}"
    events = f"{steps} * ({upper} - {lower})" if steps else f"{upper} - {lower}"
    text.line(f"full |= {e.element(recorder.control, '0')} && {room} < {events};")
