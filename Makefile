# Five words do all: `make run`, `make test`, `make check`, `make demo`, `make bench`.
# Only Python 3.11+ and, the first time, a network are needed. Everything lives in .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test check demo demo-app bench soak docker-lab docker-story image-check format lock clean

help:
	@sed -n '1,2s/^# //p' Makefile

$(UV):
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

# What a node needs to run. Bytecode is compiled now, so that the first start is as fast as the rest.
$(VENV)/.run: requirements.lock pyproject.toml | $(UV)
	$(UV) pip install --quiet --require-hashes --compile-bytecode -r requirements.lock
	$(UV) pip install --quiet --no-deps --editable .
	$(BIN)/python -m compileall -q node
	@touch $@

# What its tests and checks need besides.
$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/.run
	$(UV) pip install --quiet --require-hashes --compile-bytecode -r requirements-dev.lock
	@touch $@

# The device in TypeScript (browser/): Node comes with .dev, its packages with their lock file.
BROWSER := browser/node_modules/.installed-lock.json
$(BROWSER): browser/package-lock.json | $(VENV)/.dev
	$(BIN)/python -m tools.browser install

# Other implementations that ours is run against, likewise.
PEERS := tests/interop/fedify/node_modules/.installed-lock.json
$(PEERS): tests/interop/fedify/package-lock.json tests/e2ee/mls/peer/package-lock.json | $(VENV)/.dev
	$(BIN)/python -m tools.packages

run: $(VENV)/.run
	$(BIN)/kith serve --data data --domain localhost:8420 --listen 127.0.0.1:8420

test: $(VENV)/.dev $(BROWSER) $(PEERS)
	tools/services
	$(BIN)/pytest -n auto $(PYTEST_ARGS)

check: $(VENV)/.dev $(BROWSER)
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m tools.browser check
	$(BIN)/python -m tools.audit
	$(BIN)/pytest -q -n 0 tests/test_shape.py tests/test_spec.py tests/test_docs.py

format: $(VENV)/.dev $(BROWSER)
	$(BIN)/ruff format --quiet .
	$(BIN)/ruff check --quiet --fix .
	$(BIN)/python -m tools.browser format

demo: $(VENV)/.dev
	$(BIN)/python -m tools.demo

demo-app: $(VENV)/.dev
	tools/services
	$(BIN)/python -m tools.demo_app

bench: $(VENV)/.dev $(PEERS)
	tools/services
	$(BIN)/python -m tools.bench

soak: $(VENV)/.dev $(PEERS)
	tools/soak

docker-lab: $(VENV)/.dev
	$(BIN)/python -m tools.docker_lab

docker-story: $(VENV)/.dev
	$(BIN)/python -m tools.docker_story

image-check: $(VENV)/.dev
	$(BIN)/python -m tools.image_check

lock: | $(UV)
	$(UV) pip compile --quiet pyproject.toml --python-version 3.11 --universal --generate-hashes \
		--no-emit-index-url --no-annotate --custom-compile-command "make lock" -o requirements.lock
	$(UV) pip compile --quiet pyproject.toml --extra dev --python-version 3.11 --universal \
		--generate-hashes --no-emit-index-url --no-annotate \
		--custom-compile-command "make lock" -o requirements-dev.lock

clean:
	rm -rf build dist .mypy_cache .ruff_cache .hypothesis
