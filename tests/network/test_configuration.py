"""Settings: the keys of ``setup``, the flags of a script's command line, and the arguments of ``compile``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from engine import EngineError, InvalidConfiguration, Network, Neuron, Population
from engine.network import build_options, command_line
from engine.network.configuration import DEFAULTS, FORMATS, PERFORMANCE
from engine.network.network import default_network

RATE = Neuron(equations="r = r + 1.0")


# --- setup --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("sparse_matrix_format", name) for name in FORMATS),
        ("sparse_matrix_storage_order", "pre_to_post"),
        ("sparse_matrix_storage_order", "auto"),
        ("only_int_idx_type", False),
        ("show_time", True),
        ("profile_out", "folder"),
        ("disable_shared_library_time_offset", True),
        ("dt", np.float32(0.5)),
        ("num_threads", np.int64(2)),
        ("visible_cores", [0]),
        ("structural_plasticity", 1),
    ],
)
def test_every_key_is_kept(key: str, value: Any, capsys: pytest.CaptureFixture[str]) -> None:
    engine.setup(**{key: value})
    assert engine.get_global_config(key) == value
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sparse_matrix_format", "zz"),
        ("sparse_matrix_storage_order", "up"),
        ("only_int_idx_type", "yes"),
        ("visible_cores", 3),
        ("visible_cores", ["a"]),
        ("visible_cores", [0, 0]),
        ("visible_cores", [10**6]),
        ("visible_cores", [-1]),
        ("num_threads", 1.5),
        ("num_threads", True),
        ("dt", "x"),
        ("profile_out", 3),
        *((key, True) for key in PERFORMANCE),
    ],
)
def test_a_refused_value_changes_nothing(key: str, value: Any) -> None:
    before = dict(default_network().configuration.values)
    with pytest.raises(EngineError, match=key):
        engine.setup(method="rk4", **{key: value})
    assert default_network().configuration.values == before


def test_reading_a_setting() -> None:
    engine.setup(dt=0.25)
    assert engine.get_global_config("dt") == 0.25
    with pytest.raises(EngineError, match="no key 'zz'"):
        engine.get_global_config("zz")


def test_late_changes_are_told_and_hold(capsys: pytest.CaptureFixture[str]) -> None:
    Population(1, RATE)
    engine.setup(dt=0.5, precision="float")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["WARNING", "WARNING"]
    assert "dt" in lines[0] and "precision" in lines[1]
    engine.compile(silent=True)
    engine.simulate(1.0)
    assert engine.get_current_step() == 2


def test_after_compile_only_the_same_values_are_taken() -> None:
    Population(1, RATE)
    engine.compile(silent=True)
    engine.setup(dt=1.0, num_threads=1, seed=4)
    with pytest.raises(EngineError, match="compiled, so dt, num_threads cannot change"):
        engine.setup(dt=0.5, num_threads=2)
    engine.clear()
    engine.setup(dt=0.5)
    assert engine.dt() == 0.5


def test_settings_survive_clear() -> None:
    engine.setup(dt=0.5, method="rk4")
    engine.clear()
    assert (engine.dt(), engine.get_global_config("method")) == (0.5, "rk4")


def test_seeds_that_come_late_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    engine.set_seed(3)
    assert "when it is compiled" in capsys.readouterr().out
    Population(1, RATE)
    engine.compile(silent=True)
    engine.set_seed(4)
    assert capsys.readouterr().out == ""
    with pytest.raises(EngineError, match="seed"):
        engine.set_seed("x")  # type: ignore[arg-type]


# --- command line -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "settings"),
    [
        ("", {}),
        ("-j 3", {"num_threads": 3}),
        ("--num-threads 3 positional", {"num_threads": 3}),
        ("--prec float", {"precision": "float"}),
        ("-v -d", {"verbose": True, "debug": True}),
        ("--verbose --debug", {"verbose": True, "debug": True}),
        ("--visible-cores 0,2,1", {"visible_cores": [0, 2, 1]}),
        ("--auto-tuning", {"sparse_matrix_format": "auto", "sparse_matrix_storage_order": "auto"}),
        ("--profile --profile-out out", {"profiling": True, "profile_out": "out"}),
        ("--rate 3 -x --prec float file.npz", {"precision": "float"}),
        ("--num 4", {}),
        ("-j4", {"num_threads": 4}),
        ("--num-threads=4 --prec=float", {"num_threads": 4, "precision": "float"}),
        ("-cv", {"verbose": True}),
        ("-dataset mnist -job 3 -verbose --clean=1 --verbosity 3 -c7 -f kernel.json -n -5", {}),
        ("data.csv --prec float more.csv", {"precision": "float"}),
    ],
)
def test_flags_of_a_script(arguments: str, settings: dict[str, Any]) -> None:
    assert command_line.read(arguments.split()).settings == settings


def test_flags_that_are_no_settings() -> None:
    flags = command_line.read(["-c", "--report", "net.md", "--gpu"])
    assert (flags.clean, flags.report, flags.gpu) == (True, "net.md", 0)
    assert command_line.read(["--gpu", "1"]).gpu == 1


@pytest.mark.parametrize("arguments", ["--visible-cores a,b", "-j many", "--prec half", "--report"])
def test_impossible_flags(arguments: str) -> None:
    with pytest.raises(EngineError, match="Command line"):
        command_line.read(arguments.split())


SCRIPT = """
from engine import *
import engine
print(engine.get_global_config("num_threads"), engine.get_global_config("precision"))
{after}
print(engine.get_global_config("num_threads"))
pop = Population(3, Neuron(equations="r = r + 1.0"))
compile()
simulate(2.0)
print(pop.r.tolist())
"""


def run_script(tmp_path: Path, *arguments: str, after: str = "") -> subprocess.CompletedProcess[str]:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT.format(after=after))
    return subprocess.run([sys.executable, path, *arguments], capture_output=True, text=True, cwd=tmp_path)


def test_a_script_is_started_with_flags(tmp_path: Path) -> None:
    done = run_script(tmp_path, "-j", "2", "--prec", "float", "--mine", "x")
    assert done.stdout.splitlines()[0] == "2 float"
    assert done.stdout.splitlines()[-1] == "[2.0, 2.0, 2.0]"
    overridden = run_script(tmp_path, "-j", "2", after="setup(num_threads=1)")
    assert overridden.stdout.splitlines()[:2] == ["2 double", "1"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--gpu"], "no GPU is used"),
        (["--gpu", "-j", "2"], "-j and --gpu exclude each other"),
        (["--visible-cores", "0", "-j", "2"], "2 threads need as many visible_cores"),
        (["--visible-cores", "x"], "no list of cores"),
    ],
)
def test_flags_that_do_not_go_together(tmp_path: Path, arguments: list[str], message: str) -> None:
    done = run_script(tmp_path, *arguments)
    assert done.returncode == 1
    assert message in done.stderr.splitlines()[-1]


# --- compile ------------------------------------------------------------------------------------------------


@pytest.fixture
def compiler(tmp_path: Path) -> tuple[str, Path]:
    """A compiler that notes what it is called with, and the file of its notes."""
    notes, path = tmp_path / "notes", tmp_path / "noting-g++"
    path.write_text(f'#!/bin/sh\necho "$@" >> {notes}\nexec g++ "$@"\n')
    path.chmod(0o755)
    return str(path), notes


def noted(notes: Path) -> list[list[str]]:
    return [line.split() for line in notes.read_text().splitlines()] if notes.exists() else []


def test_own_flags_and_libraries_reach_the_compiler(compiler: tuple[str, Path]) -> None:
    program, notes = compiler
    pop = Population(2, RATE)
    engine.compile(compiler=program, compiler_flags="-O1 -DMINE='a b'", extra_libs="-lm -lc", silent=True)
    (call,) = noted(notes)
    assert "-O1" in call and "-O3" not in call and "-march=native" not in call
    assert "-DMINE=a" in call  # sh splits it again; it was one word
    assert call[-2:] == ["-lm", "-lc"]
    assert "-ffp-contract=off" in call
    engine.simulate(2.0)
    assert pop.r.tolist() == [2.0, 2.0]


def test_what_was_built_is_built_again_only_when_asked(
    compiler: tuple[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    program, notes = compiler
    printed = []
    for clean in (False, False, True):
        engine.clear()
        Population(2, RATE)
        engine.compile(compiler=program, clean=clean)
        printed.append(capsys.readouterr().out)
    assert len(noted(notes)) == 2
    assert printed == ["Compiling ...  OK \n", "", "Compiling ...  OK \n"]
    default_network().replan()
    engine.step()
    assert len(noted(notes)) == 2, "only compile() itself builds what is there"


@pytest.mark.parametrize("how", ["argument", "setting"])
def test_a_debug_build(compiler: tuple[str, Path], how: str) -> None:
    program, notes = compiler
    engine.setup(debug=how == "setting")
    Population(2, RATE)
    engine.compile(compiler=program, debug_build=how == "argument", silent=True, clean=True)
    (call,) = noted(notes)
    assert {"-O0", "-g"} <= set(call) and "-O3" not in call


def test_the_users_file_of_settings(compiler: tuple[str, Path], tmp_path: Path) -> None:
    program, notes = compiler
    path = tmp_path / "annarchy.json"
    path.write_text(json.dumps({"openmp": {"compiler": program, "flags": "-O2 -DFROM_FILE"}, "cuda": {}}))
    Population(2, RATE)
    engine.compile(annarchy_json=str(path), silent=True, clean=True)
    (call,) = noted(notes)
    assert {"-O2", "-DFROM_FILE"} <= set(call)
    engine.clear()
    Population(2, RATE)
    engine.compile(annarchy_json=str(path), compiler_flags="-O1", silent=True, clean=True)
    assert "-O1" in noted(notes)[1] and "-DFROM_FILE" not in noted(notes)[1]


def test_the_file_in_the_users_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "annarchy.json"
    monkeypatch.setattr(build_options, "USER_FILE", path)
    arguments: dict[str, Any] = {
        **dict.fromkeys(("compiler", "compiler_flags"), "default"),
        **{"copy": None, "clean": False, "extra_libs": "", "annarchy_json": "", "debug": False},
    }
    assert build_options.build_options(**arguments).flags is None
    path.write_text('{"openmp": {"compiler": "g++", "flags": "-march=native -O2"}}')
    assert build_options.build_options(**arguments).flags is None, "nobody chose these flags"
    path.write_text('{"openmp": {"compiler": "clang++", "flags": "-O2 -g"}}')
    options = build_options.build_options(**arguments)
    assert (options.compiler, options.flags) == ("clang++", ("-O2", "-g"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        ("{", "no JSON"),
        ("[]", "need a section 'openmp'"),
        ('{"openmp": []}', "need a section 'openmp'"),
        ('{"openmp": {"flags": 3}}', "flags in the settings"),
    ],
)
def test_unreadable_settings(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "settings.json"
    if content is not None:
        path.write_text(content)
    Population(2, RATE)
    with pytest.raises(EngineError, match=f"settings.json.*{message}|{message}.*settings.json"):
        engine.compile(annarchy_json=str(path), silent=True)
    assert not default_network().compiled


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"compiler_flags": "--nonsense"}, "refused its options '--nonsense'"),
        ({"extra_libs": "-lno_such_library"}, "refused its options '-lno_such_library'"),
        ({"compiler": "no-such-compiler"}, "no-such-compiler"),
        ({"compiler_flags": "'"}, "cannot be split"),
        ({"extra_libs": 3}, "extra_libs must be text"),
    ],
)
def test_impossible_builds(arguments: dict[str, Any], message: str) -> None:
    Population(2, RATE)
    with pytest.raises(EngineError, match=message):
        engine.compile(silent=True, **arguments)
    engine.compile(silent=True)
    engine.step()


def test_a_folder_gets_the_generated_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    net = Network()
    net.create(2, RATE)
    net.compile(directory="generated/code", silent=True)
    assert (tmp_path / "generated" / "code" / f"network{net.id}.cpp").read_text() == net.generate()
    other = Network()
    other.create(2, RATE)
    other.compile(silent=True)
    assert [path.name for path in tmp_path.iterdir()] == ["generated"], "the default leaves nothing behind"


def test_arguments_without_effect_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    pop = Population(2, RATE)
    engine.compile(populations=[pop], add_sources="a.cpp", cuda_config={"device": 1}, silent=True)
    printed = capsys.readouterr().out
    assert "populations and projections have no effect" in printed
    assert "add_sources has no effect" in printed


def test_a_verbose_compile_tells_its_parts_and_times(capsys: pytest.CaptureFixture[str]) -> None:
    engine.setup(verbose=True, show_time=True)
    Population(2, RATE)
    engine.compile(clean=True)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "INFO: Drawing synapses "
    assert sum("seconds" in line for line in lines) == 3
    engine.clear()
    engine.setup(suppress_warnings=True)
    Population(2, RATE)
    engine.compile()
    assert capsys.readouterr().out == ""


def test_a_second_compile_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    pop = Population(2, RATE)
    engine.compile(silent=True)
    engine.step()
    engine.compile(clean=True)
    assert "already compiled; nothing was done" in capsys.readouterr().out
    assert pop.r.tolist() == [1.0, 1.0]


# --- cores --------------------------------------------------------------------------------------------------


def allowed_cores() -> list[str]:
    """On which cores each thread of this process may run."""
    found = []
    for status in Path("/proc/self/task").glob("*/status"):
        lines = status.read_text().splitlines()
        found += [line.split()[1] for line in lines if line.startswith("Cpus_allowed_list")]
    return found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="cores are chosen on Linux only")
@pytest.mark.parametrize("threads", [1, 2])
def test_threads_stay_on_their_cores_while_they_run(threads: int) -> None:
    available = sorted(os.sched_getaffinity(0))
    if len(available) < 2:
        pytest.skip("one core only")
    cores = available[::-1][:threads]
    net = Network(seed=1)
    net.config(num_threads=threads, visible_cores=cores)
    pop = net.create(200, Neuron(equations="r = r + Normal(0.0, 1.0)"))
    net.compile(silent=True)
    before = sorted(allowed_cores())
    stop = np.zeros(1, dtype=np.int32)
    runner = threading.Thread(target=lambda: net.run_steps(10**9, stop=stop))
    runner.start()
    deadline = time.monotonic() + 20.0
    while not {str(c) for c in cores} <= set(allowed_cores()) and time.monotonic() < deadline:
        time.sleep(0.01)
    during = allowed_cores()
    stop[0] = 1
    runner.join()
    assert {str(core) for core in cores} <= set(during)
    assert not {str(core) for core in cores} & (set(allowed_cores()) - set(before))
    free = Network(seed=1)
    free.config(num_threads=threads)
    same = free.create(200, Neuron(equations="r = r + Normal(0.0, 1.0)"))
    free.compile(silent=True)
    free.run_steps(net.current_step)
    np.testing.assert_array_equal(pop.r, same.r)


def test_too_few_cores() -> None:
    net = Network()
    net.config(num_threads=2, visible_cores=[0])
    net.create(2, RATE)
    with pytest.raises(InvalidConfiguration, match="2 threads need as many visible_cores"):
        net.compile(silent=True)


def test_the_defaults_are_those_of_the_specification() -> None:
    assert DEFAULTS == {
        "dt": 1.0,
        "seed": None,
        "method": "explicit",
        "paradigm": "openmp",
        "num_threads": 1,
        "visible_cores": [],
        "precision": "double",
        "structural_plasticity": False,
        "sparse_matrix_format": "default",
        "sparse_matrix_storage_order": "post_to_pre",
        "only_int_idx_type": True,
        "verbose": False,
        "suppress_warnings": False,
        "show_time": False,
        "profiling": False,
        "profile_out": None,
        "debug": False,
        "disable_shared_library_time_offset": False,
    }
