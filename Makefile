# Two commands are all a new user needs: `make serve` and `make test`.
# Everything is installed into .venv and var/; nothing else on the machine changes,
# except that `make test` asks apt for a browser and a database where it may.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
HOST ?= 127.0.0.1
PORT ?= 8000
PYTEST_WORKERS ?= 2
TRANSLATIONS := $(wildcard webmap/translations/*/LC_MESSAGES/*.po)

.DEFAULT_GOAL := help
.PHONY: help install assets demo serve test lint test-readers hostile screenshots benchmarks clean

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

$(VENV)/installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'geo_pora needs Python 3.11 or newer: make serve PYTHON=python3.11'; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
	  || { echo 'could not make a virtual environment: install the package python3-venv'; exit 1; }
	@echo 'Installing into $(VENV): a few minutes the first time.'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/installed-for-tests: $(VENV)/installed tests/requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@touch $@

webmap/static/vendor/built: webmap/package-lock.json webmap/assets.py $(TRANSLATIONS) | $(VENV)/installed
	$(BIN)/python -m webmap.assets
	@touch $@

install: $(VENV)/installed ## Install into .venv

assets: webmap/static/vendor/built ## Build the scripts, styles and translations of the pages

demo: install ## Load the synthetic demonstration reports into var/, once
	$(BIN)/geo-pora demo --once

serve: install assets demo ## Install what is missing and open the map on localhost:8000
	$(BIN)/geo-pora serve --host $(HOST) --port $(PORT) --first-sign-in

lint: $(VENV)/installed-for-tests ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: $(VENV)/installed-for-tests assets lint ## Run everything that is tested
	@.ci/install-for-tests
	$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist loadfile -m 'not readers'

test-readers: $(VENV)/installed-for-tests assets ## Let QGIS, GDAL and LibreOffice read the exports
	@.ci/install-for-tests readers
	$(BIN)/python -m pytest -m readers

hostile: $(VENV)/installed-for-tests assets ## Feed every reader and page broken and hostile input
	$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist loadfile -m hostile
	$(BIN)/python .ci/audit-dependencies

screenshots: $(VENV)/installed-for-tests assets ## Make the pictures of the documents again
	$(BIN)/python docs/make_screenshots.py

benchmarks: $(VENV)/installed-for-tests ## Measure against the peers and write benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks

clean: ## Remove what was installed and built; the data in var/ stays
	rm -rf $(VENV) webmap/node_modules webmap/static/vendor build dist
