"""Reports: what a network is made of, as LaTeX or Markdown.

In: a network, compiled or not. Out: a file. :mod:`.gather` reads the network into a :mod:`.description`,
which knows nothing of how it is printed; :mod:`.latex` and :mod:`.markdown` print it.
"""

from engine.reports.writing import report, report_text

__all__ = ["report", "report_text"]
