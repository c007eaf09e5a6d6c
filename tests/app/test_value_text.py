"""Values as people type them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.editor.value_text import (
    ValueTextError,
    format_course,
    format_geometry,
    format_number,
    format_times,
    parse_course,
    parse_geometry,
    parse_number,
    parse_times,
    parse_value,
)
from engine.project.document import Constant, Distribution, Pieces
from engine.project.values import describe, faults


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-65", Constant(value=-65.0)),
        (" 1/4 + 2 ", Constant(value=2.25)),
        ("1e-3", Constant(value=0.001)),
        ("True", Constant(value=1.0)),
        ("Uniform(0, 1)", Distribution(name="Uniform", arguments=(0.0, 1.0))),
        ("Uniform(max=1, min=-1)", Distribution(name="Uniform", arguments=(-1.0, 1.0))),
        ("Gamma(2)", Distribution(name="Gamma", arguments=(2.0, 1.0))),
        ("Normal(-55, 5, min=-65)", Distribution(name="Normal", arguments=(-55.0, 5.0), min=-65.0)),
        (
            "0: 0.02; 80: Uniform(0, 1)",
            Pieces(
                starts=(0, 80),
                values=(Constant(value=0.02), Distribution(name="Uniform", arguments=(0.0, 1.0))),
            ),
        ),
    ],
)
def test_a_value_is_read(text, value):
    assert parse_value(text) == value


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Type a number"),
        ("abc", "'abc' is not a number"),
        ("1 +", "neither a number nor a distribution"),
        ("1/0", "Division by zero"),
        ("1e999", "too large"),
        ("Unform(0, 1)", "There is no distribution 'Unform'"),
        ("Uniform", "Uniform(min, max)"),
        ("Uniform(0)", "Uniform lacks max"),
        ("Uniform(0, 1, 2)", "takes 2 numbers"),
        ("Uniform(2, 1)", "min of Uniform is greater than max"),
        ("Normal(0, -1)", "sigma of Normal is negative"),
        ("Uniform(0, 1, seed=3)", "cannot take 'seed'"),
        ("Uniform(*[0, 1])", "neither a number"),
        ("5: 1", "must start at 0"),
        ("0: 1; 1", "first rank, a colon"),
        ("__import__('os').getcwd()", "There is no distribution"),
        ("9**9**9", "neither a number"),
        ("(" * 500 + "1", "neither a number"),
        ("1" * 5000, "too long"),
    ],
)
def test_a_text_that_is_no_value_is_refused_with_a_reason(text, says):
    with pytest.raises(ValueTextError) as error:
        parse_value(text)
    assert says.lower() in str(error.value).lower()


@given(st.text(alphabet="0123456789.+-*/()=,:; einfaUormNlxm_#'\"\\\n\0", max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_sound_value_or_an_error(text):
    try:
        value = parse_value(text)
    except ValueTextError:
        return
    assert not list(faults(value, -1))
    assert parse_value(describe(value)) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_back_as_it_was(number):
    assert parse_number(format_number(number)) == number


def test_a_distribution_is_not_one_number():
    with pytest.raises(ValueTextError, match="one number is needed"):
        parse_number("Uniform(0, 1)")


@pytest.mark.parametrize(
    ("text", "geometry"), [("100", (100,)), ("20 x 20", (20, 20)), ("8,8, 4", (8, 8, 4)), ("3×2", (3, 2))]
)
def test_a_geometry_is_read_and_written(text, geometry):
    assert parse_geometry(text) == geometry
    assert parse_geometry(format_geometry(geometry)) == geometry


@pytest.mark.parametrize("text", ["", "0", "-3", "2 x 0", "1 x 2 x 3 x 4", "ten", "1.5", "9999999999", "²"])
def test_an_impossible_geometry_is_refused(text):
    with pytest.raises(ValueTextError):
        parse_geometry(text)


def test_spike_times_are_one_line_for_each_neuron():
    rows = parse_times("10, 20.5\n\n3 4")
    assert rows == ((10.0, 20.5), (), (3.0, 4.0))
    assert parse_times(format_times(rows)) == rows


@pytest.mark.parametrize(("text", "line"), [("1\nx", "Line 2"), ("-1", "Line 1"), ("1\n2\nnan", "Line 3")])
def test_wrong_spike_times_are_refused_with_their_line(text, line):
    with pytest.raises(ValueTextError, match=line):
        parse_times(text)


def test_a_schedule_is_one_line_for_each_time():
    times, rows = parse_course("0: 10\n\n100.5: 1, 2 3")
    assert (times, rows) == ((0.0, 100.5), ((10.0,), (1.0, 2.0, 3.0)))
    assert parse_course(format_course(times, rows)) == (times, rows)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("0: 1\n2", "Line 2"),
        ("x: 1", "Line 1"),
        ("0: 1\n1: y", "Line 2"),
        ("0: inf", "Line 1"),
        ("", "one line"),
    ],
)
def test_wrong_schedules_are_refused_with_their_line(text, line):
    with pytest.raises(ValueTextError, match=line):
        parse_course(text)
