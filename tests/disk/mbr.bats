#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# --layout mbr: a drive for UEFI and Legacy BIOS.  That both start it is seen by qemu/bios.bats.

load helper

setup_file() {
	disk_begin
	make windows.iso
	create plain --layout mbr --image windows.iso --edition Core
}

setup() {
	disk_enter
}

element() { # STORE OBJECT ELEMENT: of a device
	hive_bytes "$1" "\\Objects\\{$2}\\Elements\\$3" Element
}

text() { # STORE OBJECT ELEMENT
	printf 'cd \\Objects\\{%s}\\Elements\\%s\nlsval Element\n' "$2" "$3" | hivexsh "$1"
}

le() { # DIGITS NUMBER: so many hexadecimal digits, the least byte first
	printf "%0$1x" "$2" | sed 's/\(..\)/\1\n/g' | tac | tr -d '\n'
}

# What the BCD says of a partition that begins there, as bcdedit writes it: 16 bytes of options, a
# partition (6), its first byte in 16, on a hard disk (0) with an MBR (1), the signature in 16.
device_of() { # FIRST-BYTE
	local none=00000000000000000000000000000000

	echo "$none"06000000000000004800000000000000"$(le 16 "$1")"0000000000000000 \
		0000000001000000"$(le 8 "$(u32 plain.img 440)")"000000000000000000000000"$none" |
		tr -d ' '
}

@test "the table is Microsoft's for Windows To Go, on any drive's signature" {
	same "table" "$(sfdisk --json plain.img | jq -r '.partitiontable |
		.label, (.partitions[] | "\(.start) \(.size) \(.type) \(.bootable // false)")')" \
"dos
2048 716800 c true
718848 589824 7 false"
	[ "$(u32 plain.img 440)" -ne 0 ]
	mmls plain.img | grep -q 'Win95 FAT32 (0x0c)'
	same "role of the first" "$(jq -r '.layout.partitions[0].role' plain.plan)" esp
	same "table in the plan" "$(step write-table .table <plain.plan)" mbr
	wtgctl verify plain.img
	[ "$status" -eq 0 ]
	wtgctl status --json plain.img
	same "status" "$(jq -r 'select(.type == "status").state' out)" complete
}

@test "the boot sectors have code, and say what they said of the volume" {
	carve plain.img 1 system
	fsck.fat -n system
	same "hidden sectors" "$(u32 system 28)" 2048
	cmp -n 512 system <(tail -c +$((6 * 512 + 1)) system)
	grep -qa 'BOOTMGR is missing' <(head -c 512 system)
	grep -qa 'No partition is active' <(head -c 440 plain.img)
}

@test "the system partition has what bcdboot lays out for both" {
	"$MAKE_MEDIA" --out image.wim --variant wim >/dev/null
	wimlib-imagex extract image.wim 1 /Windows/Boot --dest-dir=image >/dev/null 2>&1
	mkdir -p expected/EFI/Boot expected/EFI/Microsoft/Boot expected/Boot
	cp -r image/Boot/{EFI/*,Fonts,Resources} expected/EFI/Microsoft/Boot
	cp image/Boot/EFI/bootmgfw.efi expected/EFI/Boot/bootx64.efi
	cp -r image/Boot/{PCAT/*,Fonts,Resources} expected/Boot
	mv expected/Boot/bootmgr expected/bootmgr
	mv expected/Boot/bootnxt expected/BOOTNXT
	mkdir found
	esp mcopy plain.img -s -n ::/ found
	rm -r found/EFI/wtgctl
	same "differences" "$(diff -r expected found)" \
"Only in found/Boot: BCD
Only in found/EFI/Microsoft/Boot: BCD"
	# The name that boot sectors look for.
	esp mdir plain.img -f ::/ | grep -qi '^bootmgr  '
}

@test "each store names the partitions by the signature and where they begin" {
	esp mcopy plain.img -n -o ::/EFI/Microsoft/Boot/BCD uefi
	esp mcopy plain.img -n -o ::/Boot/BCD bios
	loader=$(step write-esp .bcd.osloader <plain.plan)
	resume=$(step write-esp .bcd.resume <plain.plan)
	for store in uefi bios; do
		for of in 9dea862c-5cdd-4e70-acc1-f32b344d4795 b2721d73-1db4-4c62-bf78-c548a880142d; do
			same "$store, $of" "$(element $store $of 11000001)" \
				"$(device_of $MIB)"
		done
		for of in "$loader" "$resume"; do
			same "$store, $of" "$(element $store "$of" 11000001)" \
				"$(device_of $((351 * MIB)))"
		done
		same "$store, Windows" "$(element $store "$loader" 21000001)" \
			"$(device_of $((351 * MIB)))"
	done
	same "of UEFI" "$(text uefi "$loader" 12000002)" '\Windows\system32\winload.efi'
	same "of BIOS" "$(text bios "$loader" 12000002)" '\Windows\system32\winload.exe'
	same "of BIOS" "$(text bios "$resume" 12000002)" '\Windows\system32\winresume.exe'
	same "in the plan" "$(step write-esp '.legacy_bios, .bcd.legacy_bios_path' <plain.plan)" \
"true
Boot/BCD"
}

@test "the same seed gives the same drive" {
	export SOURCE_DATE_EPOCH=1700000000
	create seeded --layout mbr --seed one --image windows.iso --edition Core
	create again --layout mbr --seed one --image windows.iso --edition Core
	cmp -n 512 seeded.img again.img
	cmp -i $MIB -n $((350 * MIB)) seeded.img again.img
	rm seeded.img again.img
}

@test "an image without a boot manager for Legacy BIOS makes a drive for UEFI, and says so" {
	make arm64.iso arm64
	create arm64 --layout mbr --image arm64.iso --edition Core
	jq -r '.warnings[]' arm64.plan | grep -q 'the drive starts on UEFI only'
	same "in the plan" "$(step write-esp '.legacy_bios, .bcd.legacy_bios_path' <arm64.plan)" \
"false
null"
	same "active" "$(sfdisk --json arm64.img | jq -c '[.partitiontable.partitions[] | .bootable // false]')" \
		"[false,false]"
	same "in the root" "$(esp mdir arm64.img -b ::/)" "::/EFI/"
	wtgctl verify arm64.img
	[ "$status" -eq 0 ]
	rm arm64.img
}

@test "a drive that an MBR does not reach the end of is refused before it is touched" {
	refused 6 "an MBR reaches 2 TiB" create --layout mbr --image windows.iso --edition Core \
		--size 3T --max-size 4T large.img
	[ ! -e large.img ]
}
