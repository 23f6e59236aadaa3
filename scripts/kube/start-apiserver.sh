#!/usr/bin/env bash
# Starts etcd, kube-apiserver and, where there is one, kube-controller-manager on 127.0.0.1, with all state in DIR.
# RBAC is on. There are no nodes: pods stay Pending. stop-apiserver.sh DIR ends them.
#
#   start-apiserver.sh DIR API_PORT ETCD_PORT PEER_PORT CONTROLLER_PORT
#
# Programs come from KUBEBUILDER_ASSETS, else from where build-apiserver.sh puts them. Writes in DIR:
#   ca.crt, admin.token, admin.kubeconfig (group system:masters); other users by user-kubeconfig.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/common.sh"

[ $# = 5 ] || fail "wants DIR API_PORT ETCD_PORT PEER_PORT CONTROLLER_PORT"
dir=$(mkdir -p "$1" && cd "$1" && pwd)
api=https://127.0.0.1:$2 etcd=http://127.0.0.1:$3 peer=http://127.0.0.1:$4
api_port=$2 controller_port=$5
bin=$(assets)
for name in etcd kube-apiserver; do
  [ -x "$bin/$name" ] || fail "no $name in $bin; run $here/build-apiserver.sh or set KUBEBUILDER_ASSETS"
done

# Fails, and so ends the script, with the last lines of NAME.log when the program has ended.
alive() {
  kill -0 "$(cat "$dir/$1.pid")" 2>/dev/null || { tail -n 5 "$dir/$1.log" >&2; fail "$1 ended; see $dir/$1.log"; }
}

# Without what the caller handed down but the three standard files: callers wait for the end of such files.
launch() {
  local name=$1
  shift
  (
    for file in /dev/fd/*; do
      [ "${file##*/}" -le 2 ] || eval "exec ${file##*/}>&-"
    done
    exec "$bin/$name" "$@" </dev/null >"$dir/$name.log" 2>&1
  ) &
  echo $! >"$dir/$name.pid"
}

make_keys() {
  umask 077
  cd "$dir"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -days 365 \
    -subj /CN=regie-test-ca 2>/dev/null
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -out server.csr \
    -subj /CN=kube-apiserver 2>/dev/null
  printf 'subjectAltName=IP:127.0.0.1,IP:10.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n' >server.ext
  openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 365 -extfile server.ext \
    -out server.crt 2>/dev/null
  openssl genrsa -out service-accounts.key 2048 2>/dev/null
  openssl rand -hex 16 >admin.token
  openssl rand -hex 16 >controller.token
  printf '%s,admin,1,"system:masters"\n%s,system:kube-controller-manager,2,\n' \
    "$(cat admin.token)" "$(cat controller.token)" >tokens.csv
}

write_kubeconfig() {
  cat >"$dir/$1.kubeconfig" <<YAML
apiVersion: v1
kind: Config
current-context: local
clusters: [{name: local, cluster: {server: "$api", certificate-authority: "$dir/ca.crt"}}]
users: [{name: $1, user: {token: "$(cat "$dir/$1.token")"}}]
contexts: [{name: local, context: {cluster: local, user: $1}}]
YAML
}

# wait_until_ready NAME URL [curl option…]
wait_until_ready() {
  local name=$1 url=$2 end=$((SECONDS + 180))
  shift 2
  while [ "$SECONDS" -lt "$end" ]; do
    curl -sf --max-time 5 "$@" "$url" >/dev/null && return
    alive etcd
    alive "$name"
    sleep 0.1
  done
  fail "$name is not ready after three minutes; see $dir/$name.log"
}

[ -f "$dir/tokens.csv" ] || (make_keys)
write_kubeconfig admin
write_kubeconfig controller

launch etcd --data-dir "$dir/etcd" --listen-client-urls "$etcd" --advertise-client-urls "$etcd" \
  --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "default=$peer"
launch kube-apiserver --etcd-servers="$etcd" --bind-address=127.0.0.1 --secure-port="$api_port" \
  --tls-cert-file="$dir/server.crt" --tls-private-key-file="$dir/server.key" --client-ca-file="$dir/ca.crt" \
  --token-auth-file="$dir/tokens.csv" --authorization-mode=RBAC --anonymous-auth=false \
  --service-account-issuer=https://kubernetes.default.svc --service-account-key-file="$dir/service-accounts.key" \
  --service-account-signing-key-file="$dir/service-accounts.key" --service-cluster-ip-range=10.0.0.0/24 \
  --advertise-address=127.0.0.1 --endpoint-reconciler-type=none

# Without it quotas take no effect and namespaces never go. Its own rate limits would slow tests with many objects.
# Nodes that tests make have no kubelet: after 40 seconds, its default, it would take them for lost.
launch_controllers() {
  local flags=() help
  help=$("$bin/kube-controller-manager" --help 2>&1)
  # Old versions also listen without TLS, on a port of their own that another server may have.
  if [[ $help == *"--port int"* ]]; then flags+=(--port=0); fi
  launch kube-controller-manager --kubeconfig="$dir/controller.kubeconfig" \
    --authentication-kubeconfig="$dir/controller.kubeconfig" --authorization-kubeconfig="$dir/controller.kubeconfig" \
    --bind-address=127.0.0.1 --secure-port="$controller_port" --leader-elect=false \
    --kube-api-qps=500 --kube-api-burst=1000 --use-service-account-credentials=true \
    --node-monitor-grace-period=24h \
    --service-account-private-key-file="$dir/service-accounts.key" --root-ca-file="$dir/ca.crt" "${flags[@]}"
}

wait_until_ready kube-apiserver "$api/readyz" --cacert "$dir/ca.crt" \
  -H "Authorization: Bearer $(cat "$dir/admin.token")"
if [ -x "$bin/kube-controller-manager" ]; then
  launch_controllers
  # Its certificate is made anew at each start and signed by nobody.
  wait_until_ready kube-controller-manager "https://127.0.0.1:$controller_port/healthz" --insecure
fi
