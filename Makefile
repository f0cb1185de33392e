# make help lists what there is. Everything is installed into .venv/ in this folder.
.DEFAULT_GOAL := help
.PHONY: help demo ui test bench lint infra docs clean
VENV := .venv/bin

help: ## show this list
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## build three example manuals, add them, ask four questions
	@scripts/setup.sh demo
	@$(VENV)/python scripts/demo.py

ui: ## open the web page on the demo's library (after make demo)
	@scripts/setup.sh ui
	@$(VENV)/manualchat --library .demo/library ui

test: ## run every test; ARGS="-k name" for some of them
	@scripts/setup.sh dev
	@$(VENV)/python -m pytest $(ARGS)

bench: ## measure reading, embedding, search, ask and memory
	@scripts/setup.sh dev
	@scripts/bench.sh $(ARGS)

lint: ## ruff, mypy, generated documents, lock file
	@scripts/setup.sh dev
	@scripts/lint.sh

infra: ## write the AWS templates to infra/cdk.out/{dev,prod} (no account, no node needed)
	@scripts/setup.sh infra
	@$(VENV)/python -m manualchat_infra.app dev prod $(ARGS)

docs: ## write the commands' help into README.md and README.ko.md
	@scripts/setup.sh dev
	@$(VENV)/python scripts/document_cli.py

clean: ## remove .venv, .uv, the demo's library and what was built
	rm -rf .venv .uv .demo .local-aws .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build infra/cdk.out
	rm -f examples/manuals/*.pdf
	find src tests infra ui benchmarks examples scripts -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
