# Each target sets up what it needs first; see tools/environment.py.

# The first Python on the path that is new enough.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
VENV_PYTHON := .venv/bin/python
XVFB := xvfb-run --auto-servernum --server-args="-screen 0 1600x1000x24"

.PHONY: run test test-slow bench bench-check docs pictures lint lock python

run: python
	@$(PYTHON) tools/environment.py --window
	@$(VENV_PYTHON) main.py

# The end-to-end tests drive a real window on a display in memory; all others draw offscreen.
test: lint
	QT_QPA_PLATFORM=xcb $(XVFB) $(VENV_PYTHON) -m pytest tests/e2e -n 0
	$(VENV_PYTHON) -m pytest --ignore=tests/e2e

test-slow: lint
	@$(PYTHON) tools/environment.py --valgrind
	$(VENV_PYTHON) -m pytest --ignore=tests/e2e -m slow

lint: python
	@$(PYTHON) tools/environment.py --window --display
	$(VENV_PYTHON) -m ruff format --check .
	$(VENV_PYTHON) -m ruff check .
	$(VENV_PYTHON) -m mypy

# Every simulator from PyPI, every case, every table; hours. What differs or fails is told and stops nothing.
# RULER and CONSTRUCTION are more options of run.py and construction.py, for a part in minutes:
# make bench RULER="--cases coba hh --runs 1" CONSTRUCTION=--small
bench: python
	@$(PYTHON) tools/environment.py --window --display
	$(VENV_PYTHON) bench/install.py
	@rm -f bench/results/measured.json
	-$(VENV_PYTHON) bench/run.py --threads 1 2 --json bench/results/measured.json $(RULER)
	-$(VENV_PYTHON) bench/run.py --peers engine hand --precision float --json bench/results/measured.json $(RULER)
	-$(VENV_PYTHON) bench/run.py --peers engine hand --growth --runs 3 --json bench/results/measured.json $(RULER)
	-$(VENV_PYTHON) bench/construction.py --json bench/results/measured.json $(CONSTRUCTION)
	-$(VENV_PYTHON) bench/latency.py --json bench/results/measured.json
	$(VENV_PYTHON) bench/report.py bench/results/measured.json --text --picture bench/results/performance.svg

# The engine and what is written by hand anew, beside what docs/performance.json has of others: writes
# docs/performance.md and its picture. A quarter of an hour on a quiet machine.
bench-ours: python
	@$(PYTHON) tools/environment.py --window --display
	@rm -f bench/results/ours.json
	-$(VENV_PYTHON) bench/run.py --peers engine hand --threads 1 2 --json bench/results/ours.json $(RULER)
	-$(VENV_PYTHON) bench/run.py --peers engine hand --precision float --json bench/results/ours.json $(RULER)
	-$(VENV_PYTHON) bench/run.py --peers engine hand --growth --runs 3 --json bench/results/ours.json $(RULER)
	-$(VENV_PYTHON) bench/construction.py --peers --json bench/results/ours.json $(CONSTRUCTION)
	-$(VENV_PYTHON) bench/latency.py --json bench/results/ours.json
	$(VENV_PYTHON) bench/report.py docs/performance.json bench/results/ours.json

# Instructions of each case against those that are stored; fails where they grew.
bench-check: python
	@$(PYTHON) tools/environment.py --valgrind
	$(VENV_PYTHON) bench/check.py

# Build the documentation into docs/_build/index.html.
docs: python
	@$(PYTHON) tools/environment.py --window --display
	$(VENV_PYTHON) -m sphinx -W --keep-going -q -b html docs docs/_build

# Take the pictures of the window for README and docs anew.
pictures: python
	@$(PYTHON) tools/environment.py --window --display
	QT_QPA_PLATFORM=xcb $(XVFB) $(VENV_PYTHON) tools/pictures.py

# Write requirements.lock anew from pyproject.toml.
lock: python
	@$(PYTHON) tools/environment.py
	$(VENV_PYTHON) -m pip install --quiet uv
	$(VENV_PYTHON) -m uv pip compile pyproject.toml --extra window --group dev --universal \
		--python-version 3.11 --no-annotate --no-emit-index-url --upgrade --custom-compile-command "make lock" --output-file requirements.lock

python:
	@test -n "$(PYTHON)" || { echo "Neuroloom needs Python 3.11 or newer: sudo apt-get install python3 python3-venv python3-dev"; exit 1; }
