# The front door. What outgrows a line lives in scripts/ or in xtask/.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run web test test-web screenshots soak check bench bench-postgres clean

TARGET := $(or $(CARGO_TARGET_DIR),target)

help: ## Says what there is to make
	@sed -n 's/^\([a-z-]*\):.* ## \(.*\)/  make \1\t\2/p' Makefile | expand -t 24

run: web ## Builds the pages and the release binary and serves on http://localhost:7001, data in ./data
	@scripts/need rust
	cargo build --release --package im-server
	exec $(TARGET)/release/hongyan serve

# The pages are built before the binary that holds them, and only when something changed.
WEB_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' -not -path '*/dist/*')

web: web/apps/chat/dist/index.html ## Builds the pages: the chat, the reference of the API

web/node_modules/.package-lock.json: web/package-lock.json
	@scripts/need node
	npm ci --prefix web --no-audit --no-fund
	@touch $@

web/apps/chat/dist/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES)
	npm run build --prefix web
	@touch $@

test: web test-web ## Runs every test: on SQLite, those of the server on PostgreSQL too, the pages in a real browser
	@scripts/need rust postgres ffmpeg curl node chromium
	env --unset=TEST_POSTGRES_URL cargo test --workspace --no-fail-fast
	scripts/with-postgres cargo test --no-fail-fast --package im-db
	scripts/with-postgres cargo test --no-fail-fast --package im-server --test it
	npm ci --prefix tests/push --no-audit --no-fund
	HONGYAN=$(abspath $(TARGET))/debug/hongyan node --test tests/push/push.test.js
	HONGYAN=$(abspath $(TARGET))/debug/hongyan npm run test:browser --prefix web

test-web: web ## Checks the types of the pages and runs their unit tests
	npm test --prefix web

screenshots: web ## Takes the pictures of the pages: phone and desktop, light and dark, in both languages
	@scripts/need rust node chromium
	cargo build --package im-server
	HONGYAN=$(abspath $(TARGET))/debug/hongyan npm run screenshots --prefix web

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
