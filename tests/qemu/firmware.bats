#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Real firmware with nothing in its NVRAM finds the loader on a drive that we made, and from
# there a boot manager that shares no code with us finds winload.efi: by the BCD, the firmware's
# drives, their GPT and NTFS.

load firmware

setup_file() {
	firmware_begin
}

teardown_file() {
	firmware_end
}

starts() { # x64|arm64 ATTACHMENT SECTOR
	choose "$1"
	drive "$1" "$3"
	attach "$2" "$3"
	switch_on
	came_to_winload "$1" "$3"
}

@test "x64 firmware starts the drive at a USB 3 port" {
	starts x64 xhci 512
}

@test "x64 firmware starts a drive of 4096-byte sectors at a USB 2 port" {
	starts x64 ehci 4096
}

@test "x64 firmware starts a drive of 4096-byte sectors as an NVMe disk" {
	starts x64 nvme 4096
}

@test "x64 firmware starts the drive as a virtio disk" {
	starts x64 virtio 512
}

@test "arm64 firmware starts a drive of 4096-byte sectors at a USB 3 port" {
	starts arm64 xhci 4096
}

@test "arm64 firmware starts the drive as an NVMe disk" {
	starts arm64 nvme 512
}

@test "firmware starts the drive wherever it is attached" {
	[ "${WTGCTL_QEMU:-}" = all ] || skip "WTGCTL_QEMU=all tries all 16 of them"
	for arch in x64 arm64; do
		for attachment in xhci ehci nvme virtio; do
			for sector in 512 4096; do
				echo "$arch, $attachment, sectors of $sector bytes"
				starts $arch $attachment $sector
			done
		done
	done
}

@test "the variables that the firmware begins with name nothing to start" {
	for arch in x64 arm64; do
		choose $arch
		# Boot0000, BootOrder, in UTF-16.
		! grep -qaP 'B\0o\0o\0t\0(0\0|O\0r\0)' "$vars" || return 1
	done
}

@test "where the BCD names a partition that is not there, the boot manager says so" {
	needs sgdisk
	choose x64
	drive x64 512
	cp --sparse=always "$drive" "$D/other.img"
	drive=$D/other.img
	was=$(sgdisk -i 3 "$drive" | sed -n 's/^Partition unique GUID: //p')
	sgdisk -u 3:R "$drive"
	attach virtio 512
	switch_on
	failed_with "no partition ${was,,}"
}

@test "where winload.efi is not there, the boot manager says so" {
	choose x64
	drive x64 512
	cp --sparse=always "$drive" "$D/renamed.img"
	drive=$D/renamed.img
	# In the MFT and in its directory, on the Windows partition, it is winloac.efi.
	for at in $(grep -obUaP 'w\0i\0n\0l\0o\0a\0d\0\.\0e\0f\0i\0' "$drive" | cut -d: -f1); do
		[ "$at" -lt $((277 << 20)) ] ||
			printf c | dd of="$drive" bs=1 seek=$((at + 12)) conv=notrunc status=none
	done
	attach virtio 512
	switch_on
	failed_with 'there is no \Windows\system32\winload.efi'
}

@test "firmware starts nothing from a drive whose run was interrupted" {
	choose x64
	drive x64 512
	cp --sparse=always "$drive" "$D/cut.img"
	drive=$D/cut.img
	# As before the last step: no table.
	dd if=/dev/zero of="$drive" bs=1M count=1 conv=notrunc status=none
	dd if=/dev/zero of="$drive" bs=1M seek=511 count=1 conv=notrunc status=none
	attach xhci 512
	switch_on
	same "the boot manager" "$(stand_in_said)" ""
	# The firmware did come up, and had nothing to start but its own menu.
	grep -qE 'starting.*(UiApp|Shell)' "$D/serial"
}
