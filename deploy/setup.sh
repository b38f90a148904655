#!/bin/bash
# Prepares a Debian machine for running Fabric on real QEMU. Says what it does; does nothing, quietly, when all is there.
#
#   setup.sh                 installs the Debian packages named below, then builds the test guest
#   setup.sh --with-qemu10   also unpacks QEMU 10.0 from Debian's backports into artifacts/qemu10
#
# Installing needs root, or sudo. QEMU 10.0 is not installed: the system keeps its own QEMU and its apt sources.
# artifacts/qemu10/bin/qemu-system-x86_64 runs it with its own firmware; artifacts/qemu10/qemu.env tells its paths.
set -euo pipefail
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
artifacts=$(realpath -m "$here/../artifacts")
qemu10=$artifacts/qemu10

say() { echo "setup: $*"; }
die() {
  echo "setup: $*" >&2
  exit 1
}

with_qemu10=false
for argument in "$@"; do
  case "$argument" in
    --with-qemu10) with_qemu10=true ;;
    *) die "unknown argument $argument; usage: setup.sh [--with-qemu10]" ;;
  esac
done

# --- Debian packages -----------------------------------------------------------------------------------------------

# package | why
packages='
qemu-system-x86 | runs the machines
qemu-utils      | qemu-img and qemu-nbd, for their disks
iproute2        | makes namespaces for the lab and the tests of networks, and looks at what was done in them
iputils-ping    | measures round trips of the lab
gcc             | compiles the guest program and what spin writes
libc6-dev       | ... and links it
binutils        | strips the guest kernel modules
cpio            | packs the guest initrd
lz4             | unpacks the guest kernel
spin            | checks the model of the hand-over
'

command -v apt-get >/dev/null || die "this is not a Debian system (no apt-get); install QEMU >= 7.2 by hand"

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo DEBIAN_FRONTEND=noninteractive "$@"
  else
    die "root is needed; run as root: $*"
  fi
}

# Runs a command and shows its output only when it fails.
quietly() {
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 </dev/null || status=$?
  [ $status = 0 ] || cat "$log" >&2
  rm -f "$log"
  return $status
}

lists_updated=false
# Package lists that are missing or old are the usual cause of a failing download.
update_lists() {
  if $lists_updated; then return; fi
  say "apt-get update"
  quietly as_root apt-get update -q || die "apt-get update failed; see above"
  lists_updated=true
}

installed() { dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p'; }

mapfile -t wanted < <(awk -F'|' 'NF == 2 { gsub(/ /, "", $1); print $1 }' <<<"$packages")
present=$(installed "${wanted[@]}" || true)
missing=()
for package in "${wanted[@]}"; do
  grep -qx "$package" <<<"$present" && continue
  missing+=("$package")
  say "installing$(awk -F'|' -v p="$package" '{ n = $1; gsub(/ /, "", n) } n == p { print " " p " (" substr($2, 2) ")" }' \
    <<<"$packages")"
done
if [ ${#missing[@]} -gt 0 ]; then
  update_lists
  quietly as_root apt-get install -y -q --no-install-recommends "${missing[@]}" ||
    die "could not install ${missing[*]}; see above"
fi

# --- the guest -----------------------------------------------------------------------------------------------------

if ! "$here/guest/build.sh" --check "$artifacts/guest"; then
  update_lists
  "$here/guest/build.sh" "$artifacts/guest"
fi

# --- QEMU 10.0 -----------------------------------------------------------------------------------------------------

# The files of the wrapper and of qemu.env; both hold absolute paths, so they are written anew when the tree has moved.
firmware_dirs() { echo "$1/usr/share/seabios:$1/usr/share/qemu:$1/usr/lib/ipxe/qemu"; }

wrapper_text() {
  local root=$qemu10/root triplet
  triplet=$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || gcc -dumpmachine)
  cat <<WRAPPER
#!/bin/sh
# QEMU 10.0 as unpacked beside the system's own. exec keeps the process id, so it is killed and watched like any QEMU.
root='$root'
libraries=\$root/usr/lib/$triplet:\$root/lib/$triplet
export LD_LIBRARY_PATH="\$libraries\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
export QEMU_MODULE_DIR="\$root/usr/lib/$triplet/qemu"
exec "\$root/usr/bin/qemu-system-x86_64" \\
  -L "\$root/usr/share/seabios" -L "\$root/usr/share/qemu" -L "\$root/usr/lib/ipxe/qemu" "\$@"
WRAPPER
}

env_text() { # VERSION
  cat <<ENV
# The wrapper adds the firmware directories by itself.
QEMU_BINARY='$qemu10/bin/qemu-system-x86_64'
QEMU_VERSION='$1'
QEMU_FIRMWARE_DIRS='$(firmware_dirs "$qemu10/root")'
ENV
}

qemu10_version() { sed -n "s/^QEMU_VERSION='\(.*\)'$/\1/p" "$qemu10/qemu.env" 2>/dev/null || true; }

qemu10_ready() {
  local version
  version=$(qemu10_version)
  [ -n "$version" ] && [ -x "$qemu10/root/usr/bin/qemu-system-x86_64" ] &&
    [ "$(cat "$qemu10/bin/qemu-system-x86_64" 2>/dev/null)" = "$(wrapper_text)" ] &&
    [ "$(cat "$qemu10/qemu.env")" = "$(env_text "$version")" ]
}

write_qemu10_files() { # DIRECTORY VERSION
  mkdir -p "$1/bin"
  wrapper_text >"$1/bin/qemu-system-x86_64"
  chmod 755 "$1/bin/qemu-system-x86_64"
  env_text "$2" >"$1/qemu.env"
}

# apt with sources, lists and cache of its own in a scratch directory: it knows this machine's mirror, its backports
# and nothing else, and leaves no trace in the system's.
scratch_apt() { # DIRECTORY TOOL ARGUMENT...
  local dir=$1 tool=$2
  shift 2
  "$tool" -q -o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts=- -o Dir::Etc::preferencesparts=- \
    -o Dir::State::lists="$dir/lists" -o Dir::Cache="$dir/cache" -o Debug::NoLocking=true \
    -o APT::Sandbox::User= "$@"
}

mirror_of() { # CODENAME: the mirror the system's own sources name
  # shellcheck disable=SC2016 # the variables are apt's
  apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
    awk -v c="$1" '$2 == c && $3 == "main" && !seen++ { print $1 }'
}

# Packages of QEMU's dependencies which this machine lacks. The installed QEMU 7.2 needs the same libraries, so this is
# empty as a rule.
missing_libraries() { # SCRATCH VERSION
  local depends present
  depends=$(scratch_apt "$1" apt-cache show "qemu-system-x86=$2" | sed -n 's/^Depends: //p' | tr ',' '\n' |
    sed 's/[(|].*//; s/ //g' | grep '^lib' | sort -u)
  # shellcheck disable=SC2086 # one word per package is meant
  present=$(installed $depends || true)
  comm -23 <(echo "$depends") <(sort -u <<<"$present")
}

unpack_qemu10() {
  local codename mirror scratch version package libraries unresolved
  # shellcheck disable=SC1091 # the system's own file
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  [ "$codename" = bookworm ] || die "QEMU 10.0 is taken from bookworm-backports; this system is ${codename:-unknown}"
  mirror=$(mirror_of "$codename")
  [ -n "$mirror" ] || die "apt's sources name no mirror for $codename main"
  scratch=$qemu10.build
  rm -rf "$scratch" # of a run that was killed
  mkdir -p "$scratch"/{lists/partial,cache/archives/partial,debs,out/root}
  # The clean-up must know the path when this function has returned.
  # shellcheck disable=SC2064
  trap "rm -rf '$scratch'" EXIT
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' \
    "$mirror" "$codename" "$mirror" "$codename-backports" >"$scratch/sources.list"

  say "reading $codename-backports of $mirror"
  quietly scratch_apt "$scratch" apt-get update || die "cannot read $codename-backports; see above"
  version=$(scratch_apt "$scratch" apt-cache madison qemu-system-x86 | awk '$3 ~ /^1:10\./ && !seen++ { print $3 }')
  [ -n "$version" ] || die "$codename-backports of $mirror holds no QEMU 10"
  libraries=$(missing_libraries "$scratch" "$version")
  say "fetching QEMU $version${libraries:+ and }$(tr '\n' ' ' <<<"$libraries")"
  # shellcheck disable=SC2086 # one word per package is meant
  (cd "$scratch/debs" && quietly scratch_apt "$scratch" apt-get download "qemu-system-x86=$version" \
    "qemu-system-common=$version" "qemu-system-data=$version" "seabios/$codename-backports" ipxe-qemu $libraries) ||
    die "cannot fetch QEMU $version; see above"
  for package in "$scratch"/debs/*.deb; do dpkg-deb -x "$package" "$scratch/out/root"; done

  write_qemu10_files "$scratch/out" "$version"
  rm -rf "$qemu10"
  mv -T "$scratch/out" "$qemu10"
  unresolved=$(LD_LIBRARY_PATH=$(sed -n 's/^libraries=//p' "$qemu10/bin/qemu-system-x86_64" |
    sed "s|\$root|$qemu10/root|g") ldd "$qemu10/root/usr/bin/qemu-system-x86_64" | awk '/not found/ { print $1 }')
  if [ -n "$unresolved" ]; then
    rm -rf "$qemu10"
    die "QEMU $version lacks libraries: $(tr '\n' ' ' <<<"$unresolved")"
  fi
  say "QEMU 10: $("$qemu10/bin/qemu-system-x86_64" --version | sed 1q)"
}

if $with_qemu10 && ! qemu10_ready; then
  mkdir -p "$artifacts"
  exec 9>"$qemu10.lock"
  flock 9
  if [ -n "$(qemu10_version)" ] && [ -x "$qemu10/root/usr/bin/qemu-system-x86_64" ]; then
    write_qemu10_files "$qemu10" "$(qemu10_version)"
  else
    unpack_qemu10
  fi
fi
