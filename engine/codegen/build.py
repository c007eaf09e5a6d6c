"""Generated text in, compiled library out; what was compiled before is not compiled again.

The cache is addressed by content: a library's name is the hash of its source, of the exact flags and of the
compiler and processor that ``-march=native`` stands for, so that a folder shared by several machines never
hands out another machine's code. Each entry is four files, ``<key>.cpp``, ``<key>.so``, ``<key>.sha256``
(of the library) and ``<key>.lock``; a unit of a long text (``units.py``) is two, ``<key>.cpp`` and
``<key>.o``. The cache lies in the user's cache folder or where the environment variable
``NEUROLOOM_CACHE_DIR`` says; beyond 512 MB the least recently used entries go.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from platformdirs import user_cache_path

from engine.codegen.units import units
from engine.errors import CompilationError, EngineError

CACHE_LIMIT = 512 * 2**20
"""Bytes that the cache may hold."""

STALE_AFTER = 3600.0
"""Seconds after which a temporary file is the left-over of a process that died."""

Target = Literal["single", "openmp"]

OPTIMISATION = (
    *("-O3", "-march=native"),
    # gcc prefers half the width of AVX-512; the full one runs COBA in four fifths of the time.
    *(["-mprefer-vector-width=512"] if platform.machine() in ("x86_64", "AMD64") else []),
)
"""What a user's own flags replace."""

DEBUG = ("-O0", "-g")
"""In place of :data:`OPTIMISATION` where the code is to be looked at in a debugger."""

REQUIRED = (
    *("-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-fopenmp-simd"),
    # An exp that is moved to where its result is chosen (a neuron that is not refractory) is out of vectors.
    "-fno-tree-sink",
    # Without exceptions, type information and C++ headers a cold compile takes two thirds of the time.
    *("-fno-exceptions", "-fno-rtti", "-nostdinc++", "-pipe"),
    *("-fPIC", "-shared", "-std=c++17", "-fvisibility=hidden", "-Wall"),
)

FLAGS = (*OPTIMISATION, *REQUIRED)

_PROCESSOR_FIELDS = {
    *("vendor_id", "cpu family", "model", "stepping", "flags"),
    *("CPU implementer", "CPU architecture", "CPU variant", "CPU part", "Features"),
}


@dataclass(frozen=True)
class BuildOptions:
    """How a network is built.

    Attributes
    ----------
    compiler : str
        Name or path of a compiler that understands the options of GCC.
    flags : tuple of str, optional
        In place of :data:`OPTIMISATION`; they stand last, so that they win over :data:`REQUIRED`.
    libraries : tuple of str
        What the linker is told at the end.
    clean : bool
        Build anew even if the library is in the cache.
    copy : Path, optional
        File that gets a copy of the generated text.
    """

    compiler: str = "g++"
    flags: tuple[str, ...] | None = None
    libraries: tuple[str, ...] = ()
    clean: bool = False
    copy: Path | None = None

    @property
    def is_ours(self) -> bool:
        """Nothing is asked of the compiler but what is tested."""
        return self.flags in (None, DEBUG) and not self.libraries


class CompilationCancelled(EngineError):
    """The user stopped the compilation."""


def build(
    source: str,
    target: Target,
    options: BuildOptions | None = None,
    *,
    cancel: threading.Event | None = None,
    progress: Callable[[str], None] | None = None,
) -> Path:
    """Compile generated text to a shared library, or find it in the cache.

    Any number of threads and processes may ask for the same library at once; one of them compiles it.

    Parameters
    ----------
    source : str
        C++ text with a C interface.
    target : {"single", "openmp"}
    options : BuildOptions, optional
    cancel : threading.Event, optional
        Once set, the compiler is killed.
    progress : callable, optional
        Called with a short text as each phase begins.

    Returns
    -------
    Path
        The library. It stays in place at least until other libraries are built.

    Raises
    ------
    CompilationError
        When there is no compiler or it refuses the text.
    CompilationCancelled
        When ``cancel`` was set.
    """
    options = options or BuildOptions()
    if options.copy is not None:
        options.copy.parent.mkdir(parents=True, exist_ok=True)
        _write(options.copy, source.encode())
    program = shutil.which(options.compiler)
    if program is None:
        raise CompilationError(_missing(options.compiler))
    flags = [*(FLAGS if options.flags is None else (*REQUIRED, *options.flags))]
    flags += ["-fopenmp"] if target == "openmp" else []
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    library = folder / f"{_key(source, [*flags, '', *options.libraries], program)}.so"
    if _is_complete(library) and not options.clean:
        return library
    with _locked(library, cancel):
        if options.clean or not _is_complete(library):  # else another process built it while this one waited
            if progress is not None:
                progress("Compiling")
            _compile(source, [program, *flags], options, library, cancel)
            _evict(folder, library)
    return library


def cache_folder() -> Path:
    """The folder of compiled libraries."""
    chosen = os.environ.get("NEUROLOOM_CACHE_DIR")
    return (Path(chosen) if chosen else user_cache_path("neuroloom")) / "compiled"


def _missing(compiler: str) -> str:
    return (
        f"The C++ compiler {compiler!r} was not found. Install it: 'sudo apt-get install g++' (Debian, "
        "Ubuntu), 'sudo dnf install gcc-c++' (Fedora) or 'brew install gcc' (macOS)."
    )


def _key(source: str, options: Sequence[str], program: str) -> str:
    """Name of the library. A changed compiler has another size or date of change, so it need not be asked."""
    path = Path(program).resolve()
    status = path.stat()
    identity = [str(path), str(status.st_size), str(status.st_mtime_ns), _processor()]
    return hashlib.sha256("\0".join([*identity, *options, source]).encode()).hexdigest()[:40]


@cache
def _processor() -> str:
    """What ``-march=native`` depends on."""
    information = Path("/proc/cpuinfo")
    if not information.exists():
        return f"{platform.machine()} {platform.processor()}"
    first = information.read_text(errors="replace").split("\n\n", 1)[0]
    lines = [line for line in first.splitlines() if line.split(":")[0].strip() in _PROCESSOR_FIELDS]
    return "\n".join([platform.machine(), *lines])


def _is_complete(library: Path) -> bool:
    """Whether the library is there and whole; if so it counts as used now."""
    try:
        whole = library.with_suffix(".sha256").read_text() == hashlib.sha256(library.read_bytes()).hexdigest()
        if whole:
            os.utime(library)
    except FileNotFoundError:
        return False
    return whole


def _locked(library: Path, cancel: threading.Event | None) -> AbstractContextManager[object]:
    """The entry's lock, acquired."""
    from filelock import FileLock, Timeout  # a tenth of the start of a cached network, and seldom needed

    lock = FileLock(library.with_suffix(".lock"))
    while True:
        try:
            return lock.acquire(timeout=-1 if cancel is None else 0.1, poll_interval=0.02)
        except Timeout:
            if cancel is not None and cancel.is_set():
                raise _cancelled() from None


def _cancelled() -> CompilationCancelled:
    return CompilationCancelled("The compilation was cancelled; press Run or compile again to continue.")


def _compile(
    source: str, command: list[str], options: BuildOptions, library: Path, cancel: threading.Event | None
) -> None:
    """Compile beside the final place; only a finished library gets its final name."""
    text = library.with_suffix(".cpp")
    _write(text, source.encode())
    handle, name = tempfile.mkstemp(dir=library.parent, prefix=library.stem, suffix=".tmp")
    os.close(handle)
    unfinished = Path(name)
    try:
        objects = _objects(source, command, options, library.parent, cancel)
        # Libraries follow the source: a linker that drops what nobody needs yet would drop them.
        inputs = [str(path) for path in objects or [text]]
        _run([*command, *inputs, "-o", name, "-lm", *options.libraries], options, text, cancel)
        content = unfinished.read_bytes()
        _write(library.with_suffix(".sha256"), hashlib.sha256(content).hexdigest().encode())
        _synchronise(unfinished)
        unfinished.replace(library)
    finally:
        unfinished.unlink(missing_ok=True)


def _objects(
    source: str, command: list[str], options: BuildOptions, folder: Path, cancel: threading.Event | None
) -> list[Path]:
    """Compiled units of a long text, made side by side where they are not there yet; none of a short one."""
    parts = units(source)
    if len(parts) == 1:
        return []
    from concurrent.futures import ThreadPoolExecutor

    def compiled(unit: str) -> Path:
        path = folder / f"{_key(unit, command[1:], command[0])}.o"
        if options.clean or not path.exists():
            text = path.with_suffix(".cpp")
            _write(text, unit.encode())
            handle, name = tempfile.mkstemp(dir=folder, prefix=path.stem, suffix=".tmp")
            os.close(handle)
            try:
                _run([*command, "-c", str(text), "-o", name], options, text, cancel)
                _synchronise(Path(name))
                Path(name).replace(path)
            finally:
                Path(name).unlink(missing_ok=True)
        os.utime(path)
        return path

    with ThreadPoolExecutor(_processors()) as pool:
        return list(pool.map(compiled, parts))


def _processors() -> int:
    """How many compilers run at once."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _run(command: list[str], options: BuildOptions, text: Path, cancel: threading.Event | None) -> None:
    """Run the compiler in a process group of its own, so that all its parts can be killed."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        try:
            output = _output(process, cancel)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode:
        said = output.decode(errors="replace").strip()
        if options.is_ours:
            reason = (
                f"The compiler refused the generated code, kept in {text}. This is a fault of Neuroloom, not "
                "of the model; please report it with that file."
            )
        else:
            given = " ".join((*(options.flags or ()), *options.libraries))
            reason = (
                f"{options.compiler} refused its options {given!r}; mend or leave out compiler_flags and "
                "extra_libs."
            )
        raise CompilationError(f"Compilation failed. {reason}\n{said}")


def _output(process: subprocess.Popen[bytes], cancel: threading.Event | None) -> bytes:
    """What the compiler says until it ends or ``cancel`` is set."""
    while True:
        try:
            return process.communicate(timeout=None if cancel is None else 0.05)[0]
        except subprocess.TimeoutExpired:
            if cancel is not None and cancel.is_set():
                raise _cancelled() from None


def _write(path: Path, content: bytes) -> None:
    """Replace a file as a whole, also when the power fails."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".tmp")
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    Path(name).replace(path)


def _synchronise(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _evict(folder: Path, newest: Path) -> None:
    """Remove left-overs of dead processes and, beyond the limit, the least recently used entries."""
    for path in folder.glob("*.tmp"):
        if path.exists() and time.time() - path.stat().st_mtime > STALE_AFTER:
            path.unlink(missing_ok=True)
    entries = []
    for path in (*folder.glob("*.so"), *folder.glob("*.o")):
        try:
            status = path.stat()
        except FileNotFoundError:  # another process evicts, too
            continue
        entries.append((status.st_mtime, status.st_size + len(path.stem), path))
    total = sum(size for _, size, _ in entries)
    for _, size, path in sorted(entries):
        if total <= CACHE_LIMIT:
            break
        if path != newest:
            for suffix in (path.suffix, ".sha256", ".cpp", ".lock"):
                path.with_suffix(suffix).unlink(missing_ok=True)
            total -= size
