# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A machine with Debian's kernel and a real udevd, and drives to plug into it.  Its root is the
# host's, read-only over 9p, so the program runs unchanged.  One machine serves all tests of a
# file: it is switched on when a test first needs it.  WTGCTL, MAKE_MEDIA and GUEST_INIT are the
# paths of the program, of the media's maker and of the guest's first process.

# For setup_file.
guest_begin() {
	D=$(mktemp -d "${TMPDIR:-/var/tmp}/wtgctl-guest-XXXXXX")
	export D LC_ALL=C.UTF-8
	mkdir "$D/shared"
	mkfifo "$D/monitor"
}

# For teardown_file.
guest_end() {
	guest_off
	rm -rf "$D"
}

# For setup.
guest_enter() {
	[ "$(id -u)" -eq 0 ] || skip "only root can show a guest the whole machine"
	[ "$(uname -m)" = x86_64 ] || skip "the guest runs programs for x86_64"
	needs qemu-system-x86_64 cpio modprobe jq lsblk udevadm
	[ -x /lib/systemd/systemd-udevd ] || skip "systemd-udevd is not installed"
	[ -x "$GUEST_INIT" ] || skip "no static program can be linked here"
	kernel=$(newest_kernel)
	[ -n "$kernel" ] || skip "there is no kernel in /boot with its modules in /lib/modules"
	# The guest has these for itself.
	case $D:$WTGCTL in
	/dev/* | /run/* | *:/dev/* | *:/run/*) skip "a guest cannot see $D and $WTGCTL" ;;
	esac
	cd "$D" || exit 1
}

needs() {
	for program; do
		command -v "$program" >/dev/null || skip "$program is not installed"
	done
}

# The version of the newest kernel that knows USB sticks: those for clouds do not.
newest_kernel() {
	local version
	for version in $(find /boot -name 'vmlinuz-*' -printf '%f\n' | sed s/vmlinuz-// | sort -rV); do
		if [ -r "/boot/vmlinuz-$version" ] && modprobe -S "$version" -n usb-storage; then
			echo "$version"
			return
		fi
	done 2>/dev/null
}

# ------------------------------------------------------------------ the machine

# What it takes to reach the root: our first process and, in order, the modules.
initramfs() {
	local file n=0
	rm -rf initramfs
	mkdir initramfs
	cp "$GUEST_INIT" initramfs/init
	for file in $(modprobe -S "$kernel" -a --show-depends virtio_pci 9pnet_virtio 9p |
		awk '$1 == "insmod" && !seen[$2]++ {print $2}'); do
		cp "$file" initramfs/$n
		n=$((n + 1))
	done
	(cd initramfs && find . | cpio --quiet -o -H newc) >initramfs.cpio
}

# Switch it on, unless it is, with a disk in a UAS enclosure and an NVMe drive, whose writes and
# flushes are recorded.  One CPU: with two, some boots fail in the emulation.
guest_on() {
	guest_runs && return
	[ -e initramfs.cpio ] || initramfs
	truncate -s 2G UAS.img NVME.img
	rm -f shared/* NVME.log
	: >NVME.log
	qemu-system-x86_64 -M q35,accel=tcg -cpu max -smp 1 -m 768 -nodefaults -display none \
		-no-reboot -monitor stdio -serial file:console \
		-kernel "/boot/vmlinuz-$kernel" -initrd initramfs.cpio \
		-append "console=ttyS0 quiet panic=-1 guest=$BATS_TEST_DIRNAME/guest/agent.sh" \
		-fsdev local,id=root,path=/,security_model=none,readonly=on,multidevs=remap \
		-device virtio-9p-pci,fsdev=root,mount_tag=root \
		-fsdev local,id=shared,path=shared,security_model=none \
		-device virtio-9p-pci,fsdev=shared,mount_tag=shared \
		-device qemu-xhci,id=xhci \
		-drive if=none,id=uas,file=UAS.img,format=raw,cache=unsafe \
		-device usb-uas,id=UAS,bus=xhci.0,serial=UAS -device scsi-hd,bus=UAS.0,drive=uas \
		-blockdev "driver=blklogwrites,node-name=nvme,file.driver=file,file.filename=NVME.img,\
log.driver=file,log.filename=NVME.log,file.cache.no-flush=on,log.cache.no-flush=on" \
		-device nvme,drive=nvme,serial=NVME \
		<>monitor >monitor.log 2>&1 3>&- &
	echo $! >guest.pid
	disown
	await 300 test -e shared/ready
}

guest_runs() {
	[ -e guest.pid ] && kill -0 "$(cat guest.pid)" 2>/dev/null
}

# As if the plug were pulled.  What QEMU has written stays written.
guest_off() {
	[ -e "$D/guest.pid" ] || return 0
	kill -9 "$(cat "$D/guest.pid")" 2>/dev/null
	while kill -0 "$(cat "$D/guest.pid")" 2>/dev/null; do sleep 0.05; done
	rm "$D/guest.pid"
}

monitor() { # COMMAND OF QEMU
	echo "$*" >monitor
}

# await SECONDS COMMAND...: until it is true, as long as the guest runs.
await() {
	local ends=$((SECONDS + $1))
	shift
	until "$@"; do
		if ! guest_runs || [ $SECONDS -ge $ends ]; then
			echo "waited in vain for: $*"
			tail -n 20 console shared/out shared/err
			# Without what it shows of its input.
			grep -v $'\033' monitor.log
			return 1
		fi
		sleep 0.05
	done
}

# ------------------------------------------------------------------ what it does

# Have the guest's shell begin with a command.
guest_begins() { # COMMAND
	guest_on
	rm -f shared/status shared/out shared/err
	printf '%s\n' "$1" >shared/command.new
	mv shared/command.new shared/command
}

# Until it has ended: its $status, and the files out and err.
guest_ends() { # SECONDS
	await "$1" test -e shared/status
	# shellcheck disable=SC2034 # tests look at it
	status=$(cat shared/status)
	cp shared/out shared/err .
}

guest() { # COMMAND
	guest_begins "$1"
	guest_ends 300
}

# plug NAME [OPTION OF THE MEDIUM]: a USB stick with this serial number; NAME.img is what it holds.
plug() {
	guest_on
	truncate -s 2G "$1.img"
	monitor "drive_add 0 if=none,id=$1-medium,file=$D/$1.img,format=raw,cache=unsafe${2:+,$2}"
	monitor "device_add usb-storage,id=$1,bus=xhci.0,drive=$1-medium,serial=$1,removable=on"
}

unplug() { # NAME
	monitor "device_del $1"
}

same() { # WHAT FOUND EXPECTED
	if [ "$2" != "$3" ]; then
		printf '%s: found\n%s\nexpected\n%s\n' "$1" "$2" "$3"
		return 1
	fi
}

fails() { # bats does not look at a "!"
	if "$@"; then
		echo "no failure: $*"
		return 1
	fi
}
