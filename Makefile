# `make help` says what can be asked.

CARGO ?= cargo
TARGET = x86_64-unknown-linux-gnu

# What needs no processes but its own: every crate of the product, and the borders between them.
UNIT_TESTS = $(addprefix --package ,$(notdir $(patsubst %/,%,$(dir $(wildcard crates/*/Cargo.toml)))) workspace-tests fuzz-properties)

.DEFAULT_GOAL = build
.PHONY: help mainstay mainstay-check build release images run setup check test bench mutants fuzz

help: ## Say what can be asked
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

build: mainstay mainstay-check ## Build the static binaries: dist/mainstay and dist/mainstay-check

mainstay mainstay-check:
	$(CARGO) build --release --locked --package $@
	install -D -m 0755 target/$(TARGET)/release/$@ dist/$@

release: ## Build what is released: dist/mainstay-x86_64, dist/mainstay-check-x86_64, …-aarch64 (as root)
	release/build

images: ## Build the base images that this machine has a base for; say what each other needs
	images/build

run: mainstay ## Build, then boot the example; ARGS="--env LISTEN_PORT=8090" chooses another port
	examples/nginx-app/run $(ARGS)

setup: ## Install the Debian packages that the tests need (as root)
	@tests/setup

check: ## Formatting, lints, unit tests: under two minutes when warm
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	$(CARGO) clippy --locked --package mainstay -- -D warnings
	$(CARGO) test --locked --quiet $(UNIT_TESTS)

test: setup ## Everything: check, then processes, Docker, dependencies. Needs root
	@tests/all

bench: ## Measure what is released beside the peers: docs/benchmarks.md. Half an hour; needs root
	release/build x86_64
	bench/run
	bench/run --measure image

mutants: ## Change the engine in small ways: its tests must notice nine of ten
	@tests/mutants

fuzz: ## Fuzz every parser and byte format, five minutes each (needs cargo-fuzz)
	@fuzz/run
