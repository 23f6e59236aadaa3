#!/usr/bin/env bash
# Builds kube-apiserver and kube-controller-manager 1.20.2 from Debian's own source package and puts them, with etcd and
# kubectl, in DIR: a folder fit for KUBEBUILDER_ASSETS. For machines that reach a Debian mirror but not Kubernetes' own
# downloads. Debian 12, root (for apt-get), about 10 minutes on 2 cores; returns at once when DIR is complete.
#
#   build-apiserver.sh [DIR]      DIR: ~/.cache/regie/kube-1.20 when not given; printed at the end
set -euo pipefail
source "$(dirname "$0")/common.sh"

dir=${1:-$(KUBEBUILDER_ASSETS='' assets)}
version=1.20.2

complete() {
  local name
  for name in kube-apiserver kube-controller-manager etcd kubectl; do
    [ -x "$dir/$name" ] || return 1
  done
}

install_tools() {
  local run=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null ||
      fail "needs root, or sudo, for apt-get; or set KUBEBUILDER_ASSETS to a folder with the programs"
    run=(sudo)
  fi
  export DEBIAN_FRONTEND=noninteractive
  "${run[@]}" apt-get update -qq
  "${run[@]}" apt-get install -y -qq --no-install-recommends \
    ca-certificates dpkg-dev etcd-server gcc golang-1.19-go jq make rsync
}

# Debian's sources are fetched through a list of their own: the machine's lists stay as they are.
fetch_sources() {
  local mirror
  mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list 2>/dev/null |
    grep -oE 'https?://[^ ]+/debian/?( |$)' | head -n 1 | tr -d ' ' || true)
  [ -n "$mirror" ] || fail "no Debian mirror in /etc/apt"
  mkdir -p lists/partial
  echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror bookworm main" >sources.list
  local options=(
    -o "Dir::Etc::sourcelist=$PWD/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::Lists=$PWD/lists" -o APT::Sandbox::User=root
  )
  apt-get "${options[@]}" update -qq
  apt-get "${options[@]}" source -qq --download-only kubernetes
  tar xzf kubernetes_*.orig.tar.gz
}

# Unpacked rather than installed: another kubectl may be there.
fetch_package() {
  apt-get -o APT::Sandbox::User=root download -qq "$1"
  dpkg -x "$1"_*.deb "$2"
}

# The reflect2 that 1.20 vendors crashes on the first POST when built with Go 1.18 or newer; Debian's does not.
replace_reflect2() {
  local vendored=kubernetes-$version/vendor/github.com/modern-go/reflect2
  fetch_package golang-github-modern-go-reflect2-dev reflect2
  find "$vendored" -type f ! -name LICENSE -delete
  cp reflect2/usr/share/gocode/src/github.com/modern-go/reflect2/*.{go,s} "$vendored/"
  rm -f "$vendored"/*_test.go
}

build() (
  cd "kubernetes-$version"
  export PATH=/usr/lib/go-1.19/bin:$PATH HOME=$PWD/home GOCACHE=$PWD/gocache
  export GOPROXY=off GOSUMDB=off GOFLAGS=-mod=vendor CGO_ENABLED=0
  # What the programs answer to /version.
  export KUBE_GIT_VERSION=v$version KUBE_GIT_MAJOR=1 KUBE_GIT_MINOR=20 KUBE_GIT_TREE_STATE=archive
  export KUBE_GIT_COMMIT=faecb196815e248d3ecfb03c680a4507229c2a56
  mkdir -p "$HOME"
  make GOLDFLAGS="-s -w" WHAT="cmd/kube-apiserver cmd/kube-controller-manager"
)

keep_results() {
  mkdir -p "$dir"
  cp "kubernetes-$version"/_output/local/bin/linux/*/kube-{apiserver,controller-manager} "$dir/"
  cp kubectl/usr/bin/kubectl "$dir/"
  ln -sf "$(command -v etcd)" "$dir/etcd"
}

if ! complete; then
  work=$(mktemp -d)
  trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
  {
    install_tools
    cd "$work"
    fetch_sources
    fetch_package kubernetes-client kubectl
    replace_reflect2
    build
    keep_results
  } >&2
  complete || fail "built, but $dir is not complete"
fi
echo "$dir"
