#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# repair: drives broken in one way each, by other programs, and what becomes of them.  A new way is a
# test of three lines: begin_broken, the harm, heals (repair.bash).

load helper
load repair

setup_file() {
	disk_begin
	make windows.iso
	export SIZE=240M
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

# ------------------------------------------------------------------ the registry

@test "settings that keep it from starting, or expose a PC's disks" {
	edit_hive <<'END'
Windows Registry Editor Version 5.00

[\ControlSet001\Services\partmgr\Parameters]
"SanPolicy"=dword:00000001

[\ControlSet001\Control]
"BootDriverFlags"=dword:00000000

[\ControlSet001\Services\USBSTOR]
"Start"=dword:00000004
END
	reg_of SYSTEM >reg.before
	heals edit-windows
	same edits "$(step edit-windows '.edits[] | select(.change) | "\(.value) \(.old) \(.new)"' <plan)" \
		"SanPolicy 1 4
BootDriverFlags 0 0x1c
Start 4 3"
	system_hive broken.img SYSTEM
	same "what else there is in the hive" "$(diff reg.before <(reg_of SYSTEM) |
		grep -c '^[<>]')" 6
}

# The letter of this drive's own Windows, and those of others.
letters() { # GUID-OF-C GUID-OF-E
	local id=44,4d,49,4f,3a,49,44,3a
	printf 'Windows Registry Editor Version 5.00\n\n[\\MountedDevices]\n'
	printf '"\\\\DosDevices\\\\%s:"=hex:%s,%s\n' C $id "$1" E $id "$2"
}

commas() { # GUID: its bytes as .reg files have them
	guid_bytes "$1" | sed 's/../&,/g; s/,$//'
}

@test "stale letters of drives: only those that would have it be another" {
	ours=$(commas "$(sfdisk --json drive.img | jq -r '.partitiontable.partitions[2].uuid')")
	other=$(commas 01234567-89ab-cdef-0123-456789abcdef)
	letters "$ours" "$other" >letters.reg
	edit_hive <letters.reg
	nothing_left
	letters "$other" "$other" >letters.reg
	edit_hive <letters.reg
	heals edit-windows
	same edits "$(step edit-windows '.edits[] | select(.change) | .value' <plan)" '\DosDevices\C:'
	letters "$other" "$ours" >letters.reg
	edit_hive <letters.reg
	heals edit-windows
	same edits "$(step edit-windows '.edits[] | select(.change) | .value' <plan | sort | xargs -d'\n')" \
		'\DosDevices\C: \DosDevices\E:'
}

@test "options leave settings as they are" {
	edit_hive <<'END'
Windows Registry Editor Version 5.00

[\ControlSet001\Services\partmgr\Parameters]
"SanPolicy"=dword:00000001

[\ControlSet001\Control\Session Manager\Power]
"HiberbootEnabled"=dword:00000001

[\ControlSet001\Control\BitLocker]
"PreventDeviceEncryption"=dword:00000000
END
	nothing_left --internal-disks online --hibernate --device-encryption
	heals edit-windows
}

@test "everything at once" {
	on_esp mdeltree ::/EFI
	sgdisk -G broken.img >/dev/null
	edit_hive <<'END'
Windows Registry Editor Version 5.00

[\ControlSet001\Services\USBXHCI]
"Start"=dword:00000004
END
	heals "rewrite-esp rewrite-bcd edit-windows"
	same_boot_files drive.img
}

# ------------------------------------------------------------------ other layouts

# The boot sector of the system partition, and its backup, with the code that mkfs.fat gives it.
like_mkfs() { # SECTOR...
	local sector
	truncate -s 100M fresh
	mkfs.fat -F 32 fresh >/dev/null
	for sector; do
		dd if=fresh of=broken.img bs=1 skip=90 count=420 conv=notrunc status=none \
			seek=$(($(start_of broken.img "$SYSTEM") + sector * 512 + 90))
	done
	rm fresh
}

@test "MBR: no active partition, no boot code, no manager for Legacy BIOS" {
	[ -s mbr.img ] || SIZE=500M create mbr --image windows.iso --edition Professional --layout mbr
	begin_broken mbr.img
	WINDOWS=2
	sfdisk -q -A broken.img -
	heals edit-mbr
	cmp broken.img mbr.img
	zero broken.img 0 440
	heals edit-mbr
	cmp broken.img mbr.img
	like_mkfs 0 6
	heals edit-mbr
	cmp broken.img mbr.img
	like_mkfs 0 # cut short before, with the backup written
	heals edit-mbr
	cmp broken.img mbr.img
	on_esp mdel ::/bootmgr
	heals rewrite-esp
	on_esp mdel ::/Boot/BCD
	heals rewrite-bcd
	sfdisk -q --disk-id broken.img 0x12345678
	heals rewrite-bcd
	same stores "$(step rewrite-bcd '.files[].path' <plan | xargs)" \
		"EFI/Microsoft/Boot/BCD Boot/BCD"
	on_esp mdeltree ::/EFI ::/Boot
	on_esp mdel ::/bootmgr ::/BOOTNXT
	heals "rewrite-esp rewrite-bcd"
	same_boot_files mbr.img
	# What may as well be somebody's data.
	on_esp mdeltree ::/EFI ::/Boot
	on_esp mdel ::/bootmgr ::/BOOTNXT
	sfdisk -q -A broken.img -
	untouched 2 "nothing says that partition 1 is a system partition"
	wtgctl repair --dry-run --system-partition 1 broken.img
	[ "$status" -eq 0 ] || { cat err && return 1; }
}

# As Rufus lays it out: ESP of 260 MiB, reserved partition of 128 MiB, Windows without a label.
rufus() {
	local start
	carve drive.img 3 windows
	ntfslabel -f windows "" >/dev/null 2>&1
	rm -f broken.img
	truncate -s 700M broken.img
	sgdisk -n 1:1M:+260M -t 1:ef00 -n 2:0:+128M -t 2:0c01 -n 3:0:+200M -t 3:0700 broken.img >/dev/null
	chmod a+rw broken.img
	start=$(($(start_of broken.img 3) / 512))
	# The volume's place and size: the table's, and the second boot sector where it belongs.
	dd if=windows of=broken.img bs=1M oflag=seek_bytes conv=sparse,notrunc status=none \
		seek=$((start * 512))
	python3 - broken.img $start $(($(size_of broken.img 3) / 512)) <<'END'
import struct, sys
with open(sys.argv[1], "r+b") as f:
    start, size = int(sys.argv[2]), int(sys.argv[3])
    f.seek(start * 512)
    boot = bytearray(f.read(512))
    struct.pack_into("<I", boot, 0x1c, start)
    f.seek(start * 512)
    f.write(boot)
    for copy in start + struct.unpack_from("<Q", boot, 0x28)[0], start + size - 1:
        f.seek(copy * 512)
        f.write(boot)
END
	truncate -s 260M esp.vol
	mkfs.fat -F 32 -h 2048 esp.vol >/dev/null
	dd if=esp.vol of=broken.img bs=1M seek=1 conv=sparse,notrunc status=none
}

@test "a drive in Rufus' manner: with another's store, and empty" {
	needs ntfslabel mkfs.fat python3
	rufus
	esp_files drive.img >/dev/null
	rm -r esp.d/EFI/wtgctl
	on_esp mcopy -s esp.d/EFI ::/
	heals rewrite-bcd
	same_boot_files drive.img
	on_esp mdeltree ::/EFI
	heals "rewrite-esp rewrite-bcd"
	same_boot_files drive.img
	heals rewrite-esp --boot-ca 2023
}

@test "behind Ventoy: as it was found, with or without \\EFI" {
	"$MAKE_PAYLOAD" "$D/payload" >payload.log 2>&1 || skip "no stand-in for Ventoy"
	chmod -R a+rX payload
	SYSTEM=3 WINDOWS=4
	for words in "" --ventoy-first; do
		rm -f ventoy.img
		SIZE=800M create ventoy --image windows.iso --edition Professional --data-size 64M \
			--ventoy payload/ventoy-1.1.00-linux.tar.gz $words
		begin_broken ventoy.img
		nothing_left
		on_esp mdel "::/${words:+VT}EFI/Microsoft/Boot/BCD"
		heals rewrite-bcd
		on_esp mdeltree "::/${words:+VT}EFI"
		heals "rewrite-esp rewrite-bcd"
		same_boot_files ventoy.img
	done
}

# ------------------------------------------------------------------ no repair's to mend

# A driver of another maker, which Windows cannot start without, and which is not there.
lack_driver() {
	edit_hive <<'END'
Windows Registry Editor Version 5.00

[\ControlSet001\Services\wtgtest]
"Start"=dword:00000000
"ErrorControl"=dword:00000003
"ImagePath"="System32\\drivers\\gone.sys"
"Owners"="oem7.inf"
END
}

@test "what is wrong and stays so is told, and is no fault of a repair" {
	local times words
	lack_driver
	times=$(stat -c '%y %z' broken.img)
	for words in "" --dry-run --quiet; do
		# shellcheck disable=SC2086
		wtgctl repair --confirm broken.img $words broken.img
		same "status ($words)" "$status" 7
		cat out err | grep -F 'that a repair mends: Windows/System32/drivers/gone.sys is not there'
		grep -F '1 thing is wrong with broken.img' err
	done
	same "times of the drive" "$(stat -c '%y %z' broken.img)" "$times"
	on_esp mdel ::/EFI/Microsoft/Boot/BCD
	wtgctl repair --confirm broken.img broken.img
	[ "$status" -eq 0 ] || { cat err && return 1; }
	grep -F 'that a repair mends: Windows/System32/drivers/gone.sys is not there' err
	tail -1 err | grep 'complete and verified.* 1 thing stays wrong'
	wtgctl verify broken.img
	same "what else is wrong" "$(grep '^wrong' out | grep -vc gone.sys)" 0
}

@test "what is odd and stays so is told" {
	local TOLERATED='the backup GPT|the volume says that it starts' sector
	zero broken.img $(($(stat -c %s broken.img) - 512)) 512
	for sector in "$(start_of broken.img 3)" \
		$(($(start_of broken.img 3) + $(size_of broken.img 3) - 512)); do
		printf '\1\0\0\0' | dd of=broken.img bs=1 seek=$((sector + 28)) conv=notrunc status=none
	done
	on_esp mdel ::/EFI/Microsoft/Boot/BCD
	heals rewrite-bcd
	jq -r '.warnings[]' plan >warnings
	grep -F 'left alone: the backup GPT at the end of the drive is damaged' warnings
	grep -F 'left alone: the volume says that it starts at sector 1, the table says' warnings
}

# ------------------------------------------------------------------ left alone

untouched() { # STATUS PART-OF-THE-SENTENCE [OPTION]...
	local expected=$1 part=$2 times
	shift 2
	times=$(stat -c '%y %z' broken.img)
	refused "$expected" "$part" repair --confirm broken.img "$@" broken.img
	[ "$expected" -eq 2 ] || grep -q 'was not touched' err
	same times "$(stat -c '%y %z' broken.img)" "$times"
}

@test "a Windows that is hibernated, was not shut down, or is encrypted" {
	printf hibr | dd of=hiberfil bs=4096 conv=sync status=none
	carve broken.img 3 volume
	ntfscp -f volume hiberfil hiberfil.sys >/dev/null 2>&1
	put_back volume 3
	untouched 3 "hibernated"

	begin_broken drive.img
	mark_dirty broken.img "$(start_of broken.img 3)"
	untouched 3 "not unmounted cleanly"

	begin_broken drive.img
	printf -- '-FVE-FS-' | dd of=broken.img bs=1 seek=$(($(start_of broken.img 3) + 3)) conv=notrunc status=none
	untouched 3 "encrypted with BitLocker"
	untouched 3 "encrypted with BitLocker" --partition 3
}

@test "a registry that was not written out" {
	system_hive broken.img dirty
	flip dirty 4 1
	flip dirty 508 1
	replace /Windows/System32/config/SYSTEM dirty
	untouched 3 "changes wait in its log"
}

@test "no Windows, another partition, a number that is none" {
	untouched 2 "there is no partition 7" --partition 7
	untouched 3 "holds no NTFS volume" --partition 1
	untouched 3 "is no system partition" --system-partition 3
	sgdisk -d 3 broken.img >/dev/null
	untouched 6 "there is no Windows on the drive"
	sgdisk --zap-all broken.img >/dev/null
	untouched 6 "no partition table"
	refused 3 "but the path of" repair --confirm other broken.img
}

@test "several of them: the user says which" {
	create second --image windows.iso --edition Professional --esp-size 100M
	carve second.img 1 esp.vol
	carve second.img 3 windows
	truncate -s 700M broken.img
	sgdisk -e -n 4:0:+120M -t 4:ef00 -n 5:0:+330M broken.img >/dev/null
	for pair in esp.vol:4 windows:5; do
		dd if=${pair%:*} of=broken.img bs=1M oflag=seek_bytes conv=sparse,notrunc status=none \
			seek="$(start_of broken.img ${pair#*:})"
	done
	untouched 2 "there are 2 partitions with a Windows"
	grep -q -- '--partition N, one of: 3, 5' err
	nothing_left --partition 3 # to which one store leads
	untouched 2 "there are 2 system partitions" --partition 5
	SYSTEM=4 WINDOWS=5
	wtgctl repair --confirm broken.img --partition 5 --system-partition 4 broken.img
	[ "$status" -eq 0 ] || { cat err && return 1; }
	nothing_left --partition 5
	nothing_left --partition 3
	# The other's store, where the other is alone.
	untouched 3 "entries of other systems that would be lost" --partition 5 --system-partition 1
}

@test "entries of other systems in a store that must be written anew" {
	needs hivexregedit iconv
	local ours other='{11111111-2222-3333-4444-555555555555}'
	on_esp mcopy -n ::/EFI/Microsoft/Boot/BCD BCD
	ours="{$(step write-esp .bcd.osloader <drive.plan)}"
	{
		printf 'Windows Registry Editor Version 5.00\n\n'
		printf '[\\Objects\\%s]\n\n' "$other"
		printf '[\\Objects\\%s\\Description]\n"Type"=dword:10200003\n\n' "$other"
		printf '[\\Objects\\%s\\Elements]\n\n' "$other"
		printf '[\\Objects\\%s\\Elements\\12000004]\n"Element"="Grandma"\n\n' "$other"
		printf '[\\Objects\\{9dea862c-5cdd-4e70-acc1-f32b344d4795}\\Elements\\24000001]\n'
		printf '"Element"=hex(7):%s00,00\n' "$(printf '%s\0%s\0' "$ours" "$other" |
			iconv -t UTF-16LE | od -An -v -tx1 | tr -s ' \n' , | sed 's/^,//')"
	} >other.reg
	hivexregedit --merge BCD other.reg
	on_esp mcopy -o BCD ::/EFI/Microsoft/Boot/BCD
	nothing_left # it leads to this Windows, whatever else it has
	sgdisk -G broken.img >/dev/null
	untouched 3 "entries of other systems that would be lost: Grandma"
	heals rewrite-bcd --new-bcd
}

@test "what will change is shown before it is done, unasked" {
	on_esp mdel ::/EFI/Microsoft/Boot/BCD
	wtgctl repair --confirm broken.img broken.img
	[ "$status" -eq 0 ]
	grep -q 'path: .*EFI/Microsoft/Boot/BCD' err
	grep -q 'old: .*missing' err
}
