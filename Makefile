# The commands of the project. Each sets up what it needs by itself; Node and npm are enough for `run` and `test`.
.PHONY: help setup run test controlplane e2e conformance bench bench-check clean

help: ## list the commands
	@grep -E '^[a-z0-9-]+:.*## ' Makefile | sed -E 's/^([a-z0-9-]+):.*## (.*)$$/  make \1	\2/' | expand -t 22

setup: node_modules/.installed ## install the dependencies, Node 24 among them

node_modules/.installed: package.json package-lock.json
	@bash hack/setup.sh

# What the built program is made of.
folders = machinery api conversion transformers admission reconciler server cluster cli hack/build
sources = $(shell find $(folders) -type f ! -name '*.test.ts' ! -path '*/testdata/*')

dist/cli/main.js: node_modules/.installed hack/build.ts $(sources)
	@npm run --silent build

run: setup dist/cli/main.js ## start a standalone server in this folder, with samples; Ctrl-C ends it
	@npm run --silent standalone

test: setup ## run every check and test; what was skipped, and why, is the last word
	@npm run --silent verify

# A cluster for tests is used instead of a built control plane. Where programs are given, tests do with those that cannot
# be had besides.
build = $(if $(HAWSEPIPE_TEST_KUBECONFIG),,bash hack/controlplane/build.sh $(1) $(if $(KUBEBUILDER_ASSETS),|| true))

controlplane: ## build the Kubernetes programs the cluster tests use (needs Go)
	@bash hack/controlplane/build.sh all

e2e: setup ## run the tests with kubectl and a real control plane
	@$(call build,all)
	@npm run --silent test:e2e

conformance: setup ## compare with a real kube-apiserver; N= programs steps and SEED= choose the random part
	@$(call build,etcd kube-apiserver)
	@$(if $(N),N=$(N)) $(if $(SEED),SEED=$(SEED)) npm run --silent test:conformance

bench: setup ## measure against a native CRD and a bare server, side by side, on this machine; ARGS= as hack/bench/main.ts takes them
	@$(call build,etcd kube-apiserver kubectl)
	@npm run --silent bench -- $(ARGS)

bench-check: setup ## measure and fail where a ratio is 30 % worse than hack/bench/baseline.json; ARGS= as for bench
	@$(call build,etcd kube-apiserver kubectl)
	@npm run --silent bench:check -- $(ARGS)

clean: ## remove what was built or installed, but not .hawsepipe/, which holds your data
	rm -rf node_modules dist coverage .cache
