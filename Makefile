# make tutor opens the course; make test is what every change must pass. Say `make` for the list.

VENV ?= .venv
BIN := $(VENV)/bin
export VENV

.PHONY: help tutor install test check lint messages pictures clean

help:  ## Say what can be made
	@echo "Gradatim: from a first tensor to a GPT-2 that you wrote yourself."
	@echo
	@sed -n 's/^\([a-z]*\):.*##  *\(.*\)/  make \1|\2/p' Makefile | awk -F '|' '{printf "%-16s %s\n", $$1, $$2}'
	@echo
	@echo "  PYTHON=python3.12   which Python makes $(VENV)"
	@echo "  TORCH_INDEX=        where PyTorch's CPU build comes from; empty for pip's usual index"

tutor: $(VENV)/.use  ## Install what is missing (once), then open the course
	@$(BIN)/gradatim

install: $(VENV)/.use  ## Install what is missing, and open nothing: for scripts

$(VENV)/.use: pyproject.toml constraints.txt
	@.ci/environment use

$(VENV)/.test: pyproject.toml constraints.txt
	@.ci/environment test
	@touch $(VENV)/.use

lint: $(VENV)/.test  ## Style, types, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint  ## The linters and every test that is not long (under 20 minutes on two cores)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 -m "not long and not alone" $(PYTEST)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not long and alone" $(PYTEST)

check: lint  ## Everything: the long tests too
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 -m "not alone" $(PYTEST)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m alone $(PYTEST)

messages: $(VENV)/.test  ## List all that is read, for translators: docs/messages.pot and docs/exercises.pot
	$(BIN)/python docs/translate.py extract docs/messages.pot
	$(BIN)/python docs/translate.py extract --exercises docs/exercises.pot

pictures: $(VENV)/.test  ## Draw the README's pictures anew, from the real screens and the real grader
	OMP_NUM_THREADS=1 $(BIN)/python bench/pictures.py

clean:  ## Remove what was made here; your work and progress live elsewhere and stay
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
