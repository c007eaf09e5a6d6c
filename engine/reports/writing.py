"""The report of a network as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.files.whole import save_whole
from engine.network.dialects import network_first
from engine.network.network import Network
from engine.network.registry import network_of

if TYPE_CHECKING:
    from engine.reports.description import Description, Heading

SUFFIXES = (".tex", ".md")


@network_first
def report(
    filename: str = "./report.tex",
    standalone: bool = True,
    gather_subprojections: bool = False,
    title: str | None = None,
    author: str | None = None,
    date: str | None = None,
    net_id: int = 0,
    *,
    network: Network | None = None,
) -> None:
    """Write what a network is made of to a file: populations, projections, equations, parameters, recordings.

    Parameters
    ----------
    filename : str
        ``.tex`` (tables after Nordlie, Gewaltig & Plesser 2009) or ``.md``. Missing folders are made.
    standalone : bool
        LaTeX only: write a whole document; otherwise the tables alone, for ``\\input``.
    gather_subprojections : bool
        Tell one of several projections with the same populations and target.
    title, author, date : str, optional
        What stands above the report.
    net_id : int
        0 is the network of the top level.
    network : Network, optional
        Whose report it is; may also be the first argument: ``report(net, "report.md")``.

    Raises
    ------
    EngineError
        If the file is neither ``.tex`` nor ``.md``, or cannot be written.

    Notes
    -----
    After compile the values of parameters are the present ones, before it the initial ones; of arrays the
    smallest and the largest value are told.
    """
    from engine.reports.description import Heading
    from engine.reports.gather import describe

    path = Path(filename)
    check_suffix(path)
    chosen = network or network_of(net_id)
    print(f"Generating report in {filename} ")
    text = report_text(
        describe(chosen, gather_subprojections),
        path.suffix,
        Heading(title, author, date),
        standalone,
    )
    save_whole(path, lambda file: file.write(text.encode()))


def report_text(description: Description, suffix: str, heading: Heading, standalone: bool = True) -> str:
    """A description as text of the format that belongs to the suffix of a file."""
    from engine.reports.latex import latex
    from engine.reports.markdown import markdown

    if suffix.lower() == ".md":
        return markdown(description, heading)
    return latex(description, heading, standalone)


def check_suffix(path: Path) -> None:
    """Raise unless the file's name says that it is LaTeX or Markdown."""
    if path.suffix.lower() not in SUFFIXES:
        raise EngineError(f"report(): the filename must end with .tex or .md, but it is {str(path)!r}.")
