# `make demo` and `make test` do all their own set-up; nothing else is needed on a bare Debian 12 with python3.11.
SHELL := /bin/bash
PYTHON ?= $(firstword $(foreach v,3.11 3.12 3.13,$(shell command -v python$(v))))
RUN := .venv/bin/python
# Tests at once, a file of them in one process, which takes up to 1.5 GB and one thread.
WORKERS ?= 2
PYTEST = QT_QPA_PLATFORM=offscreen OMP_NUM_THREADS=1 $(RUN) -m pytest -n $(WORKERS) --dist loadfile
HEAVY := detect or disk or fuzz or kill or program or render or soak or train

.DEFAULT_GOAL := help
.PHONY: help demo fast test check lint types contracts pytest docs faults fuzz fuzz-names fuzz-guided soak bench lock licences audit translations release-check system-libraries system-libraries-test clean

help:
	@echo "make demo    the main job on the sample clip: video in, refined 3D out (and the window, with a display)"
	@echo "make fast    lint, types and the quick tests that your change needs: under a minute, to run all the time"
	@echo "make test    set up, then lint, types, import contracts and tests: the same as CI"
	@echo "make check   the same without the set-up"
	@echo "make faults  everything that can go wrong, tried: docs/faults.md"
	@echo "make fuzz    thousands of inputs drawn afresh; what is found is kept in tests/fuzz/found"
	@echo "make fuzz-names  50,000 file names, alone and together: printed, saved, planned"
	@echo "make fuzz-guided  inputs for every parser by coverage, a minute for each"
	@echo "make soak    a million frames, half an hour of faults"
	@echo "make bench   speed against its bars: docs/speed.json, docs/speed.png"
	@echo "make lock    the hashed requirements of the tests; make licences, make audit: what they are"
	@echo "make translations  the catalogues of the window's languages, after a change of its texts"
	@echo "make release-check  what a release would still lack: texts without a translation"
	@echo "make docs    the reference of the Python API, from its docstrings: build/api/index.html"

demo: .venv/.ready-demo
	$(RUN) main.py process assets/sample.mp4 -o demo-output --format npz,csv,mp4,png --truth assets/sample_truth.npz --overwrite
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then $(RUN) main.py assets/sample.mp4; \
	else echo "No display here, so the window stays closed; with one: $(RUN) main.py assets/sample.mp4"; fi

fast: .venv/.ready-test lint types
	$(PYTEST) -q -p tests.changed --durations=5 --durations-min=2 -m "not ($(HEAVY))" || [ $$? = 5 ]  # 5: no tests

test: .venv/.ready-test check

check: lint types contracts pytest

lint:
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .

types:
	$(RUN) -m mypy

contracts:
	.venv/bin/lint-imports

pytest:
	$(PYTEST)

faults: .venv/.ready-test
	QT_QPA_PLATFORM=offscreen $(RUN) -m tests.faults.table

fuzz: .venv/.ready-test
	$(PYTEST) -m "fuzz or hypothesis" --hypothesis-profile afresh

fuzz-names: .venv/.ready-test
	$(PYTEST) -k any_name --hypothesis-profile afresh tests/core/system/files tests/core/process

fuzz-guided: .venv/.ready-test
	$(RUN) -u -m tests.fuzz.coverage_guided

soak: .venv/.ready-test
	$(RUN) -m tests.soak.soak frames
	$(RUN) -m tests.soak.soak live

bench: .venv/.ready-test
	$(RUN) main.py bench --json docs/speed.json --plot docs/speed.png --page docs/speed.md

lock: .venv/bin/python
	$(RUN) requirements/lock.py

licences: .venv/.ready-test
	$(RUN) requirements/licences.py

audit: .venv/bin/python
	$(RUN) -m venv build/audit
	build/audit/bin/pip install --quiet --disable-pip-version-check pip-audit
	@$(RUN) requirements/audit.py build/audit/bin/pip-audit

translations: .venv/.ready-test
	$(RUN) -m app.catalogue

release-check: .venv/.ready-test
	$(RUN) -m app.catalogue --check

docs: .venv/.ready-test
	$(RUN) -m pdoc --docformat google -o build/api core '!core.cli'
	@echo "build/api/index.html"

.venv/.ready-demo: pyproject.toml | system-libraries .venv/bin/python
	$(RUN) -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/.ready-test: pyproject.toml $(wildcard requirements/ci-*.txt) | system-libraries-test .venv/bin/python
	requirements/install.sh $(RUN)
	@touch $@ .venv/.ready-demo

.venv/bin/python: | system-libraries
	@[ -n "$(PYTHON)" ] || { echo "Python 3.11, 3.12 or 3.13 is needed; install one: apt-get install python3 python3-venv"; exit 2; }
	$(PYTHON) -m venv .venv

# package:what it must provide, on the loader's list (.so) or on the PATH
LIBRARIES := libegl1:libEGL.so.1 libgles2:libGLESv2.so.2 libgl1:libGL.so.1 libglib2.0-0:libgthread-2.0.so.0 \
    libdbus-1-3:libdbus-1.so.3 libfontconfig1:libfontconfig.so.1 libxkbcommon-x11-0:libxkbcommon-x11.so.0 \
    libxcb-cursor0:libxcb-cursor.so.0 libxcb-icccm4:libxcb-icccm.so.4 libxcb-image0:libxcb-image.so.0 \
    libxcb-keysyms1:libxcb-keysyms.so.1 libxcb-randr0:libxcb-randr.so.0 \
    libxcb-render-util0:libxcb-render-util.so.0 libxcb-shape0:libxcb-shape.so.0 \
    libxcb-xinerama0:libxcb-xinerama.so.0

system-libraries:
	$(call require_packages,$(LIBRARIES))

system-libraries-test:
	$(call require_packages,$(LIBRARIES) xvfb:Xvfb xauth:xauth strace:strace)

# Only Linux distributions with apt are looked after; elsewhere the libraries come with the desktop.
define require_packages
	@command -v apt-get >/dev/null || exit 0; \
	known=$$(PATH=$$PATH:/sbin:/usr/sbin ldconfig -p); missing=; \
	for entry in $(1); do package=$${entry%%:*}; thing=$${entry#*:}; \
	    case $$thing in \
	        *.so*) grep -qF "$$thing " <<<"$$known" || missing="$$missing $$package" ;; \
	        *) command -v "$$thing" >/dev/null || missing="$$missing $$package" ;; \
	    esac; \
	done; \
	if [ ! -x .venv/bin/python ] && [ -n "$(PYTHON)" ] && ! $(PYTHON) -c 'import ensurepip' 2>/dev/null; then \
	    missing="$$missing $$(basename $(PYTHON))-venv"; fi; \
	[ -z "$$missing" ] && exit 0; \
	if [ "$$(id -u)" = 0 ]; then echo "Installing system libraries:$$missing"; \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	else echo "System libraries are missing. Run this, then start again:"; \
	    echo "  sudo apt-get update && sudo apt-get install -y --no-install-recommends$$missing"; exit 2; fi
endef

clean:
	rm -rf .venv demo-output build *.egg-info
