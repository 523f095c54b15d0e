#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Real firmware (OVMF, emulated) with nothing in its NVRAM finds the loader on a drive that we
# made.  The stand-in loader prints one line; that it came from the medium's own bootmgfw.efi
# is what the other tests show.

line='wtgctl stand-in boot manager'
code=/usr/share/OVMF/OVMF_CODE_4M.fd
vars=/usr/share/OVMF/OVMF_VARS_4M.fd

setup_file() {
	DIR=$(mktemp -d "${TMPDIR:-/var/tmp}/wtgctl-qemu-XXXXXX")
	export DIR
	"$MAKE_MEDIA" --out "$DIR/windows.iso"
}

teardown_file() {
	rm -rf "$DIR"
}

setup() {
	command -v qemu-system-x86_64 >/dev/null && [ -r $code ] ||
		skip "qemu-system-x86_64 or OVMF is not installed"
}

# Start the image on this device and wait until the loader speaks, at most that many seconds.
boots() { # seconds, image, device arguments…
	local seconds=$1 image=$2 qemu status=1
	shift 2
	: >"$DIR/serial"
	qemu-system-x86_64 -M q35,accel=tcg -m 256 -smp 1 -display none -net none -no-reboot \
		-serial "file:$DIR/serial" -monitor none \
		-drive if=pflash,format=raw,readonly=on,file=$code \
		-drive if=pflash,format=raw,snapshot=on,file=$vars \
		-drive if=none,id=disk,format=raw,snapshot=on,file="$image" "$@" \
		</dev/null >"$DIR/qemu.log" 2>&1 3>&- &
	qemu=$!
	while [ "$seconds" -gt 0 ] && kill -0 $qemu 2>/dev/null; do
		if grep -q "$line" "$DIR/serial"; then
			status=0
			break
		fi
		# Its own menu: it has found nothing to start.
		grep -q 'starting.*UiApp' "$DIR/serial" && break
		sleep 1
		seconds=$((seconds - 1))
	done
	kill -9 $qemu 2>/dev/null
	wait $qemu 2>/dev/null || true
	return $status
}

create() { # target, size
	"$WTGCTL" create --quiet --image "$DIR/windows.iso" --edition Core "${@:2}" "$1"
}

@test "firmware starts the drive from a USB port" {
	create "$DIR/usb.img" --size 3G
	boots 90 "$DIR/usb.img" -device qemu-xhci -device usb-storage,drive=disk,removable=on
}

@test "firmware starts the drive as an NVMe disk" {
	[ -f "$DIR/usb.img" ] || create "$DIR/usb.img" --size 3G
	boots 90 "$DIR/usb.img" -device nvme,drive=disk,serial=wtgctl
}

@test "firmware starts a drive with 4096-byte sectors" {
	truncate -s 3G "$DIR/4k.img"
	loop=$(losetup --show -f -b 4096 "$DIR/4k.img" 2>/dev/null) || skip "no loop devices here"
	create "$loop" --confirm "$loop" || {
		losetup -d "$loop"
		false
	}
	losetup -d "$loop"
	boots 90 "$DIR/4k.img" \
		-device nvme,drive=disk,serial=wtgctl,logical_block_size=4096,physical_block_size=4096
}

@test "firmware starts nothing from a drive whose run was interrupted" {
	[ -f "$DIR/usb.img" ] || create "$DIR/usb.img" --size 3G
	cp --sparse=always "$DIR/usb.img" "$DIR/cut.img"
	# As before the last step: no table.
	dd if=/dev/zero of="$DIR/cut.img" bs=1M count=1 conv=notrunc status=none
	dd if=/dev/zero of="$DIR/cut.img" bs=1M seek=3071 count=1 conv=notrunc status=none
	run boots 25 "$DIR/cut.img" -device qemu-xhci -device usb-storage,drive=disk
	[ "$status" -ne 0 ]
	# It did come up, and had nothing to start.
	grep -q BdsDxe "$DIR/serial"
}
