# Everything is installed in .venv below this folder and nowhere else. Needed: Python 3.11 or newer, git, make.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo run test check lint docs bench mutants faults lock clean

# The first of these that runs and is new enough: a version manager leaves commands behind that exist and do not run.
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo "$$python" && break; done)
WORKSPACE ?= demo
BIN := .venv/bin

help: ## say what can be made (this page)
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

demo: .venv/installed ## make a workspace in ./demo and show the engine at work, from rules to mails
	@$(BIN)/lifecycle demo

run: .venv/installed ## run the engine over the workspace in ./demo (WORKSPACE=folder for another)
	@$(BIN)/lifecycle --workspace $(WORKSPACE) run

test: .venv/developed ## run every test, on SQLite and on a real PostgreSQL
	@$(BIN)/pytest -n 2

check: lint test ## all that must hold before a commit: style, types, layers, tests, docs

lint: .venv/developed ## style, types and layers
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

docs: .venv/developed ## write the generated pages of docs/ again (a test compares them)
	@$(BIN)/python docs/generate.py

bench: .venv/developed ## measure, and fail where a promised ratio is missed
	@for bench in tests/benchmarks/bench_*.py; do echo "$$bench"; $(BIN)/python "$$bench" || exit 1; done

mutants: .venv/developed ## put kept faults into the evaluator one by one; fail where the oracle does not notice one
	@$(BIN)/python tests/mutants/hunt.py

faults: .venv/developed ## kill, cut, fill and mislead what sends, and count (up to 45 minutes; ONLY="noes clocks" for some)
	@$(BIN)/python tests/faults/run.py $(if $(ONLY),--only $(ONLY))

lock: .venv/installed ## choose newer versions of the dependencies within their ranges, and write the lock files
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-annotate --no-header --no-emit-index-url \
		--no-emit-find-links --python-version 3.11 --group build pyproject.toml --output-file requirements.lock
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-annotate --no-header --no-emit-index-url \
		--no-emit-find-links --python-version 3.11 --constraint requirements.lock --extra postgres --group dev \
		pyproject.toml --output-file requirements-dev.lock

clean: ## remove .venv and what tools left behind; the demo workspace stays
	@rm -rf .venv dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer found; install one, or say make PYTHON=/path/to/python3." >&2; exit 1; }
	@"$(PYTHON)" -m venv .venv || { echo "$(PYTHON) cannot make a virtual environment; install its venv module \
	(on Debian: apt install python3-venv)." >&2; exit 1; }

.venv/installed: requirements.lock pyproject.toml | .venv/bin/python
	@echo "Installing what the engine needs into .venv (once) ..."
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/developed: requirements-dev.lock .venv/installed
	@echo "Installing the tools of development into .venv (once) ..."
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
