# The two commands of the README are `make run` and `make test`. `make help` lists the others.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
# uv needs a fraction of the time; where it cannot be had, or finds no package, pip does it.
install = { $(BIN)/uv pip install -q --python $(BIN)/python $(1) 2>/dev/null || \
  $(BIN)/pip install -q --disable-pip-version-check $(1); }
# Certificates are this machine's own, as pip's are.
export UV_SYSTEM_CERTS := 1
WORKSPACE ?= workspace
# What Python compiles is kept, once for all processes, and never beside the sources.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CURDIR)/.venv/pycache

help:  ## list these targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /\1\t/' | column -t -s "$$(printf '\t')"

run: .venv/use  ## set up, run all playbooks on the examples, say where the reports are
	@$(BIN)/playbook demo --workspace $(WORKSPACE)

test: .venv/python  ## format, lint, types and every test
	@$(MAKE) --no-print-directory -j 2 .venv/test packages
	@$(MAKE) --no-print-directory check
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder --durations=15

check: .venv/test  ## format, lint and types only
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy

lab: .venv/use  ## open the playbooks in JupyterLab
	@$(BIN)/playbook lab --workspace $(WORKSPACE)

app: .venv/use  ## serve the playbooks as pages without code
	@$(BIN)/playbook app --workspace $(WORKSPACE)

bench: .venv/test .venv/peers  ## measure beside the peers, and write docs/benchmarks.md
	@PLAYBOOK_PEERS=.venv/peers/bin/python $(BIN)/python -W ignore tests/bench.py

pictures: .venv/test  ## take the pictures in docs/ anew (needs Debian's chromium)
	@$(BIN)/python docs/pictures.py

lock: .venv/test  ## write both requirements files anew from pyproject.toml
	@$(BIN)/python -m uv pip compile -q --upgrade --no-header --universal --python-version 3.11 pyproject.toml -o requirements.txt
	@$(BIN)/python -m uv pip compile -q --no-header --universal --python-version 3.11 pyproject.toml --group test -c requirements.txt -o requirements-test.txt

clean:  ## remove the environment and caches, never a workspace
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis

packages:  # Debian packages that only the tests need
	@tests/packages.sh

.venv/python:
	@tests/packages.sh python3-venv
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install -q --disable-pip-version-check uv || true
	@touch $@

.venv/use: .venv/python requirements.txt pyproject.toml
	@echo "Setting up .venv (once, about a minute) …"
	@$(call install,-r requirements.txt) && $(call install,--no-deps -e .) && touch $@

.venv/test: .venv/use requirements-test.txt
	@$(call install,-r requirements-test.txt) && touch $@

# Peers that do not go with our versions.
.venv/peers: .venv/test
	@$(PYTHON) -m venv $@ && $(BIN)/python -m uv pip install -q --python $@/bin/python skrub ydata-profiling nannyml setuptools pyarrow && touch $@

.PHONY: help run test check lab app bench pictures lock clean packages
