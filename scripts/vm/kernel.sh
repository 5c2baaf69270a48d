#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
#
# Usage: scripts/vm/kernel.sh
#
# Prepares the guest's kernel for scripts/vm.sh and prints the folder that holds it:
#   vmlinuz, vmlinux   Debian's linux-image-amd64, as packaged and uncompressed (it boots faster)
#   lib/modules/       the modules of that kernel
#   initramfs.cpio     busybox, scripts/vm/init and the modules that reach the 9p root
# Everything is kept in .cache/vm; nothing is installed. To get a newer kernel remove that folder.
set -euo pipefail

# The modules that must be there before the host's root can be mounted; the rest comes from it.
ROOT_MODULES=(virtio_pci 9pnet_virtio 9p)

here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
cache=$(dirname "$(dirname "$here")")/.cache/vm
work=

die() {
	echo "vm/kernel.sh: $1" >&2
	exit 1
}

cleanup() {
	[ -z "$work" ] || rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The package behind the linux-image-amd64 metapackage.
real_package() {
	apt-cache depends linux-image-amd64 2>/dev/null |
		awk '$1 == "Depends:" && $2 ~ /^linux-image-/ { print $2; exit }'
}

download() {
	local package
	package=$(real_package)
	[ -n "$package" ] || return 1
	(cd "$work" && apt-get -qq download "$package" 2> apt.err >&2)
}

fetch_kernel() {
	echo "vm: fetching Debian's linux-image-amd64 for the guest (once)" >&2
	work=$(mktemp -d "$cache/fetch.XXXXXX")
	if ! download; then
		# No package lists, or lists so old that the server has a newer kernel by now.
		[ "$(id -u)" = 0 ] || die "apt cannot download linux-image-amd64; as root run: apt-get update"
		apt-get -qq update >&2 || :
		download || { cat "$work/apt.err" >&2; die "apt could not download linux-image-amd64."; }
	fi
	dpkg -x "$work"/*.deb "$work/kernel"
	mv "$work"/kernel/boot/vmlinuz-* "$work/kernel/vmlinuz"
	[ -d "$work/kernel/lib/modules" ] || ln -s usr/lib "$work/kernel/lib"
	depmod -b "$work/kernel" "$(ls "$work/kernel/lib/modules")"
	unpack_vmlinux "$work/kernel"
	rm -rf "$work"/kernel/{boot,usr/share}
	mv -T "$work/kernel" "$cache/kernel"
	rm -rf "$work"
	work=
}

# Under TCG the kernel's own decompressor takes seconds. QEMU boots an ELF kernel as it is (PVH).
unpack_vmlinux() {
	local offset
	offset=$(LC_ALL=C grep -aobUP -m1 '\xFD7zXZ\x00' "$1/vmlinuz" | cut -d: -f1 | head -n1)
	if [ -z "$offset" ] || ! tail -c "+$((offset + 1))" "$1/vmlinuz" |
		xz -dc --single-stream > "$1/vmlinux" 2>/dev/null; then
		# xz complains about what follows the kernel in the file; what counts is the ELF file.
		:
	fi
	[ "$(head -c 4 "$1/vmlinux" 2>/dev/null | tail -c 3)" = ELF ] || rm -f "$1/vmlinux"
}

make_initramfs() {
	local root name file release
	work=$(mktemp -d "$cache/initramfs.XXXXXX")
	root=$work/root
	mkdir -p "$root"/{bin,dev,proc,sys,root,modules}
	release=$(ls "$cache/kernel/lib/modules")
	cp /bin/busybox "$root/bin/busybox"
	cp "$here/init" "$root/init"
	chmod 755 "$root/init"
	for name in "${ROOT_MODULES[@]}"; do
		modprobe -d "$cache/kernel" -S "$release" --show-depends "$name"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' > "$work/list"
	while read -r file; do
		name=${file##*/}
		case $file in
		*.xz) xz -dc "$file" > "$root/modules/${name%.xz}" ;;
		*) cp "$file" "$root/modules/" ;;
		esac
		echo "${name%.xz}" >> "$root/modules/order"
	done < "$work/list"
	[ -s "$root/modules/order" ] || die "the kernel package lacks the modules ${ROOT_MODULES[*]}."
	(cd "$root" && find . | cpio --quiet -o -H newc -R 0:0) > "$work/initramfs.cpio"
	mv -f "$work/initramfs.cpio" "$cache/kernel/initramfs.cpio"
	rm -rf "$work"
	work=
}

mkdir -p "$cache"
exec 9> "$cache/lock"
flock 9
for tool in dpkg depmod modprobe cpio xz busybox; do
	command -v "$tool" >/dev/null || PATH=$PATH:/usr/sbin:/sbin command -v "$tool" >/dev/null ||
		die "$tool is missing: run scripts/deps.sh vm"
done
PATH=$PATH:/usr/sbin:/sbin
[ -f "$cache/kernel/vmlinuz" ] || fetch_kernel
image=$cache/kernel/initramfs.cpio
if [ ! -f "$image" ] || [ "$here/init" -nt "$image" ] || [ "$here/kernel.sh" -nt "$image" ]; then
	make_initramfs
fi
echo "$cache/kernel"
