# The same words everywhere: here, in CONTRIBUTING.md and in CI.
.PHONY: up build check unit test e2e soak fuzz bench lab deps clean

GO      ?= go
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
DATA    ?= $(CURDIR)/run/data

# Build, start a domain, and say how to get in.
up: build
	@sh scripts/up.sh "$(DATA)"

build:
	@$(GO) build -trimpath -ldflags "-s -w -X github.com/selfsame-dev/selfsame/internal/cli.Version=$(VERSION)" -o bin/selfsame ./cmd/selfsame

# Formatting and vet: what every commit passes.
check:
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "run gofmt -w ."; exit 1; }
	@$(GO) vet ./...

# Hermetic tests, with the race detector on what is concurrent.
unit: check
	@$(GO) test $$($(GO) list ./... | grep -v /e2e)
	@$(GO) test -race -short ./internal/core/... ./internal/net/... ./internal/serve/... ./internal/store/mem/...

# Tests with the programs people use.
e2e: deps
	@$(GO) test -count=1 -timeout 30m ./e2e

test: deps unit e2e

# Kills, races and fuzzing for an hour. SELFSAME_SOAK=0.1 is a tenth of it.
SELFSAME_SOAK ?= 1
soak: deps
	@SELFSAME_SOAK=$(SELFSAME_SOAK) $(GO) test -count=1 -timeout 90m -v -run 'Killed|Backup|Flood|Full' ./e2e
	@SELFSAME_SOAK=$(SELFSAME_SOAK) $(GO) test -count=1 -timeout 60m -race ./internal/store/... ./internal/core/...
	@FUZZTIME=$$(awk 'BEGIN { printf "%ds", 60 * $(SELFSAME_SOAK) }') sh scripts/fuzz.sh

# Every decoder, a minute each.
fuzz:
	@FUZZTIME=$${FUZZTIME:-60s} sh scripts/fuzz.sh

# We beside slapd and krb5kdc, as ratios of one run.
bench: deps
	@$(GO) run ./e2e/bench

# A domain and two machines to join to it, until Ctrl-C. docs/how-to/lab.md
lab: build deps
	@$(GO) build -o bin/lab ./e2e/lab
	@bin/lab bin/selfsame

# What the tests run: Debian's packages, the hub's proxy, and the root of real hosts.
deps:
	@sh scripts/deps.sh
	@$(GO) run ./e2e/lab root

clean:
	@rm -rf bin run e2e/out
