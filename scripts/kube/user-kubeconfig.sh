#!/usr/bin/env bash
# Makes a kubeconfig for a user of the server in DIR, by a client certificate; prints its path. RBAC says what the
# user may.
#
#   user-kubeconfig.sh DIR USER [GROUP…]
set -euo pipefail
source "$(dirname "$0")/common.sh"

[ $# -ge 2 ] || fail "wants DIR USER [GROUP…]"
dir=$(cd "$1" && pwd) user=$2
shift 2
subject="/CN=$(printf %s "$user" | sed 's|/|\\/|g')"
for group in "$@"; do subject="/O=$(printf %s "$group" | sed 's|/|\\/|g')$subject"; done

umask 077
into=$(mktemp -d "$dir/user.XXXXXX")
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$into/key.pem" -out "$into/request.pem" \
  -subj "$subject" 2>/dev/null
printf 'extendedKeyUsage=clientAuth\n' >"$into/extensions"
# The serial is random: users may be made at the same time.
openssl x509 -req -in "$into/request.pem" -CA "$dir/ca.crt" -CAkey "$dir/ca.key" \
  -set_serial "0x$(openssl rand -hex 8)" -days 365 -extfile "$into/extensions" -out "$into/certificate.pem" 2>/dev/null
server=$(sed -n 's/.*server: "\([^"]*\)".*/\1/p' "$dir/admin.kubeconfig")
cat >"$into/kubeconfig" <<YAML
apiVersion: v1
kind: Config
current-context: local
clusters: [{name: local, cluster: {server: "$server", certificate-authority: "$dir/ca.crt"}}]
users: [{name: user, user: {client-certificate: certificate.pem, client-key: key.pem}}]
contexts: [{name: local, context: {cluster: local, user: user}}]
YAML
echo "$into/kubeconfig"
