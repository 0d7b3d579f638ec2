# `make help` lists what there is. Everything lives in this folder: .venv, .tastegraph (workspaces), .cache.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

export TASTEGRAPH_HOME ?= $(CURDIR)/.tastegraph
export TASTEGRAPH_CACHE ?= $(CURDIR)/.cache
export HF_HUB_OFFLINE ?= 1
export HF_HUB_DISABLE_TELEMETRY := 1
export DO_NOT_TRACK := 1
export TOKENIZERS_PARALLELISM := false

PYTHON ?= python3
PORT ?= 7860
# `make chat TORCH=cpu` takes the small CPU build of torch where the index that uv knows can be reached.
TORCH ?=
UV_VERSION := 0.13.9
UV := $(shell command -v uv 2>/dev/null || echo .cache/uv/bin/uv)
UV_PIP_CPU := $(if $(TORCH),--torch-backend $(TORCH))
BIN := .venv/bin

# An environment knows its own path; one that was moved or copied with the folder would run the old place's code.
WAS := $(shell cat .venv/where 2>/dev/null)
ifneq ($(WAS),)
ifneq ($(WAS),$(CURDIR))
$(info ==> This folder has moved; the environments are made anew)
$(shell rm -rf .venv .venv-vllm .venv-peers)
endif
endif

# Installs the packages of a lock file into .venv, and the project itself as it stands.
define install
	@test -x .venv/bin/python || $(UV) venv --quiet --clear --python $(PYTHON) .venv
	@echo "$(CURDIR)" > .venv/where
	@mkdir -p .cache && grep -vE '$(if $(TORCH),^(nvidia-|cuda-|triton),^$$)' $(1) > .cache/lock.txt
	@VIRTUAL_ENV="$(CURDIR)/.venv" $(UV) pip sync --quiet $(UV_PIP_CPU) .cache/lock.txt
	@VIRTUAL_ENV="$(CURDIR)/.venv" $(UV) pip install --quiet --no-deps --editable .
endef

.PHONY: help chat serve test unit check format doctor bench bench-small neo4j neo4j-jars vllm-env peers-env lock screenshots clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

# --- environments, from locks that uv compiled ---------------------------------------------------------------

.cache/uv/bin/uv:
	@echo "==> Bringing uv"
	@$(PYTHON) -m venv .cache/uv || { echo "Python's venv module is not whole; on Debian: apt-get install python3-venv"; exit 1; }
	@.cache/uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

# Where the test tools are installed, their lock holds the application's packages too.
.venv/app.stamp: requirements/app.txt requirements/dev.txt pyproject.toml | $(filter .cache/uv/bin/uv,$(UV))
	@echo "==> Installing the pinned packages into .venv"
	$(call install,$$(test -f .venv/dev.stamp && echo requirements/dev.txt || echo requirements/app.txt))
	@touch $@

.venv/dev.stamp: requirements/dev.txt pyproject.toml | $(filter .cache/uv/bin/uv,$(UV))
	@echo "==> Installing the pinned packages and the test tools into .venv"
	$(call install,requirements/dev.txt)
	@touch $@ .venv/app.stamp

.venv-vllm/vllm.stamp: requirements/vllm.txt | $(filter .cache/uv/bin/uv,$(UV))
	@echo "==> Installing vLLM (CPU build) into .venv-vllm"
	@test -x .venv-vllm/bin/python || $(UV) venv --quiet --clear --python $(PYTHON) .venv-vllm
	@VIRTUAL_ENV="$(CURDIR)/.venv-vllm" $(UV) pip sync --quiet requirements/vllm.txt
	@touch $@

.venv-peers/peers.stamp: requirements/peers.txt | $(filter .cache/uv/bin/uv,$(UV))
	@echo "==> Installing other projects' recommenders into .venv-peers"
	@test -x .venv-peers/bin/python || $(UV) venv --quiet --clear --python $(PYTHON) .venv-peers
	@VIRTUAL_ENV="$(CURDIR)/.venv-peers" $(UV) pip sync --quiet requirements/peers.txt
	@touch $@

lock: | $(filter .cache/uv/bin/uv,$(UV)) ## compile the lock files anew
	$(UV) pip compile --quiet pyproject.toml --universal --python-version 3.11 --override requirements/overrides.txt -o requirements/app.txt
	$(UV) pip compile --quiet pyproject.toml --extra dev --extra llm --extra research --extra postgres --universal --python-version 3.11 --override requirements/overrides.txt -o requirements/dev.txt
	$(UV) pip compile --quiet requirements/vllm.in --python-version 3.11 --override requirements/vllm-overrides.txt -o requirements/vllm.txt
	$(UV) pip compile --quiet requirements/peers.in --python-version 3.11 --only-binary :all: --override requirements/peers-overrides.txt -o requirements/peers.txt

# --- using it ------------------------------------------------------------------------------------------------

chat: .venv/app.stamp ## install, build the starter workspaces, serve the web chat on http://127.0.0.1:7860
	@$(BIN)/tastegraph starter --catalogue all --if-missing
	@$(BIN)/tastegraph serve --port $(PORT)

serve: .venv/app.stamp ## serve the web chat over the workspaces that are there
	@$(BIN)/tastegraph serve --port $(PORT)

doctor: .venv/app.stamp ## say of every part whether it works, and what to do if not
	@$(BIN)/tastegraph doctor

neo4j: .venv/app.stamp ## fetch Neo4j 5.26 Community, start it, load the films workspace into it
	@$(BIN)/tastegraph kg serve

neo4j-jars: .venv/app.stamp ## fetch the Neo4j server's jars into the cache folder
	@$(BIN)/tastegraph kg serve fetch

vllm-env: .venv/dev.stamp .venv-vllm/vllm.stamp ## install vLLM (.venv-vllm) and the small model that it can serve
	@$(BIN)/tastegraph llm prepare

peers-env: .venv-peers/peers.stamp ## install the recommenders of other projects, to measure beside (.venv-peers)

# --- checking it ---------------------------------------------------------------------------------------------

test: .venv/dev.stamp ## everything that the suite needs, then the suite
	@if [ "$$(uname -sm)" = "Linux x86_64" ]; then $(MAKE) --no-print-directory vllm-env; fi
	@if command -v java >/dev/null && command -v mvn >/dev/null; then $(BIN)/tastegraph kg serve fetch; fi
	@$(BIN)/python -m pytest -n 2 --no-loadscope-reorder

unit: .venv/dev.stamp ## the fast tests only
	@$(BIN)/python -m pytest -m "not slow and not neo4j and not vllm and not browser"

check: .venv/dev.stamp ## ruff, mypy strict, import-linter
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/dev.stamp ## rewrite the code in the house's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/dev.stamp ## measure every stated figure again (docs/figures.toml; `tastegraph eval stated --plan` says how long)
	$(BIN)/tastegraph eval stated --data ../shared/data --out reports/stated --resume

bench-small: .venv/dev.stamp ## the same on samples, in ten minutes on two cores
	$(BIN)/tastegraph eval stated --small --data ../shared/data --out reports/stated-small

screenshots: .venv/dev.stamp ## draw the pictures of the documentation anew
	@TASTEGRAPH_SCREENSHOTS=docs/images $(BIN)/python -m pytest -q -m browser tests/ui

clean: ## remove the environments and caches; workspaces stay
	rm -rf .venv .venv-vllm .venv-peers .cache .mypy_cache .ruff_cache .pytest_cache reports
