# One task runner. Each target makes its own environment in .venv from requirements/ when it needs to; none needs root.

PYTHON ?= python3
VENV := .venv
PEERS := .venv-peers
ROBYN := .venv-robyn
MODERN := .venv-modern
FIRST_STEPS := .venv-first-steps
PYTHONS ?= $(PYTHON)
LOWEST := .venv-lowest
APPLICATIONS := .venv-applications
LOWEST_TESTS = $(filter-out %.py %/e2e %/__pycache__,$(wildcard packages/*/tests/*)) $(wildcard packages/*/tests/test_*.py) \
	packages/api-hour/tests/e2e/test_targets.py
BIN := $(VENV)/bin
UV := .venv-uv/bin/uv
PACKAGES := packages/api-hour packages/rush-hour
ARGS ?=

# $(call install,ENVIRONMENT) FILE installs pins; $(call editable,ENVIRONMENT) installs the two packages from here.
install = $(UV) pip install --quiet --python $(1)/bin/python --require-hashes --requirement
editable = $(UV) pip install --quiet --python $(1)/bin/python --no-deps --no-build-isolation $(PACKAGES:%=--editable %)

.PHONY: help bench test test-benches test-all simulations test-engine test-pythons test-lowest applications applications-short workloads modern soak lint types perf perf-load perf-http perf-daemon perf-history perf-compare first-steps docs clean meinheld pins format

help: ## Show this list.
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

bench: $(VENV)/.bench ## Rerun the published comparison; ARGS="--duration 5m --only api-hour" passes options on.
	@echo "$(BIN)/rush-hour bench benchmarks/suites/published.toml $(ARGS)"
	@$(BIN)/rush-hour bench benchmarks/suites/published.toml $(ARGS) \
		|| { code=$$?; [ $$code -eq 4 ] || exit $$code; } # 4: measured, but in doubt; the report says why

soak: $(VENV)/.bench $(VENV)/.dev ## Ask one daemon all kinds of things for 10 minutes while its workers are replaced; ARGS="--duration 20s" for less.
	$(BIN)/python benchmarks/soak/soak.py $(ARGS)

test: $(VENV)/.bench $(VENV)/.dev ## Run all tests but those of whole benches; ARGS="-k name" passes options on.
	$(BIN)/pytest --numprocesses=3 --dist=loadfile packages/api-hour $(ARGS)
	$(BIN)/pytest --numprocesses=3 --dist=loadfile packages/rush-hour --ignore=packages/rush-hour/tests/e2e $(ARGS)

test-benches: $(VENV)/.bench $(VENV)/.dev ## Run the tests of whole benches, trials and suites.
	$(BIN)/pytest --numprocesses=3 --dist=loadfile packages/rush-hour/tests/e2e benchmarks/tests $(ARGS)

test-all: test test-benches ## Run both.

simulations: $(VENV)/.bench $(VENV)/.dev ## Simulate what is concluded from figures, over five times as many trials as the tests.
	RUSH_HOUR_SIMULATIONS=1 $(BIN)/pytest --numprocesses=3 --dist=loadfile $(wildcard packages/rush-hour/tests/judge/*/test_simulat*.py) $(ARGS)

test-engine: $(VENV)/.bench $(VENV)/.dev ## Run the tests of the HTTP engine only.
	$(BIN)/pytest --numprocesses=3 --dist=loadfile packages/api-hour/tests/http $(ARGS)

test-pythons: ## Run test-all on the oldest CPython that is here, test on the newest, test-engine on the others.
	$(PYTHON) benchmarks/installed/pythons.py

test-lowest: $(LOWEST)/.lowest ## Run tests with the oldest dependencies that the packages allow (on CPython 3.11).
	$(LOWEST)/bin/pytest --numprocesses=3 --dist=loadfile $(LOWEST_TESTS) $(ARGS)

applications: $(APPLICATIONS)/.large ## Serve real applications beside uvicorn and Gunicorn, and compare; ARGS="--only django" for less.
	$(APPLICATIONS)/bin/python benchmarks/applications/applications.py $(ARGS)

applications-short: $(APPLICATIONS)/.small
	$(APPLICATIONS)/bin/python benchmarks/applications/applications.py --short $(ARGS)

workloads: $(VENV)/.bench $(VENV)/.dev ## Load three applications with logins, and see that every answer is good; ARGS="--duration 60s" for longer.
	$(BIN)/python benchmarks/workloads/workloads.py $(ARGS)

modern: $(MODERN)/.modern $(ROBYN)/.robyn ## Bench the frameworks of today under nine workloads; ARGS="--workload json --duration 2s" for less.
	$(MODERN)/bin/python benchmarks/modern/modern.py $(ARGS)

lint: $(VENV)/.bench $(VENV)/.dev ## Check style, spelling and the layers.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/lint-imports

types: $(VENV)/.bench $(VENV)/.dev ## Check types.
	$(BIN)/mypy

perf: perf-load perf-http perf-daemon perf-history perf-compare ## Measure us beside our peers on the same work; prints ratios.

perf-load: $(VENV)/.bench ## Measure the load generator beside wrk, wrk2, h2load, oha and curl, those that are on PATH.
	$(BIN)/python benchmarks/perf/load_generators.py
	$(BIN)/python benchmarks/perf/bodies.py
	$(BIN)/python benchmarks/perf/accuracy.py

perf-http: $(PEERS)/.perf $(ROBYN)/.robyn ## Measure the HTTP engine beside its peers; ARGS="--table /index --only uvicorn" for less.
	$(PEERS)/bin/python benchmarks/perf/http_servers.py $(ARGS)

perf-daemon: $(VENV)/.bench $(PEERS)/.perf ## Measure what our daemon and its peers lose in reloads, recycling and faults.
	$(BIN)/python benchmarks/perf/daemons.py $(ARGS)
	$(BIN)/python benchmarks/perf/faults.py
	$(PEERS)/bin/python benchmarks/perf/stopping.py

perf-history: $(VENV)/.bench ## Measure how long `rush-hour history` takes over 10,000 documents; ARGS="--documents 1000" for less.
	$(BIN)/python benchmarks/perf/history.py packages/rush-hour/tests/results/documents/load-2.json $(ARGS)

perf-compare: $(VENV)/.bench ## Compare API-Hour with itself, and with itself taking a tenth more CPU time; ARGS="--repeats 5" for less.
	$(BIN)/python benchmarks/perf/comparisons.py $(ARGS)

first-steps: | $(UV) ## Compare first steps with tasks, on PYTHONS="python3.11 python3.14"; ARGS="--programs 100000" for more.
	@set -e; for python in $(PYTHONS); do \
		environment=$(FIRST_STEPS)/$$($$python -c 'import platform; print(platform.python_version())'); \
		if [ ! -e $$environment/.uvloop ]; then \
			$$python -m venv $$environment; \
			sed -n '/^uvloop==/,/[^\\]$$/p' requirements/bench.txt >$$environment/uvloop.txt; \
			$(call install,$$environment) $$environment/uvloop.txt; \
			touch $$environment/.uvloop; \
		fi; \
		$$environment/bin/python packages/api-hour/tests/first_step_runs.py $(ARGS); \
	done

docs: $(VENV)/.bench $(VENV)/.docs ## Build the documentation into docs/_build/html.
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going docs docs/_build/html
	@echo "docs/_build/html/index.html"

format: $(VENV)/.dev ## Rewrite the code in its style.
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

meinheld: $(VENV)/.bench ## Install Meinheld and show what the compiler says.
	$(call install,$(VENV)) requirements/meinheld.txt --no-deps --no-build-isolation --verbose

pins: ## Choose the newest versions again and write them to requirements/*.txt (with uv, in an environment of its own).
	$(PYTHON) requirements/pin.py

clean: ## Remove everything that was made.
	rm -rf $(VENV) .venv .venv-* build dist docs/_build .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
	find . -name '*.egg-info' -prune -exec rm -rf {} +

$(UV): requirements/uv.txt
	@$(PYTHON) -m venv .venv-uv
	@.venv-uv/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes --requirement $<
	@touch $@

$(BIN)/python:
	@echo "making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "CPython 3.11 or newer is needed; name one with make PYTHON=python3.11")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.bench: requirements/bench.txt requirements/meinheld.txt $(PACKAGES:=/pyproject.toml) | $(BIN)/python $(UV)
	@echo "installing what the bench runs (requirements/bench.txt)"
	@$(call install,$(VENV)) requirements/bench.txt
	@echo "compiling Meinheld"
	@$(call install,$(VENV)) requirements/meinheld.txt --no-deps --no-build-isolation >$(VENV)/meinheld.log 2>&1 \
		&& $(BIN)/python -c 'import meinheld.gmeinheld' >>$(VENV)/meinheld.log 2>&1 \
		|| { tail -3 $(VENV)/meinheld.log; echo "Meinheld was not installed: its systems will be unavailable"; }
	@echo "installing the two packages"
	@$(call editable,$(VENV))
	@touch $@

$(PEERS)/.perf: requirements/perf.txt requirements/meinheld.txt $(PACKAGES:=/pyproject.toml) | $(UV)
	@echo "installing our peers and the two packages (requirements/perf.txt) into $(PEERS)"
	@$(PYTHON) -m venv $(PEERS)
	@$(call install,$(PEERS)) $<
	@echo "compiling Meinheld"
	@$(call install,$(PEERS)) requirements/meinheld.txt --no-deps --no-build-isolation >$(PEERS)/meinheld.log 2>&1 \
		|| { tail -3 $(PEERS)/meinheld.log; echo "Meinheld was not installed: its systems will be unavailable"; }
	@$(call editable,$(PEERS))
	@touch $@

$(LOWEST)/.lowest: requirements/lowest.txt $(PACKAGES:=/pyproject.toml) | $(UV)
	@echo "installing the oldest dependencies that the two packages allow (requirements/lowest.txt) into $(LOWEST)"
	@$(PYTHON) -m venv $(LOWEST)
	@$(call install,$(LOWEST)) $<
	@$(call editable,$(LOWEST))
	@touch $@

$(APPLICATIONS)/.small: requirements/applications.txt $(PACKAGES:=/pyproject.toml) | $(UV)
	@echo "installing applications and the two packages (requirements/applications.txt) into $(APPLICATIONS)"
	@$(PYTHON) -m venv $(APPLICATIONS)
	@$(call install,$(APPLICATIONS)) $<
	@$(call editable,$(APPLICATIONS))
	@touch $@

$(APPLICATIONS)/.large: requirements/applications-large.txt $(APPLICATIONS)/.small | $(UV)
	@echo "installing large applications (requirements/applications-large.txt) into $(APPLICATIONS)"
	@$(call install,$(APPLICATIONS)) $<
	@touch $@

$(MODERN)/.modern: requirements/modern.txt $(PACKAGES:=/pyproject.toml) | $(UV)
	@echo "installing frameworks and the two packages (requirements/modern.txt) into $(MODERN)"
	@$(PYTHON) -m venv $(MODERN)
	@$(call install,$(MODERN)) $< || { \
		echo "not all of it can be installed: one by one"; \
		for name in $$(sed -n 's/^\([a-z0-9-]*\)==.*/\1/p' $< | uniq); do \
			sed -n "/^$$name==/,/[^\\]$$/p" $< >$(MODERN)/$$name.txt; \
			$(call install,$(MODERN)) $(MODERN)/$$name.txt --no-deps \
				|| echo "$$name was not installed: what needs it will be unavailable"; \
		done; \
	}
	@$(call editable,$(MODERN))
	@touch $@

$(ROBYN)/.robyn: requirements/robyn.txt | $(UV)
	@echo "installing Robyn (requirements/robyn.txt) into $(ROBYN)"
	@$(PYTHON) -m venv $(ROBYN)
	@$(call install,$(ROBYN)) $< \
		|| echo "Robyn was not installed: it will be unavailable"
	@touch $@

$(VENV)/.dev $(VENV)/.docs: $(VENV)/.%: requirements/%.txt | $(BIN)/python $(UV)
	@echo "installing requirements/$*.txt"
	@$(call install,$(VENV)) $<
	@touch $@
