# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What the files here share: drives with a stand-in for Ventoy and for a Windows behind it, and
# emulated machines that start them.  MAKE_MEDIA and WTGCTL are the paths of the media's maker and of
# the program, VENTOY_TESTS that of this directory.

# On an idle machine SeaBIOS takes three seconds, OVMF twenty.
MOST_SECONDS=240

PATH=$PATH:/usr/sbin:/sbin

# For setup_file and teardown_file.
machine_begin() {
	D=$(mktemp -d "${TMPDIR:-/var/tmp}/wtgctl-ventoy-XXXXXX")
	export D LC_ALL=C.UTF-8
}

machine_end() {
	rm -rf "$D"
}

needs() {
	for program; do
		command -v "$program" >/dev/null || skip "$program is not installed"
	done
}

same() { # WHAT FOUND EXPECTED
	if [ "$2" != "$3" ]; then
		printf '%s: found\n%s\nexpected\n%s\n' "$1" "$2" "$3"
		return 1
	fi
}

# $release, the folder of a stand-in for one, whose menu goes that way by itself.
stand_in() { # MENU [VERSION]
	local version=${2:-1.1.00} platform

	needs grub-mkimage mkfs.fat mcopy xz jq
	for platform in i386-pc i386-efi x86_64-efi; do
		[ -d "/usr/lib/grub/$platform" ] || skip "GRUB for $platform is not installed"
	done
	release=$D/$1/ventoy-$version
	[ -d "$release" ] || "$VENTOY_TESTS/make-payload.sh" --menu "$1" --version "$version" "$D/$1"
}

# $iso, a disc with a stand-in for Windows.
disc() { # x64|x86
	local variant=()

	iso=$D/$1.iso
	[ "$1" = x64 ] || variant=(--variant "$1")
	[ -f "$iso" ] || "$MAKE_MEDIA" --out "$iso" "${variant[@]}"
}

# Where partition NUMBER of a drive starts, in bytes.
start_of() { # DRIVE NUMBER
	sfdisk -J "$1" | jq ".partitiontable.partitions[$2 - 1].start * 512"
}

# In place of what Windows starts by: programs that say from where they were started.  The loaders
# are GRUB, with nothing to do.
say_where() { # DRIVE NUMBER x64|x86
	local at platform file

	at=$(start_of "$1" "$2")
	cat >"$D/early.cfg" <<-'EOF'
		echo "STAND-IN BOOTMGFW: $cmdpath on ${grub_cpu}"
		sleep 1
		halt
	EOF
	platform=x86_64-efi
	[ "$3" = x64 ] || platform=i386-efi
	grub-mkimage -O $platform -p /none -c "$D/early.cfg" -o "$D/bootmgfw.efi" \
		echo sleep halt fat part_gpt part_msdos
	for file in EFI/Microsoft/Boot/bootmgfw.efi VTEFI/Microsoft/Boot/bootmgfw.efi; do
		! mdir -i "$1@@$at" "::$file" >/dev/null 2>&1 ||
			mcopy -oi "$1@@$at" "$D/bootmgfw.efi" "::$file"
	done
	if mdir -i "$1@@$at" ::bootmgr >/dev/null 2>&1; then
		as --32 -o "$D/bootmgr.o" "$VENTOY_TESTS/bootmgr.S"
		ld -m elf_i386 -e 0 -Ttext 0 --oformat binary -o "$D/bootmgr" "$D/bootmgr.o"
		mcopy -oi "$1@@$at" "$D/bootmgr" ::bootmgr
	fi
}

# A file of an exFAT, FAT or NTFS partition, as Sleuth Kit reads it.
file_of() { # DRIVE NUMBER PATH
	fcat -o $(($(start_of "$1" "$2") / 512)) "$3" "$1"
}

# What Ventoy reads of ventoy.json, for a GRUB that cannot.
give_control() { # DRIVE
	file_of "$1" 1 ventoy/ventoy.json |
		jq -r '.control // [] | add // {} | to_entries[] | "set \(.key)=\u0027\(.value)\u0027"' \
			>"$D/control.cfg"
	mcopy -oi "$1@@$(start_of "$1" 2)" "$D/control.cfg" ::grub/control.cfg
}

# Switch such a machine on with the drive, until it is off again or has nowhere to go.  What it said is
# in $D/serial.
switch_on() { # bios|x64|ia32 DRIVE
	local qemu status=0 firmware=() machine=q35

	needs qemu-system-x86_64
	case $1 in
	bios) machine=pc ;;
	x64) code=/usr/share/OVMF/OVMF_CODE_4M.fd vars=/usr/share/OVMF/OVMF_VARS_4M.fd ;;
	ia32) # Debian has none without Secure Boot, which its variables leave off.
		code=/usr/share/OVMF/OVMF32_CODE_4M.secboot.fd
		vars=/usr/share/OVMF/OVMF32_VARS_4M.fd
		machine=q35,smm=on
		;;
	esac
	if [ "$1" != bios ]; then
		[ -r "$code" ] || skip "$code is not installed"
		firmware=(-drive "if=pflash,format=raw,readonly=on,file=$code"
			-drive "if=pflash,format=raw,snapshot=on,file=$vars")
	fi
	: >"$D/raw"
	timeout $MOST_SECONDS qemu-system-x86_64 -M "$machine,accel=tcg" -nodefaults -m 256 \
		-display none -no-reboot -serial "file:$D/raw" "${firmware[@]}" \
		-drive "if=none,id=disk,format=raw,snapshot=on,file=$2" \
		-device virtio-blk-pci,drive=disk </dev/null >"$D/qemu.log" 2>&1 3>&- &
	qemu=$!
	while kill -0 $qemu 2>/dev/null; do
		if grep -qaE 'could not be started|starting.*(UiApp|Shell)|No bootable device|rescue>' \
			"$D/raw"; then
			kill $qemu 2>/dev/null || :
			break
		fi
		sleep 0.25
	done
	wait $qemu || status=$?
	# Without what moves the cursor about.
	sed 's/\x1b\[[0-9;?=]*[A-Za-z]//g' "$D/raw" | tr '\r' '\n' | tr -d '\0' >"$D/serial"
	cat "$D/qemu.log"
	grep -a . "$D/serial"
	[ $status -ne 124 ] || echo "still on after $MOST_SECONDS seconds"
}

# What was started in the end.
started() {
	sed -n 's/^.*STAND-IN BOOTM/BOOTM/p' "$D/serial" | tail -n 1
}

# It went that way, and came to the boot manager of that partition.
came_by() { # WAY
	grep -aq "STAND-IN VENTOY: $1" "$D/serial" || {
		echo "the stand-in did not say: $1"
		return 1
	}
}

came_to_loader() { # gpt|msdos NUMBER DIRECTORY CPU
	same "what was started" "$(started)" "BOOTMGFW: (hd0,$1$2)/$3/Microsoft/Boot on $4"
}

came_to_bootmgr() { # DRIVE NUMBER
	same "what was started" "$(started)" \
		"BOOTMGR: drive 80, volume at sector $(printf %08x $(($(start_of "$1" "$2") / 512)))"
}
