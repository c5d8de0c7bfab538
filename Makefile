# Everything here works from a fresh checkout: the first target makes .venv and installs the project into it.
# `make PYTHON=python3.12 test` uses another Python as it is, and installs nothing.

BASE_PYTHON ?= python3
PYTHON ?= .venv/bin/python
PIP := pip==26.3
INSTALLED := $(if $(filter .venv/bin/python,$(PYTHON)),.venv/.installed)

.PHONY: help demo test lint types layers check format clean

help:  ## say what there is
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1 \t\2/p' Makefile | expand -t 18

demo: $(INSTALLED)  ## make a small network need less energy, from training to certificate
	$(PYTHON) examples/digits/train.py
	$(PYTHON) -m greenwright optimize examples/digits/workload.py

test: $(INSTALLED)  ## run every test
	$(PYTHON) -m pytest -n auto --dist worksteal

check: lint types layers  ## all that reads the code without running it

lint: $(INSTALLED)
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

types: $(INSTALLED)
	$(PYTHON) -m mypy

layers: $(INSTALLED)
	$(PYTHON) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'

format: $(INSTALLED)  ## put the code in shape
	$(PYTHON) -m ruff check --fix-only .
	$(PYTHON) -m ruff format .

clean:  ## remove what can be made again; results in greenwright-out/ stay
	rm -rf .venv dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests examples bench -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.installed: pyproject.toml constraints.txt
	$(BASE_PYTHON) -m venv .venv
	.venv/bin/python -m pip install -qq --upgrade $(PIP)
	.venv/bin/python -m pip install -qq --constraint constraints.txt --group dev --editable '.[audit,grid,nvml,openvino,optimize,parquet,postgresql,sinks,spark,torchao,transformers]'
	touch $@
