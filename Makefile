# Ieum: every daily command. `make` alone lists them.
# Works from any path (spaces too), as root or not, with git, make and Python >= 3.11 and nothing else.

SHELL := /bin/sh
.DEFAULT_GOAL := help

# The newest supported interpreter that is there; name another with `make PYTHON=/path/to/python setup`.
PYTHON ?= $(shell for candidate in python3 python3.13 python3.12 python3.11; do \
	"$$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null \
	&& { echo "$$candidate"; break; }; done)

# Relative on purpose: a path with spaces then never reaches make's own word splitting.
PY := .venv/bin/python
STAMP := .venv/.installed
# AsyncAPI's official parser, with its rules and the schema of every version.
ASYNCAPI_PARSER := 3.6.3
# Restate's server, a peer of `make bench`.
RESTATE := 1.7.12

.PHONY: help
help: ## list what you can ask for
	@echo "Ieum: make <target>"; echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-13s %s\n", $$1, $$2 }' Makefile

.PHONY: setup
setup: $(STAMP) ## make .venv with every dependency (at once when nothing changed)
	@echo "setup: .venv is ready"

$(STAMP): requirements/dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { \
		echo "setup: Ieum needs Python 3.11, 3.12 or 3.13, and found none; install one, or run 'make setup PYTHON=/path/to/python'." >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "setup: $(PYTHON) has no venv module; install it (Debian and Ubuntu: apt install python3-venv) and run 'make setup' again." >&2; exit 1; }
	@test "$$(cat $(STAMP) 2>/dev/null)" = "$(CURDIR)" && $(PY) -m pip --version >/dev/null 2>&1 || { \
		echo "setup: making .venv with $$("$(PYTHON)" --version) (1 to 2 minutes the first time)"; "$(PYTHON)" -m venv --clear .venv; }
	@echo "setup: installing $$(grep -c '^[a-z].*==' requirements/dev.txt) packages, each checked against its hash"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@echo "setup: installing Ieum itself, editable"
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@echo "$(CURDIR)" >$(STAMP)

# A .venv that was copied or moved still points to where it was made; it is made anew.
ifneq ($(shell cat $(STAMP) 2>/dev/null),$(CURDIR))
$(STAMP): moved
endif
.PHONY: moved
moved:

.PHONY: check
check: $(STAMP) ## everything CI checks: format, lint, types, floors; counts failures instead of stopping at the first
	@failed=0; \
	look() { echo "check: $$1"; shift; "$$@" || failed=$$((failed + 1)); }; \
	look "format (ruff format)" $(PY) -m ruff format --check --quiet . ; \
	look "lint (ruff check)" $(PY) -m ruff check --quiet . ; \
	look "types (pyright strict)" $(PY) -m basedpyright ; \
	look "floors (import-linter)" $(PY) -c 'from importlinter.cli import lint_imports_command as floors; floors(["--no-cache", "--no-logo"])' ; \
	if [ $$failed -eq 0 ]; then echo "check: all 4 passed"; else echo "check: $$failed of 4 failed"; exit 1; fi

.PHONY: format
format: $(STAMP) ## put the code into the house's form, and mend what can be mended safely
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix --quiet . || true

.PHONY: test
test: $(STAMP) ## every test on a real PostgreSQL and Prefect (a cut: make test ARGS="tests/unit -x")
	@echo "test: starting; servers come up when the first test asks for one"
	@$(if $(SHARED),$(SHARED_TEST),$(PY) -m pytest $(ARGS))

# Three processes share the tests, file by file in their order (the long ones come early), each with servers of its own:
# much of a test's time is waiting.
SHARED_TEST = $(PY) -m pytest --dist=loadfile --no-loadscope-reorder --numprocesses=3

.PHONY: faults
faults: $(STAMP) ## the long run: 200 kills during 100 journeys, servers away, hostile agencies, with counts
	@FAULT_KILLS=200 $(PY) -m pytest tests/e2e/faults -s $(ARGS)

.PHONY: kills
kills: KILLS ?= 10000
kills: MINUTES ?= 240
kills: $(STAMP) ## the longest run: 10,000 kills, an hour and a half (bounded: make kills KILLS=1000 MINUTES=30)
	@FAULT_KILLS=$(KILLS) FAULT_MINUTES=$(MINUTES) FAULT_LIFE_SECONDS=0.8 FAULT_PREFECT_EVERY=4 $(PY) -m pytest tests/e2e/faults/test_kill.py -s $(ARGS)

.PHONY: cluster-test
cluster-test: $(STAMP) ## the house on many machines, on one, with faults and counts (a short one: ARGS="--size small")
	@$(PY) -m tests.e2e.cluster $(ARGS)

.PHONY: upgrade-test
upgrade-test: FROM ?= $(shell git rev-list -1 HEAD -- models/migrations/versions)~1
upgrade-test: $(STAMP) ## an upgrade under open journeys: from before the last change of the tables, or FROM=revision
	@$(PY) -m tests.e2e.cluster --size upgrade --from-revision $(FROM) $(ARGS)

.PHONY: bench-check
bench-check: $(STAMP) ## does the benchmark check itself: six journeys, then a planted fault (a minute or two)
	@$(PY) -m pytest tests/e2e/long_bench.py $(ARGS)

.PHONY: bench-setup
bench-setup: $(STAMP) ## make .venv-bench with the peers that `make bench` measures Ieum against
	@test "$$(cat .venv-bench/.installed 2>/dev/null)" = "$(CURDIR) $$(cksum <requirements/bench.txt)" || { \
		echo "bench-setup: installing $$(grep -c '^[a-z].*==' requirements/bench.txt) packages of the peers"; \
		$(PY) -m venv --clear .venv-bench; \
		.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt && \
		echo "$(CURDIR) $$(cksum <requirements/bench.txt)" >.venv-bench/.installed; }
	@command -v redis-server >/dev/null || echo "bench-setup: without redis-server (Debian: apt install redis-server) Celery is left out"
	@test -d .ieum/restate/node_modules || { command -v npm >/dev/null && mkdir -p .ieum/restate && \
		npm install --prefix .ieum/restate --no-save --ignore-scripts --no-audit --no-fund --loglevel=error \
		@restatedev/restate-server@$(RESTATE) >/dev/null; } || echo "bench-setup: without npm and the network Restate is left out"

.PHONY: bench
bench: bench-setup ## Ieum and its peers side by side (a quick one: make bench ARGS="--rounds 1 --journeys 50 --open")
	@$(PY) -m benchmarks $(ARGS)

.PHONY: demo
demo: $(STAMP) ## client A's whole journey, shown as it happens
	@.venv/bin/ieum demo $(ARGS)

.PHONY: up
up: $(STAMP) ## run everything on this machine (ARGS=--sandbox adds the pretend agencies)
	@.venv/bin/ieum up $(ARGS)

.PHONY: docs
docs: $(STAMP) ## write every generated page again from the code
	@echo "docs: docs/referral.md (the roads)"
	@$(PY) -m models.diagram docs/referral.md
	@echo "docs: docs/deadlines.md (the deadlines)"
	@$(PY) -m catalog.deadline_table docs/deadlines.md
	@echo "docs: docs/openapi.json (the doors)"
	@$(PY) -m web.openapi docs/openapi.json
	@echo "docs: scenarios/schema.json (the format of scenarios)"
	@$(PY) -m deployments.rehearsal.reading scenarios/schema.json

.PHONY: asyncapi
asyncapi: ## hold docs/asyncapi.yaml against AsyncAPI's official parser (needs npm and the network)
	@command -v npm >/dev/null || { echo "asyncapi: the official parser is a Node package; install Node 20 or newer with npm" >&2; exit 1; }
	@echo "asyncapi: @asyncapi/parser $(ASYNCAPI_PARSER) in .ieum/asyncapi"
	@mkdir -p .ieum/asyncapi && npm install --prefix .ieum/asyncapi --no-save --ignore-scripts --no-audit --no-fund \
		--loglevel=error @asyncapi/parser@$(ASYNCAPI_PARSER) >/dev/null
	@cp tests/asyncapi.mjs .ieum/asyncapi/ && node .ieum/asyncapi/asyncapi.mjs docs/asyncapi.yaml

.PHONY: requirements
requirements: $(STAMP) ## compile requirements/*.txt anew from pyproject.toml (needs the network)
	@echo "requirements: fetching the compiler into .ieum/uv"
	@test -x .ieum/uv/bin/uv || { $(PY) -m venv .ieum/uv && .ieum/uv/bin/python -m pip install --quiet uv; }
	@compile() { .ieum/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-annotate --no-header --no-strip-extras pyproject.toml "$$@"; }; \
	compile --output-file requirements/base.txt >/dev/null; \
	compile --group cluster --constraints requirements/base.txt --output-file requirements/cluster.txt >/dev/null; \
	compile --group dev --constraints requirements/cluster.txt --output-file requirements/dev.txt >/dev/null; \
	.ieum/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-annotate --no-header --no-strip-extras --group bench --output-file requirements/bench.txt >/dev/null; \
	for page in base cluster dev bench; do \
		awk -f requirements/twins.awk requirements/$$page.txt >.ieum/$$page.txt && mv .ieum/$$page.txt requirements/$$page.txt; done
	@echo "requirements: $$(grep -c == requirements/base.txt) to run, $$(grep -c == requirements/dev.txt) to develop; 'make setup' installs them"

.PHONY: clean
clean: ## remove .venv, .ieum and every cache (stop a running Ieum first)
	@if ls .ieum/*/data/postmaster.pid .ieum/data/postmaster.pid >/dev/null 2>&1; then \
		echo "clean: a PostgreSQL may still be running in .ieum; stop Ieum first (Ctrl-C where it runs), or remove .ieum by hand" >&2; exit 1; fi
	rm -rf .venv .venv-bench .ieum .hypothesis .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
