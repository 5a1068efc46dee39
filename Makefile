# `make` says what there is. Python 3.11 or newer: PYTHON=python3.12 make run
PYTHON ?= python3
VENV_PYTHON := .venv/bin/python
SECONDS ?= 60

.DEFAULT_GOAL := help
.PHONY: help setup run test fuzz format

help:  ## show this
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:  ## make .venv, install the packages, build the pages; a second time does nothing
	@$(PYTHON) -m tools.setup

run: setup  ## start the server with demo people and a virtual pen; Ctrl-C stops it. LAN=1: for phones too
	@$(VENV_PYTHON) -m tools.run $(if $(filter-out 0 no,$(LAN)),--lan $(filter-out 1 yes,$(LAN)))

test: setup  ## everything that must hold, with a table at the end
	@$(VENV_PYTHON) -m tools.test

fuzz: setup  ## junk against the parsers for SECONDS (60) each, for the night
	@INKCALL_FUZZ_SECONDS=$(SECONDS) $(VENV_PYTHON) -m pytest -q -o timeout=3600 tests/fuzz tests/wire/test_codec.py

bench-%: setup  ## one measurement, for example bench-recorder; all are in bench/README.md
	@$(VENV_PYTHON) -m bench.$*

format: setup  ## put the code in its one form
	@$(VENV_PYTHON) -m ruff format . && $(VENV_PYTHON) -m ruff check --fix .
	@cd web && npm run --silent format
