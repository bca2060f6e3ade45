# 1919. `make` alone prints this help.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

help: ## what can be made
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(VENV)/run ## the whole line with demonstration data, on http://127.0.0.1:1919
	@DEMO=1 PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/flask demonstration run

phone: $(VENV)/run ## a phone in this terminal, on the demonstration's data; KEYS='1 1 12345678' types for you
	@DEMO=1 $(BIN)/flask phone $(if $(KEYS),--keys '$(KEYS)')

test: $(VENV)/test ## lint, types, import contract and every test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports --no-cache
	$(BIN)/pytest

torture: $(VENV)/test ## long runs: random calls, killed senders, fail-over, 40,000 texts, a campaign over 226,247 (an hour); K=kill runs one
	$(BIN)/pytest -m torture -n 0 -s $(if $(K),-k "$(K)")

pictures: $(VENV)/test ## pictures of every page of the console, at 360 and 1280 px, light and dark, into var/pictures
	$(BIN)/pytest -m pictures -n 0 tests/console

bench: $(VENV)/test ## what is measured, by name; K=imports measures it, SMALL=1 in little
	@SMALL=$(SMALL) $(BIN)/python -m bench $(K)

format: $(VENV)/test ## put the code in its usual form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## forget the environment; the demonstration's data under var/ stays
	rm -rf $(VENV)

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/run: requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	@touch $@

$(VENV)/test: tests/requirements.txt requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement tests/requirements.txt
	@touch $@ $(VENV)/run

.PHONY: help run phone test torture pictures bench format clean
