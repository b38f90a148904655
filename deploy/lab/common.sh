# shellcheck shell=bash
# What up and down share; sourced, not run.

lab_root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
lab_home=/var/lib/fabric-lab # not below /run or /tmp: these may be memory, and disks of guests are large

say() { echo "lab: $*" >&2; }
die() {
  echo "lab: $*" >&2
  exit 1
}

# Namespaces are NAME-NODE.
lab_nodes=(core ctl cl ge gw se sw e1 e2 w1 w2)

check_name() { # NAME
  [[ $1 =~ ^[a-z][a-z0-9]{0,7}$ ]] || die "'$1' is no lab's name: up to 8 of a-z and 0-9, a letter first"
}

need_root() {
  [ "$(id -u)" = 0 ] || die "root is needed: network namespaces are made"
  command -v ip >/dev/null || die "iproute2 is missing; run deploy/setup.sh"
}

# Everything that runs in the lab's namespaces: nodes, hypervisors, the WAN, whoever was started in there by hand.
processes_of() { # NAME
  local node
  for node in "${lab_nodes[@]}"; do ip netns pids "$1-$node" 2>/dev/null || true; done
}

take_down() { # NAME: leaves nothing, from whatever state
  local name=$1 node round left
  # More than once: one that was just about to start another is not on the first list.
  for round in $(seq 50); do
    mapfile -t left < <(processes_of "$name")
    [ ${#left[@]} -gt 0 ] || break
    kill -KILL "${left[@]}" 2>/dev/null || true
    sleep 0.1
  done
  [ ${#left[@]} = 0 ] || die "processes ${left[*]} do not end (round $round)"
  for node in "${lab_nodes[@]}"; do
    [ ! -e "/run/netns/$name-$node" ] || ip netns del "$name-$node"
  done
  rm -rf "${lab_home:?}/$name"
  rmdir "$lab_home" 2>/dev/null || true # another lab may be there
}

# One at a time, whatever the lab's name; nothing is left of this lock. Close 9 for what is to live on.
lock_labs() {
  exec 9<"$lab_root/deploy/lab/common.sh"
  flock 9
}
