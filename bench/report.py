"""Results of bench/run.py as tables and as a picture.

``python bench/report.py RESULTS.json ... --text [--picture FILE.svg]`` prints the tables, and draws the
picture into a file;
``python bench/report.py docs/performance.json [NEW.json ...]`` adds new results to the first file, where they
replace those of the same case and simulator, writes the tables into docs/performance.md, between its markers,
and draws docs/pictures/performance.svg.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from picture import draw
from results import Measured, merged, read
from tables import SECTIONS

DOCS = Path(__file__).resolve().parent.parent / "docs"


def written(page: str, measured: Measured) -> str:
    """The page with a new table between each pair of markers."""
    for name, table in SECTIONS.items():
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        if begin not in page or end not in page:
            raise SystemExit(f"The page lacks the markers {begin} and {end}.")
        pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
        block = f"{begin}\n{table(measured)}\n{end}"
        page = pattern.sub(lambda _, block=block: block, page)
    return page


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", type=Path, nargs="+")
    parser.add_argument("--text", action="store_true", help="print the tables and write nothing")
    parser.add_argument("--picture", type=Path, help="with --text: draw into this file")
    options = parser.parse_args()
    if options.text:
        measured = read(*options.results)
        print("\n\n".join(f"{name}\n{table(measured)}" for name, table in SECTIONS.items()))
        if options.picture:
            draw(measured, options.picture)
        return
    whole = merged(json.loads(path.read_text()) for path in options.results)
    options.results[0].write_text(json.dumps(whole, indent=1) + "\n")
    measured = read(options.results[0])
    page = DOCS / "performance.md"
    page.write_text(written(page.read_text(), measured))
    draw(measured, DOCS / "pictures" / "performance.svg")


if __name__ == "__main__":
    main()
