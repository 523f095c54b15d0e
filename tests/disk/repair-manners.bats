#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# repair: drives as other programs make them (foreign.bash), and other systems on them.

load helper
load repair
load foreign

setup_file() {
	disk_begin
	make one.wim wim
	command -v hivexregedit wimlib-imagex mkntfs >/dev/null || return 0
	boot_parts
	rufus rufus.img
	deployed deployed.img
}

setup() {
	disk_enter
	needs jq sfdisk sgdisk mcopy mkfs.fat fsck.fat mkntfs ntfscat ntfscp wimlib-imagex \
		hivexregedit 7z
}

# The same by two readers.
esp_by_both() {
	esp_files "$1"
	carve "$1" "$SYSTEM" volume
	rm -rf esp.7z
	7z x -y -oesp.7z volume >/dev/null
	(cd esp.7z && find . -type f -exec sha256sum {} + | sort -k2)
}

# heals, and of the system partition no file is another but those that the plan names.
heals_only() { # STEPS [OPTION]...
	esp_by_both broken.img >esp.before
	heals "$@"
	esp_by_both broken.img >esp.after
	jq -r '.steps[].files[]?.path' plan | tr '[:upper:]' '[:lower:]' | sort -u >esp.named
	diff esp.before esp.after | sed -n 's/^[<>] [0-9a-f]*  \.\///p' |
		tr '[:upper:]' '[:lower:]' | sort -u >esp.changed
	same "files changed that no step names" "$(comm -13 esp.named esp.changed)" ""
}

warns() { # PART-OF-THE-SENTENCE
	jq -r '.warnings[]' plan | grep -F -- "$1" || { jq .warnings plan && return 1; }
}

a_rufus() {
	SYSTEM=1 WINDOWS=3
	begin_broken rufus.img
}

a_deployed() {
	SYSTEM=1 WINDOWS=2
	begin_broken deployed.img
}

# ------------------------------------------------------------------ as Rufus makes it

@test "Rufus' drive: nothing but the registry, and its store stays" {
	a_rufus
	heals_only edit-windows
	wtgctl verify broken.img
	grep -q 'the default entry starts .* of partition 3' out
}

@test "Rufus' drive cloned to other identifiers: its entry keeps name, language and timeout" {
	a_rufus
	sgdisk -G broken.img >/dev/null
	heals_only "rewrite-bcd edit-windows"
	same described "$(step rewrite-bcd '"\(.description) \(.locale)"' <plan)" "Windows 10 de-DE"
}

@test "Rufus' drive with boot files of an older Windows, and files of the user's between them" {
	a_rufus
	seq 400 >older
	on_esp mcopy -o older ::/EFI/Microsoft/Boot/memtest.efi
	on_esp mcopy -o older ::/EFI/Microsoft/Boot/Fonts/wgl4_boot.ttf
	on_esp mdeltree ::/EFI/Microsoft/Boot/Resources
	on_esp mcopy older ::/EFI/Microsoft/Boot/mine.txt
	heals_only "rewrite-esp edit-windows"
	on_esp mtype ::/EFI/Microsoft/Boot/mine.txt | cmp - older
}

# ------------------------------------------------------------------ "Deploy Windows To Go"

@test "Microsoft's drive: nothing but the registry" {
	a_deployed
	heals_only edit-windows
}

@test "Microsoft's drive with another signature: both stores" {
	a_deployed
	sfdisk -q --disk-id broken.img 0x12345678
	heals_only "rewrite-bcd edit-windows"
	same stores "$(step rewrite-bcd '.files[].path' <plan | sort | xargs)" \
		"Boot/BCD EFI/Microsoft/Boot/BCD"
}

@test "Microsoft's drive without bootmgr and without an active partition: its boot code stays" {
	a_deployed
	sfdisk -q --activate broken.img -
	on_esp mdel ::/bootmgr
	head -c 446 broken.img >code
	heals_only "rewrite-esp edit-mbr edit-windows"
	head -c 446 broken.img | cmp - code
}

# ------------------------------------------------------------------ other systems

# A sound program that Microsoft's keys did not sign.
foreign_loader() {
	TOLERATED="the loader is not signed"
	cp parts/Windows/Boot/EFI/memtest.efi foreign.efi
	chmod u+w foreign.efi
	sbattach --remove foreign.efi 2>/dev/null || :
}

@test "a fallback of Linux' stays, and the plan says so" {
	needs sbattach
	a_rufus
	foreign_loader
	on_esp mmd ::/EFI/ubuntu
	on_esp mcopy foreign.efi ::/EFI/ubuntu/grubx64.efi
	on_esp mcopy -o foreign.efi ::/EFI/Boot/bootx64.efi
	on_esp mdel ::/EFI/Microsoft/Boot/BCD
	heals_only "rewrite-bcd edit-windows"
	warns "EFI/Boot/bootx64.efi is no boot manager of Windows' and stays"
}

@test "a fallback of Linux' stays though Windows' own loader is missing" {
	needs sbattach
	a_rufus
	foreign_loader
	on_esp mcopy -o foreign.efi ::/EFI/Boot/bootx64.efi
	on_esp mdel ::/EFI/Microsoft/Boot/bootmgfw.efi
	heals_only "rewrite-esp edit-windows"
	on_esp mtype ::/EFI/Boot/bootx64.efi | cmp - foreign.efi
	warns "EFI/Boot/bootx64.efi is no boot manager of Windows' and stays"
}
