#!/bin/bash
# Builds the test guest: Debian's cloud kernel, busybox and programs of its own. Needs no root.
#
#   build.sh [OUT]           builds into OUT (default: artifacts/guest of the repository) unless it is up to date
#   build.sh --check [OUT]   only tells, by its exit code, whether OUT is up to date
#
# OUT/vmlinux      the kernel as an uncompressed ELF with a PVH entry: QEMU starts it without firmware or decompressor
# OUT/initrd.cpio  busybox, the virtio modules, init and the guest's programs: dirtier, writer, endless
# OUT/guest.json   what it was built from, and the sha256 of both files
#
# The build happens in a directory beside OUT, which is then renamed: a half-built guest is never seen.
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kernel_meta=linux-image-cloud-amd64
busybox_package="busybox-static"
# In the order in which they depend on each other.
modules=(virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_mmio
  failover net_failover virtio_net virtio_blk virtio_balloon)

say() { echo "guest: $*"; }
die() {
  echo "guest: $*" >&2
  exit 1
}

check_only=false
if [ "${1:-}" = --check ]; then
  check_only=true
  shift
fi
out=$(realpath -m "${1:-$here/../../artifacts/guest}")

sources_hash() { (cd "$here" && sha256sum build.sh init ./*/*.[ch]) | sha256sum | cut -d' ' -f1; }

# "name=version name=version", or nothing where apt has no package lists.
candidates() {
  apt-cache policy "$kernel_meta" "$busybox_package" 2>/dev/null |
    awk '/^[^ ]/ { name = $1; sub(/:$/, "", name) } $1 == "Candidate:" && $2 != "(none)" { printf "%s=%s ", name, $2 }'
}

field() { sed -n "s/^ *\"$1\": \"\(.*\)\",\{0,1\}$/\1/p" "$out/guest.json" 2>/dev/null || true; }

sources_sha256=$(sources_hash)
packages=$(candidates)

up_to_date() {
  [ -s "$out/vmlinux" ] && [ -s "$out/initrd.cpio" ] && [ "$(field sourcesSha256)" = "$sources_sha256" ] || return 1
  # Without package lists nothing newer can be known, nor fetched.
  [ -z "$packages" ] || [ "$(field packages)" = "$packages" ]
}

if up_to_date; then
  $check_only || say "up to date: $(field kernel) in $out"
  exit 0
fi
$check_only && exit 1

# --- tools ---------------------------------------------------------------------------------------------------------

missing=()
need() { command -v "$1" >/dev/null || missing+=("$2"); }
need gcc gcc
need readelf binutils
need strip binutils
need cpio cpio
need lz4 lz4
need apt-get apt
need dpkg-deb dpkg
[ -e /usr/include/stdio.h ] || missing+=(libc6-dev)
if [ ${#missing[@]} -gt 0 ]; then
  die "tools are missing; as root: apt-get install -y --no-install-recommends ${missing[*]}"
fi
[ -n "$packages" ] || die "apt has no package lists; as root: apt-get update"

mkdir -p "$(dirname "$out")"
exec 9>"$out.lock"
flock 9
if up_to_date; then # another build ran while this one waited
  say "up to date: $(field kernel) in $out"
  exit 0
fi
work=$out.build
rm -rf "$work" # of a build that was killed
trap 'rm -rf "$work"' EXIT
mkdir "$work" "$work/guest" "$work/kernel" "$work/busybox" "$work/root"

# --- packages: fetched and unpacked, not installed -----------------------------------------------------------------

fetch() { # PACKAGE DIRECTORY
  local log=$work/apt.log
  (cd "$work" && apt-get download -q "$1" >"$log" 2>&1) || {
    cat "$log" >&2
    die "cannot fetch $1; stale package lists? As root: apt-get update"
  }
  dpkg-deb -x "$work/$1"_*.deb "$2"
}

kernel_package=$(apt-cache depends "$kernel_meta" | awk '$1 == "Depends:" { print $2; exit }')
say "fetching $kernel_package and $busybox_package"
fetch "$kernel_package" "$work/kernel"
fetch "$busybox_package" "$work/busybox"

# --- kernel: the ELF inside the bzImage ----------------------------------------------------------------------------

# Offsets of the x86 boot protocol's header (Documentation/arch/x86/boot.rst of the kernel).
readonly SETUP_SECTS=$((0x1f1)) PAYLOAD_OFFSET=$((0x248)) PAYLOAD_LENGTH=$((0x24c))

number() { od -An -v -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '; } # FILE OFFSET BYTES

extract_kernel() { # BZIMAGE VMLINUX
  local sectors start length packed=$work/payload
  sectors=$(number "$1" $SETUP_SECTS 1)
  [ "$sectors" -gt 0 ] || sectors=4 # what an old header's zero means
  start=$(((sectors + 1) * 512 + $(number "$1" $PAYLOAD_OFFSET 4)))
  length=$(number "$1" $PAYLOAD_LENGTH 4)
  dd if="$1" of="$packed" bs=1M iflag=skip_bytes,count_bytes skip="$start" count="$length" status=none
  [ "$(number "$packed" 0 4)" = $((0x184c2102)) ] || die "the payload of $1 is not LZ4"
  # The last four bytes are the size it unpacks to, which LZ4 would take for one more block.
  local unpacked
  unpacked=$(number "$packed" $((length - 4)) 4)
  truncate -s -4 "$packed"
  lz4 -qdc "$packed" >"$2"
  [ "$(stat -c %s "$2")" = "$unpacked" ] || die "the kernel unpacked to $(stat -c %s "$2") bytes, not $unpacked"
  # Xen note 18 (PHYS32_ENTRY) is where PVH starts.
  readelf -nW "$2" 2>/dev/null | grep -q 'Xen.*0x00000012' || die "the kernel has no PVH entry"
}

bzimage=$(echo "$work"/kernel/boot/vmlinuz-*)
kernel=${bzimage##*/vmlinuz-}
extract_kernel "$bzimage" "$work/guest/vmlinux"

# --- initrd --------------------------------------------------------------------------------------------------------

root=$work/root
mkdir -p "$root"/{bin,dev,proc,sys,run,lib/m}
# Static, because the guest has no libraries; and from its package rather than the system's, because the packages of
# the static and the dynamic busybox exclude each other.
busybox=$(find "$work/busybox" -type f -path '*bin/busybox')
if readelf -lW "$busybox" | grep -q INTERP; then die "$busybox_package holds a dynamic busybox"; fi
install -m755 "$busybox" "$root/bin/busybox"
ln -s busybox "$root/bin/sh"
install -m755 "$here/init" "$root/init"
for program in dirtier writer endless; do
  gcc -std=gnu11 -O2 -Wall -Wextra -Werror -static -s -o "$root/bin/$program" "$here/$program"/*.c
done
: >"$root/lib/m/order"
for module in "${modules[@]}"; do
  file=$(find "$work/kernel/lib/modules" -name "$module.ko")
  if [ -z "$file" ]; then
    grep -q "/$module.ko$" "$work"/kernel/lib/modules/*/modules.builtin || die "kernel $kernel has no module $module"
    continue
  fi
  strip --strip-debug -o "$root/lib/m/$module.ko" "$file"
  echo "$module" >>"$root/lib/m/order"
done
# One date, one order and one owner: the same inputs give the same bytes.
find "$root" -exec touch -h -d @0 {} +
(cd "$root" && find . -print0 | sort -z | cpio -0 -o -H newc -R 0:0 --reproducible --quiet) >"$work/guest/initrd.cpio"

# --- what it is ----------------------------------------------------------------------------------------------------

sum() { sha256sum "$work/guest/$1" | cut -d' ' -f1; }
cat >"$work/guest/guest.json" <<JSON
{
  "kernel": "$kernel",
  "packages": "$packages",
  "compiler": "$(gcc --version | sed 1q)",
  "sourcesSha256": "$sources_sha256",
  "vmlinuxSha256": "$(sum vmlinux)",
  "initrdSha256": "$(sum initrd.cpio)"
}
JSON

[ ! -e "$out" ] || mv -T "$out" "$work/old"
mv -T "$work/guest" "$out"
say "built: $kernel in $out"
