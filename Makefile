# Builds, runs, tests and measures everything. Needs Linux, Rust, a C and a C++ compiler, and CPython.
#
#   make run     shows the main job end to end
#   make test    runs all tests and lints; test-core, test-loom, test-faults, test-c, test-python, test-argus run a part
#   make help    lists all targets
#
# Cargo keeps downloaded crates in its own directory. Everything else is downloaded once, into .venv and build/, and
# `make clean` removes it. Some tests need Debian packages (valgrind, gnome-keyring, dbus). As root on Debian, missing
# packages are installed. Otherwise these tests are skipped, and a message says so.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))
RELEASE := $(TARGET)/release
export CARGO_TARGET_DIR := $(TARGET)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

VENV := .venv
BIN := $(abspath $(VENV))/bin
WHEEL := build/wheel.stamp
PYTHONS := 3.10 3.11 3.12 3.13
ARGUS_VERSIONS := 0.6.0 0.8.6
RUST := $(shell find yaml core python -name target -prune -o \( -name '*.rs' -o -name Cargo.toml \) -print) Cargo.toml Cargo.lock

.PHONY: help
help: ## lists all targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 22

# --- build ------------------------------------------------------------------------------------------------------------

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# The tools and Python packages of tests and lints, in fixed versions.
$(VENV)/tools.stamp: $(BIN)/python tests/python/requirements.txt
	$(BIN)/python -m pip install --quiet -r tests/python/requirements.txt
	touch $@

.PHONY: native
native: ## builds the C library, the example hosts, the token endpoint and the C and C++ tests
	cargo build --release --quiet -p argus-auth-ffi -p argus-auth-test-support -p argus-auth-example-host
	$(MAKE) --quiet --no-print-directory -C tests/c programs PROFILE=release

# The wheel, installed into .venv. The tests import the installed package, never the source tree.
$(WHEEL): $(RUST) $(wildcard python/argus_auth/*) python/pyproject.toml $(VENV)/tools.stamp
	mkdir -p build
	rm -rf build/wheel
	$(BIN)/maturin build --quiet --release --manifest-path python/Cargo.toml --out build/wheel
	$(BIN)/python -m pip install --quiet --force-reinstall --no-deps build/wheel/*.whl
	touch $@

PREFIX ?= /usr/local
.PHONY: install
install: ## installs the C library and its headers under PREFIX (/usr/local)
	cargo build --release --quiet -p argus-auth-ffi
	install -d $(DESTDIR)$(PREFIX)/lib $(DESTDIR)$(PREFIX)/include
	install -m 644 include/argus_auth.h include/argus_auth.hpp include/argus_auth_result.hpp $(DESTDIR)$(PREFIX)/include
	install -m 755 $(RELEASE)/libargus_auth.so $(DESTDIR)$(PREFIX)/lib/libargus_auth.so.0
	ln -sf libargus_auth.so.0 $(DESTDIR)$(PREFIX)/lib/libargus_auth.so
	install -m 644 $(RELEASE)/libargus_auth.a $(DESTDIR)$(PREFIX)/lib

# --- run --------------------------------------------------------------------------------------------------------------

.PHONY: run
run: native $(WHEEL) ## shows the main job: config.yaml to HTTP requests in four languages; LOG=1 adds all logs
	$(BIN)/python examples/demo.py --token-endpoint $(RELEASE)/token-endpoint \
	    --host Rust=$(RELEASE)/host-rust --host C=$(RELEASE)/c/host-c --host C++=$(RELEASE)/c/host-cpp \
	    --callers $(RELEASE)/c/callers $(if $(LOG),--log)

# --- tests ------------------------------------------------------------------------------------------------------------

.PHONY: test
test: lint test-core test-loom test-faults test-c test-python test-argus ## runs all tests and lints

.PHONY: test-core
test-core: ## tests in Rust, including documentation examples, except the fault suite and loom
	cargo test --quiet -p argus-auth-yaml -p argus-auth-core -p argus-auth-test-support --features argus-auth-core/virtual-time,argus-auth-core/keyring
	cargo test --quiet -p argus-auth-ffi

.PHONY: test-loom
test-loom: ## tests in Rust: the single flight in all interleavings with at most three preemptions (loom)
	RUSTFLAGS="--cfg argus_auth_loom" CARGO_TARGET_DIR=$(TARGET)/loom cargo test --quiet -p argus-auth-core --lib single_flight::model

# Memcheck for three scenarios of the fault suite, in Rust. tests/c/test_faults.c repeats responses.1 and process.3
# through the C API and adds single_flight.1, also under memcheck. tests/c/run.sh says why only definite leaks are
# errors.
MEMCHECK := ["valgrind", "--quiet", "--leak-check=full", "--show-leak-kinds=definite", \
    "--errors-for-leak-kinds=definite", "--error-exitcode=1"]

.PHONY: test-faults
test-faults: ## runs the fault suite and prints a table with a result per scenario
	cargo test --quiet -p argus-auth-faults --test faults
	! tests/support/has valgrind || cargo test --quiet --config 'target."cfg(all())".runner = $(MEMCHECK)' \
	    -p argus-auth-faults --test faults -- single_flight.5 responses.1 process.3

.PHONY: test-c
test-c: native ## tests in C and C++: API, headers, exported symbols, memcheck
	$(MAKE) --no-print-directory -C tests/c test PROFILE=release
	! tests/support/has valgrind || $(MAKE) --no-print-directory -C tests/c valgrind PROFILE=release

PYTEST := -m pytest -q -p no:cacheprovider -c python/pyproject.toml --rootdir .
# The tests that need more than the package and the token endpoint. They run once, with the Python of .venv.
ONCE := check_layers config_differential guides secret_stores demo authorization_server

.PHONY: test-python
test-python: native $(WHEEL) $(PYTHONS:%=build/venv-%.stamp) build/argus-0.8.6.stamp build/authorization-server.stamp ## tests in Python: the installed wheel, in every Python version on this machine
	$(BIN)/python $(PYTEST) $(wildcard $(ONCE:%=tests/python/test_%.py))
	for python in $(PYTHONS); do \
	    if [ -x build/venv-$$python/bin/python ]; then \
	        echo "Python $$python"; \
	        build/venv-$$python/bin/python $(PYTEST) tests/python $(ONCE:%=--ignore=tests/python/test_%.py); \
	    fi; \
	done

.PHONY: test-differential
test-differential: $(WHEEL) build/argus-0.8.6.stamp ## compares how the gateway and this library read 50,000 generated configurations
	ARGUS_AUTH_DIFFERENTIAL_CASES=50000 $(BIN)/python $(PYTEST) -s tests/python/test_config_differential.py

build/venv-%.stamp: $(WHEEL)
	python=$$(tests/support/find-python $*) || { echo "CPython $* is not on this machine: its tests are skipped"; touch $@; exit 0; }; \
	[ -x build/venv-$*/bin/python ] || $$python -m venv build/venv-$*; \
	build/venv-$*/bin/python -m pip install --quiet -r tests/python/requirements-versions.txt; \
	build/venv-$*/bin/python -m pip install --quiet --force-reinstall --no-deps build/wheel/*.whl
	touch $@

.PHONY: test-argus
test-argus: native $(WHEEL) $(ARGUS_VERSIONS:%=build/argus-%.stamp) ## tests with the real, unmodified gateway from PyPI
	$(BIN)/python $(PYTEST) tests/argus

# A certified authorization server that is independent of this project, and the Node.js that it runs on.
build/authorization-server.stamp: $(wildcard tests/authorization-server/*)
	[ -x build/authorization-server/bin/python ] || $(PYTHON) -m venv build/authorization-server
	cp $^ build/authorization-server
	cd build/authorization-server; \
	bin/python -m pip install --quiet -r requirements.txt; \
	PATH=$$PWD/bin:$$PATH bin/npm ci --silent --no-audit --no-fund
	touch $@

build/argus-%.stamp: $(WHEEL)
	[ -x build/argus-$*/bin/python ] || $(PYTHON) -m venv build/argus-$*
	build/argus-$*/bin/python -m pip install --quiet 'argus-mcp==$*' 'mcp<2'
	build/argus-$*/bin/python -m pip install --quiet --force-reinstall --no-deps build/wheel/*.whl
	touch $@

# --- benchmarks -------------------------------------------------------------------------------------------------------

.PHONY: bench
bench: native $(WHEEL) build/argus-0.8.6.stamp ## measures against argus-mcp 0.8.6; prints a table and writes bench/results.md
	cargo build --release --quiet -p argus-auth-bench
	$(CC) -std=c11 -D_DEFAULT_SOURCE -O2 -Wall -Wextra -Iinclude bench/c/cached_read.c -o $(RELEASE)/c/bench-c \
	    $(RELEASE)/c/libargus_auth.so.0 -Wl,-rpath,'$$ORIGIN'
	$(BIN)/python -m bench.run --python build/argus-0.8.6/bin/python --programs $(RELEASE) --out bench/results.md

# --- lints ------------------------------------------------------------------------------------------------------------

PYTHON_SOURCES := python/argus_auth bench tests/c tests/python tests/argus tests/support examples
C_SOURCES := $(shell find bench examples tests ffi include -name '*.[ch]' -o -name '*.[ch]pp' | grep -v argus_auth.h$$)

.PHONY: lint
lint: $(WHEEL) ## runs all lints
	$(BIN)/python tests/support/check_layers.py
	cargo fmt --all --check
	cargo clippy --quiet --workspace --all-targets --features argus-auth-core/virtual-time,argus-auth-core/keyring -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --quiet --no-deps -p argus-auth-yaml -p argus-auth-core -p argus-auth-ffi
	$(BIN)/clang-format --dry-run --Werror $(C_SOURCES)
	$(BIN)/ruff format --quiet --check --config python/pyproject.toml $(PYTHON_SOURCES)
	$(BIN)/ruff check --quiet --config python/pyproject.toml $(PYTHON_SOURCES)
	$(BIN)/mypy --config-file python/pyproject.toml python/argus_auth examples/demo.py examples/python/host.py tests/c/check_examples.py tests/support/check_layers.py tests/support/mcp_backend.py
	$(BIN)/python -m mypy.stubtest --concise argus_auth._native

.PHONY: format
format: $(VENV)/tools.stamp ## formats all sources
	cargo fmt --all
	$(BIN)/clang-format -i $(C_SOURCES)
	$(BIN)/ruff format --quiet --config python/pyproject.toml $(PYTHON_SOURCES)

# --- generated files --------------------------------------------------------------------------------------------------

.PHONY: header
header: ## generates include/argus_auth.h from ffi/
	ARGUS_AUTH_UPDATE_HEADER=1 cargo test --quiet -p argus-auth-ffi --test header

.PHONY: docs
docs: ## generates docs/faults.md from tests/faults
	ARGUS_AUTH_UPDATE_DOCS=1 cargo test --quiet -p argus-auth-faults --test faults

# --- fuzzing ----------------------------------------------------------------------------------------------------------

FUZZ_SECONDS ?= 60
FUZZ_TARGETS := $(patsubst fuzz/fuzz_targets/%.rs,%,$(wildcard fuzz/fuzz_targets/*.rs))

.PHONY: fuzz
fuzz: ## runs each fuzz target for FUZZ_SECONDS (60); needs a nightly Rust and installs cargo-fuzz
	cargo fuzz --version >/dev/null 2>&1 || cargo install --quiet --locked cargo-fuzz
	for target in $(FUZZ_TARGETS); do \
	    mkdir -p fuzz/corpus/$$target; \
	    CARGO_TARGET_DIR=$(TARGET)/fuzz cargo +nightly fuzz run $$target fuzz/corpus/$$target fuzz/seeds/$$target \
	        -- -max_total_time=$(FUZZ_SECONDS); \
	done

.PHONY: clean
clean: ## removes what was built and downloaded in this directory
	rm -rf $(VENV) build target fuzz/artifacts fuzz/corpus .mypy_cache .ruff_cache
