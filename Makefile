# Daily work with Régie. `make help` lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help
EXIT ?=
SCENARIO ?= main
ARGS ?=
FOR ?= 600
MINUTES ?= 30

.PHONY: help deps build release demo test kube coverage mutants corpus bench soak fuzz fuzz-api lint format clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

deps: ## Install what building needs
	@scripts/install-dependencies.sh build

build: deps ## Build everything (debug)
	swift build

release: deps ## Build the three programs optimised
	swift build -c release --product governance
	swift build -c release --product region-agent
	swift build -c release --product regie

demo: ## The whole system on this machine, and the main scenario, or SCENARIO=evacuation; EXIT=1 stops after it
	@scripts/install-dependencies.sh test
	swift build
	.build/debug/regie dev --scenario $(SCENARIO) $(if $(EXIT),--exit) $(ARGS)

kube: ## Get a real Kubernetes API server for the tests (once; cached)
	@scripts/kube/build-apiserver.sh >/dev/null

test: ## Install, build, start throw-away servers, run all tests
	@scripts/test.sh $(ARGS)

coverage: ## Run all tests and print line coverage by room; ARGS='--last --uncovered Shared/Model'
	@scripts/coverage.sh $(ARGS)

mutants: deps ## Look which changes of the code no test notices; ARGS="Sources/Governance/Board='^BoardTests'"
	@scripts/mutants.py $(ARGS)

corpus: ## Record the decisions of a new engine version; refused where it is recorded already
	swift build --build-tests
	REGIE_RECORD_CORPUS=1 swift test --skip-build --disable-xctest --filter '^PlacementTests\.CorpusTests/replay'

bench: ## Build optimised and print figures, one a line; ARGS=engine, batch, query, store, centre, e2e, agent, evacuate, impact or migrate for a part
	@scripts/bench.sh $(ARGS)

soak: ## Let an agent live through MINUTES=30 of changes, and see that nothing of it grows
	@scripts/bench.sh soak --minutes $(MINUTES)

fuzz: deps ## Damage policies and projects for FOR=600 seconds; REGIE_FUZZ_SEED repeats a run
	@scripts/fuzz.sh $(FOR)

fuzz-api: ## Ask the demo what its OpenAPI document allows and forbids, for FOR=600 seconds, and judge the answers
	@scripts/install-dependencies.sh test
	@scripts/fuzz-api.sh $(FOR)

lint: ## Check format, shell scripts and the OpenAPI document
	@scripts/install-dependencies.sh test
	@scripts/lint.sh

format: ## Format the sources
	swift format --in-place --recursive --parallel Sources Tests Benchmarks/Sources Benchmarks/Package.swift Package.swift

clean: ## Remove what was built and the demo's data
	rm -rf .build .regie Benchmarks/.build
