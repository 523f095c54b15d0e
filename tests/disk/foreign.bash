# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Drives as other programs make them, of one.wim, by others than us: sgdisk and sfdisk, mkfs.fat,
# mkntfs, mtools, wimlib-imagex, hivexregedit.

# The volume of a Windows that nobody has started yet.
windows_at() { # FIRST-SECTOR
	rm -f windows.volume
	truncate -s 330M windows.volume
	mkntfs -q -F -Q -p "$1" -H 255 -S 63 windows.volume >/dev/null 2>&1
	wimlib-imagex apply one.wim 1 windows.volume >/dev/null 2>&1
}

# What bcdboot takes from it.
boot_parts() {
	wimlib-imagex extract one.wim 1 /Windows/Boot /Windows/System32/config/BCD-Template \
		--dest-dir=parts --preserve-dir-structure --no-acls >/dev/null 2>&1
}

# As bcdboot /f UEFI does.
bcdboot_uefi() { # VOLUME
	local boot=parts/Windows/Boot
	rm -rf esp.new
	mkdir -p esp.new/EFI/Microsoft/Boot esp.new/EFI/Boot
	cp -r "$boot"/EFI/. esp.new/EFI/Microsoft/Boot
	cp -r "$boot"/Fonts "$boot"/Resources esp.new/EFI/Microsoft/Boot
	cp "$boot"/EFI/bootmgfw.efi esp.new/EFI/Boot/bootx64.efi
	MTOOLS_SKIP_CHECK=1 mcopy -s -n -i "$1" esp.new/EFI ::
}

# As bcdboot /f BIOS does.
bcdboot_bios() { # VOLUME
	local boot=parts/Windows/Boot
	rm -rf esp.new
	mkdir -p esp.new/Boot
	cp -r "$boot"/PCAT/. "$boot"/Fonts "$boot"/Resources esp.new/Boot
	mv esp.new/Boot/bootmgr esp.new
	mv esp.new/Boot/bootnxt esp.new/BOOTNXT
	MTOOLS_SKIP_CHECK=1 mcopy -s -n -i "$1" esp.new/* ::
}

# store DRIVE VOLUME-OF-THE-SYSTEM-PARTITION [--bios] SYSTEM WINDOWS [OTHER]
store() {
	local drive=$1 volume=$2 bios=() place=::/EFI/Microsoft/Boot/BCD
	shift 2
	[ "$1" != --bios ] || { bios=(--bios) place=::/Boot/BCD && shift; }
	cp parts/Windows/System32/config/BCD-Template BCD
	chmod u+w BCD
	python3 "$OTHER_BCD" "${bios[@]}" "$drive" "$@" >BCD.reg
	hivexregedit --merge BCD BCD.reg
	MTOOLS_SKIP_CHECK=1 mcopy -o -n -i "$volume" BCD "$place"
}

put() { # VOLUME DRIVE NUMBER
	dd if="$1" of="$2" bs=1M oflag=seek_bytes conv=sparse,notrunc status=none \
		seek="$(start_of "$2" "$3")"
}

# Rufus: GPT; ESP of 260 MiB with clusters of 1024 bytes and no label, MSR of 128 MiB, Windows.
rufus() { # DRIVE
	truncate -s 800M "$1"
	sgdisk -n 1:0:+260M -t 1:ef00 -c 1:'EFI System Partition' -n 2:0:+128M -t 2:0c01 \
		-c 2:'Microsoft Reserved Partition' -n 3:0:0 -t 3:0700 -c 3:'Windows To Go' "$1" >/dev/null
	truncate -s 260M system.volume
	mkfs.fat -F 32 -s 2 -h 2048 system.volume >/dev/null
	bcdboot_uefi system.volume
	store "$1" system.volume 1 3
	put system.volume "$1" 1
	windows_at 796672
	put windows.volume "$1" 3
}

# "Deploy Windows To Go": MBR; 350 MiB of FAT32, active, for UEFI and BIOS; Windows.
deployed() { # DRIVE
	local sector
	truncate -s 800M "$1"
	printf 'label: dos\nlabel-id: 0x57494e37\n,350M,c,*\n,,7\n' | sfdisk -q "$1"
	printf 'the boot code of somebody' | dd of="$1" conv=notrunc status=none
	truncate -s 350M system.volume
	mkfs.fat -F 32 -n UFD-SYSTEM -h 2048 system.volume >/dev/null
	for sector in 0 6; do
		zero system.volume $((sector * 512 + 90)) 420
		printf 'code that starts bootmgr' | dd of=system.volume bs=1 conv=notrunc status=none \
			seek=$((sector * 512 + 90))
	done
	bcdboot_uefi system.volume
	bcdboot_bios system.volume
	store "$1" system.volume 1 2
	store "$1" system.volume --bios 1 2
	put system.volume "$1" 1
	windows_at 718848
	put windows.volume "$1" 2
}
