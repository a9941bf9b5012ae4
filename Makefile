# The front door. What outgrows a line lives in scripts/ or in xtask/.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test soak check bench bench-postgres clean

TARGET := $(or $(CARGO_TARGET_DIR),target)

help: ## Says what there is to make
	@sed -n 's/^\([a-z-]*\):.* ## \(.*\)/  make \1\t\2/p' Makefile | expand -t 24

run: ## Builds the release binary and serves on http://localhost:7001, data in ./data
	@scripts/need rust
	cargo build --release --package im-server
	exec $(TARGET)/release/hongyan serve

test: ## Runs every test on SQLite, those of the database and of the server on PostgreSQL, and those of tests/push
	@scripts/need rust postgres ffmpeg curl node
	env --unset=TEST_POSTGRES_URL cargo test --workspace --no-fail-fast
	scripts/with-postgres cargo test --no-fail-fast --package im-db
	scripts/with-postgres cargo test --no-fail-fast --package im-server --test it
	npm ci --prefix tests/push --no-audit --no-fund
	HONGYAN=$(abspath $(TARGET))/debug/hongyan node --test tests/push/push.test.js

soak: ## Kills, starves, cuts off and confuses servers, each proof for SOAK_SECONDS (600)
	@scripts/need rust postgres ffmpeg curl
	$(SOAK) cargo test --no-fail-fast --package im-server --test proofs -- --nocapture
	$(SOAK) cargo test --no-fail-fast --package im-server --test it -- --nocapture $(BY_CHANCE)
	$(SOAK) scripts/with-postgres cargo test --no-fail-fast --package im-server --test it -- --nocapture $(BY_CHANCE)

SOAK := SOAK_SECONDS=$${SOAK_SECONDS:-600}
BY_CHANCE := clock:: fuzz:: model:: pop::reading:: receipts::

check: ## Checks format, lints and the house rules (cargo xtask tidy)
	@scripts/need rust lints
	cargo fmt --check
	cargo clippy --workspace --all-targets -- --deny warnings
	cargo xtask tidy

# Thousands of sockets: as many files as the system lets us have, for the generator and the servers it starts.
BENCH := ulimit -n $$(ulimit -Hn); $(TARGET)/release/hongyan-load bench --server $(TARGET)/release/hongyan --dir $(TARGET)

bench: ## Measures a release build on SQLite with clients on the same machine: bench/README.md
	@scripts/need rust
	cargo build --release --package im-server --package im-load
	$(BENCH)

bench-postgres: ## The same on a throw-away PostgreSQL that flushes to the disk
	@scripts/need rust postgres
	cargo build --release --package im-server --package im-load
	PG_FSYNC=on scripts/with-postgres $(SHELL) -c '$(BENCH) --out bench/latest-postgres.json --postgres "$$TEST_POSTGRES_URL"'

clean: ## Removes what was built; ./data stays
	cargo clean
