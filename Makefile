# Everything a person does with the exchange, in one word each.  Needs Python >= 3.10 and make; the rest is fetched
# into .venv on first use.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
HOST ?= 127.0.0.1
PORT ?= 9009
KILLS ?= 100
USER_NAME := $(if $(filter command line,$(origin USER)),$(USER),trader)
# How many tests run at once.  A file's tests stay together, in their order.
JOBS ?= 2
PYTEST := $(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile

.DEFAULT_GOAL := help
# Which engine runs: pure, compiled (see make fast), or auto, the compiled one where there is one of this source.
run-engine: export EXCHANGE_ENGINE = $(or $(ENGINE),auto)
check test bench rules fuzz faults stress: export EXCHANGE_ENGINE = $(or $(ENGINE),pure)

.PHONY: help run-engine trade tour rewind simulate replay study demo operate verify faults fuzz rules stress test check bench fast clean

help:
	@awk -F ':.*## ' '/^##@ / {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.installed: setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "this needs Python 3.10 or newer; name one with: make PYTHON=python3.12 ..." >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

##@ Run

demo: $(VENV)/.installed ## Engine, simulated market and trading screen together
	@$(BIN)/python scripts/demo.py $(ARGS)

run-engine: $(VENV)/.installed ## Start the exchange (HOST, PORT; more: ARGS="--symbols A,B")
	$(BIN)/python scripts/start_engine.py --host $(HOST) --port $(PORT) $(ARGS)

trade: $(VENV)/.installed ## Trade by hand: make trade USER=alice
	$(BIN)/python scripts/start_client.py --user $(USER_NAME) --host $(HOST) --port $(PORT) $(ARGS)

operate: $(VENV)/.installed ## Watch over the running engine: make operate DO="block alice", DO="halt all"
	@$(if $(strip $(DO)),:,echo 'make operate DO="list": also block, unblock, reset USER; halt, resume SYMBOL or all; phase, say, endow, settle' >&2; exit 2)
	@$(BIN)/python scripts/operate.py $(ARGS) $(DO)

verify: $(VENV)/.installed ## Check the data of a stopped engine (more: ARGS="--data-dir D")
	@$(BIN)/python scripts/verify.py $(ARGS)

##@ Learn

tour: $(VENV)/.installed ## Ten small lessons in trading, on a practice market
	@$(BIN)/python -m exchange tour $(ARGS)

rewind: $(VENV)/.installed ## Wind back a recorded day (more: ARGS="--data-dir D" or ARGS="--file F.csv")
	@$(BIN)/python -m exchange rewind $(ARGS)

simulate: $(VENV)/.installed ## Let simulated users trade (more: ARGS="--users 8 --seed 7")
	$(BIN)/python scripts/start_simulation.py --host $(HOST) --port $(PORT) $(ARGS)

replay: $(VENV)/.installed ## Play recorded order flow: make replay FILE=flow.csv
	@test -n "$(FILE)" || { echo "make replay FILE=...: name the file to play" >&2; exit 2; }
	$(BIN)/python scripts/start_simulation.py --host $(HOST) --port $(PORT) --replay $(FILE) $(ARGS)

study: $(VENV)/.installed ## How much simulated days look like a recorded one: make study FILE=flow.csv
	@test -n "$(FILE)" || { echo "make study FILE=...: name the recorded order flow" >&2; exit 2; }
	@$(BIN)/python -m exchange study $(FILE) $(ARGS)

bench: $(VENV)/.installed-dev ## Measure speed, each figure against a floor in the same run
	$(BIN)/python scripts/benchmark.py $(ARGS)

fast: $(VENV)/.installed-dev ## Compile the engine; make run-engine runs it from then on (ENGINE=pure: not)
	@$(BIN)/python scripts/compile_engine.py

##@ Check

check: $(VENV)/.installed-dev ## Lint, types, import contract, all tests (JOBS=2 at once)
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST) $(ARGS)

test: $(VENV)/.installed-dev ## All tests; some of them: make test ARGS="tests/unit -k iceberg"
	$(PYTEST) $(ARGS)

faults: $(VENV)/.installed-dev ## Kill it and cut its power: make faults KILLS=1000 SEED=1
	$(BIN)/python scripts/faults.py --kills $(KILLS) --power-loss $(KILLS) $(if $(SEED),--seed $(SEED)) $(ARGS)

fuzz: $(VENV)/.installed-dev ## A million hostile lines: make fuzz (more: ARGS="--lines 20000 --seed 7")
	$(BIN)/python scripts/fuzz_wire.py $(ARGS)

rules: $(VENV)/.installed-dev ## Hold the engine to a naive oracle: make rules ARGS="--commands 1000000 --seed 7"
	$(BIN)/python scripts/compare_rules.py $(ARGS)

stress: $(VENV)/.installed-dev ## Thousands of connections, slow readers, floods: what they cost the others
	$(BIN)/python scripts/stress_connections.py $(ARGS)

clean: ## Remove the virtual environment and caches (never the data)
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
