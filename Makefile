# One command for each thing: demo, lab, test, check, js, bench.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
# What decides about the installed package; the simulator's kernel is compiled when it is installed.
PACKAGE := pyproject.toml hatch_build.py $(wildcard fusion_jupyter/sim/kernel/*)

.PHONY: help demo lab test test-browser test-rest lowest check docs js bench format clean

help:
	@echo "make demo    set up .venv, run the quickstart with the embedded simulator, show its results"
	@echo "make lab     the same in JupyterLab"
	@echo "make test    all tests (browser tests where a Chromium is found)"
	@echo "make lowest  the tests with the oldest dependencies that are allowed"
	@echo "make check   lint, types, and whether the browser bundle is what its sources give"
	@echo "make js      build the browser bundle (needs Node)"
	@echo "make docs    build the documentation in docs/_build/html; needs no network"
	@echo "make bench   measure speed"

# What each command needs, installed once and again when the metadata changes.
$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and python3 is not on PATH."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; $(PYTHON) is older. Try: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "Python's venv module does not work here. On Debian: apt-get install python3-venv"; exit 1; }

$(VENV)/.test: $(PACKAGE) | $(VENV)/bin/python
	@echo "Installing fusion_jupyter into $(VENV) (about a minute the first time) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable ".[test]"
	@touch $@

$(VENV)/.dev: $(PACKAGE) | $(VENV)/bin/python
	@echo "Installing fusion_jupyter and its tools into $(VENV) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable ".[dev]"
	@touch $@ $(VENV)/.test

js/node_modules/.installed: js/package-lock.json
	@command -v npm >/dev/null || { echo "Node and npm are needed to build or check the browser bundle."; exit 1; }
	@cd js && npm ci --no-audit --no-fund --silent
	@touch $@

demo: $(VENV)/.test
	@$(BIN)/python notebooks/demo.py

# Jupyter refuses to run as root unless it is told to; in a container that is the usual user.
LAB_OPTIONS ?= $(if $(filter 0,$(shell id -u)),--allow-root)

lab: $(VENV)/.test
	@$(BIN)/jupyter lab $(LAB_OPTIONS) notebooks/01_quickstart.ipynb

# Two parts side by side that take about as long: browser and faults, and all else. What measures
# a page comes last, by itself.
test: $(VENV)/.test
	@failed=0; \
	$(MAKE) --no-print-directory --jobs 2 --keep-going test-browser test-rest || failed=1; \
	( $(call run_tests,tests/e2e -m measuring) ) || failed=1; \
	exit $$failed

# A temporary folder for each part: pytest clears those of earlier runs, and two at once collide.
# What fails on a machine with both cores busy is run once more by itself, and named as unsteady.
define run_tests
folder=$$(mktemp -d); $(BIN)/pytest $(1) -o cache_dir=$$folder/cache --basetemp $$folder/t; code=$$?; \
if [ $$code -eq 1 ]; then \
  echo; echo "== These failed and are run once more; if they pass now, they are unsteady:"; \
  $(BIN)/pytest $(1) -o cache_dir=$$folder/cache --basetemp $$folder/t2 --last-failed --maxfail 10; code=$$?; \
fi; \
rm -rf $$folder 2>/dev/null; exit $$code
endef

test-browser: $(VENV)/.test
	@failed=0; \
	( $(call run_tests,tests/e2e -m "not measuring") ) || failed=1; \
	( $(call run_tests,tests/faults) ) || failed=1; \
	exit $$failed

# Its output comes in one piece at the end.
test-rest: $(VENV)/.test
	@log=$$(mktemp); failed=0; { \
	( $(call run_tests,tests --ignore tests/e2e --ignore tests/slurm --ignore tests/faults) ) \
	  || failed=1; \
	( $(call run_tests,tests/slurm) ) || failed=1; \
	( cd notebooks && \
	  ../$(BIN)/pytest --nbval --nbval-current-env --nbval-sanitize-with sanitize.cfg . ) || failed=1; \
	} > $$log 2>&1; cat $$log; rm -f $$log; exit $$failed

# The oldest dependencies that pyproject.toml allows; browser, cluster and fault tests left out.
lowest: | $(VENV)/bin/python
	@$(BIN)/pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv venv --quiet --clear --python $(VENV)/bin/python .venv-lowest
	@$(BIN)/uv pip install --quiet --python .venv-lowest/bin/python --resolution lowest-direct \
	  --editable ".[test]"
	@.venv-lowest/bin/python -m pytest -q -W default::DeprecationWarning -W default::ImportWarning \
	  tests --ignore tests/e2e --ignore tests/slurm --ignore tests/faults

check: $(VENV)/.dev js/node_modules/.installed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/pytest -q tests/test_house.py
	@$(BIN)/python js/make_types.py --verify
	@cd js && npm run --silent check && npm test --silent && npm run --silent verify

# Warnings are errors: among them links that lead nowhere.
docs: $(VENV)/.dev
	@$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build/html

js: js/node_modules/.installed
	@$(PYTHON) js/make_types.py
	@cd js && npm run --silent build

# Peers to be measured beside; the benchmarks do without those that cannot be installed.
$(VENV)/.peers: | $(VENV)/.dev
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --target $(VENV)/peers \
	  flexnetsim || echo "flexnetsim could not be installed; it is left out."
	@$(BIN)/pip install --quiet --disable-pip-version-check --target $(VENV)/peers \
	  submitit joblib || echo "submitit and joblib could not be installed; they are left out."
	@touch $@

bench: $(VENV)/.dev $(VENV)/.peers
	@$(BIN)/python -m tests.benchmarks

format: $(VENV)/.dev js/node_modules/.installed
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .
	@cd js && npm run --silent format

clean:
	rm -rf $(VENV) .venv-lowest demo docs/_build docs/pages js/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
