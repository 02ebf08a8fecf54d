# `make` alone lists the targets. CI is `.ci/run`: the same `lint` and `test` on a fresh machine.

BUF_VERSION := 1.75.0
BUF := .venv/bin/buf

TARGET := $(or $(CARGO_TARGET_DIR),target)
# Of `make campaign`: for how long, from which seed on, on which database (sqlite, postgres, both).
MINUTES := 60
SEED := 1
DATABASE := both

.DEFAULT_GOAL := help
.PHONY: help run demo-telemetry test test-fuzz test-faults campaign campaign-short campaign-mutants lint fmt bench

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## serve the sample customers from a temporary database
	cargo run -- serve --demo

demo-telemetry: ## make a few calls and show the spans and metrics that a collector is sent
	cargo run --example telemetry

# The benches are only measured by `make bench`; that they compile is seen by `make lint`.
test: ## unit, integration and documentation tests, and three minutes of faults; PostgreSQL is one of their own
	@scripts/ensure-postgres.sh
	cargo test --workspace
	@$(MAKE) --no-print-directory campaign-short

test-fuzz: ## a hundred thousand mutated requests, instead of the ten thousand of `make test`
	cargo test --test it -- --ignored fuzz::

test-faults: ## the same faults as in `make test`, many times over: servers and databases killed under load
	@scripts/ensure-postgres.sh
	cargo test --workspace --lib --test it -- --ignored ledger::

campaign: ## faults under load on both databases, every write counted in the raw tables: MINUTES=60 SEED=1 DATABASE=both
	@scripts/ensure-postgres.sh
	cargo build --release
	cargo run -p entitled-campaign -- --minutes $(MINUTES) --seed $(SEED) --database $(DATABASE) \
		--binary $(TARGET)/release/entitled --report $(TARGET)/campaign.md
	@echo 'the table: $(TARGET)/campaign.md'

# With the tests selected, everything has the features it was compiled with for `cargo test`.
campaign-short: ## three minutes of it, with a fixed seed and the debug build: a part of `make test`
	@scripts/ensure-postgres.sh
	cargo build --workspace --bins --tests
	$(TARGET)/debug/entitled-campaign --minutes 3 --seed 1 --binary $(TARGET)/debug/entitled

campaign-mutants: ## whether the campaign finds each mistake that is made on purpose
	@scripts/ensure-postgres.sh
	cargo build --features mutants
	cp $(TARGET)/debug/entitled $(TARGET)/debug/entitled-mutants
	cargo run -p entitled-campaign -- --mutants --binary $(TARGET)/debug/entitled-mutants

lint: $(BUF) ## formatting, clippy, documentation and the API's rules; unused dependencies, advisories and licences
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --document-private-items
	$(BUF) lint
	$(BUF) format --diff --exit-code
	scripts/check-dependencies.sh

fmt: $(BUF) ## format the Rust and proto files
	cargo fmt --all
	$(BUF) format --write

bench: ## measure a decision, a check over gRPC and what safety costs it, and writes of the ledger; docs/PERFORMANCE.md says what was seen
	@scripts/ensure-postgres.sh
	cargo bench --bench engine --bench grpc --bench secured --bench ledger

# Debian's python3 may come without venv: pip can then fill the directory without one.
$(BUF): Makefile
	{ python3 -m venv .venv && .venv/bin/pip install --quiet buf-bin==$(BUF_VERSION); } || \
		python3 -m pip install --quiet --upgrade --target .venv buf-bin==$(BUF_VERSION)
	touch $(BUF)
