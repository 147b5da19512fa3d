PYTHON ?= python3
PORT ?= 8000
ARGS ?=
export PORT

BIN := .venv/bin
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header --no-config --upgrade
PEERS := scripts/bench/requirements-peers

.PHONY: help demo test lock messages bench-mail faults-mail

help:
	@echo "make demo        install, fill and start the portal on http://localhost:$(PORT)/ (PORT=8123 make demo)"
	@echo "make test        run every check and every test (make test ARGS='tests/pages -k slug': just those)"
	@echo "make messages    collect the translatable strings into the catalogues"
	@echo "make bench-mail  measure how fast announcements go out (ARGS='--rounds 1 --only ours': a look)"
	@echo "make faults-mail kill what sends them, over and over: nobody may miss a mail or get it twice"
	@echo "make lock        lock the newest versions that pyproject.toml allows"

demo: .venv/runtime-installed
	@exec $(BIN)/python -m scripts.demo

test: .venv/dev-installed
	@exec $(BIN)/python -m scripts.test $(ARGS)

bench-mail: .venv/dev-installed var/bench/peers-installed
	@exec $(BIN)/python -m scripts.bench.mail $(ARGS)

faults-mail: .venv/dev-installed
	@exec $(BIN)/python -m scripts.faults $(ARGS)

messages: .venv/dev-installed
	$(BIN)/python -m scripts.catalogues collect

lock: .venv/dev-installed
	$(LOCK) pyproject.toml --output-file requirements.txt
	$(LOCK) pyproject.toml --group dev --constraint requirements.txt --output-file requirements-dev.txt
	$(LOCK) $(PEERS).in --output-file $(PEERS).txt

.venv/dev-installed: requirements-dev.txt
.venv/runtime-installed: requirements.txt

.venv/dev-installed .venv/runtime-installed:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "The portal needs Python 3.11 or newer, and '$(PYTHON)' is missing or older:" \
			"'make demo PYTHON=python3.12' names another." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "Python's venv module is missing (on Debian: apt install python3-venv)." >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
		echo "Creating .venv"; $(PYTHON) -m venv --clear .venv; }
	@echo "Installing $< into .venv"
	@$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r $<
	@$(BIN)/python -m scripts.template
	@touch $@ .venv/runtime-installed  # what the tests need includes what the portal needs

var/bench/peers-installed: $(PEERS).txt | .venv/dev-installed
	@echo "Installing $< into var/bench/peers-venv"
	@$(PYTHON) -m venv --clear var/bench/peers-venv
	@var/bench/peers-venv/bin/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes -r $<
	@touch $@
