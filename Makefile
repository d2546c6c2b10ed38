# Every target sets up what it needs. The tools that are not Go modules come from package-lock.json.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GO          ?= go
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
ACTIONLINT  := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0

# The function is built for the architecture that the stack will ask for.
THUMBING_ARCH ?= $(or $(shell sed -n 's/^ *THUMBING_ARCH *= *//p' .env 2>/dev/null | tail -n 1),arm64)
FUNCTION_GOARCH = $(subst x86_64,amd64,$(THUMBING_ARCH))
# Without the RPC of old runtimes and HTTP/2, which neither S3 nor SNS speaks: what is not there need not be loaded.
FUNCTION_FLAGS  = -tags lambda.norpc,nethttpomithttp2 -trimpath -buildvcs=false -ldflags '-s -w'

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: node_modules/.package-lock.json ## install the pinned CDK command line and Node

node_modules/.package-lock.json: package-lock.json
	@echo 'installing the CDK command line and Node'
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: function
function: ## compile the function for the cloud
	@mkdir -p build/thumbnail
	@GOOS=linux GOARCH=$(FUNCTION_GOARCH) CGO_ENABLED=0 $(GO) build $(FUNCTION_FLAGS) -o build/thumbnail/bootstrap ./lambdas/thumbnail

.PHONY: build
build: function ## compile the binary, the function for the cloud, and the function for this machine
	@test -d "$$($(GO) env GOCACHE)/00" || echo 'compiling for the first time: this takes a few minutes'
	@mkdir -p bin build/host
	@CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '-s -w' -o bin/thumbing ./cmd/thumbing
	@CGO_ENABLED=0 $(GO) build $(FUNCTION_FLAGS) -o build/host/bootstrap ./lambdas/thumbnail

.PHONY: dev
dev: setup build ## run the whole system here, and print its URLs
	@bin/thumbing dev

.PHONY: test
test: setup build ## run every test
	$(GO) test -timeout 30m ./...

.PHONY: synth
synth: setup build ## write the CloudFormation template to cdk.out
	npx cdk synth --quiet

.PHONY: doctor
doctor: setup build ## look at this machine, the settings, the account and what is deployed; change nothing
	@bin/thumbing doctor

.PHONY: bootstrap
bootstrap: setup ## prepare the AWS account and region for the CDK, once
	npx cdk bootstrap

.PHONY: diff
diff: setup ## show what a deployment would change
	npx cdk diff

.PHONY: deploy
deploy: setup ## create or update the stack in AWS
	npx cdk deploy

.PHONY: destroy
destroy: setup ## remove the stack from AWS; its buckets stay, with everything in them
	npx cdk destroy

.PHONY: deploy-check
deploy-check: setup build ## deploy to moto_server, look at what there is, and destroy it
	$(GO) test ./stacks/deploytest -timeout 30m -count=1 -v -moto

.PHONY: reproducible
reproducible: setup build ## build the function in two clean clones, and compare the assets
	@here=$$PWD; dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; \
	for clone in one another/place; do \
		git clone --quiet . $$dir/$$clone; ln -s $$here/node_modules $$dir/$$clone/node_modules; \
		$(MAKE) --no-print-directory -C $$dir/$$clone function; \
		(cd $$dir/$$clone; UPLOADS_BUCKET_NAME=any-uploads ASSETS_BUCKET_NAME=any-assets CDK_VALIDATION=false $$here/bin/thumbing synth --output out >/dev/null; \
			sha256sum build/thumbnail/bootstrap | cut -d ' ' -f 1; grep -o 'asset\.[0-9a-f]*' out/*.assets.json) > $$dir/$$(basename $$clone).txt; \
	done; \
	diff $$dir/one.txt $$dir/place.txt && test "$$(wc -l < $$dir/one.txt)" -ge 2 && echo 'the same in both:' && cat $$dir/one.txt

.PHONY: lint
lint: ## gofmt, go vet, staticcheck, actionlint and, where its database can be reached, govulncheck
	@out=$$(gofmt -l cmd internal lambdas stacks); test -z "$$out" || { echo "gofmt would change:"; echo "$$out"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	$(GO) run $(ACTIONLINT)
	@if curl --silent --fail --max-time 5 --output /dev/null https://vuln.go.dev/index/modules.json; \
	then $(GO) run $(GOVULNCHECK) ./...; \
	else echo 'govulncheck: its database cannot be reached from here, so it is left out'; fi

# These start many processes or a browser, each of which is slow with the detector; what runs in the processes, other tests
# run with it. The decoders start no goroutines; that they may run beside each other, thumbnail.Make's test tells.
RACE_SKIPS    = TestEveryStatementCounts|TestKillLosesNothing|TestPage
RACE_PACKAGES = $(shell $(GO) list ./internal/... ./lambdas/... ./cmd/... | grep -v internal/thumbnail/)

.PHONY: race
race: ## run the tests with the race detector
	$(GO) test -race -timeout 30m $(RACE_PACKAGES) -skip '$(RACE_SKIPS)'

.PHONY: arm64
arm64: ## test the pictures' arithmetic on arm64; elsewhere in qemu
	GOARCH=arm64 CGO_ENABLED=0 $(GO) test $(if $(filter-out arm64,$(shell $(GO) env GOHOSTARCH)),-exec qemu-aarch64-static) -timeout 30m ./internal/thumbnail/...

PLATFORMS = linux/amd64 linux/arm64 darwin/amd64 darwin/arm64

.PHONY: cross
cross: ## build and vet for Linux and macOS, amd64 and arm64
	@for platform in $(PLATFORMS); do \
		export GOOS=$${platform%/*} GOARCH=$${platform#*/} CGO_ENABLED=0; echo "$$platform"; \
		$(GO) build -o /dev/null ./cmd/thumbing && $(GO) vet ./... || exit 1; \
	done

.PHONY: latency
latency: setup build ## measure the time from a finished PUT to a readable avatar
	@$(GO) run ./internal/bench/latency

.PHONY: load
load: build ## measure the profile service: 200 readers and 20 writers on SQLite and on PostgreSQL
	@$(GO) run ./internal/bench/load

.PHONY: throughput
throughput: setup build ## measure pictures a second through the local cloud, and its memory over many
	@$(GO) run ./internal/bench/throughput

.PHONY: chaos
chaos: setup build ## count what becomes of uploads through a local cloud in which much goes wrong; SEED=n
	@$(GO) run ./internal/bench/chaos $(if $(SEED),-seed $(SEED))

.PHONY: bench
bench: setup build ## measure beside sharp; CORPUS=dir for photographs of your own
	@npm ci --prefix internal/bench/sharp --no-audit --no-fund --loglevel=error
	@$(GO) run ./internal/bench $(if $(CORPUS),-corpus $(CORPUS))

.PHONY: conformance
conformance: build ## judge pictures with known answers: CORPUS=dir
	@test -n "$(CORPUS)" || { echo 'name the folder of pictures: make conformance CORPUS=dir'; exit 2; }
	$(GO) test ./internal/bench/conformance -count=1 -v -corpus $(abspath $(CORPUS)) | grep -vE '^( *--- PASS|=== )'

.PHONY: golden
golden: ## rewrite the golden files after a wanted change
	$(GO) test ./stacks -update

.PHONY: clean
clean: ## remove what was built; uploads in .thumbing stay
	rm -rf bin build cdk.out node_modules
