# 1919. `make` alone prints this help.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCKING = $(CURDIR)/$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade)

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

torture: $(VENV)/test ## every part broken on purpose, every bad input tried (an hour); the figures go into README; K=redis runs what has that name
	$(BIN)/python -m bench.torture $(K)

long: $(VENV)/test ## the long forms of other tests; K=throughput runs what has that name
	$(BIN)/pytest -m long -n 0 $(if $(K),-k "$(K)")

soak: $(VENV)/test ## half an hour of callers at 100 hops a second: memory, times and statements stay as they are
	FIGURES=1 $(BIN)/pytest -m soak -n 0 -s

pictures: $(VENV)/test ## pictures of every page of the console, at 360 and 1280 px, light and dark, into var/pictures
	$(BIN)/pytest -m pictures -n 0 tests/console

bench: $(VENV)/test ## what is measured, by name; K=imports measures it, SMALL=1 in little
	@SMALL=$(SMALL) $(BIN)/python -m bench $(K)

mutants: $(VENV)/test ## small faults put into the parts that must not be wrong: do the tests notice? (an hour); K=turn tries one part
	FIGURES=1 $(BIN)/python -m bench.mutants $(K); \
	status=$$?; $(BIN)/python -m bench.figures; exit $$status

audit: $(VENV)/test ## unsafe code, secrets, packages without a digest or with a known hole
	FIGURES=1 $(BIN)/python -m bench.hygiene; \
	status=$$?; $(BIN)/python -m bench.figures; exit $$status

sbom: $(VENV)/test ## the bill of materials, in CycloneDX's form, into var/sbom.json
	$(BIN)/python -m bench.hygiene bill

lock: $(VENV)/test ## write the locks anew from requirements.txt; UPGRADE=1 takes newer versions of what these bring with them
	for one in . tests; do (cd $$one && $(LOCKING) requirements.txt --output-file requirements.lock) || exit 1; done

format: $(VENV)/test ## put the code in its usual form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## forget the environment; the demonstration's data under var/ stays
	rm -rf $(VENV)

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/run: requirements.lock | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@touch $@

$(VENV)/test: tests/requirements.lock requirements.lock | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement tests/requirements.lock
	@touch $@ $(VENV)/run

.PHONY: help run phone test torture long soak pictures bench mutants audit sbom lock format clean
