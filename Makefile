# Every task of the project. Nothing is needed but make and Python 3.11 or newer: each task first
# brings what it needs into .venv and .clients (both can be deleted at any time).

PYTHON ?= python3
VENV := .venv/bin
WORKERS ?= auto
TESTS ?= tests

.DEFAULT_GOAL := help
.PHONY: help demo test check tidy format docs bench clean

help:  ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## */  make \1\t/' | expand -t 16

demo:  ## set up and run two stories with the real AWS CLI: the opening, and a network of three tiers
	@$(PYTHON) -m tools.setup demo
	@$(VENV)/python -m tools.clients aws-v1
	@$(VENV)/python examples/opening/demo.py
	@$(VENV)/python examples/three_tiers/demo.py

test:  ## set up and run every test (TESTS=path for some, WORKERS=n for the number of processes)
	@$(PYTHON) -m tools.setup test
	@$(VENV)/python -m tools.clients
	@$(VENV)/python -m pytest -q -n $(WORKERS) --dist worksteal $(TESTS)

check:  ## lint, format, types and the house's own rules
	@$(PYTHON) -m tools.setup dev
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy
	$(VENV)/python -m pytest -q tests/tidy

format:  ## rewrite the code the way `make check` wants it
	@$(PYTHON) -m tools.setup dev
	$(VENV)/ruff check --fix .
	$(VENV)/ruff format .

docs:  ## write docs/services/ anew from the services' declarations
	@$(PYTHON) -m tools.setup run
	$(VENV)/python -m tools.docs

bench:  ## measure, side by side with the peers
	@$(PYTHON) -m tools.setup dev
	$(VENV)/python -m benchmarks

clean:  ## delete everything that the tasks made
	rm -rf .venv .clients build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
