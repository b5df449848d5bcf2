# Houseband. Every target sets up what it needs first.
SHELL := /bin/sh
VENV ?= .venv
export HOUSEBAND_VENV := $(abspath $(VENV))
PYTHON ?= python3
BIN := $(HOUSEBAND_VENV)/bin
PROMPT ?=
OUT ?=
SEED ?=
ARGS ?=
# Processes of the suite: a song that is made keeps the process that waits for it idle.
JOBS ?= 4
# As typed: make would read a dollar sign in them as a variable of its own, or run what $(shell …) says.
override PROMPT := $(value PROMPT)
override OUT := $(value OUT)
override SEED := $(value SEED)
export PROMPT OUT SEED

.PHONY: help song studio test lint bench eval gallery snapshots locks schemas proto clean setup setup-dev

help:
	@echo 'make song PROMPT="warm lo-fi hip hop, 80 bpm" [OUT=dir] [SEED=n] [ARGS="--duration 60"]   make a song'
	@echo 'make test    the whole suite      make lint    ruff, mypy, import-linter'
	@echo 'make bench   speed and memory     make eval    50 prompts, written to docs/'
	@echo 'make gallery one song of every style, with pictures   make eval-sound   200 records, measured'
	@echo 'make eval-brief   prompts with truth   make eval-ears   200 songs heard blind   make eval-likeness   references'
	@echo 'make studio  everything on this machine, until stopped'
	@echo 'make clean   remove what make made here'

setup:
	@$(PYTHON) infra/setup.py local

setup-dev:
	@$(PYTHON) infra/setup.py dev

song: setup
	@$(BIN)/houseband make $${OUT:+--out "$$OUT"} $${SEED:+--seed "$$SEED"} $(ARGS) -- "$$PROMPT"

studio: setup
	@$(BIN)/houseband up

lint: setup-dev
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

test: lint
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) --dist loadfile

bench: setup-dev
	@$(BIN)/python -m tests.benchmarks $(ARGS)

eval: setup-dev
	@$(BIN)/python -m tests.evaluation

# eval-score, eval-audio, eval-sound, eval-instruments, eval-brief, eval-ears, eval-likeness, eval-theory, eval-instructions
eval-%: setup-dev
	@OMP_NUM_THREADS=1 $(BIN)/python -m tests.evaluation.$* $(ARGS)

gallery: setup-dev
	@OMP_NUM_THREADS=1 $(BIN)/python -m tests.evaluation.gallery $(ARGS)

snapshots: setup-dev
	@$(BIN)/python -m tests.generator.snapshots

schemas: setup-dev
	@$(BIN)/python -m contracts.export

proto: setup-dev
	@$(BIN)/python -m services.gateway.grpc.generate

locks:
	@infra/locks/make_locks.sh

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
