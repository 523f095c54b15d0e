#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A Legacy BIOS (SeaBIOS) starts a drive of --layout mbr by our own boot code, which loads and
# starts a stand-in for Microsoft's bootmgr; UEFI firmware starts the same drive, and so does GRUB's
# ntldr.  Without graphics SeaBIOS has its screen on the serial line.

load firmware

# As large as Windows 10's; as much as may be loaded.
USUAL=413696
MOST=$((0x70000))

setup_file() {
	firmware_begin
}

teardown_file() {
	firmware_end
}

setup() {
	needs qemu-system-x86_64 as ld perl mmd mcopy sfdisk
}

# $D/bootmgr-BYTES: the stand-in as a file of that size, which tells whether all of it was loaded.
stand_in() { # BYTES
	local to=$D/bootmgr-$1

	[ ! -f "$to" ] || return 0
	as --32 -o "$D/bios.o" "$BATS_TEST_DIRNAME/bootmgr/bios.S" 2>/dev/null ||
		skip "as does not assemble for x86 here"
	ld -m elf_i386 -Ttext=0 --oformat binary -o "$D/bios" "$D/bios.o"
	perl "$BATS_TEST_DIRNAME/bootmgr/bios-fill.pl" "$D/bios" "$1" >"$to"
}

# $drive, which has that for a boot manager; with a name, as a copy of its own.  Its system partition
# is the first, at 1 MiB.
mbr_drive() { # [NAME]
	local made=$D/mbr.img with=()

	if [ ! -f "$made" ]; then
		stand_in $USUAL
		[ ! -f "$BOOTMGRS/bootmgr-x64.efi" ] ||
			with=(--boot-manager "$BOOTMGRS/bootmgr-x64.efi")
		"$MAKE_MEDIA" --out "$D/mbr.iso" --bios-boot-manager "$D/bootmgr-$USUAL" \
			"${with[@]}"
		"$WTGCTL" create -q --layout mbr --image "$D/mbr.iso" --edition Core \
			--size 640M "$D/new.img"
		mv "$D/new.img" "$made"
	fi
	drive=$made
	[ $# -gt 0 ] || return 0
	drive=$D/$1.img
	cp --sparse=always "$made" "$drive"
}

bios_on() {
	emulate 'BOOTMGR is (missing|too[a-z ]*)[.]|cannot be read[.]|active[.]|boot sector[.]|No bootable' \
		qemu-system-x86_64 -M pc,graphics=off,accel=tcg -m 64
}

# It was started as bootmgr expects it, from that partition of 80h.
reached_bootmgr() {
	same "what the boot manager saw" "$(stand_in_said)" \
"BOOTMGR is whole
drive 80
hidden sectors 00000800
the boot sector is that of the volume there
partition 1, which is 80"
}

# The last line on the screen.
stopped_with() { # SENTENCE
	same "the last line" "$(grep -v '^$' "$D/serial" | tail -n 1)" "$1"
}

@test "a BIOS starts the drive as an IDE disk" {
	mbr_drive
	attach ide 512
	bios_on
	reached_bootmgr
}

@test "a BIOS starts the drive at a USB 3 port" {
	mbr_drive
	attach xhci 512
	bios_on
	reached_bootmgr
}

@test "a BIOS starts the drive at a USB 2 port" {
	mbr_drive
	attach ehci 512
	bios_on
	reached_bootmgr
}

@test "a BIOS starts the drive as a virtio disk" {
	mbr_drive
	attach virtio 512
	bios_on
	reached_bootmgr
}

@test "a BIOS starts the drive as an NVMe disk" {
	mbr_drive
	attach nvme 512
	bios_on
	reached_bootmgr
}

@test "UEFI firmware starts the same drive" {
	choose x64
	mbr_drive
	[ -f "$D/mbr.winload" ] || {
		7z x -y -tudf -o"$D/disc" "$D/mbr.iso" sources/install.wim >/dev/null
		wimlib-imagex extract "$D/disc/sources/install.wim" 1 \
			/Windows/System32/winload.efi --to-stdout >"$D/mbr.winload" 2>/dev/null
	}
	attach xhci 512
	switch_on
	came_to_winload mbr 512 "2 at 351 MiB"
}

# ------------------------------------------------------------------ where bootmgr lies

volume() { # COMMAND...: of mtools, on the system partition
	"$1" -i "$drive@@1M" "${@:2}"
}

# From the first free cluster on (FSInfo's hint), not from where the last file ended.
fill_from_first() {
	printf '\x02\0\0\0' | dd of="$drive" bs=1 seek=$(((1 << 20) + 512 + 492)) \
		conv=notrunc status=none
}

# Every other cluster of 4 KiB is taken, and a root directory of several clusters names bootmgr last.
@test "a boot manager in many pieces, named in the last cluster of a long directory, is whole" {
	mbr_drive pieces
	volume mdel ::/bootmgr
	mkdir -p "$D/many"
	head -c 4096 /dev/zero >"$D/many/block"
	for n in $(seq 400); do
		ln -f "$D/many/block" "$D/many/A file with a long name $n"
	done
	rm "$D/many/block"
	fill_from_first
	volume mcopy "$D/many/"* ::/
	for n in $(seq 1 2 400); do
		echo "::/A file with a long name $n"
	done | xargs -d '\n' mdel -i "$drive@@1M"
	fill_from_first
	volume mcopy "$D/bootmgr-$USUAL" ::/bootmgr
	volume mshowfat ::/bootmgr | tee "$D/shown"
	[ "$(grep -o '<' "$D/shown" | wc -l)" -gt 20 ]
	attach ide 512
	bios_on
	reached_bootmgr
}

@test "the largest boot manager is loaded, one cluster more is too large" {
	mbr_drive largest
	stand_in $MOST
	volume mcopy -o "$D/bootmgr-$MOST" ::/bootmgr
	attach ide 512
	bios_on
	reached_bootmgr
	stand_in $((MOST + 4))
	volume mcopy -o "$D/bootmgr-$((MOST + 4))" ::/bootmgr
	bios_on
	stopped_with "BOOTMGR is too large."
}

@test "clusters may be small, where the system partition is" {
	stand_in $USUAL
	mbr_drive
	drive=$D/small.img
	"$WTGCTL" create -q --layout mbr --esp-size 100M --image "$D/mbr.iso" --edition Core \
		--size 512M "$drive"
	attach ide 512
	bios_on
	reached_bootmgr
}

@test "without a boot manager, or with an empty one, the boot sector says so" {
	mbr_drive missing
	volume mdel ::/bootmgr
	attach ide 512
	bios_on
	stopped_with "BOOTMGR is missing."
	volume mmd ::/bootmgr
	bios_on
	stopped_with "BOOTMGR is missing."
	volume mrd ::/bootmgr
	: >"$D/empty"
	volume mcopy "$D/empty" ::/bootmgr
	bios_on
	stopped_with "BOOTMGR is missing."
}

@test "what cannot be read is said" {
	mbr_drive unreadable
	# The volume's own word for where it lies is behind the drive's end.
	printf '\xf0' | dd of="$drive" bs=1 seek=$(((1 << 20) + 31)) conv=notrunc status=none
	attach ide 512
	bios_on
	stopped_with "The drive cannot be read."
	mbr_drive unreadable
	printf '\xf0' | dd of="$drive" bs=1 seek=$((446 + 11)) conv=notrunc status=none
	bios_on
	stopped_with "The drive cannot be read."
}

# ------------------------------------------------------------------ which partition

@test "there must be one active partition, and it must start something" {
	mbr_drive active
	attach ide 512
	sfdisk -q --no-reread --no-tell-kernel --activate "$drive" 2
	# NTFS has a boot sector, which says that it starts nothing; without its last bytes it is none.
	printf 'xx' | dd of="$drive" bs=1 seek=$(((351 << 20) + 510)) conv=notrunc status=none
	bios_on
	stopped_with "The active partition has no boot sector."
	printf '\x80' | dd of="$drive" bs=1 seek=446 conv=notrunc status=none
	bios_on
	stopped_with "More than one partition is active."
	sfdisk -q --no-reread --no-tell-kernel --activate "$drive" -
	bios_on
	stopped_with "No partition is active."
}

# ------------------------------------------------------------------ GRUB

@test "GRUB's ntldr starts the same boot manager" {
	needs grub-mkimage
	[ -d /usr/lib/grub/i386-pc ] || skip "grub-pc-bin is not installed"
	mbr_drive grub
	printf 'set root=(hd0,msdos1)\nntldr /bootmgr\nboot\n' >"$D/grub.cfg"
	grub-mkimage -O i386-pc -p / -c "$D/grub.cfg" -o "$D/core.img" \
		biosdisk part_msdos fat ntldr
	dd if=/usr/lib/grub/i386-pc/boot.img of="$drive" bs=440 count=1 conv=notrunc status=none
	dd if="$D/core.img" of="$drive" seek=1 conv=notrunc status=none
	attach ide 512
	bios_on
	reached_bootmgr
}
