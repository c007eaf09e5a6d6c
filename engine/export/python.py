"""A project as a Python script that runs on its own."""

from __future__ import annotations

import textwrap

from engine.errors import EngineError
from engine.export.source import LINE, Names, public_names, quoted, statement_source
from engine.project.check import check, errors
from engine.project.document import ProjectDocument
from engine.project.script import NETWORK, Section, script, starts

_OWN_NAMES = ("argparse", "np", "parser", "options", "monitors", "recordings", "main")

_RECORDINGS = '''\
def recordings():
    """Return all that was recorded by name; spikes as times in ms and ranks."""
    found = {}
    for name, monitor in monitors:
        for variable, data in monitor.get(reshape=False, force_dict=True).items():
            if variable in ("spike", "axon_spike"):
                times, ranks = monitor.raster_plot(data)
                found[f"{name}.{variable}.times"], found[f"{name}.{variable}.ranks"] = times, ranks
            elif data.dtype == object:
                found[f"{name}.{variable}"] = np.array([np.hstack(row) for row in data], dtype=float)
            else:
                found[f"{name}.{variable}"] = data
    return found
'''

_MAIN = """\
def main():
    parser = argparse.ArgumentParser(description="Run the network.")
    parser.add_argument("--duration", type=float, default={duration!r}, help="ms (default: %(default)s)")
    parser.add_argument("--out", metavar="FILE", help="save what was recorded (.npz)")
    options = parser.parse_args()
    {net}.compile()
{starts}    {net}.simulate(options.duration, progress_bar=True)
    found = recordings()
    for name, _ in monitors:
        ranks = found.get(f"{{name}}.spike.ranks")
        if ranks is not None:
            rate = 1000.0 * len(ranks) / {net}.get_population(name).size / options.duration
            print(f"{{name}}: {{rate:.2f}} Hz")
    if options.out:
        np.savez_compressed(options.out, **found)


if __name__ == "__main__":
    main()
"""


def export_python(document: ProjectDocument) -> str:
    """Return a script that builds the project's network, runs it and prints mean rates.

    The script calls the public API just as the window does, object after object, so the same seed gives
    the same spikes. With ``--out FILE`` it saves what the project's monitors record.

    Raises
    ------
    EngineError
        If the project has errors; the text lists them.
    """
    found = errors(check(document))
    if found:
        listed = "\n".join(str(problem.diagnostic) for problem in found)
        raise EngineError(f"The project cannot be exported before these errors are mended:\n{listed}")
    statements = list(script(document))
    imported = public_names(statements)
    names = Names((*_OWN_NAMES, *(name for each in imported.values() for name in each)))
    network = [statement_source(statement, names) for statement in statements]
    titled = any(isinstance(statement, Section) for statement in statements)
    parts = [
        _docstring(document),
        "import argparse\n\nimport numpy as np\n",
        "".join(_import(module, each) for module, each in imported.items()),
        "\n".join(network) + ("\n" if titled else ""),
        _monitors(document, names),
        "\n" + _RECORDINGS,
        "\n" + _main(document, names),
    ]
    text = "\n".join(parts)
    if any(len(line) > LINE for line in text.splitlines()):
        text = "# ruff: noqa: E501\n" + text
    return text


def _docstring(document: ProjectDocument) -> str:
    words = f"{document.name}\n\n{document.description}".strip()
    if any('"""' in line or "\\" in line or not line.isprintable() for line in words.splitlines()):
        return quoted(words) + "\n"
    lines = [part for line in words.splitlines() for part in textwrap.wrap(line, LINE) or [""]]
    if len(lines) == 1 and not lines[0].endswith('"'):
        return f'"""{lines[0]}"""\n'
    return '"""' + "\n".join(lines).lstrip() + '\n"""\n'


def _import(module: str, names: list[str]) -> str:
    line = f"from {module} import {', '.join(names)}\n"
    if len(line) <= LINE:
        return line
    return f"from {module} import (\n" + "".join(f"    {name},\n" for name in names) + ")\n"


def _monitors(document: ProjectDocument, names: Names) -> str:
    owners = {o.id: o.name for o in document.owners}
    items = [f"({quoted(owners[m.source])}, {names[m.id]})" for m in document.monitors]
    items += [f"({quoted(m.name)}, {names[m.id]}.monitor)" for m in document.bold_monitors]
    if not items:
        return "monitors = []\n"
    return "monitors = [\n" + "".join(f"    {item},\n" for item in items) + "]\n"


def _main(document: ProjectDocument, names: Names) -> str:
    lines = "".join(f"    {statement_source(start, names)}\n" for start in starts(document))
    return _MAIN.format(net=names[NETWORK], duration=document.run.duration, starts=lines)
