#!/usr/bin/env bash
# Builds the programs of a Kubernetes control plane that the tests use, and a registry of images, into .cache/bin, from
# Go modules pinned in the go.mod of each folder here. Their dependency graphs disagree, hence one for each.
# Programs in the folder KUBEBUILDER_ASSETS names are not built; those of setup-envtest are etcd, kube-apiserver and kubectl.
# Prints nothing when the programs are current. The Go build cache makes every build after the first a matter of seconds.
#
# usage: hack/controlplane/build.sh [PROGRAM...|all]   (default: kubectl)
set -euo pipefail
assets=${KUBEBUILDER_ASSETS:+$(realpath -m "$KUBEBUILDER_ASSETS")}
cd "$(dirname "$0")"
here=$PWD
bin=$(realpath -m ../../.cache/bin)
mkdir -p "$bin"

# Answers whether the program is there in the wanted version; remembers the version it is asked about.
is_current() { [ -x "$bin/$1" ] && [ "$(cat "$bin/$1.version" 2>/dev/null)" = "$2" ]; }

# build PROGRAM FOLDER MODULE PACKAGE [LINKER_FLAGS]
build() {
  local program=$1 folder=$2 module=$3 package=$4 version
  cd "$here/$folder"
  version=$(go list -m -f '{{.Version}}' "$module")
  if is_current "$program" "$version"; then return; fi
  echo "controlplane: building $program $version (minutes the first time)"
  go build -trimpath -ldflags "-s -w ${5-}" -o "$bin/$program" "$package"
  echo "$version" >"$bin/$program.version"
}

build_kubernetes() {
  cd "$here/kubernetes"
  local version minor stamp=k8s.io/component-base/version
  version=$(go list -m -f '{{.Version}}' k8s.io/kubernetes)
  minor=$(cut -d. -f2 <<<"$version")
  # Without the version, kubectl and the controller manager stop when they parse their own.
  build "$1" kubernetes k8s.io/kubernetes "k8s.io/kubernetes/cmd/$1" \
    "-X $stamp.gitVersion=$version -X $stamp.gitMajor=1 -X $stamp.gitMinor=$minor"
}

build_kwok() {
  build kwok kwok sigs.k8s.io/kwok sigs.k8s.io/kwok/cmd/kwok
  # kwok does nothing without stages: the data files that say how nodes and pods come to life.
  local stages="$bin/kwok-stages" source
  source="$(go list -m -f '{{.Dir}}' sigs.k8s.io/kwok)/kustomize/stage"
  rm -rf "$stages" && mkdir -p "$stages"
  install -m 644 "$source"/node/fast/node-initialize.yaml \
    "$source"/node/heartbeat-with-lease/node-heartbeat-with-lease.yaml \
    "$source"/pod/fast/pod-{ready,complete,delete}.yaml "$stages"
}

# Without the versions, helm takes the cluster that charts are rendered for to be an old one.
build_helm() {
  local capabilities=helm.sh/helm/v3/pkg/chartutil
  build helm helm helm.sh/helm/v3 helm.sh/helm/v3/cmd/helm \
    "-X $capabilities.k8sVersionMajor=1 -X $capabilities.k8sVersionMinor=35"
}

programs=("${@:-kubectl}")
if [ "${programs[0]}" = all ]; then
  programs=(etcd kube-apiserver kube-controller-manager kube-scheduler kubectl kwok helm registry)
fi

# Answers whether the program was given; kwok is nothing without its stages.
is_given() {
  [ -n "$assets" ] && [ -x "$assets/$1" ] && { [ "$1" != kwok ] || [ -d "$assets/kwok-stages" ]; }
}
lacking=()
for program in "${programs[@]}"; do
  is_given "$program" || lacking+=("$program")
done
if [ ${#lacking[@]} -eq 0 ]; then exit 0; fi

if ! command -v go >/dev/null; then
  echo "controlplane: Go is not installed, so these cannot be built: ${lacking[*]}; give existing programs with KUBEBUILDER_ASSETS instead" >&2
  exit 1
fi
for program in "${lacking[@]}"; do
  case $program in
    etcd) build etcd etcd go.etcd.io/etcd/server/v3 go.etcd.io/etcd/server/v3 ;;
    kwok) build_kwok ;;
    helm) build_helm ;;
    registry) build registry registry github.com/distribution/distribution/v3 . ;;
    kubectl | kube-apiserver | kube-controller-manager | kube-scheduler) build_kubernetes "$program" ;;
    *) echo "controlplane: no program $program here" >&2 && exit 2 ;;
  esac
done
