#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# repair: drives broken in one way each, by other programs, and what becomes of them.  A new way is a
# test of three lines: begin_broken, the harm, heals (repair.bash).

load helper
load repair

setup_file() {
	disk_begin
	make windows.iso
	export SIZE=440M
	create drive --image windows.iso --edition Professional --esp-size 100M
	chmod a-w drive.img
}

setup() {
	disk_enter
	needs jq sfdisk sgdisk mcopy fsck.fat ntfscat ntfscp wimlib-imagex
	begin_broken drive.img
}

@test "a sound drive needs nothing, and no confirmation" {
	nothing_left
	wtgctl repair broken.img
	same said "$(tail -1 err)" "It is so already: nothing was written."
}

@test "no boot store" {
	on_esp mdel ::/EFI/Microsoft/Boot/BCD
	heals rewrite-bcd
}

@test "the boot store leads to another drive, as after cloning" {
	sgdisk -G broken.img >/dev/null
	heals rewrite-bcd
	same why "$(step rewrite-bcd '.files[].old' <plan)" "{bootmgr} leads to another drive or partition"
}

@test "a boot store of garbage" {
	seq 5000 >garbage
	on_esp mcopy -o garbage ::/EFI/Microsoft/Boot/BCD
	heals rewrite-bcd
}

@test "no loader, in one place or the other" {
	on_esp mdel ::/EFI/Microsoft/Boot/bootmgfw.efi
	heals rewrite-esp
	same files "$(step rewrite-esp '.files[] | "\(.path) \(.old)"' <plan)" \
		"EFI/Microsoft/Boot/bootmgfw.efi missing"
	on_esp mdel ::/EFI/Boot/bootx64.efi
	heals rewrite-esp
	same_boot_files drive.img
}

@test "a loader that ends in the middle" {
	on_esp mtype ::/EFI/Boot/bootx64.efi | head -c 700 >cut.efi
	on_esp mcopy -o cut.efi ::/EFI/Boot/bootx64.efi
	heals rewrite-esp
	same old "$(step rewrite-esp '.files[].old' <plan)" another
}

@test "an empty system partition, with another system's files" {
	on_esp mdeltree ::/EFI
	on_esp mmd ::/EFI ::/EFI/ubuntu
	seq 9999 >grub
	on_esp mcopy grub ::/EFI/ubuntu/grubx64.efi
	heals "rewrite-esp rewrite-bcd"
	on_esp mtype ::/EFI/ubuntu/grubx64.efi | cmp - grub
}

@test "a system partition that is no volume: only --format-esp makes it one" {
	zero broken.img $MIB 65536
	refused 3 "holds no FAT volume" repair --confirm broken.img broken.img
	grep -q -- '--format-esp makes it anew' err
	heals format-esp --format-esp
	same_boot_files drive.img
}

@test "the other chain of certificates" {
	heals rewrite-esp --boot-ca 2023
	same chain "$(step rewrite-esp .boot_ca <plan)" 2023
	wtgctl verify broken.img
	grep -q 'signed by Windows UEFI CA 2023' out
	nothing_left # auto keeps what the drive has
	heals rewrite-esp --boot-ca 2011
	same_boot_files drive.img
}
