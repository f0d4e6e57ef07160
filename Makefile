# Two commands to begin with: `make demo` and `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PHOTO ?=
UPSCALE ?=
EFFECTS ?=
PAIRS ?=

TOOLS := $(VENV)/tools
SECONDS ?= 60
LOCKS := api worker worker,torch

.PHONY: help demo up test test-unit test-slow test-faults fuzz lint format lock audit bench bench-quality clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: $(VENV)/.run $(if $(UPSCALE),$(VENV)/.torch) ## cut out a photo: PHOTO=path UPSCALE=2 EFFECTS=drop_shadow,outline
	@$(BIN)/cutroom demo $(if $(PHOTO),"$(PHOTO)") $(if $(UPSCALE),--upscale $(UPSCALE)) $(if $(EFFECTS),--effects $(EFFECTS))

up: $(VENV)/.run ## Redis, API, worker and keeper in the foreground, on 127.0.0.1:8000, until Ctrl-C
	@$(BIN)/cutroom up

test: $(VENV)/.dev ## all tests but the slow ones: unit, real Redis, real Celery worker
	$(BIN)/python -m pytest -m "not slow" $(ARGS)

test-unit: $(VENV)/.dev ## only what needs no process beside the tests
	$(BIN)/python -m pytest -m "not integration and not weights and not slow" $(ARGS)

test-slow: $(VENV)/.dev ## the largest networks at their full size
	$(BIN)/python -m pytest -m slow $(ARGS)

test-faults: $(VENV)/.dev ## the fault suite in full (20 minutes), and the table of docs/reliability.md
	$(BIN)/python -m pytest tests/faults --faults=full --faults-write $(ARGS)
	$(BIN)/python -m benchmarks.pages

fuzz: $(VENV)/.fuzz ## look for pictures and specifications that break something: SECONDS=60 for each of the two
	for target in picture spec; do $(BIN)/python -m tests.fuzz $$target --seconds $(SECONDS) || exit 1; done

lint: $(VENV)/.dev ## ruff, mypy, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(TOOLS)/bin/uv ## pin what images install, with hashes, in requirements/*.lock: ARGS=--upgrade for newer ones
	for lock in $(LOCKS); do $(TOOLS)/bin/uv pip compile --quiet pyproject.toml requirements/build.in \
	  $$(printf -- '--extra %s ' $$(echo $$lock | tr , ' ')) --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-emit-index-url --no-config --custom-compile-command 'make lock' \
	  --output-file requirements/$$lock.lock $(ARGS) || exit 1; done

audit: $(TOOLS)/bin/pip-audit ## known vulnerabilities of what images install
	$(BIN)/python -m tests.security.supply.audit $(TOOLS)/bin/pip-audit

bench: $(VENV)/.dev ## speed as ratios, side by side in one run (an hour or more), into benchmarks/results
	for one in stages against_rembg throughput queueing api webhooks scaling growth models pages; do \
	  $(BIN)/python -m benchmarks.$$one || exit 1; done

bench-quality: $(VENV)/.dev ## mattes and colours against ground truth, into docs/quality.md: PAIRS=folder
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[matting]'
	$(BIN)/python -m benchmarks.quality $(if $(PAIRS),--pairs "$(PAIRS)")
	$(BIN)/python -m benchmarks.pages

clean: ## remove everything that was made here (weights stay in ~/.cache/cutroom)
	rm -rf $(VENV) var out build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info

# One stamp for each set of extras; a changed pyproject.toml installs again.
$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml | $(BIN)/python
	@echo "Installing Cutroom and what it needs into $(VENV): once, a minute or two."
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[api,worker,embedded]'
	@touch $@

$(VENV)/.torch: pyproject.toml | $(VENV)/.run
	@echo "Installing torch, which enlarging needs: once, a minute or more."
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[torch]'
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	@echo "Installing Cutroom and what its tests need into $(VENV): once, some minutes."
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[api,worker,embedded,torch,matting,dev]'
	@touch $@ $(VENV)/.run $(VENV)/.torch

$(VENV)/.fuzz: $(VENV)/.dev
	$(BIN)/pip install --quiet --disable-pip-version-check 'atheris==3.0.0'
	@touch $@

# In a room of their own: they bring libraries along, and must not choose ours.
$(TOOLS)/bin/python: | $(BIN)/python
	$(BIN)/python -m venv $(TOOLS)

$(TOOLS)/bin/uv $(TOOLS)/bin/pip-audit: | $(TOOLS)/bin/python
	$(TOOLS)/bin/pip install --quiet --disable-pip-version-check $(@F)
