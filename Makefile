# Every target is a line or two over the real tool. On a fresh Debian: `make run`, `make test`.
SHELL := /bin/bash
.DEFAULT_GOAL := build
.PHONY: setup setup-test build guest run test bench install fmt check report clean
.NOTPARALLEL:

PREFIX ?= /usr/local
LIBEXEC := $(DESTDIR)$(PREFIX)/libexec/compat-matrix
# Another one for a build beside another build, which would wait for it.
SCRATCH := .build
# The Swift runtime inside the binary: what `make install` leaves behind needs no toolchain.
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

# A kernel that cannot be fetched is a column that was not measured, not the end of the run.
run: setup build guest
	$(BIN) kernels fetch || true
	$(BIN) run --allow-missing

test: setup-test
	scripts/build-tests
	.build/debug/compat-matrix kernels fetch || true # The tests say which they cannot do without.
	swift test --skip-build

bench: setup-test build guest
	scripts/bench

install: build guest
	install -D -s -t $(LIBEXEC) $(BIN)
	install -D -t $(LIBEXEC)/guest $(addprefix images/guest/build/,agent shell.so loader-*)
	find kernels probes -type f -not -path '*/.build/*' -print0 | xargs -0 -I@ install -D -m 644 @ $(LIBEXEC)/@
	install -d $(DESTDIR)$(PREFIX)/bin
	ln -sfn ../libexec/compat-matrix/compat-matrix $(DESTDIR)$(PREFIX)/bin/compat-matrix
	install scripts/ci-gate $(DESTDIR)$(PREFIX)/bin/compat-matrix-ci

fmt:
	swift format --in-place --parallel --recursive $(SWIFT_FILES)

check:
	swift format lint --strict --parallel --recursive $(SWIFT_FILES)
	for script in scripts/setup scripts/debian-packages scripts/go-toolchain scripts/rust-crates scripts/ci-gate scripts/test-kernel scripts/build-tests .ci/run; do bash -n "$$script" || exit; done

report: build
	$(BIN) report

clean:
	$(MAKE) -C images/guest clean
	swift package clean
