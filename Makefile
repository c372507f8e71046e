# tacit. "make help" lists what can be made.

GO       ?= go
# "make build BUILDFLAGS=-trimpath" gives the same binary in every folder; without
# it, build and test share what they compiled, and the C libraries take minutes.
BUILDFLAGS ?=
BUF      := $(GO) tool -modfile=../.tools/buf.mod buf
FUZZTIME ?= 10s
COUNT    ?= 6

.DEFAULT_GOAL := help
.PHONY: help build install test e2e crash race fuzz bench bench-full bench-baseline bench-costs bench-go lint fmt gen gen-docs check check-gen cover demo clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## Build bin/tacit
	$(GO) build $(BUILDFLAGS) -o bin/ ./cmd/tacit

install: ## Install tacit into the Go bin folder
	$(GO) install $(BUILDFLAGS) ./cmd/tacit

test: ## Run the tests
	$(GO) test ./...

e2e: ## Test the binary from outside: documents, kill -9, what the coordinator holds
	$(GO) test -count=1 -tags e2e -timeout 30m ./internal/e2e

crash: ## Kill every role at every passage of every durable step (minutes)
	$(GO) test -count=1 -tags tacitcrash -timeout 60m ./engine/enginetest ./engine/crashpoint

race: ## Run the tests with the race detector
	$(GO) test -race ./...

fuzz: ## Run every fuzz target for FUZZTIME (default 10s)
	@grep -rlE '^func Fuzz' --include='*_test.go' . | xargs -n1 dirname | sort -u | while read -r dir; do \
		for target in $$(grep -hoE '^func Fuzz[A-Za-z0-9_]*' "$$dir"/*_test.go | cut -c6-); do \
			echo "== $$dir $$target"; \
			$(GO) test "$$dir" -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x || exit 1; \
		done; \
	done

BENCH := bin/bench

bench: build ## Measure every benchmark (minutes) into bin/bench
	bin/tacit bench run all --runs 5 --json $(BENCH).json
	bin/tacit bench report $(BENCH).json --out $(BENCH)

bench-full: build ## The same at full sizes (an hour)
	bin/tacit bench run all --full --runs 5 --json $(BENCH)-full.json
	bin/tacit bench report $(BENCH)-full.json --out $(BENCH)-full

bench-baseline: build ## Measure what benchmarks/baseline has, and the curves of docs/costs.md
	bin/tacit bench run all --runs 5 --json benchmarks/baseline/baseline.json
	$(MAKE) bench-costs

bench-costs: build ## Draw the curves of docs/costs.md from the baseline
	rm -rf docs/costs && bin/tacit bench report benchmarks/baseline/baseline.json --out docs/costs

bench-go: ## Run the Go benchmarks of the parts, COUNT times each (default 6)
	$(GO) test -run '^$$' -bench . -benchmem -count $(COUNT) ./...

fmt: ## Format the source
	$(GO) tool gofumpt -w $$(git ls-files '*.go' | grep -v '\.pb\.go$$')

lint: ## Report what vet, staticcheck and gofumpt find
	$(GO) vet ./...
	$(GO) vet -tags e2e,tacitcrash ./internal/e2e ./engine/enginetest ./engine/crashpoint
	$(GO) tool staticcheck ./...
	@unformatted=$$($(GO) tool gofumpt -l $$(git ls-files '*.go' | grep -v '\.pb\.go$$')); \
	if [ -n "$$unformatted" ]; then echo "not formatted, run make fmt:"; echo "$$unformatted"; exit 1; fi

gen: gen-docs ## Write generated code, schemas and references
	cd protos && $(BUF) generate

gen-docs: ## Write schemas, references and the table of parameters only
	$(GO) test ./engine/charter ./engine/config -run TestSchema -update
	$(GO) test ./internal/docgen -run Fresh -update

check-gen: ## Report generated files that are not fresh
	@fresh=$$(mktemp -d) && trap 'rm -rf "$$fresh"' EXIT && \
	(cd protos && $(BUF) lint && $(BUF) generate -o "$$fresh") && \
	for file in $$(cd "$$fresh" && find . -name '*.go'); do \
		cmp "$$fresh/$$file" "protos/$$file" || { echo "run make gen"; exit 1; }; \
	done
	$(GO) test ./engine/charter ./engine/config ./internal/docgen -run 'TestSchema|Fresh|TestDocuments'

check: lint check-gen ## Report whatever is wrong besides tests; works offline
	$(GO) test ./internal/archtest

cover: ## Write coverage.out and print the coverage of each package
	$(GO) test -coverprofile=coverage.out ./...
	@$(GO) tool cover -func=coverage.out | tail -1

demo: build ## Run two spaces on this machine and compare with the pooled answers
	bin/tacit demo

clean: ## Remove what was built
	rm -rf bin coverage.out
