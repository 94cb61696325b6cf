# Thin targets over the real tools. On a fresh Debian: `make run`, `make test`.
SHELL := /bin/bash
.DEFAULT_GOAL := build
.PHONY: setup setup-test build guest run test bench chaos install fmt check report clean
.NOTPARALLEL:

PREFIX ?= /usr/local
LIBEXEC := $(DESTDIR)$(PREFIX)/libexec/compat-matrix
# Set this for a second build at the same time: in one directory, builds wait for each other.
SCRATCH := .build
# Links the Swift runtime statically, so that an installed compat-matrix needs no toolchain.
RELEASE := --scratch-path $(SCRATCH) -c release --static-swift-stdlib --product compat-matrix
BIN := $(SCRATCH)/release/compat-matrix
SWIFT_FILES := Package.swift Sources Tests

setup:
	scripts/setup run

setup-test:
	scripts/setup test

build:
	swift build $(RELEASE)

guest:
	$(MAKE) -C images/guest

# If a kernel cannot be fetched, its column is not measured and the run continues.
run: setup build guest
	$(BIN) kernels fetch || true
	$(BIN) run --allow-missing

test: setup-test
	scripts/build-tests
	.build/debug/compat-matrix kernels fetch || true # Tests name the kernels they need.
	# No backtraces of errors: the standard library throws one for each text that is not UTF-8, and the fuzzer decodes a lot
	# of them.
	SWT_SWIFT_ERROR_BACKTRACING_ENABLED=0 swift test --skip-build

bench: setup-test build guest
	scripts/bench

# Injects faults for about twenty minutes; see `scripts/chaos --help`.
chaos: setup-test build guest
	scripts/build-tests
	scripts/chaos --rounds 60 --seed "$$(date +%s)"
	COMPAT_MATRIX_FUZZ_STREAMS=5000000 COMPAT_MATRIX_STARTS=2000 \
		swift test --skip-build --filter 'FrameFuzzTests|ManyStartsTests'

install: build guest
	install -D -s -t $(LIBEXEC) $(BIN)
	install -D -t $(LIBEXEC)/guest $(addprefix images/guest/build/,agent shell.so loader-* origin-* versions)
	find kernels probes -type f -not -path '*/.*' -print0 | xargs -0 -I@ install -D -m 644 @ $(LIBEXEC)/@
	install -d $(DESTDIR)$(PREFIX)/bin
	ln -sfn ../libexec/compat-matrix/compat-matrix $(DESTDIR)$(PREFIX)/bin/compat-matrix
	install scripts/ci-gate $(DESTDIR)$(PREFIX)/bin/compat-matrix-ci

# `make check-c` checks only C, `make fmt-c` formats it. `make setup-test` installs the tools; a missing tool is an error.
LANGUAGES := shell go python page rust c swift
check: $(addprefix check-,$(LANGUAGES))
fmt: $(addprefix fmt-,$(filter-out shell,$(LANGUAGES)))
.PHONY: $(addprefix check-,$(LANGUAGES)) $(addprefix fmt-,$(LANGUAGES))

sources = $(shell find $(1) \( -name build -o -name .build \) -prune -o -name '$(2)' -print)
C_FILES = $(call sources,Sources images/guest probes,*.[ch])
GO_FILES = $(call sources,images/guest,*.go)
RUST_FILES = $(call sources,images/guest probes,*.rs)
SHELL_FILES = $(shell grep -rlE --exclude-dir=build '^\#!/bin/(ba)?sh' .ci scripts images/guest)
PYTHON_FOLDERS := scripts Tests
PAGE := Sources/Reports/Resources
TOOLS := $(CURDIR)/.build/python/bin
DENO := DENO_DIR=$(CURDIR)/.build/deno DENO_NO_UPDATE_CHECK=1 $(TOOLS)/deno

check-swift:
	@swift format lint --strict --parallel --recursive $(SWIFT_FILES)

fmt-swift:
	@swift format --in-place --parallel --recursive $(SWIFT_FILES)

check-c:
	@clang-format-19 --dry-run -Werror $(C_FILES)

fmt-c:
	@clang-format-19 -i $(C_FILES)

check-rust:
	@rustfmt --check $(RUST_FILES)

fmt-rust:
	@rustfmt $(RUST_FILES)

check-go:
	@changes=$$(gofmt -d $(GO_FILES)) && [[ -z $$changes ]] || { echo "$$changes"; exit 1; }

fmt-go:
	@gofmt -w $(GO_FILES)

check-python:
	@$(TOOLS)/ruff check --quiet $(PYTHON_FOLDERS)
	@$(TOOLS)/ruff format --quiet --diff $(PYTHON_FOLDERS)

fmt-python:
	@$(TOOLS)/ruff check --quiet --fix-only $(PYTHON_FOLDERS)
	@$(TOOLS)/ruff format --quiet $(PYTHON_FOLDERS)

check-shell:
	@shellcheck $(SHELL_FILES)

check-page:
	@cd $(PAGE) && $(DENO) fmt --quiet --check && $(DENO) lint --quiet && $(DENO) check --quiet *.js

fmt-page:
	@cd $(PAGE) && $(DENO) fmt --quiet

report: build
	$(BIN) report

clean:
	$(MAKE) -C images/guest clean
	swift package clean
