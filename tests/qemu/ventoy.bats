#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Behind (a stand-in for) Ventoy, the boot manager goes by its BCD to Windows.  All of Ventoy's own
# ways to that boot manager are in ventoy/boot.bats.

load firmware

setup_file() {
	firmware_begin
}

teardown_file() {
	firmware_end
}

# $drive, with Ventoy whose menu starts Windows by itself in that way.
ventoy_drive() { # NAME MENU OPTION...
	local release=$D/$2/ventoy-1.1.00

	needs grub-mkimage mkfs.fat mcopy xz
	[ -d /usr/lib/grub/i386-pc ] && [ -d /usr/lib/grub/x86_64-efi ] &&
		[ -d /usr/lib/grub/i386-efi ] || skip "GRUB's platforms are not installed"
	choose x64
	disc x64
	drive=$D/$1.img
	[ -d "$release" ] || "$VENTOY_TESTS/make-payload.sh" --menu "$2" "$D/$2" >/dev/null
	"$WTGCTL" create -q --image "$D/x64.iso" --edition Core --size 1G --windows-size 300M \
		--ventoy "$release" "${@:3}" "$drive"
}

# The boot manager of partition 3 went to partition 4.
came_from_ventoy() {
	local loader=$D/x64.winload at crc
	crc=$(gzip -c "$loader" | tail -c 8 | od -An -tx4 -N4 --endian=little)
	at=($(sfdisk --json "$drive" | jq '.partitiontable.partitions[2, 3].start / 2048'))
	same "the boot manager's way" "$(stand_in_said | tail -n +3)" \
"boot manager: partition 3 at ${at[0]} MiB, sectors of 512 bytes
device: partition 4 at ${at[1]} MiB, sectors of 512 bytes
osdevice: partition 4 at ${at[1]} MiB, sectors of 512 bytes
systemroot: \\Windows
path: \\Windows\\system32\\winload.efi
winload.efi $(stat -c %s "$loader") bytes, machine 8664, crc32 ${crc// /}"
}

@test "UEFI, Ventoy on a GPT, and the boot manager where firmware could find it" {
	ventoy_drive gpt main
	attach xhci 512
	switch_on
	came_from_ventoy
}

@test "UEFI, Ventoy on a GPT, and the boot manager with its BCD in VTEFI" {
	ventoy_drive vtefi vtefi --ventoy-first
	attach virtio 512
	switch_on
	came_from_ventoy
}

@test "UEFI, Ventoy on an MBR" {
	ventoy_drive mbr f6 --layout mbr
	attach xhci 512
	switch_on
	came_from_ventoy
}
