"""The cache of compiled libraries: compile once, survive kills and damage, say what is wrong."""

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from engine.codegen import build as module
from engine.codegen.build import BuildOptions, CompilationCancelled, build, cache_folder
from engine.errors import CompilationError
from engine.runtime.core import Library

SOURCE = """
#include <stdint.h>
#define API extern "C" __attribute__((visibility("default")))
API const int64_t nl_abi = 1;
API int64_t nl_run(void** b, const int64_t* n, const int64_t* c, int64_t steps, int32_t threads,
                   volatile int32_t* stop, volatile int64_t* progress) { return steps; }
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A cache of the test's own."""
    monkeypatch.setenv("NEUROLOOM_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "compiled"


@pytest.fixture
def counting_compiler(tmp_path):
    """A compiler that takes a while and notes each start; and a function that counts the notes."""
    notes, script = tmp_path / "notes", tmp_path / "counting-g++"
    notes.touch()
    script.write_text(f'#!/bin/sh\necho started >> {notes}\nsleep 0.3\nexec g++ "$@"\n')
    script.chmod(0o755)
    return str(script), lambda: len(notes.read_text().splitlines())


@pytest.fixture
def endless_compiler(tmp_path):
    """A compiler that writes half a file and hangs in a child, the first time; where it notes the child."""
    note, script = tmp_path / "child", tmp_path / "endless-g++"
    script.write_text(
        textwrap.dedent(f"""\
        #!/bin/sh
        [ -e {note} ] && exec g++ "$@"
        while [ "$1" != -o ]; do shift; done
        echo half > "$2"
        sleep 600 &
        echo $! > {note}.part && mv {note}.part {note}
        wait
        """)
    )
    script.chmod(0o755)
    return str(script), note


def wait_for(path, seconds=20.0):
    end = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < end, f"{path} did not appear"
        time.sleep(0.01)


def is_gone(pid):
    """Whether the process has ended (a zombie that nobody collects counts as ended)."""
    for _ in range(500):
        status = Path(f"/proc/{pid}/stat")
        if not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize("target", ["single", "openmp"])
def test_a_library_can_be_loaded(target, folder):
    path = build(SOURCE, target)
    assert path.parent == folder == cache_folder()
    assert Library(path).path == str(path)


def test_openmp_is_a_matter_of_the_target():
    guarded = SOURCE + "#ifndef _OPENMP\n#error no threads\n#endif\n"
    build(guarded, "openmp")
    with pytest.raises(CompilationError, match="no threads"):
        build(guarded, "single")


def test_the_second_call_does_not_start_the_compiler(counting_compiler):
    compiler, starts = counting_compiler
    phases = []
    first = build(SOURCE, "single", BuildOptions(compiler=compiler), progress=phases.append)
    assert starts() == 1 and phases == ["Compiling"]
    assert build(SOURCE, "single", BuildOptions(compiler=compiler), progress=phases.append) == first
    assert starts() == 1 and phases == ["Compiling"]


def test_source_flags_target_and_compiler_each_make_another_library(counting_compiler):
    libraries = {
        build(SOURCE, "single"),
        build(SOURCE + "// changed\n", "single"),
        build(SOURCE, "openmp"),
        build(SOURCE, "single", BuildOptions(flags=("-O1",))),
        build(SOURCE, "single", BuildOptions(compiler=counting_compiler[0])),
    }
    assert len(libraries) == 5


def test_an_upgraded_compiler_compiles_anew(counting_compiler):
    compiler, starts = counting_compiler
    build(SOURCE, "single", BuildOptions(compiler=compiler))
    os.utime(compiler, (1, 1))
    build(SOURCE, "single", BuildOptions(compiler=compiler))
    assert starts() == 2


def test_another_processor_compiles_anew(monkeypatch):
    here = build(SOURCE, "single")
    monkeypatch.setattr(module, "_processor", lambda: "another processor")
    assert build(SOURCE, "single") != here


def test_two_processes_compile_once(counting_compiler):
    compiler, starts = counting_compiler
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        jobs = [
            pool.apply_async(build, (SOURCE, "single"), {"options": BuildOptions(compiler=compiler)})
            for _ in range(2)
        ]
        paths = {job.get(60) for job in jobs}
    assert len(paths) == 1 and starts() == 1
    Library(paths.pop())


def test_threads_compile_once(counting_compiler):
    compiler, starts = counting_compiler
    threads = [
        threading.Thread(
            target=build, args=(SOURCE, "single"), kwargs={"options": BuildOptions(compiler=compiler)}
        )
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert starts() == 1


def test_cancel_kills_the_compiler_and_its_children(endless_compiler, folder):
    compiler, note = endless_compiler
    cancel, errors = threading.Event(), []

    def attempt():
        try:
            build(SOURCE, "single", BuildOptions(compiler=compiler), cancel=cancel)
        except CompilationCancelled as error:
            errors.append(error)

    thread = threading.Thread(target=attempt)
    thread.start()
    wait_for(note)
    cancel.set()
    thread.join(20)
    assert len(errors) == 1 and is_gone(int(note.read_text()))
    assert not list(folder.glob("*.so")) and not list(folder.glob("*.tmp"))
    Library(build(SOURCE, "single", BuildOptions(compiler=compiler)))


def test_a_killed_process_leaves_nothing_that_counts(endless_compiler, folder):
    compiler, note = endless_compiler
    program = (
        "from engine.codegen.build import BuildOptions, build; "
        f"build({SOURCE!r}, 'single', BuildOptions(compiler={compiler!r}))"
    )
    process = subprocess.Popen([sys.executable, "-c", program])
    wait_for(note)
    process.kill()
    process.wait(20)
    os.kill(int(note.read_text()), signal.SIGKILL)
    assert not list(folder.glob("*.so"))
    Library(build(SOURCE, "single", BuildOptions(compiler=compiler)))


@pytest.mark.parametrize("damage", ["truncated", "changed", "without sum"])
def test_a_damaged_library_is_rebuilt(damage):
    path = build(SOURCE, "single")
    whole = path.read_bytes()
    if damage == "truncated":
        path.write_bytes(whole[: len(whole) // 2])
    elif damage == "changed":
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    else:
        path.with_suffix(".sha256").unlink()
    assert build(SOURCE, "single") == path
    assert path.read_bytes() == whole
    Library(path)


def test_a_missing_compiler_is_named_with_its_package():
    with pytest.raises(CompilationError, match=r"'no-such-g\+\+'.*apt-get install g\+\+"):
        build(SOURCE, "single", BuildOptions(compiler="no-such-g++"))


def test_a_refusal_shows_the_compilers_words_and_the_kept_source():
    with pytest.raises(CompilationError, match="nonsense") as caught:
        build("int nonsense here;\n", "single")
    kept = next(word.rstrip(".") for word in str(caught.value).split() if word.endswith(".cpp."))
    assert Path(kept).read_text() == "int nonsense here;\n"


def test_the_least_recently_used_go_first(monkeypatch, folder):
    sources = [SOURCE + f"// {i}\n" for i in range(4)]
    libraries = [build(source, "single") for source in sources[:3]]
    for age, library in zip((300, 200, 100), libraries, strict=True):
        os.utime(library, (time.time() - age,) * 2)
    build(sources[0], "single")  # used again: now the youngest
    monkeypatch.setattr(module, "CACHE_LIMIT", 2 * libraries[0].stat().st_size + 1000)
    newest = build(sources[3], "single")
    assert set(folder.glob("*.so")) == {libraries[0], newest}
    assert {path.stem for path in folder.glob("*.cpp")} == {libraries[0].stem, newest.stem}


def test_left_overs_of_dead_processes_are_removed(folder):
    build(SOURCE, "single")
    old, fresh = folder / "old.tmp", folder / "fresh.tmp"
    old.touch()
    fresh.touch()
    os.utime(old, (1, 1))
    build(SOURCE + "// again\n", "single")
    assert not old.exists() and fresh.exists()
