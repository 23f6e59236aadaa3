# Sourced by the scripts beside it.

# The folder of kube-apiserver, etcd and, where there is one, kube-controller-manager.
assets() {
  echo "${KUBEBUILDER_ASSETS:-${XDG_CACHE_HOME:-$HOME/.cache}/regie/kube-1.20}"
}

fail() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}
