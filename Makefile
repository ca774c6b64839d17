# Common tasks. Each creates its own virtual environment and needs only git, make and Python 3.11+.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Hundreds of tests start c3s, which is compiled once.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo check test test-quick test-slow test-lowest test-newest test-plain coverage lint docs goldens bench soak signals kills engines audit fuzz mutants clean

help:
	@echo 'make demo         see c3s on a built-in simulated cluster'
	@echo 'make check        lint, and the tests that need no process, no engine and no patience: less than a minute'
	@echo 'make test         formatter, linter, types, import contracts, tests, docs'
	@echo 'make test-slow    the tests of what is random, each ten times as often'
	@echo 'make test-lowest  the tests, with the oldest supported dependencies'
	@echo 'make test-newest  the tests, with the newest dependencies, also those that pyproject.toml excludes'
	@echo 'make test-plain   the tests of the connection, with the official client imported in the ordinary way'
	@echo 'make coverage     the tests, and which lines and branches they reach: at least 95 %'
	@echo 'make lint         formatter, linter, types, import contracts'
	@echo 'make docs         regenerate the generated parts of the docs'
	@echo 'make goldens      re-record the answers of the kubectl on PATH'
	@echo 'make engines      install the Prometheus and the VictoriaMetrics that some tests run (Debian, as root)'
	@echo 'make bench        compare the speed of c3s with the kubectl on PATH'
	@echo 'make soak         3,000 readings of a watch: memory, open files and threads must not grow'
	@echo 'make signals      a thousand signals at random moments of each kind: how c3s ends, and what it leaves (an hour)'
	@echo 'make kills        kill a recorder 200 times at random moments: nothing that was committed may be lost'
	@echo 'make fuzz         random inputs for the parsers, a minute for each (needs the network)'
	@echo 'make mutants      break the code in small ways, and count the breaks that the tests notice (takes an hour)'
	@echo 'make audit        known vulnerabilities and licences of the dependencies (needs the network)'

# A stamp file: the environment is recreated only when pyproject.toml changes.
$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'c3s needs Python 3.11 or newer: install it as python3, or run make demo PYTHON=python3.12'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || \
	  { echo "$$($(PYTHON) --version) cannot create virtual environments: install python3-venv, or set PYTHON"; exit 1; }
	@echo 'Creating $(VENV): this takes half a minute.' >&2
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
	$(BIN)/lint-imports
	$(BIN)/mypy

# For the loop of work. The types are checked while the tests run.
check: $(READY)
	@$(MAKE) --no-print-directory --jobs 2 lint test-quick

# The other tests are marked process or slow; hypothesis tries fewer examples.
test-quick: $(READY)
	$(BIN)/pytest -q -n auto --maxprocesses 8 --dist worksteal -m 'not process and not slow' --hypothesis-profile quick

# The tests cover the docs: tests/project/test_docs.py runs every sample and compares. Many wait for a process or for the
# clock, so there are twice as many workers as cores.
test: $(READY)
	@$(MAKE) --no-print-directory --jobs 2 lint compiled
	$(BIN)/pytest -n $$($(BIN)/python -c 'import os; print(min(8, 2 * os.cpu_count()))') --dist worksteal

# Otherwise each worker would compile c3s and all tests for itself, which takes longer than collecting them. What is wrong
# with a test, the workers say.
.PHONY: compiled
compiled: $(READY)
	@$(BIN)/pytest --collect-only -q > /dev/null 2>&1 || true

# What hypothesis makes up, and what is marked repeated. `make test` tries each a few times.
test-slow: $(READY)
	$(BIN)/pytest -n auto --maxprocesses 8 --dist worksteal -m 'hypothesis or repeated' --hypothesis-profile thorough

# Measuring takes three minutes more than testing. The GitHub workflow does it on every run.
coverage: $(READY)
	$(BIN)/pytest -n 2 --dist worksteal --cov --cov-report=term

# The help texts in the docs need the newest Typer, so their test is deselected; warnings of old packages are allowed.
test-lowest:
	@$(MAKE) --no-print-directory VENV=.venv-lowest .venv-lowest/.ready
	@.venv-lowest/bin/python -m pip install --quiet -r tests/lowest.txt
	.venv-lowest/bin/pytest -n 2 -W default --deselect tests/project/test_docs.py::test_pages_and_schema_are_what_the_program_says

# Upper bounds are lifted, so that a version that breaks c3s is known before users meet it. Typer 0.29 loads pydantic,
# which the import budget forbids, and has other help texts; warnings of new packages are allowed.
test-newest:
	@$(PYTHON) -m venv --clear .venv-newest
	@.venv-newest/bin/python -m pip install --quiet --upgrade pip
	@.venv-newest/bin/python -m pip install --quiet --group dev -r tests/newest.txt
	@.venv-newest/bin/python -m pip install --quiet --no-deps --editable .
	.venv-newest/bin/python -m pip list
	.venv-newest/bin/pytest -n 2 -W default --ignore tests/project/test_imports.py \
	  --deselect tests/project/test_budget.py::test_a_reading_over_tls_loads_no_more_than_the_loader_needs \
	  --deselect tests/project/test_docs.py::test_pages_and_schema_are_what_the_program_says

test-plain: $(READY)
	C3S_PLAIN_IMPORT=1 $(BIN)/pytest -n 2 tests/kube

docs: $(READY)
	$(BIN)/python -m tools.write
	$(BIN)/python -m tests.conformance.render

goldens: $(READY)
	$(BIN)/python -m tests.conformance.record

# As users have it: installed, without the hooks that development tools run whenever Python starts.
bench: $(READY)
	@$(PYTHON) -m venv --clear .venv-bench
	@.venv-bench/bin/python -m pip install --quiet .
	C3S=.venv-bench/bin/c3s $(BIN)/python benchmarks/run.py $(BENCH_FLAGS)

soak: $(READY)
	$(BIN)/python benchmarks/soak.py

# SIGNALS='--runs 100 --python python3.13 wide' sends a hundred of one kind to a c3s that another Python has installed.
signals: $(READY)
	$(BIN)/python -m tests.signals $(SIGNALS)

kills: $(READY)
	$(BIN)/python -m tests.kills $(KILLS) > /dev/null

# Some tests run these, and are skipped where they are not. The services that the packages start are not used.
engines:
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends prometheus prometheus-node-exporter victoria-metrics

# c3s and its dependencies get their own environment, so that only they are audited; pip-audit gets another.
# --strict: a package that the advisory service does not know is a failure, not "no known vulnerabilities".
# AUDIT_FLAGS='--vulnerability-service osv' uses another service.
audit:
	@$(PYTHON) -m venv --clear .venv-audit
	@.venv-audit/bin/python -m pip install --quiet '.[socks]'
	.venv-audit/bin/python -m tools.licences
	@.venv-audit/bin/python -m pip freeze --exclude c3s-cli > .venv-audit/installed.txt
	@$(PYTHON) -m venv .venv-audit/tool
	@.venv-audit/tool/bin/python -m pip install --quiet 'pip-audit>=2.10'
	.venv-audit/tool/bin/pip-audit --strict --disable-pip --no-deps --progress-spinner off $(AUDIT_FLAGS) \
	  -r .venv-audit/installed.txt

# atheris finds inputs by coverage. It has no wheel for every Python; without it hypothesis makes the inputs.
# FUZZ_FLAGS='--seconds 600 where' fuzzes one target for longer.
fuzz:
	@$(PYTHON) -m venv --clear .venv-fuzz
	@.venv-fuzz/bin/python -m pip install --quiet --editable . 'hypothesis>=6.100'
	@.venv-fuzz/bin/python -m pip install --quiet --only-binary :all: atheris || true
	.venv-fuzz/bin/python -m tools.fuzz $(FUZZ_FLAGS)

# A random sample of each room, the same every time. MUTANTS='amounts kube' judges two rooms, MUTANTS='--sample 0 amounts'
# all mutants of one; --near judges by the tests of the room only, --fresh forgets what was killed before.
mutants:
	@test -d .venv-mutants || $(PYTHON) -m venv .venv-mutants
	@.venv-mutants/bin/python -m pip install --quiet --upgrade pip
	@.venv-mutants/bin/python -m pip install --quiet --editable . --group dev --group mutants
	.venv-mutants/bin/python -m tools.mutants $(MUTANTS)

clean:
	rm -rf .venv .venv-lowest .venv-newest .venv-audit .venv-bench .venv-fuzz .venv-mutants .mutants dist build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
