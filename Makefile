# The front door. What outgrows a line lives in scripts/ or in xtask/.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test check clean

TARGET := $(or $(CARGO_TARGET_DIR),target)

help: ## Says what there is to make
	@sed -n 's/^\([a-z]*\):.* ## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

run: ## Builds the release binary and serves on http://localhost:7001, data in ./data
	@scripts/need rust
	cargo build --release --package im-server
	exec $(TARGET)/release/hongyan serve

test: ## Runs every test on SQLite, then those of the database and of the server on PostgreSQL
	@scripts/need rust postgres ffmpeg
	env --unset=TEST_POSTGRES_URL cargo test --workspace --no-fail-fast
	scripts/with-postgres cargo test --no-fail-fast --package im-db
	scripts/with-postgres cargo test --no-fail-fast --package im-server --test it

check: ## Checks format, lints and the house rules (cargo xtask tidy)
	@scripts/need rust lints
	cargo fmt --check
	cargo clippy --workspace --all-targets -- --deny warnings
	cargo xtask tidy

clean: ## Removes what was built; ./data stays
	cargo clean
