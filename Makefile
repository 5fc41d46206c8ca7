# Thin on purpose: each target is one line, what is longer is a program in infra/local/.
PYTHON ?= python3
STAGE ?= staging

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: ## set everything up and do the main job once
	@$(PYTHON) infra/local/demo.py

test: ## set up a stack of its own, then check and test everything
	@$(PYTHON) infra/local/check.py

stop: ## stop what `make run` started; what it holds is kept
	@$(PYTHON) infra/local/stack.py stop

logs: ## follow the logs of the functions of `make run`
	@$(PYTHON) infra/local/stack.py logs

reset: ## stop `make run` and remove everything it holds
	@$(PYTHON) infra/local/stack.py reset

bench: ## measure, each figure beside its baseline
	@$(PYTHON) infra/local/bench.py

corpus: ## read, preview and import every file of a folder: make corpus DIR=…
	@$(PYTHON) infra/local/corpus.py $(DIR)

fuzz: ## send what the OpenAPI document allows, and what it does not, to the stack of `make test`
	@$(PYTHON) infra/local/fuzz.py

openapi: ## write the routes of template.yaml and the generated documents in docs/ from the code
	@UPDATE_OPENAPI=1 SQLX_OFFLINE=true CARGO_BUILD_TARGET=$$(rustc -vV | sed -n "s/host: //p") cargo test --quiet --package e2e --test house openapi

prepare: ## write the queries' offline data (.sqlx)
	@$(PYTHON) infra/local/prepare.py

deploy: ## deploy to AWS what changed: make deploy STAGE=staging, or some stacks: ONLY=imports,api
	@$(PYTHON) infra/local/deploy.py $(STAGE) $(ONLY)

move: ## give each domain of a stage that is one single stack a stack of its own: make move STAGE=staging
	@$(PYTHON) infra/local/move.py $(STAGE)

.PHONY: help run test stop logs reset bench corpus fuzz openapi prepare deploy move
