#!/usr/bin/env bash
# Makes a kind cluster, or takes the one there is, with Hawsepipe of this checkout in it and a sample applied. Needs kind,
# kubectl, and docker or podman. Can be run again: it builds the image anew and restarts what runs it.
#
# usage: hack/kind/up.sh     undo: kind delete cluster --name hawsepipe
set -euo pipefail
cd "$(dirname "$0")/../.."
cluster=hawsepipe
image=hawsepipe:kind

fail() {
  echo "kind: $1" >&2
  exit 1
}

# Answers the container engine to use; the one kind is told to use comes first.
engine() {
  local name
  for name in ${KIND_EXPERIMENTAL_PROVIDER-} docker podman; do
    if command -v "$name" >/dev/null && "$name" info >/dev/null 2>&1; then
      echo "$name"
      return
    fi
  done
  return 1
}

command -v kind >/dev/null || fail "kind is not installed: https://kind.sigs.k8s.io/docs/user/quick-start/"
command -v kubectl >/dev/null || fail "kubectl is not installed: https://kubernetes.io/docs/tasks/tools/"
engine=$(engine) || fail "neither docker nor podman is there and running; without a container engine use make controlplane"
export KIND_EXPERIMENTAL_PROVIDER=$engine

if ! kind get clusters 2>/dev/null | grep -qx "$cluster"; then
  kind create cluster --config hack/kind/cluster.yaml --wait 2m
fi
kubectl() { command kubectl --context "kind-$cluster" "$@"; }

"$engine" build --tag "$image" .
archive=$(mktemp --suffix=.tar)
trap 'rm -f "$archive"' EXIT
# From an archive, since kind finds an image by name only in docker. Podman names its images by a registry.
[ "$engine" = docker ] || "$engine" tag "$image" "docker.io/library/$image"
"$engine" save --output "$archive" "$([ "$engine" = docker ] || echo docker.io/library/)$image"
kind load image-archive "$archive" --name "$cluster"

kubectl apply -k hack/kind
kubectl rollout restart deployment/hawsepipe --namespace hawsepipe-system
kubectl rollout status deployment/hawsepipe --namespace hawsepipe-system --timeout=3m
kubectl wait --for=condition=Available apiservice/v1alpha2.hawsepipe.dev --timeout=2m
# The leader makes the providers known a moment later.
kubectl wait --for=create inferenceprovider/vllm --timeout=1m

kubectl apply -f manifests/samples/00-prerequisites.yaml -f manifests/samples/10-vllm-minimal.yaml
kubectl get modeldeployments,deployments,services
echo
echo "The nodes have no GPUs, so the pods of qwen-small stay Pending. Undo: kind delete cluster --name $cluster"
