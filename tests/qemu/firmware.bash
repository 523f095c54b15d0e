# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What the files here share: emulated machines whose only drive is one that we made, with a
# stand-in boot manager on it that goes the way by the BCD to winload.efi, says so on the serial
# line and switches the machine off.  MAKE_MEDIA and WTGCTL are the paths of the media's maker
# and of the program, BOOTMGRS that of the directory of boot managers.

# Emulation on a busy machine is slow; on an idle one the way takes five seconds.
MOST_SECONDS=240

# For setup_file and teardown_file.
firmware_begin() {
	D=$(mktemp -d "${TMPDIR:-/var/tmp}/wtgctl-qemu-XXXXXX")
	export D LC_ALL=C.UTF-8
}

firmware_end() {
	rm -rf "$D"
}

needs() {
	for program; do
		command -v "$program" >/dev/null || skip "$program is not installed"
	done
}

same() { # WHAT FOUND EXPECTED
	if [ "$2" != "$3" ]; then
		printf '%s: found\n%s\nexpected\n%s\n' "$1" "$2" "$3"
		return 1
	fi
}

# A machine, its firmware, and variables in which nobody has put anything to start.
choose() { # x64|arm64
	arch=$1
	case $arch in
	x64)
		machine=8664
		emulator=(qemu-system-x86_64 -M "q35,accel=tcg")
		code=/usr/share/OVMF/OVMF_CODE_4M.fd
		vars=/usr/share/OVMF/OVMF_VARS_4M.fd
		;;
	arm64)
		machine=aa64
		emulator=(qemu-system-aarch64 -M "virt,accel=tcg" -cpu cortex-a57)
		code=/usr/share/AAVMF/AAVMF_CODE.fd
		vars=/usr/share/AAVMF/AAVMF_VARS.fd
		;;
	esac
	bootmgr=$BOOTMGRS/bootmgr-$arch.efi
	[ -f "$bootmgr" ] ||
		skip "clang, lld and gnu-efi are needed to build the stand-in boot manager"
	needs "${emulator[0]}" 7z wimlib-imagex
	[ -r $code ] || skip "$code is not installed"
}

# $D/NAME.iso, a disc for $arch with $bootmgr, and $D/NAME.winload, the loader on it.
disc() { # NAME
	local variant=()

	[ ! -f "$D/$1.winload" ] || return 0
	[ "$arch" = x64 ] || variant=(--variant "$arch")
	"$MAKE_MEDIA" --out "$D/$1.iso" "${variant[@]}" --boot-manager "$bootmgr"
	7z x -y -tudf -o"$D/disc" "$D/$1.iso" sources/install.wim >/dev/null
	wimlib-imagex extract "$D/disc/sources/install.wim" 1 /Windows/System32/winload.efi \
		--to-stdout >"$D/winload" 2>/dev/null
	mv "$D/winload" "$D/$1.winload"
}

# $drive, made of that disc, whose sectors have so many bytes.
drive() { # NAME SECTOR
	local loop=

	drive=$D/$1-$2.img
	disc "$1"
	[ ! -f "$drive" ] || return 0
	if [ "$2" -eq 512 ]; then
		"$WTGCTL" create -q --image "$D/$1.iso" --edition Core --size 512M "$drive"
		return
	fi
	truncate -s 512M "$D/new"
	loop=$(losetup --show -f -b "$2" "$D/new" 2>/dev/null) ||
		skip "no loop devices here, and they alone have sectors of $2 bytes"
	"$WTGCTL" create -q --image "$D/$1.iso" --edition Core --confirm "$loop" "$loop" || {
		losetup -d "$loop"
		return 1
	}
	losetup -d "$loop"
	mv "$D/new" "$drive"
}

# $device: how the emulator is told to attach the drive so.  Its usb-storage has sectors of 512
# bytes whatever it is told; a SCSI disk behind a USB bridge is the same to the firmware.
attach() { # xhci|ehci|nvme|virtio|ide SECTOR
	local sizes="logical_block_size=$2,physical_block_size=$2"

	case $1 in
	ide) device=(-device ide-hd,drive=disk) ;;
	xhci) device=(-device qemu-xhci,id=usb) ;;
	ehci) device=(-device usb-ehci,id=usb) ;;
	nvme) device=(-device "nvme,drive=disk,serial=wtgctl,$sizes") ;;
	virtio) device=(-device "virtio-blk-pci,drive=disk,$sizes") ;;
	esac
	case $1:$2 in
	?hci:512) device+=(-device usb-storage,bus=usb.0,drive=disk,removable=on) ;;
	?hci:*) device+=(-device usb-bot,id=bridge,bus=usb.0
		-device "scsi-hd,bus=bridge.0,drive=disk,$sizes") ;;
	esac
}

# Switch an emulated machine on, until it is off again or has said that.  What the serial line said
# is in $D/serial.
emulate() { # PATTERN EMULATOR...
	local pattern=$1 qemu status=0

	: >"$D/raw"
	timeout $MOST_SECONDS "${@:2}" -nodefaults -display none -no-reboot -serial "file:$D/raw" \
		-drive if=none,id=disk,format=raw,snapshot=on,file="$drive" "${device[@]}" \
		</dev/null >"$D/qemu.log" 2>&1 3>&- &
	qemu=$!
	while kill -0 $qemu 2>/dev/null; do
		if grep -qaE "$pattern" "$D/raw"; then
			kill $qemu 2>/dev/null || :
			break
		fi
		sleep 0.25
	done
	wait $qemu || status=$?
	# Without what moves the cursor about.
	sed 's/\x1b\[[0-9;=]*[A-Za-z]//g' "$D/raw" | tr -d '\r\0' >"$D/serial"
	cat "$D/qemu.log" "$D/serial"
	[ $status -ne 124 ] || echo "still on after $MOST_SECONDS seconds"
}

# Switch $arch on with $drive as $device, until it is off again or has found nothing to start.
switch_on() {
	emulate 'Access Denied|starting.*(UiApp|Shell)' "${emulator[@]}" -m 256 -smp 1 \
		-drive if=pflash,format=raw,readonly=on,file="$code" \
		-drive if=pflash,format=raw,snapshot=on,file="$vars"
}

stand_in_said() {
	sed -n 's/^STANDIN: //p' "$D/serial"
}

# It went the whole way, on a drive of that disc and such sectors; Windows is partition 3 at 277
# MiB, or what is said.
came_to_winload() { # NAME SECTOR [PARTITION]
	local loader=$D/$1.winload crc windows=${3:-3 at 277 MiB}
	crc=$(gzip -c "$loader" | tail -c 8 | od -An -tx4 -N4 --endian=little)
	same "the boot manager's way" "$(stand_in_said | tail -n +3)" \
"boot manager: partition 1 at 1 MiB, sectors of $2 bytes
device: partition $windows, sectors of $2 bytes
osdevice: partition $windows, sectors of $2 bytes
systemroot: \\Windows
path: \\Windows\\system32\\winload.efi
winload.efi $(stat -c %s "$loader") bytes, machine $machine, crc32 ${crc// /}"
}

# It stopped, and with that sentence.
failed_with() { # SENTENCE
	same "the boot manager's last line" "$(stand_in_said | tail -n 1)" "failed: $1"
}
