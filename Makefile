# The few recipes people need. Each makes its own virtual environment; only git, make and Python 3.11+ are assumed.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo test test-lowest lint docs goldens bench engines audit clean

help:
	@echo 'make demo         see c3s on a built-in simulated cluster'
	@echo 'make test         formatter, linter, types, import contracts, tests, docs'
	@echo 'make test-lowest  the tests, with the oldest versions of the dependencies'
	@echo 'make lint         the checks that run nothing'
	@echo 'make docs         write the generated parts of the docs anew'
	@echo 'make goldens      record the answers of the kubectl on PATH anew'
	@echo 'make engines      install the Prometheus and the VictoriaMetrics that some tests run (Debian, as root)'
	@echo 'make bench        measure c3s side by side with the kubectl on PATH'
	@echo 'make audit        known vulnerabilities and licences of what c3s needs (asks the network)'

# A stamp, so that the environment is made anew only when the project's metadata has changed.
$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'c3s needs Python 3.11 or newer, by the name of python3 or as in: make demo PYTHON=python3.12'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || \
	  { echo "$$($(PYTHON) --version) cannot make virtual environments: install python3-venv, or set PYTHON"; exit 1; }
	@echo 'Making $(VENV): the first time takes half a minute.' >&2
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade pip
	@$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $@

demo: $(READY)
	@echo '$$ c3s top nodes --demo'; $(BIN)/c3s top nodes --demo
	@echo; echo '$$ c3s top pods --demo -n team-checkout --columns default,cpu.requests,memory.requests,owner'
	@$(BIN)/c3s top pods --demo -n team-checkout --columns default,cpu.requests,memory.requests,owner
	@echo; echo '$$ c3s top cluster --demo'; $(BIN)/c3s top cluster --demo

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The docs are part of the tests: tests/project/test_docs.py runs every sample again and compares.
test: lint
	$(BIN)/pytest -n 2

# Without the comparison of the help texts in the docs, which are those of the newest Typer; warnings are theirs, too.
test-lowest:
	@$(MAKE) --no-print-directory VENV=.venv-lowest .venv-lowest/.ready
	@.venv-lowest/bin/python -m pip install --quiet -r tests/lowest.txt
	.venv-lowest/bin/pytest -n 2 -W default --deselect tests/project/test_docs.py::test_pages_and_schema_are_what_the_program_says

docs: $(READY)
	$(BIN)/python -m tools.write
	$(BIN)/python -m tests.conformance.render

goldens: $(READY)
	$(BIN)/python -m tests.conformance.record

bench: $(READY)
	$(BIN)/python benchmarks/run.py

# Some tests run these, and are skipped where they are not. The services that the packages start are not used.
engines:
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends prometheus victoria-metrics

# What c3s needs has an environment of its own, so that nothing else is looked at; the tool that looks has another.
# --strict: a package that the advisory service does not know is a failure, never "no known vulnerabilities".
# AUDIT_FLAGS='--vulnerability-service osv' asks another service.
audit:
	@$(PYTHON) -m venv --clear .venv-audit
	@.venv-audit/bin/python -m pip install --quiet '.[socks]'
	.venv-audit/bin/python -m tools.licences
	@.venv-audit/bin/python -m pip freeze --exclude c3s-cli > .venv-audit/installed.txt
	@$(PYTHON) -m venv .venv-audit/tool
	@.venv-audit/tool/bin/python -m pip install --quiet 'pip-audit>=2.10'
	.venv-audit/tool/bin/pip-audit --strict --disable-pip --no-deps --progress-spinner off $(AUDIT_FLAGS) \
	  -r .venv-audit/installed.txt

clean:
	rm -rf .venv .venv-lowest .venv-audit dist build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
