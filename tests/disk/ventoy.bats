#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Ventoy on a drive, alone and with a Windows behind it, from a stand-in for its release
# (tests/ventoy), as other programs see it.  MAKE_PAYLOAD is what makes that.

load helper

setup_file() {
	disk_begin
	make windows.iso
	"$MAKE_PAYLOAD" "$D/payload" >payload.log 2>&1 || skip "no stand-in for Ventoy: $(tail -1 payload.log)"
	"$MAKE_PAYLOAD" --version 1.1.05 "$D/payload" >>payload.log 2>&1
	chmod -R a+rX "$D/payload"
	export OLD=payload/ventoy-1.1.00-linux.tar.gz NEW=payload/ventoy-1.1.05-linux.tar.gz SIZE=1G
	xz -dc payload/ventoy-1.1.00/boot/core.img.xz >core.img
	xz -dc payload/ventoy-1.1.00/ventoy/ventoy.disk.img.xz >volume.img
	for style in gpt mbr; do
		create "$style" --image windows.iso --edition Professional --ventoy "$OLD" \
			--layout "$style"
		chmod a+r "$style.img"
	done
}

setup() {
	disk_enter
	needs jq sfdisk sgdisk xz
	[ -s gpt.img ] || skip "no stand-in for Ventoy could be made"
}

hex() { # FILE OFFSET BYTES
	od -An -tx1 -v -j"$2" -N"$3" "$1" | tr -d ' \n'
}

at() { # FILE OFFSET BYTES
	tail -c +$(($2 + 1)) "$1" | head -c "$3"
}

sum_of() { # DRIVE NUMBER
	carve "$1" "$2" part.bin
	sha256sum <part.bin
}

# What lies on the first partition, by the Sleuth Kit.
files_of() { # DRIVE
	fls -r -p -u -o 2048 "$1" | sed -n 's/^r\/r [^:]*:[[:space:]]*//p' |
		grep -v -e '^\$' -e 'Volume Label Entry' | sort
}

cat_of() { # DRIVE PATH
	local node
	node=$(fls -r -p -u -o 2048 "$1" | awk -F'\t' -v path="$2" '$2 == path { print $1 }' |
		sed 's/.* \([0-9-]*\).*/\1/' | head -1)
	icat -o 2048 "$1" "${node%:}"
}

entry_files='Windows To Go.img
Windows To Go.img.vcfg
ventoy/ventoy.json
ventoy/ventoy_grub.cfg'

@test "the table is as Ventoy's loader wants it, and sound" {
	sgdisk -v gpt.img | grep -q 'No problems found'
	for style in gpt mbr; do
		sfdisk --json "$style.img" >table.json
		same label "$(jq -r .partitiontable.label table.json | sed s/dos/mbr/)" $style
		same "first starts" "$(jq '.partitiontable.partitions[0].start' table.json)" 2048
		same "second follows" "$(jq '.partitiontable.partitions[1].start' table.json)" \
			"$(jq '.partitiontable.partitions[0] | .start + .size' table.json)"
		same "second's size" "$(jq '.partitiontable.partitions[1].size' table.json)" 65536
		same count "$(jq '.partitiontable.partitions | length' table.json)" 4
		same aligned "$(jq '[.partitiontable.partitions[].start % 2048] | add' table.json)" 0
	done
	same types "$(jq -r '[.partitiontable.partitions[].type] | join(" ")' table.json)" "7 ef c 7"
	same active "$(jq -c '[.partitiontable.partitions[].bootable]' table.json)" \
		'[true,null,null,null]'
	sfdisk --json gpt.img >table.json
	same names "$(jq -r '.partitiontable.partitions[0:2][].name' table.json | xargs)" \
		"Ventoy VTOYEFI"
	same attributes "$(jq -r '.partitiontable.partitions[1].attrs' table.json)" GUID:63
}

@test "the boot code, the core and the volume are the release's" {
	for style in gpt mbr; do
		same start "$(hex $style.img 0 3)" eb6390
		same mark "$(hex $style.img $((0x190)) 16)" 5654004765004844005264002045720d
		[ "$(hex $style.img $((0x180)) 16)" != "$(hex mbr.img 0 16)" ]
		carve $style.img 2 part.bin
		cmp part.bin volume.img
	done
	[ "$(hex gpt.img $((0x180)) 16)" != "$(hex mbr.img $((0x180)) 16)" ]
	same "where the core lies (MBR)" "$(hex mbr.img 92 1)" 01
	same "where the core lies (GPT)" "$(hex gpt.img 92 1)" 22
	cmp <(at mbr.img 512 $((2047 * 512))) core.img
	# Of GPT, what its table leaves room for, with one byte that says where it goes on.
	same "the core's next" "$(hex gpt.img 17908 1)" 23
	cmp <(at gpt.img $((34 * 512 + 512)) $((2013 * 512))) <(at core.img 512 $((2013 * 512)))
	[ "$(hex mbr.img 440 4)" != 00000000 ]
}

@test "the first partition is exFAT, called Ventoy, in clusters of 32 KiB" {
	needs fsck.exfat blkid
	carve gpt.img 1 part.bin
	fsck.exfat -n part.bin
	same label "$(blkid -p -o value -s LABEL part.bin)" Ventoy
	same clusters "$(hex part.bin 108 2)" 0906
}

@test "Ventoy's menu has an entry of that Windows" {
	needs fls icat
	for style in gpt mbr; do
		same files "$(files_of $style.img)" "$entry_files"
		cat_of $style.img ventoy/ventoy_grub.cfg >menu.cfg
		serial=$(hex <(carve $style.img 3 /dev/stdout) 67 4 |
			sed -E 's/(..)(..)(..)(..)/\4\3-\2\1/')
		grep -qi -- "--fs-uuid $serial" menu.cfg
		! command -v grub-script-check >/dev/null || grub-script-check menu.cfg
	done
	grep -qF 'ntldr /bootmgr' menu.cfg # of an MBR drive alone
	cat_of gpt.img ventoy/ventoy_grub.cfg >menu.cfg
	fails grep -qF 'ntldr' menu.cfg
	cat_of gpt.img ventoy/ventoy.json | jq -e '.menu_alias' >/dev/null
}

@test "verify and status know such a drive, and what of it starts what" {
	for style in gpt mbr; do
		wtgctl verify "$style.img"
		[ "$status" -eq 0 ] || { cat out err && return 1; }
		grep -q '^ok *ventoy ' out
		grep -q '^note *loader .*Ventoy starts EFI/Microsoft/Boot/bootmgfw.efi' out
		fails grep -qE '^(warning|wrong)' out
		wtgctl status --json "$style.img"
		same state "$(jq -r 'select(.type == "status").state' out)" complete
		wtgctl ventoy status --json "$style.img"
		[ "$status" -eq 0 ]
		same facts "$(jq -r 'select(.type == "ventoy") | [.version, .table, .filesystem,
			.windows.system_partition, .windows.legacy_bios, .entry] | map(tostring) | join(" ")' out)" \
			"1.1.00 $style exfat 3 $([ $style = mbr ] && echo true || echo false) true"
	done
}

@test "the order of firmware is as it was asked for" {
	wtgctl plan --json --size 1G --image windows.iso --edition Professional --ventoy "$OLD" \
		--windows-first --ventoy-first x.img
	same status "$status" 2
	create first --image windows.iso --edition Professional --ventoy "$OLD" --windows-first
	# Its version is known, from the release.
	jq -r '.warnings[]' first.plan >warnings
	grep -q 'less than 32 GiB' warnings
	! grep 'version of Ventoy' warnings || return 1
	carve first.img 3 part.bin
	MTOOLS_SKIP_CHECK=1 mdir -i part.bin ::/EFI/Boot/bootx64.efi >/dev/null
	create last --image windows.iso --edition Professional --ventoy "$OLD" --ventoy-first
	carve last.img 3 part.bin
	MTOOLS_SKIP_CHECK=1 mdir -i part.bin ::/VTEFI/Microsoft/Boot/bootmgfw.efi >/dev/null
	fails env MTOOLS_SKIP_CHECK=1 mdir -i part.bin ::/EFI
	cat_of last.img ventoy/ventoy_grub.cfg | grep -qF /VTEFI/Microsoft/Boot/bootmgfw.efi
	wtgctl verify last.img
	same status "$status" 0
	rm first.img last.img
}

@test "its first partition may be NTFS or FAT32, and of a size that is given" {
	for fs in ntfs fat32; do
		create $fs --image windows.iso --edition Professional --ventoy "$OLD" \
			--data-fs $fs --data-size 200M --entry-title "Büro" --entry-tip "the desk" \
			--entry-default --entry-timeout 7
		same size "$(size_of $fs.img 1)" $((200 * MIB))
		carve $fs.img 1 part.bin
	done
	MTOOLS_SKIP_CHECK=1 mcopy -i part.bin -n -o ::/ventoy/ventoy.json json
	jq -e . json >/dev/null
	grep -q '"VTOY_MENU_TIMEOUT": "7"' json
	carve ntfs.img 1 part.bin
	ntfscat -f -q part.bin ventoy/ventoy_grub.cfg | grep -qF 'menuentry "Büro"'
	rm ntfs.img fat32.img
}

@test "install makes a drive with Ventoy alone, and leaves the rest free" {
	wtgctl ventoy install --json --size 1G --ventoy "$OLD" --data-size 300M alone.img
	[ "$status" -eq 0 ] || { cat err && return 1; }
	same partitions "$(sfdisk --json alone.img | jq '.partitiontable.partitions | length')" 2
	same size "$(size_of alone.img 1)" $((300 * MIB))
	wtgctl ventoy status --json alone.img
	same status "$status" 0
	[ "$(jq 'select(.type == "ventoy").free_bytes' out)" -gt $((600 * MIB)) ]
	same windows "$(jq 'select(.type == "ventoy").windows' out)" null
	wtgctl verify alone.img
	same status "$status" 0
	wtgctl status --json alone.img
	same state "$(jq -r 'select(.type == "status").state' out)" complete
	refused 6 "no Windows behind Ventoy" ventoy entry --confirm alone.img alone.img
	wtgctl ventoy install -q --layout mbr --size 500M --ventoy "$OLD" --data-size 300M mbr-alone.img
	same status "$status" 0
	wtgctl status --json mbr-alone.img
	same state "$(jq -r 'select(.type == "status").state' out)" complete
	rm mbr-alone.img
}

@test "a drive too small for Ventoy alone is told so, and of no image" {
	refused 6 "Ventoy needs" ventoy install --size 65M --ventoy "$OLD" tiny.img
	fails grep -q "image and layout" err
	fails test -e tiny.img
}

@test "a dry run is refused, too, where somebody else has the drive" {
	cp --sparse=always gpt.img held.img
	chmod a+rw held.img
	as_user flock held.img sleep 60 3>&- &
	for _ in $(seq 100); do
		flock -n held.img true || break
		sleep 0.1
	done
	refused 5 "has locked it" ventoy upgrade --dry-run --ventoy "$NEW" held.img
	refused 5 "has locked it" ventoy entry --dry-run --entry-title Other held.img
	kill $!
	rm held.img
}

@test "upgrade changes Ventoy, and not a byte of anything else" {
	for style in gpt mbr; do
		cp --sparse=always $style.img up.img
		chmod a+rw up.img
		printf 'settings of the user' | dd of=up.img bs=512 seek=2040 conv=notrunc status=none
		cp --sparse=always up.img before.img
		wtgctl ventoy upgrade --json --ventoy "$NEW" --confirm up.img up.img
		[ "$status" -eq 0 ] || { cat err && return 1; }
		for number in 1 3 4; do
			same "partition $number" "$(sum_of up.img $number)" \
				"$(sum_of before.img $number)"
		done
		same uuid "$(hex up.img $((0x180)) 16)" "$(hex before.img $((0x180)) 16)"
		same "signature and table" "$(hex up.img 440 72)" "$(hex before.img 440 72)"
		same settings "$(hex up.img $((2040 * 512)) 4096)" \
			"$(hex before.img $((2040 * 512)) 4096)"
		[ $style = mbr ] ||
			cmp <(at up.img 512 $((33 * 512))) <(at before.img 512 $((33 * 512)))
		cmp <(tail -c 1M up.img) <(tail -c 1M before.img)
		wtgctl ventoy status --json up.img
		same status "$status" 0
		same version "$(jq -r 'select(.type == "ventoy").version' out)" 1.1.05
		wtgctl verify up.img
		same status "$status" 0
		refused 3 "may be changed" ventoy upgrade --ventoy "$OLD" up.img
	done
	rm up.img before.img
}

@test "the entry is taken out without a trace, and put in again" {
	needs fls
	cp --sparse=always gpt.img entry.img
	chmod a+rw entry.img
	wtgctl ventoy entry --remove --confirm entry.img --json entry.img
	[ "$status" -eq 0 ] || { cat err && return 1; }
	same drive "$(result .drive)" complete
	same files "$(files_of entry.img)" ""
	wtgctl ventoy entry --remove --confirm entry.img entry.img
	same "again: status" "$status" 0
	grep -q "so already" err
	wtgctl ventoy entry --confirm entry.img --entry-title "My Windows" entry.img
	[ "$status" -eq 0 ] || { cat err && return 1; }
	files_of entry.img | grep -qx 'My Windows.img'
	wtgctl ventoy entry --confirm entry.img entry.img
	same files "$(files_of entry.img)" "$entry_files"
	for number in 2 3 4; do
		same "partition $number" "$(sum_of entry.img $number)" "$(sum_of gpt.img $number)"
	done
	rm entry.img
}

@test "the entry's files are put out for the user to copy" {
	mkdir files
	[ "$(id -u)" -ne 0 ] || chown nobody files
	cp --sparse=always gpt.img emit.img
	chmod a+rw emit.img
	sha256sum emit.img >emit.sum
	wtgctl ventoy entry --emit files emit.img
	same status "$status" 0
	grep -q "there already" err
	wtgctl ventoy entry --entry-title Other --emit files emit.img
	same status "$status" 0
	same files "$(find files -type f -printf '%P\n' | sort)" "Other.img
Other.img.vcfg
ventoy/ventoy.json
ventoy/ventoy_grub.cfg"
	refused 5 "File exists" ventoy entry --entry-title Other --emit files emit.img
	sha256sum -c emit.sum
	refused 2 "--dry-run none" ventoy entry --entry-title More --emit files --dry-run emit.img
	refused 2 "--remove" ventoy entry --remove --entry-default --confirm emit.img emit.img
	same files "$(find files -type f | wc -l)" 4
	rm -r files emit.img
}

@test "files that know nothing of the user's own say so" {
	mkdir blind
	[ "$(id -u)" -ne 0 ] || chown nobody blind
	cp --sparse=always gpt.img blind.img
	chmod a+rw blind.img
	# Of exFAT's flags the second: it was not unmounted cleanly.
	printf '\002' | dd of=blind.img bs=1 seek=$((MIB + 106)) conv=notrunc status=none
	wtgctl ventoy entry --json --emit blind blind.img
	same status "$status" 0
	same blind "$(jq -c 'select(.type == "emitted") | [.blind, .add_by_hand, (.files | length)]' out)" \
		'[true,["ventoy/ventoy_grub.cfg","ventoy/ventoy.json"],4]'
	grep -q "write over nothing there.*ventoy_grub.cfg or a ventoy.json.*by hand" out
	rm -r blind blind.img
}

@test "what Ventoy's loader would refuse is named, with its numbers" {
	cp --sparse=always gpt.img broken.img
	chmod a+rw broken.img
	sgdisk -d 2 -n 2:$(($(start_of gpt.img 2) / 512)):+16M -c 2:VTOYEFI broken.img >/dev/null
	wtgctl ventoy status broken.img
	same status "$status" 7
	grep -qE '^wrong *second-size .*32768 sectors.*65536' out
	wtgctl verify broken.img
	same status "$status" 7
	grep -qE '^wrong *ventoy .*65536' out
	wtgctl ventoy status "$D/windows.iso"
	same status "$status" 7
	grep -q 'no Ventoy here' out
	rm broken.img
}

@test "what is no payload, or another, is refused while nothing is touched" {
	local options=(create --size 1G --image windows.iso --edition Professional)
	head -c 1M "$OLD" >short.tar.gz
	head -c 100000 /dev/urandom >noise.tar.gz
	refused 4 "" "${options[@]}" --ventoy noise.tar.gz x.img
	refused 4 "" "${options[@]}" --ventoy windows.iso x.img
	refused 4 "" "${options[@]}" --ventoy "$OLD" --ventoy-sha256 \
		0000000000000000000000000000000000000000000000000000000000000000 x.img
	refused 2 "" "${options[@]}" --ventoy payload/ventoy-1.1.00 --ventoy-sha256 \
		0000000000000000000000000000000000000000000000000000000000000000 x.img
	refused 2 "--entry-timeout" "${options[@]}" --ventoy "$OLD" --entry-timeout 3 x.img
	refused 2 "with Ventoy" "${options[@]}" --windows-first x.img
	refused 2 "--ventoy PAYLOAD" ventoy install --size 1G x.img
	printf x >other.img
	truncate -s 100M other.img
	chmod a+rw other.img
	refused 6 "there is no Ventoy on" ventoy upgrade --ventoy "$OLD" --confirm other.img other.img
	[ ! -e x.img ]
	wtgctl plan --json --size 1G --image windows.iso --edition Professional --ventoy "$OLD" \
		--ventoy-sha256 "$(sha256sum <"$OLD" | cut -d' ' -f1)" x.img
	same status "$status" 0
	wtgctl plan --json --size 1G --image windows.iso --edition Professional \
		--ventoy payload/ventoy-1.1.00 x.img
	same status "$status" 0
}
