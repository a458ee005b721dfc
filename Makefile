# Two commands do everything: `make book` and `make test`. Each installs what it needs.
PYTHON ?= python3
BIN := .venv/bin
SHELL := bash
.SHELLFLAGS := -o pipefail -c
export OPENBLAS_NUM_THREADS = 1

.PHONY: help book lint test lowest shake lab notebooks results print bench pins clean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# uv keeps its packages where it installs them: a home may be read-only.
export UV_CACHE_DIR = $(CURDIR)/.venv/cache

.venv/ready: requirements.txt pyproject.toml
	@command -v $(PYTHON) > /dev/null || \
	  { echo "There is no program $(PYTHON) here. Name one that is: make PYTHON=python3.12 book"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Bends needs Python 3.11 or later; this is $$($(PYTHON) --version). Name another: make PYTHON=python3.12 book"; exit 1; }
	@$(PYTHON) -m venv .venv || \
	  { echo "This Python cannot make a virtual environment. On Debian or Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Installing the pinned packages into .venv"
	@{ $(BIN)/pip install -q --disable-pip-version-check $$(grep '^uv==' requirements.txt) && \
	   $(BIN)/uv pip install -q --python $(BIN)/python -r requirements.txt && \
	   $(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .; } || \
	  { echo "The packages could not be installed: the lines above say why. They come from the network."; exit 1; }
	@touch $@

book: .venv/ready  ## Execute every notebook and build the book into _build/html
	@$(BIN)/python _ext/press.py
	@echo "The book is built. Open $(CURDIR)/_build/html/index.html in a browser."

lint: .venv/ready  ## Check the code's style: helpers, press, tests, notebooks
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --check --quiet

test: book  ## Run all tests: helpers, notebooks, and the built book in a browser
	$(BIN)/pytest -n auto --dist worksteal tests
	BENDS_FACE=text $(BIN)/pytest -n auto --dist loadscope --nbval --nbval-current-env --nbval-cell-timeout=120 chapters

lowest: .venv/ready  ## Test helpers and notebooks with the oldest packages that pyproject.toml allows
	$(BIN)/uv venv -q --clear --python $(BIN)/python .venv-lowest
	$(BIN)/uv pip install -q --python .venv-lowest/bin/python --resolution lowest-direct --all-extras -r pyproject.toml
	$(BIN)/uv pip install -q --python .venv-lowest/bin/python --no-deps -e .
	.venv-lowest/bin/pytest -n auto -m "not browser and not book" --ignore=tests/test_build.py tests
	BENDS_FACE=text .venv-lowest/bin/pytest -n auto --dist loadscope --nbval --nbval-current-env --nbval-cell-timeout=120 chapters

shake: .venv/ready  ## Run all notebooks under every arithmetic that is here, and five shakes
	$(BIN)/python tests/shake.py --all --at-once 2

# Its root is the course's folder, so that links lead out of my-chapters/.
lab: .venv/ready  ## Open JupyterLab on your copies of the chapters: make lab ARGS="--no-browser"
	@$(BIN)/python _ext/copies.py
	$(BIN)/jupyter lab --ServerApp.port_retries=0 --LabApp.default_url=/lab/tree/my-chapters $(ARGS) || \
	  { echo "JupyterLab did not start. If its port is in use, name another: JUPYTER_PORT=8899 make lab"; exit 1; }

notebooks: .venv/ready  ## Execute all notebooks and store their text outputs
	$(BIN)/python _ext/notebooks.py

results: .venv/ready  ## Run a long experiment again: make results NAME=<folder in results/>
	@test -f "results/$(NAME)/run.py" || { echo "Name one of: $(notdir $(patsubst %/,%,$(wildcard results/*/)))"; exit 1; }
	@if grep -q "^import torch" results/$(NAME)/run.py; then \
	  $(PYTHON) -m venv .venv-results && \
	  .venv-results/bin/pip install -q --disable-pip-version-check -r results/requirements.txt && \
	  PYTHONPATH=src .venv-results/bin/python results/$(NAME)/run.py; \
	elif grep -q "benchmarks/requirements.txt" results/$(NAME)/run.py; then \
	  $(PYTHON) -m venv .venv-bench && \
	  .venv-bench/bin/pip install -q --disable-pip-version-check -r benchmarks/requirements.txt && \
	  PYTHONPATH=src .venv-bench/bin/python results/$(NAME)/run.py; \
	else $(BIN)/python results/$(NAME)/run.py; fi
	@test ! -f results/$(NAME)/summary.py || $(BIN)/python results/$(NAME)/summary.py

print: book  ## Print the book, workbook, questions, cheat sheet as PDF and EPUB; needs Chromium
	@$(BIN)/python _ext/paper.py
	@echo "All is printed in $(CURDIR)/_build/print. The next make book offers it on its pages."

bench: .venv/ready  ## Measure speed beside other libraries; run the pages' lines in the frameworks
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/pip install -q -r benchmarks/requirements.txt
	du -sh .venv-bench
	PYTHONPATH=src .venv-bench/bin/python -m pytest -q --noconftest tests/test_choices_run.py tests/test_torch_runs.py tests/test_your_own_function.py tests/test_vectors.py
	for subject in activations training explore laboratory; do PYTHONPATH=src .venv-bench/bin/python benchmarks/$$subject.py || exit 1; done

pins: .venv/ready  ## Pin the newest versions that pyproject.toml allows
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --all-extras --no-emit-index-url --custom-compile-command "make pins" -o requirements.txt pyproject.toml
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --extra lab --excludes binder/image.txt --no-emit-index-url --custom-compile-command "make pins" -o binder/requirements.txt pyproject.toml

clean:  ## Remove everything that was built or installed
	rm -rf _build back/functions src/bends.egg-info .venv .venv-bench .venv-lowest .venv-results .pytest_cache .ruff_cache .hypothesis
