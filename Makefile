# What a person types. Each target makes .venv first, if it is not there or older than what it is made from.

PYTHONS := python3 python3.13 python3.12 python3.11
PYTHON := .venv/bin/python

# The tests that need no engine and no time.
UNIT := tests/unit

# Without its byte code every start of Python is slower, and an engine run starts it many times.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test test-browser test-oldest test-newest test-oldest-cli test-pythons test-live check docs site soak \
  bench bench-hosts dist sbom audit outdated

help:
	@echo 'make demo    the example project against a Northflank on this machine, through the real engine (half a minute)'
	@echo 'make test    every test, those with the real engine included (about 20 minutes)'
	@echo 'make test-browser   the page of `nf-ports exposure` in a headless Chromium, which is installed first (a minute)'
	@echo 'make test-oldest    the quick tests with the lowest versions that pyproject.toml allows (some minutes)'
	@echo 'make test-newest    the quick tests with the newest versions that pyproject.toml allows (some minutes)'
	@echo 'make test-pythons   sdist and wheel on every supported Python of this machine, with the example (2 minutes each)'
	@echo 'make test-oldest-cli   the main engine tests with the oldest pulumi CLI that is supported (some minutes)'
	@echo 'make test-live      asks the real Northflank API, with a token and a project of yours (some minutes)'
	@echo 'make check   formatting, lint, types and the unit tests (a minute)'
	@echo 'make docs    the pages of docs/reference and the schema of the packaged provider, from models, exceptions and commands'
	@echo 'make site    the documentation as a site, in docs/_build/html; a warning is an error'
	@echo 'make dist    sdist and wheel of the last commit, in dist/'
	@echo 'make sbom    sbom/nf-ports.cdx.json: what an installation consists of, as CycloneDX'
	@echo 'make audit   known vulnerabilities of the pinned versions, by pip-audit; fails if it cannot ask'
	@echo 'make outdated   the pins of constraints.txt that are behind the newest version'
	@echo 'make soak    random lives of a service, and generated inputs, for a long time'
	@echo 'make bench   what nf_ports costs beside a provider without logic, and beside other tools; writes docs/benchmarks.md'
	@echo 'make bench-hosts   the packaged provider beside the dynamic one, with the latency of a real API'

demo: .venv/stamp
	@$(PYTHON) -m nf_ports demo
	@$(PYTHON) -m local_engine.demo

# Fails below the branch coverage that pyproject.toml states. The last line is the one of pytest: CI reads it. Four workers, for many a test waits; a worker with nothing left takes
# tests from the others, for those of the engine take seconds and stand together.
test: .venv/stamp
	@pulumi=$$($(PYTHON) -m local_engine.pulumi_cli) && $(PYTHON) -m local_engine.built yaml-host sdkgen > /dev/null && \
	  PULUMI_COMMAND=$$pulumi $(PYTHON) tests/support/interruptible.py -n 4 --dist worksteal --durations=15 \
	  --cov --cov-report=term:skip-covered

# No other test needs a browser, so it comes from the system's packages, here only; elsewhere than on Debian and Ubuntu
# install chromium and chromedriver first.
test-browser: .venv/stamp
	@if ! command -v chromium > /dev/null || ! command -v chromedriver > /dev/null; then \
	  sudo=$$(if [ "$$(id -u)" = 0 ]; then echo env; else echo sudo; fi); \
	  $$sudo apt-get update -qq && $$sudo apt-get install -qq -y chromium chromium-driver > /dev/null; \
	fi
	@$(PYTHON) -m pytest -q tests/browser/page_in_chromium.py

# The plugin of anyio is switched off: the anyio that goes with the lowest versions is older than the pytest of today,
# which warns of it, and no test uses it.
test-oldest: .venv-oldest/stamp
	@.venv-oldest/bin/python tests/support/interruptible.py -n 4 --dist worksteal -q -m 'not engine' -p no:anyio

# What a user gets who installs today; `make test` has the pinned versions.
test-newest: .venv/stamp
	@echo 'making .venv-newest (about half a minute)' >&2
	@$(PYTHON) -m venv --clear .venv-newest
	@.venv-newest/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@.venv-newest/bin/python tests/support/interruptible.py -n 4 --dist worksteal -q -m 'not engine'

# NF_PORTS_PYTHON=3.13 asks for one of them, DIST=dist for what `make dist` made.
test-pythons: .venv/stamp
	@$(PYTHON) tools/pythons.py $(DIST)

# The newest CLI runs in `make test`.
test-oldest-cli: .venv/stamp
	@pulumi=$$($(PYTHON) -m local_engine.built oldest-cli) && PULUMI_COMMAND=$$pulumi $(PYTHON) -m pytest -q -n 2 \
	  $(addprefix tests/engine/test_,packaged.py service_ports_life.py moves.py)

# Needs NORTHFLANK_API_TOKEN and NF_PORTS_LIVE_PROJECT. No other run asks the real API.
test-live: .venv/stamp
	@$(PYTHON) -m pytest -q -m live tests/live/test_live.py

check: .venv/stamp
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m ruff check
	$(PYTHON) -m mypy
	$(PYTHON) -m pytest -n 2 --dist worksteal -q $(UNIT)

docs: .venv/stamp
	@$(PYTHON) tools/field_table.py
	@$(PYTHON) tools/findings_document.py
	@$(PYTHON) tools/provider_schema.py
	@$(PYTHON) tools/reference_pages.py

# A test builds it, too, and follows its links.
site: .venv/stamp
	@$(PYTHON) -m sphinx -q -W --keep-going -n -b html docs docs/_build/html
	@echo docs/_build/html/index.html

# From the sources that are committed, and nothing else.
dist: .venv/stamp
	@rm -rf dist && $(PYTHON) tools/pythons.py --build dist

# Without pip in it: a user's own pip is no part of this.
sbom: .venv-tools/stamp
	@rm -rf .venv-sbom sbom && mkdir sbom && $(PYTHON) -m venv --without-pip .venv-sbom
	@$(PYTHON) -m pip --python .venv-sbom/bin/python install --quiet --disable-pip-version-check \
	  '.[cli,emulator,policy]' --constraint constraints.txt
	@.venv-tools/bin/cyclonedx-py environment .venv-sbom/bin/python --pyproject pyproject.toml --mc-type library \
	  --output-reproducible --output-file sbom/nf-ports.cdx.json
	@$(PYTHON) tools/supply_chain.py sbom sbom/nf-ports.cdx.json

audit: .venv-tools/stamp
	@PATH="$(CURDIR)/.venv-tools/bin:$$PATH" $(PYTHON) tools/supply_chain.py audit

outdated: .venv/stamp
	@$(PYTHON) tools/supply_chain.py outdated

# A long life: random programs, edits elsewhere, faults and restarts; then 20,000 inputs, valid and broken; then a
# thousand steps of programs that are refactored, killed and edited around on the real engine (some 40 minutes).
# Whatever fails says how to see it again.
soak: .venv/stamp
	NF_PORTS_SOAK=10000 NF_PORTS_FUZZ=20000 $(PYTHON) -m pytest -q --timeout=0 tests/soak
	@pulumi=$$($(PYTHON) -m local_engine.pulumi_cli) && \
	  export PULUMI_COMMAND=$$pulumi NF_PORTS_STEPS=30 && \
	  export NF_PORTS_SEEDS="$$($(PYTHON) -c 'import random; print(*random.sample(range(10**9), 34))')" && \
	  $(PYTHON) tests/support/interruptible.py -q --timeout=0 tests/engine/refactorings

bench: .venv/stamp
	@$(PYTHON) tests/bench/measure.py

bench-hosts: .venv/stamp
	@$(PYTHON) tests/bench/hosts.py

# Sets `found` to the first of $(PYTHONS) that is new enough.
define find_python
for python in $(PYTHONS); do \
  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then found=$$python; break; fi; \
done; \
if [ -z "$$found" ]; then \
  echo 'error: no Python 3.11 or later was found as $(PYTHONS); install one, then run make again.' >&2; exit 1; \
fi
endef

.venv/stamp: pyproject.toml constraints.txt
	@$(find_python); \
	echo "making .venv with $$($$found --version) (about half a minute, once)" >&2; \
	$$found -m venv --clear .venv && \
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --editable '.[dev]' --constraint constraints.txt && \
	touch $@

# Apart from .venv, for their dependencies are none of this project.
.venv-tools/stamp: .venv/stamp
	@$(PYTHON) -m venv --clear .venv-tools && \
	.venv-tools/bin/python -m pip install --quiet --disable-pip-version-check \
	  cyclonedx-bom==7.5.0 pip-audit==2.10.1 && \
	touch $@

# The dependencies at their lower bounds, what runs the tests as it is today. The oldest Python goes first.
.venv-oldest/stamp: PYTHONS := python3.11 python3
.venv-oldest/stamp: pyproject.toml tools/lower_bounds.py
	@$(find_python); \
	echo "making .venv-oldest with $$($$found --version) (about half a minute, once)" >&2; \
	$$found -m venv --clear .venv-oldest && \
	.venv-oldest/bin/python -m pip install --quiet --disable-pip-version-check packaging && \
	.venv-oldest/bin/python tools/lower_bounds.py cli emulator policy > .venv-oldest/bounds.txt && \
	cat .venv-oldest/bounds.txt >&2 && \
	.venv-oldest/bin/python -m pip install --quiet --disable-pip-version-check \
	  --editable '.[dev]' --constraint .venv-oldest/bounds.txt && \
	touch $@
