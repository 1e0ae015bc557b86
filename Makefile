# The commands of the project. Each sets up what it needs by itself; Node and npm are enough for `run` and `test`.
.PHONY: help setup run test controlplane e2e conformance bench clean

help: ## list the commands
	@grep -E '^[a-z0-9]+:.*## ' Makefile | sed -E 's/^([a-z0-9]+):.*## (.*)$$/  make \1	\2/' | expand -t 22

setup: node_modules/.installed ## install the dependencies, Node 24 among them

node_modules/.installed: package.json package-lock.json
	@bash hack/setup.sh

run: setup ## start a standalone server in this folder, with samples; Ctrl-C ends it
	@npm run --silent standalone

test: setup ## run every check and test; what was skipped, and why, is the last word
	@npm run --silent verify

# Programs that are given, or a cluster for tests, are used instead of built ones.
given = $(KUBEBUILDER_ASSETS)$(HAWSEPIPE_TEST_KUBECONFIG)

controlplane: ## build the Kubernetes programs the cluster tests use (needs Go)
	@bash hack/controlplane/build.sh all

e2e: setup $(if $(given),,controlplane) ## run the tests with kubectl and a real control plane
	@npm run --silent test:e2e

conformance: setup ## compare with a real kube-apiserver; N= programs steps and SEED= choose the random part
	@$(if $(given),,bash hack/controlplane/build.sh etcd kube-apiserver)
	@$(if $(N),N=$(N)) $(if $(SEED),SEED=$(SEED)) npm run --silent test:conformance

bench: setup ## measure against bare servers, side by side, on this machine
	@npm run --silent bench

clean: ## remove what was built or installed, but not .hawsepipe/, which holds your data
	rm -rf node_modules dist coverage .cache
