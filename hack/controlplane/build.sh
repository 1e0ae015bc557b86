#!/usr/bin/env bash
# Builds the Kubernetes programs that the tests use into .cache/bin, from Go modules pinned in go.mod here.
# Prints nothing when they are current. The Go build cache makes every build after the first a matter of seconds.
#
# usage: hack/controlplane/build.sh [PROGRAM...]   (default: kubectl)
set -euo pipefail
cd "$(dirname "$0")/kubernetes"

if ! command -v go >/dev/null; then
  echo "controlplane: Go is not installed; give existing programs with KUBEBUILDER_ASSETS instead" >&2
  exit 1
fi

version=$(go list -m -f '{{.Version}}' k8s.io/kubernetes)
minor=$(cut -d. -f2 <<<"$version")
# Without the version, kubectl and the controller manager stop when they parse their own.
ldflags="-s -w
  -X k8s.io/component-base/version.gitVersion=$version
  -X k8s.io/component-base/version.gitMajor=1
  -X k8s.io/component-base/version.gitMinor=$minor"

bin=../../../.cache/bin
mkdir -p "$bin"
for program in "${@:-kubectl}"; do
  if [ "$(cat "$bin/$program.version" 2>/dev/null)" = "$version" ] && [ -x "$bin/$program" ]; then continue; fi
  echo "controlplane: building $program $version (minutes the first time)"
  go build -trimpath -ldflags "$ldflags" -o "$bin/$program" "k8s.io/kubernetes/cmd/$program"
  echo "$version" >"$bin/$program.version"
done
