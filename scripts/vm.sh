#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
#
# Runs a command in a QEMU guest that has virtio-net PCI devices; see usage() below.
# scripts/vm/kernel.sh prepares the kernel, scripts/vm/init is the guest's first process.
set -euo pipefail

usage() {
	cat <<-'EOF'
	Usage: scripts/vm.sh [options] [--] COMMAND [ARG...]
	Boots Debian's kernel under QEMU with this machine's root read-only over 9p (fresh /tmp, /run)
	and runs COMMAND there as root. Its output is this program's output, its exit status this
	program's exit status; 124: time-out (--timeout), 125: the VM failed, 2: wrong usage.
	  --nic BACKEND[/PROP=VALUE,...]   a virtio-net-pci device, up to 15; the guest finds them at
	      0000:00:10.0, 0000:00:11.0, ... in this order, MACs 52:54:00:10:00:00, :01, ...
	      BACKEND: tap:ifname=NAME[,queues=N]    dgram:local=PATH,remote=PATH (one frame a datagram)
	               vhost-user:path=SOCK[,server=on][,queues=N]    socket:...    user[:...]    none
	      PROP: QEMU's, e.g. mq=on packed=on mrg_rxbuf=off disable-legacy=on rx_queue_size=1024 mac=...
	  --iommu          q35 with a virtual IOMMU, for vfio-pci; NICs get iommu_platform, modern, ats
	  --share DIR      host's DIR is the guest's /run/vm, read-write; without it a temporary one
	  --timeout SEC    ends the VM after SEC seconds (default 300)
	  --mem SIZE       default 2G       --smp N    default 2
	  --numa           two NUMA nodes; a NIC with bus=far,addr=0 is at the second (0000:41:00.0)
	  --hugepages N    2 MB pages, on /dev/hugepages (default 512)
	  --append ARGS    more kernel parameters        --log FILE   keep the kernel's log in FILE
	  --monitor PATH   QMP on a UNIX socket; device_add has a free root port, bus=hp0 (0000:01:00.0)
	  --machine q35|pc default q35      --accel kvm|tcg  default: KVM where it runs a guest, else TCG
	In the guest: "vm-bind uio_pci_generic|vfio-pci|virtio-pci BDF..." binds NICs, modprobe works,
	virtio_net is not loaded. Visible although the host's /tmp and /run are not: this checkout, the
	working directory, the files and folders named in COMMAND, and what --keep PATH (repeatable) says.
	EOF
}

here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
repo=$(dirname "$here")
dir=			# this run's private folder on the host
qemu_pid=
timer_pid=
share=
timeout=300
mem=2G
smp=2
numa=
iommu=
machine=
hugepages=512
append=
monitor=
log=
accel=
nics=()
keep=()

die() {
	echo "vm.sh: $2" >&2
	exit "$1"
}

# Ends a child of ours, by force when it does not listen.
end_child() {
	local i
	[ -n "$1" ] && kill "$1" 2>/dev/null || return 0
	for i in 1 2 3 4 5 6 7 8 9 10; do
		kill -0 "$1" 2>/dev/null || break
		sleep 0.1
	done
	[ "$i" -lt 10 ] || kill -KILL "$1" 2>/dev/null || :
	wait "$1" 2>/dev/null || :
}

# shellcheck disable=SC2317 # called by the trap
cleanup() {
	trap '' INT TERM HUP
	end_child "$timer_pid"
	end_child "$qemu_pid"
	[ -z "$dir" ] || rm -rf "$dir"
}

parse() {
	while [ $# -gt 0 ]; do
		case $1 in
		--iommu) iommu=1 ;;
		--numa) numa=1 ;;
		-h | --help) usage; exit 0 ;;
		--) shift; break ;;
		--nic | --keep | --share | --timeout | --mem | --smp | --hugepages | --append | --log | \
			--monitor | --machine | --accel)
			[ $# -ge 2 ] || die 2 "$1 needs a value"
			case $1 in
			--nic) nics+=("$2") ;;
			--keep) keep+=("$2") ;;
			--accel) accel=$2 ;;
			*) printf -v "${1#--}" %s "$2" ;;
			esac
			shift
			;;
		-*) die 2 "no option $1 (see --help)" ;;
		*) break ;;
		esac
		shift
	done
	[ $# -gt 0 ] || die 2 "no command to run in the guest (see --help)"
	command=("$@")
	[ -z "$iommu" ] || machine=q35
	machine=${machine:-q35}
	bus=pcie.0
	[ "$machine" = q35 ] || bus=pci.0
	[[ $machine == pc || $machine == q35 ]] || die 2 "--machine is pc or q35"
	[[ -z $accel || $accel == kvm || $accel == tcg ]] || die 2 "--accel is kvm or tcg"
	[[ "$timeout$smp$hugepages" =~ ^[0-9]+$ ]] || die 2 "--timeout, --smp and --hugepages are numbers"
	[[ $mem =~ ^[0-9]+[MG]$ ]] || die 2 "--mem is a number of M or G, like 2G"
	[ ${#nics[@]} -le 15 ] || die 2 "at most 15 NICs"
	[ -z "$share" ] || [ -d "$share" ] || die 2 "--share $share is not a folder"
	[[ "$share$monitor" != *,* ]] || die 2 "QEMU takes no path with a comma"
}

# Adds the QEMU arguments of NIC number $1, described by $2.
nic_args() {
	local n=$1 spec=$2 props='' kind opts netdev device
	# The last slash starts the properties if only NAME=VALUE follows: paths have slashes too.
	if [[ $spec =~ ^(.*)/([a-z0-9_-]+=[^/,]*(,[a-z0-9_-]+=[^/,]*)*)$ ]]; then
		spec=${BASH_REMATCH[1]}
		props=,${BASH_REMATCH[2]}
	fi
	kind=${spec%%:*}
	opts=${spec#"$kind"}
	opts=${opts#:}
	case $kind in
	tap) netdev="tap,id=net$n,script=no,downscript=no${opts:+,$opts}" ;;
	user | socket) netdev="$kind,id=net$n${opts:+,$opts}" ;;
	dgram)
		opts=${opts/local=/local.type=unix,local.path=}
		opts=${opts/remote=/remote.type=unix,remote.path=}
		netdev="dgram,id=net$n,$opts"
		;;
	vhost-user)
		local path='' server='' rest='' item items
		IFS=, read -ra items <<< "$opts"
		for item in "${items[@]}"; do
			case $item in
			path=*) path=$item ;;
			server=on) server=,server=on,wait=off ;;
			*) rest+=,$item ;;
			esac
		done
		qemu_args+=(-chardev "socket,id=char$n,$path$server")
		netdev="vhost-user,id=net$n,chardev=char$n$rest"
		;;
	none) netdev= ;;
	*) die 2 "no NIC backend $kind (see --help)" ;;
	esac
	# No option ROM: netbooting is not wanted, and Debian has the ROMs in another package.
	device="virtio-net-pci,id=nic$n,bus=$bus,addr=$(printf '0x%x' $((16 + n))).0,romfile="
	[[ $props == *,mac=* ]] || device+=",mac=52:54:00:10:00:$(printf %02x "$n")"
	[ -z "$iommu" ] || device+=,iommu_platform=on,disable-legacy=on,ats=on
	if [ -n "$netdev" ]; then
		qemu_args+=(-netdev "$netdev")
		device+=,netdev=net$n
	fi
	qemu_args+=(-device "$device$props")
}

memory_args() {
	local unit=${mem: -1} half
	if [ -n "$numa" ]; then
		half=$((${mem%?} * ($([ "$unit" = G ] && echo 1024 || echo 1)) / 2))M
		qemu_args+=(-object "memory-backend-memfd,id=mem0,size=$half,share=on"
			-object "memory-backend-memfd,id=mem1,size=$half,share=on"
			-numa "node,nodeid=0,memdev=mem0,cpus=0-$((smp / 2 - 1))"
			-numa "node,nodeid=1,memdev=mem1,cpus=$((smp / 2))-$((smp - 1))")
		[ "$machine" = pc ] || qemu_args+=(
			-device 'pxb-pcie,id=pxb1,bus=pcie.0,addr=0xe.0,bus_nr=64,numa_node=1'
			-device 'pcie-root-port,id=far,bus=pxb1,chassis=2,addr=0x0.0')
	else
		# Shared, because a vhost-user backend maps it.
		qemu_args+=(-object "memory-backend-memfd,id=mem0,size=$mem,share=on"
			-machine memory-backend=mem0)
	fi
	# CPUs of different nodes share no cache: each node is a socket.
	qemu_args+=(-m "$mem" -smp "$smp${numa:+,sockets=2}")
}

# Sets qemu_args to all but the accelerator. The kernel's log is ttyS0, the command's output ttyS1,
# progress ttyS2, each with a destination of its own.
machine_args() {
	local image=$kernel/vmlinux cmdline n
	[ -f "$image" ] || image=$kernel/vmlinuz
	# The rest of them save seconds under TCG (zeroing all memory, a slow clock, a long log, ...).
	cmdline="console=ttyS0 panic=-1 vm.dir=$dir vm.hugepages=$hugepages"
	cmdline+=' quiet init_on_alloc=0 mitigations=off nokaslr audit=0 apparmor=0 nowatchdog'
	cmdline+=' tsc=reliable no_timer_check random.trust_cpu=on rcupdate.rcu_expedited=1'
	qemu_args=(-nodefaults -no-user-config -display none -no-reboot -monitor none)
	if [ -n "$iommu" ]; then
		qemu_args+=(-machine 'q35,kernel-irqchip=split'
			-device 'intel-iommu,intremap=on,device-iotlb=on')
		cmdline+=' intel_iommu=on'
	else
		qemu_args+=(-machine "$machine")
	fi
	memory_args
	qemu_args+=(-kernel "$image" -initrd "$kernel/initramfs.cpio" -append "$cmdline $append"
		-chardev "file,id=log,path=$dir/console" -serial chardev:log
		-chardev "file,id=out,path=$dir/output" -serial chardev:out
		-chardev "file,id=status,path=$dir/status" -serial chardev:status
		-fsdev 'local,id=root,path=/,readonly=on,multidevs=remap,security_model=none'
		-device "virtio-9p-pci,fsdev=root,mount_tag=root,bus=$bus,addr=0x2.0"
		-fsdev "local,id=share,path=$share,multidevs=remap,security_model=none"
		-device "virtio-9p-pci,fsdev=share,mount_tag=share,bus=$bus,addr=0x3.0")
	if [ -n "$monitor" ]; then
		qemu_args+=(-qmp "unix:$monitor,server=on,wait=off")
		[ "$machine" = pc ] || qemu_args+=(-device 'pcie-root-port,id=hp0,bus=pcie.0,chassis=1,addr=0xf.0')
	fi
	for n in "${!nics[@]}"; do
		nic_args "$n" "${nics[$n]}"
	done
}

accel_args() {
	if [ "$1" = kvm ]; then
		qemu_args+=(-accel kvm -cpu host)
	else
		qemu_args+=(-accel 'tcg,thread=multi' -cpu max)
	fi
}

# /dev/kvm may be there and not run a guest. Boots one once per boot of this machine to find out.
choose_accel() {
	local memo=$repo/.cache/vm/accel boot status=$dir/probe
	boot=$(cat /proc/sys/kernel/random/boot_id)
	accel=tcg
	[ -w /dev/kvm ] || return 0
	if [ "$(cut -d' ' -f1 "$memo" 2>/dev/null)" = "$boot" ]; then
		accel=$(cut -d' ' -f2 "$memo")
		return 0
	fi
	echo "vm.sh: trying whether KVM runs a guest here (once)" >&2
	: > "$status"
	setpriv --pdeathsig KILL timeout -k 2 15 qemu-system-x86_64 -nodefaults -no-user-config \
		-display none -no-reboot -monitor none -machine pc -accel kvm -cpu host -m 512M \
		-kernel "$kernel/vmlinuz" -initrd "$kernel/initramfs.cpio" \
		-append 'console=ttyS0 panic=-1 vm.dir=probe' -serial null -serial null \
		-serial "file:$status" > "$dir/probe.log" 2>&1 &
	qemu_pid=$!
	wait "$qemu_pid" 2>/dev/null || :
	qemu_pid=
	! grep -q '^exit 0' "$status" || accel=kvm
	echo "$boot $accel" > "$memo"
}

# What the guest reads: the command, the paths to keep visible, where the tools are.
write_command() {
	local path
	{
		printf 'cd -- %q 2>/dev/null || cd /\n' "$PWD"
		printf 'exec'
		printf ' %q' "${command[@]}"
		echo
	} > "$dir/command"
	# Sorted, so that a folder comes before what lies in it and is already visible with it.
	for path in "$repo" "$PWD" "${keep[@]}" "${command[@]}"; do
		[[ ! -e $path ]] || readlink -f "$path"
	done | sort -u > "$dir/keep"
	printf 'tools=%q\nkernel=%q\n' "$here/vm" "$kernel" > "$dir/paths"
}

diagnose() {
	if [ -s "$dir/console" ]; then
		echo "vm.sh: the end of the guest's kernel log:" >&2
		tail -n 50 "$dir/console" | tr -d '\r' >&2
	fi
	grep -v 'terminating on signal' "$dir/qemu.log" | sed 's/^/vm.sh: QEMU said: /' >&2 || :
}

waited_for() {
	case $(tail -n 1 "$dir/status" 2>/dev/null) in
	'') echo "the guest's kernel to boot" ;;
	boot | mount) echo "the guest to mount this machine's root over 9p" ;;
	run) echo "'${command[*]}' to end" ;;
	*) echo "the guest to power off" ;;
	esac
}

run_qemu() {
	local cat_pid
	mkfifo "$dir/output"
	: > "$dir/status"
	cat "$dir/output" &
	cat_pid=$!
	# Killed with us even when we get no chance to do it ourselves.
	setpriv --pdeathsig KILL qemu-system-x86_64 "${qemu_args[@]}" \
		< /dev/null > "$dir/qemu.log" 2>&1 &
	qemu_pid=$!
	setpriv --pdeathsig KILL sleep "$timeout" &
	timer_pid=$!
	wait -n "$qemu_pid" "$timer_pid" || :
	timed_out=
	if kill -0 "$qemu_pid" 2>/dev/null; then
		timed_out=1
		end_child "$qemu_pid"
	fi
	qemu_pid=
	end_child "$timer_pid"
	timer_pid=
	# A QEMU that never opened the pipe leaves cat waiting for a writer.
	: 9<> "$dir/output"
	wait "$cat_pid" || :
	[ -z "$log" ] || tr -d '\r' < "$dir/console" > "$log" || :
}

trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

parse "$@"
command -v qemu-system-x86_64 >/dev/null || die 125 "QEMU is missing: run scripts/deps.sh vm"
kernel=$("$here/vm/kernel.sh") || exit 125
dir=$(mktemp -d /tmp/vio-vm.XXXXXX)
if [ -n "$share" ]; then
	share=$(readlink -f "$share")
else
	share=$dir/share
	mkdir "$share"
fi
[ -n "$accel" ] || choose_accel
machine_args
accel_args "$accel"
write_command
run_qemu

if [ -n "$timed_out" ]; then
	echo "vm.sh: ended after $timeout s of waiting for $(waited_for)" >&2
	diagnose
	exit 124
fi
last=$(tail -n 1 "$dir/status")
[[ $last != exit\ * ]] || exit "${last#exit }"
if [[ $last == fail\ * ]]; then
	echo "vm.sh: the guest gave up: ${last#fail }" >&2
else
	echo "vm.sh: the VM ended while waiting for $(waited_for)" >&2
fi
diagnose
exit 125
