#!/usr/bin/env bash
# A CA, an operator's certificate, and one certificate for each node named.
#   deploy/certificates.sh DIR NODE[=DNS-NAME-OR-IP,...] ...
# Example: deploy/certificates.sh pki coordinator=coordinator.example alpha=alpha.example,10.0.0.11 beta
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
if [ $# -lt 2 ]; then
  sed -n '2,4s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
dir=$1
shift
[ -f "$dir/ca.crt" ] || "$here/fabric" certs init --dir "$dir"
for node in "$@"; do
  name=${node%%=*}
  names=()
  if [ "$name" != "$node" ]; then
    IFS=, read -ra list <<<"${node#*=}"
    for n in "${list[@]}"; do names+=(--name "$n"); done
  fi
  "$here/fabric" certs node "$name" --dir "$dir" "${names[@]}"
done
