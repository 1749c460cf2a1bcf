# `make demo` and `make test` each do all their own set-up on a fresh machine.
PYTHON ?= python3
VENV = .venv
BIN = $(VENV)/bin

.PHONY: demo test lint types docs install clean

demo: $(VENV)/installed
	$(BIN)/l2l-run bin/l2l-slim-ga.py --root-dir results --name fyne --overwrite --max-workers 2

test: $(VENV)/installed
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/installed
	$(BIN)/mypy

docs: $(VENV)/installed
	rm -rf docs/generated docs/_build
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --builder html docs docs/_build

install: $(VENV)/installed

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e ".[dev]"
	$(BIN)/slim compile
	touch $@

clean:
	rm -rf $(VENV) results docs/generated docs/_build
