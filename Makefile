# Needs Python 3.11 or newer, make and a package index; everything else is set up below.
# PYTHON: the interpreter to make .venv with (default: the first of these that is new enough).
PYTHON = python3 python3.13 python3.12 python3.11
ARGS =

DBT_PROFILES_DIR ?= profiles
export DBT_PROFILES_DIR
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: help build nightly restore nights test check lint trace dashboard digest failures export clean
.PHONY: setup postgres

help:
	@echo "make nightly    set up, land the demo CRM if no other is configured, build, test, publish, write reports/ and exports/"
	@echo "make build      the same"
	@echo "make dashboard  write the data-health dashboard to reports/dashboard.html"
	@echo "make digest     print what changed since yesterday: ARGS='--team ae --review weekly'"
	@echo "make failures   print what failed in the last run, its cause and what to try first"
	@echo "make trace      print the story of one record: make trace RECORD=salesforce:opportunity:006..."
	@echo "make export     write the lists, and the ids that are approved, to exports/ as CSV and parquet"
	@echo "make restore    build on the last backup of what is kept: ARGS=--list lists them, ARGS=RUN takes one"
	@echo "make nights     kill the nightly job at 30 moments, and read what it publishes meanwhile (an hour or two)"
	@echo "make postgres   build and test all on a PostgreSQL of its own, compare every mart with DuckDB's"
	@echo "make test       set up, run every test and check (what CI runs)"
	@echo "make check      set up, check only what changed: parse, lint, conventions, unit tests"
	@echo "make lint       set up, run only the linters and the project's conventions"
	@echo "make clean      remove the environment, dbt packages, target and logs (never the warehouse)"
	@echo "ARGS=... is handed on: make test ARGS='-k standin', make build ARGS=..."

build nightly restore: setup
	@.venv/bin/crm-hygiene $@ $(ARGS)

nights: setup
	@CRM_HYGIENE_NIGHTS=30 .venv/bin/python -m pytest -n 0 tests/python/test_nights.py $(ARGS)

test: setup
	@.venv/bin/python -m pytest $(ARGS)

postgres: setup
	@.venv/bin/crm-hygiene parity $(ARGS)

lint: setup
	@.venv/bin/python -m pytest tests/python/test_conventions.py $(ARGS)

# Handed on as it was typed: neither make nor the shell runs anything in it.
override RECORD := $(value RECORD)
export RECORD
trace: setup
	@.venv/bin/crm-hygiene trace $(ARGS) -- "$$RECORD"

dashboard digest failures export check: setup
	@.venv/bin/crm-hygiene $@ $(ARGS)

clean:
	@rm -rf .venv dbt_packages package-lock.yml target logs .hypothesis .pytest_cache .ruff_cache

setup: .venv/crm_hygiene
	@.venv/bin/crm-hygiene packages

# The stamps lie inside .venv, so that removing .venv is enough to set it up anew.
.venv/crm_hygiene: .venv/installed pyproject.toml
	@.venv/bin/python -m pip install -qq --no-deps --no-build-isolation --no-index --editable .
	@touch $@

.venv/installed: requirements.txt
	@for python in $(PYTHON); do \
	  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
	  python=; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "Python 3.11 or newer is needed; tried: $(PYTHON). Name one: make PYTHON=/path/to/python3" >&2; \
	  exit 1; \
	fi; \
	echo "Setting up .venv (a minute or two, once)"; \
	"$$python" -m venv --clear .venv
	@.venv/bin/python -m pip install -qq --no-deps --require-hashes --requirement requirements.txt
	@touch $@
