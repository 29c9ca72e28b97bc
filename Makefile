# The text after `##` describes a target for `make help`. The work is in scripts/.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := bash
export CARGO_BUILD_JOBS ?= 2
export PORT
export MAKE_GOAL := $(firstword $(MAKECMDGOALS))

##@ Run
.PHONY: run
run: ## Local profile: builds everything, creates .env.dev on the first run, serves on :8080 (PORT=9090 for another port)
	@scripts/serve.sh local

.PHONY: dev-anon
dev-anon: ## Anonymous profile: no credential, no database; proves that a gateway reaches the server
	@scripts/serve.sh anon

.PHONY: dev
dev: ## Live profile, with Postgres and Keycloak in containers
	@scripts/docker.sh dev

.PHONY: dev-down
dev-down: ## Stops the containers of `make dev`
	@scripts/docker.sh dev-down

.PHONY: dev-secrets
dev-secrets: ## Creates .env.dev with random secrets; never changes existing ones
	@scripts/dev-secrets.sh

.PHONY: env
env: ## Creates .env with random secrets for docker-compose.yml; never changes existing ones
	@scripts/compose-env.sh

##@ Build
.PHONY: ui
ui: ## Builds the portal from web/ into static-build/
	@scripts/ui.sh

.PHONY: build
build: ## Release binary with the portal inside; fails when static-build/ is empty
	@scripts/build.sh

.PHONY: docs
docs: ## Documentation site, into target/site; a broken link is an error
	@scripts/docs.sh

.PHONY: rustdoc
rustdoc: ## Documentation of the crates, into target/doc
	@cargo doc --locked --workspace --no-deps --document-private-items

.PHONY: docker
docker: ## Container image api-test:local (IMAGE=name:tag for another name)
	@scripts/docker.sh image

##@ Test
.PHONY: test
test: ## Tests, linters and checks of the docs; installs what it needs (CI runs `verify`)
	@scripts/test.sh

.PHONY: verify
verify: ## `test` with exactly the pinned tool versions, and the supply chain; fails when static-build/ is empty
	@scripts/require-ui.sh
	@scripts/test.sh --strict

.PHONY: integration
integration: ## Tests that need Postgres: in a container if Docker responds, otherwise the installed one
	@scripts/integration.sh

.PHONY: containers
containers: ## Tests image and compose files on a real engine; starts its own if necessary and possible
	@scripts/containers.sh

.PHONY: e2e
e2e: ## Tests the portal in a headless browser, on SQLite and PostgreSQL; installs what it needs
	@scripts/e2e.sh

.PHONY: flaky
flaky: ## Repeats the suites to find flaky tests (RUNS=, LOADED=, CROWDED=, BROWSER_RUNS=; an hour and more)
	@scripts/flaky.sh

.PHONY: screenshots
screenshots: ## Pictures of the portal's pages for the documentation, into docs/images
	@cd web && npm run --silent screenshots

.PHONY: bench
bench: ## Throughput, latency, CPU and memory compared with a bare actix-web handler (some minutes)
	@scripts/bench.sh

.PHONY: lint
lint: ## rustfmt, clippy; shell, workflows, YAML, containers, manifests, alert rules, secrets, tool versions
	@scripts/lint.sh

.PHONY: fmt
fmt: ## Formats the Rust code
	@cargo fmt --all

##@ Help
.PHONY: help
help: ## This list
	@awk 'BEGIN { FS = ":.*## " } /^##@/ { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z0-9-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
