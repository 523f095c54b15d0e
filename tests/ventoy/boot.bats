#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Firmware starts a stand-in for Ventoy on a drive that we made, and that, by each of the ways that
# Ventoy has, the Windows behind it: seen on the serial line.

load machine

setup_file() {
	machine_begin
}

teardown_file() {
	machine_end
}

# $drive, with Ventoy and a Windows, made by us.
drive() { # gpt|mbr MENU x64|x86 [OPTION…]
	local options=("${@:4}")

	stand_in "$2"
	disc "$3"
	drive=$D/drive.img
	rm -f "$drive"
	"$WTGCTL" create -q --image "$iso" --edition Core --size 1G --layout "$1" \
		--ventoy "$release" "${options[@]}" "$drive"
	say_where "$drive" 3 "$3"
}

@test "on Legacy BIOS, by the main menu" {
	drive mbr main x64
	switch_on bios "$drive"
	came_by "main menu, (hd0,1)/Windows To Go.img"
	came_to_bootmgr "$drive" 3
}

@test "on Legacy BIOS, by F6" {
	drive mbr f6 x64
	switch_on bios "$drive"
	came_by "F6, entry 0"
	came_to_bootmgr "$drive" 3
}

@test "on Legacy BIOS, by itself after a second" {
	drive mbr default x64 --entry-default --entry-timeout 1
	give_control "$drive"
	switch_on bios "$drive"
	came_by "default .* after 1"
	came_to_bootmgr "$drive" 3
}

@test "on Legacy BIOS, by F4" {
	drive mbr f4 x64
	switch_on bios "$drive"
	came_by "F4 finds (hd0,3)/bootmgr"
	came_to_bootmgr "$drive" 3
}

@test "on x64 UEFI, by the main menu" {
	drive gpt main x64
	switch_on x64 "$drive"
	came_by "main menu, (hd0,1)/Windows To Go.img"
	came_to_loader gpt 3 EFI x86_64
}

@test "on x64 UEFI from an MBR, by F6" {
	drive mbr f6 x64
	switch_on x64 "$drive"
	came_by "F6, entry 0"
	came_to_loader msdos 3 EFI x86_64
}

@test "on x64 UEFI, by itself after a second" {
	drive gpt default x64 --entry-default --entry-timeout 1
	give_control "$drive"
	switch_on x64 "$drive"
	came_by "default .* after 1"
	came_to_loader gpt 3 EFI x86_64
}

@test "on x64 UEFI, by F4, and it looks for VTEFI where firmware shall not find it" {
	drive gpt vtefi x64 --ventoy-first
	switch_on x64 "$drive"
	came_by "F4 finds (hd0,3)/VTEFI"
	came_to_loader gpt 3 VTEFI x86_64
}

@test "on ia32 UEFI, by the main menu" {
	drive gpt main x86
	switch_on ia32 "$drive"
	came_by "main menu, (hd0,1)/Windows To Go.img"
	came_to_loader gpt 3 EFI i386
}

@test "on the wrong firmware the entry says so, and returns" {
	drive gpt main x86
	switch_on x64 "$drive"
	came_by "main menu, (hd0,1)/Windows To Go.img"
	grep -aq 'needs i386 UEFI firmware; this is x86_64-efi' "$D/serial"
	same "what was started" "$(started)" ""
}

@test "by every way, on every firmware, from every table and file system" {
	[ "${WTGCTL_QEMU:-}" = all ] || skip "WTGCTL_QEMU=all tries all of them"
	for fs in exfat ntfs fat32; do
		for menu in main f6 f4; do
			drive mbr $menu x64 --data-fs $fs
			switch_on bios "$drive"
			came_to_bootmgr "$drive" 3
			for arch in x64 x86; do
				for table in gpt mbr; do
					drive $table $menu $arch --data-fs $fs
					firmware=x64 cpu=x86_64
					[ $arch = x64 ] || firmware=ia32 cpu=i386
					switch_on $firmware "$drive"
					kind=gpt
					[ $table = gpt ] || kind=msdos
					came_to_loader $kind 3 EFI $cpu
				done
			done
		done
	done
}
