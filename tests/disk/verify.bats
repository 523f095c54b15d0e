#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# verify and status: what they say of sound drives, of drives that were broken in one place by
# other programs, and of what is no drive.

load helper

setup_file() {
	disk_begin
	make windows.iso
	create drive --image windows.iso --edition Professional
	make arm.wim wim arm64
	wimlib-imagex extract arm.wim 1 /Windows/Boot/EFI/bootmgfw.efi --dest-dir=arm --no-acls >/dev/null
	carve drive.img 3 windows.img
	ntfscat -f -q windows.img /Windows/System32/config/SYSTEM >SYSTEM
}

setup() {
	disk_enter
	rm -f broken.img
	cp --sparse=always drive.img broken.img
	size=$(stat -c %s drive.img)
	windows=$((277 * MIB))
}

# found GRADE TOPIC PART-OF-THE-SENTENCE [STATUS]: by verify on broken.img, in text and JSON.
found() {
	local grade=$1 topic=$2 part=$3 expected=0
	[ "$grade" != wrong ] || expected=7
	wtgctl verify broken.img
	cat out err
	[ "$status" -eq "$expected" ]
	grep -qE "^$grade +$topic +.*$part" out
	[ "$expected" -eq 0 ] || grep -qE "^wtgctl: [0-9]+ things? (is|are) wrong with broken.img" err
	wtgctl verify --json broken.img
	[ "$status" -eq "$expected" ]
	jq -r 'select(.type == "verify").findings[] | "\(.grade) \(.topic) \(.sentence)"' out >findings
	grep -qE "^$grade $topic .*$part" findings
	same "status in JSON" "$(result '"\(.status) \(.kind) \(.touched)"')" \
		"$([ "$expected" -eq 7 ] && echo "7 findings false" || echo "0 ok false")"
}

# A file of the Windows volume, replaced by other content.
replace() { # PATH CONTENT
	cp --sparse=always windows.img volume
	ntfscp -f volume "$2" "$1" >/dev/null 2>&1
	put_back
}

put_back() {
	truncate -s "$size" new.img
	dd if=drive.img of=new.img bs=1M count=277 conv=sparse,notrunc status=none
	dd if=volume of=new.img bs=1M seek=277 conv=sparse,notrunc status=none
	dd if=drive.img of=new.img bs=1M skip=$((size / MIB - 1)) seek=$((size / MIB - 1)) conv=notrunc status=none
	mv new.img broken.img
}

flip() { # FILE OFFSET BITS
	local was
	was=$(od -An -tu1 -j"$2" -N1 "$1")
	printf '%b' "\\x$(printf %x $((was ^ $3)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

put_on_esp() { # PATH CONTENT
	esp mcopy broken.img -n -o "$2" "::$1"
}

@test "a sound drive is ok in every part of the chain" {
	before=$(stat -c '%y %z' drive.img)
	wtgctl verify drive.img
	cat out
	[ "$status" -eq 0 ]
	same "topics" "$(awk '{ print $2 }' out | uniq | xargs)" "table esp loader bcd windows registry answers chain"
	fails grep -E '^(wrong|warning)' out
	grep -qx 'Nothing is wrong.' err
	same "times, as nothing is written" "$(stat -c '%y %z' drive.img)" "$before"
}

@test "primary table damaged" {
	zero broken.img 512 8
	found wrong table "primary GPT is damaged"
}

@test "an entry of the primary table damaged" {
	zero broken.img $((1024 + 56)) 2
	found wrong table "primary GPT is damaged"
}

@test "backup table damaged: it starts all the same" {
	zero broken.img $((size - 512)) 8
	found warning table "backup GPT .* damaged"
}

@test "no protective MBR" {
	zero broken.img 446 64
	found wrong table "no protective MBR"
}

@test "no table at all" {
	sgdisk --zap-all broken.img >/dev/null
	found wrong table "no partition table"
}

@test "no EFI system partition" {
	sgdisk -t 1:0700 broken.img >/dev/null
	found wrong table "no EFI system partition"
}

@test "the ESP's boot sector destroyed" {
	zero broken.img $MIB 512
	found wrong esp "cannot be read"
}

@test "the ESP's hidden sectors wrong" {
	zero broken.img $((MIB + 28)) 4
	found warning esp "starts at sector 0, the table says 2048"
}

@test "no loader" {
	esp mdel broken.img ::/EFI/Boot/bootx64.efi
	found wrong loader "no EFI/Boot"
}

@test "a loader for another machine" {
	put_on_esp /EFI/Boot/bootx64.efi arm/bootmgfw.efi
	found wrong loader "is a program for arm64, not for x64"
}

@test "a loader that ends in the middle" {
	esp mtype broken.img ::/EFI/Boot/bootx64.efi | head -c 700 >cut.efi
	put_on_esp /EFI/Boot/bootx64.efi cut.efi
	found wrong loader "beyond its end"
	: >empty.efi
	put_on_esp /EFI/Boot/bootx64.efi empty.efi
	found wrong loader "not a program"
}

@test "no boot store" {
	esp mdel broken.img ::/EFI/Microsoft/Boot/BCD
	found wrong bcd "EFI/Microsoft/Boot/BCD is not there"
}

@test "a boot store of garbage, or half of one" {
	seq 5000 >garbage
	put_on_esp /EFI/Microsoft/Boot/BCD garbage
	found wrong bcd "not a registry hive"
	esp mcopy drive.img -n -o ::/EFI/Microsoft/Boot/BCD whole
	head -c 9000 whole >half
	put_on_esp /EFI/Microsoft/Boot/BCD half
	found wrong bcd "claims"
}

@test "a boot store that points to a partition that is not there" {
	sgdisk -u 3:R broken.img >/dev/null
	found wrong bcd "not on this drive"
}

@test "a boot store of another drive" {
	sgdisk -U R broken.img >/dev/null
	found wrong bcd "another drive"
}

@test "the NTFS boot sector destroyed" {
	zero broken.img $windows 512
	found wrong windows "no NTFS volume"
}

@test "the NTFS hidden sectors wrong" {
	zero broken.img $((windows + 28)) 4
	found warning windows "starts at sector 0, the table says $((277 * 2048))"
}

@test "the master file table destroyed" {
	lcn=$(ntfsinfo -m windows.img | sed -n 's/.*LCN of Data Attribute for FILE_MFT: //p')
	zero broken.img $((windows + lcn * 4096)) 4096
	found wrong windows "cannot be read"
}

@test "no winload" {
	inode=$(ifind -f ntfs -n Windows/System32/winload.efi windows.img)
	lcn=$(ntfsinfo -m windows.img | sed -n 's/.*LCN of Data Attribute for FILE_MFT: //p')
	zero broken.img $((windows + lcn * 4096 + inode * 1024)) 1024
	found wrong windows "winload.efi"
}

@test "a winload that is none, or for another machine" {
	seq 1000 >garbage
	replace /Windows/System32/winload.efi garbage
	found wrong windows "winload.efi: "
	replace /Windows/System32/winload.efi arm/bootmgfw.efi
	found wrong windows "winload.efi is for arm64, the loader on the ESP for x64"
}

@test "a registry that ends in the middle" {
	head -c 50000 SYSTEM >half
	replace /Windows/System32/config/SYSTEM half
	found wrong registry "SYSTEM"
}

@test "a registry that was not written to its end is old, not broken" {
	cp SYSTEM dirty
	# The first of two sequence numbers one bit away from the second, and so the checksum.
	flip dirty 4 1
	flip dirty 508 1
	replace /Windows/System32/config/SYSTEM dirty
	found note registry "not written out"
}

@test "settings that a portable Windows should have otherwise" {
	printf 'cd \\ControlSet001\\Control\\BitLocker\ndel\ncommit\n' >script
	cp SYSTEM other
	hivexsh -w -f script other
	replace /Windows/System32/config/SYSTEM other
	found note registry "PreventDeviceEncryption is absent"
}

# ------------------------------------------------------------------ no drive of ours

@test "what is no drive is one sentence and a status of its own" {
	mkdir -p directory
	refused 3 "directory is a directory" verify directory
	refused 5 "open missing: No such file or directory" verify missing
	refused 3 "/dev/null is a character device" verify /dev/null
	refused 3 "directory is a directory" status directory
	refused 5 "open missing: No such file or directory" status missing
}

@test "drives and files of others are foreign" {
	truncate -s 100M blank ext4
	mkfs.ext4 -q ext4
	head -c 5000 /dev/zero >tiny
	: >empty
	for file in blank ext4 tiny empty windows.iso windows.img; do
		wtgctl status --json "$file"
		[ "$status" -eq 0 ]
		same "$file" "$(jq -r 'select(.type == "status").state' out)" foreign
		wtgctl verify "$file"
		[ "$status" -eq 7 ]
		grep -q '^wrong *table *there is no partition table' out
	done
	wtgctl status blank
	grep -qx 'Nothing that wtgctl made is here.' err
}

@test "a drive that other tools made is looked at as well" {
	truncate -s 500M theirs.img
	sgdisk -n 1:1M:+100M -t 1:ef00 -n 2:0:+16M -t 2:0c01 -n 3:0:+300M -t 3:0700 theirs.img >/dev/null
	truncate -s 100M fat
	mkfs.fat -F 32 -h 2048 fat >/dev/null
	mmd -i fat ::/EFI ::/EFI/Boot
	esp mtype drive.img ::/EFI/Boot/bootx64.efi >loader
	mcopy -i fat loader ::/EFI/Boot/bootx64.efi
	dd if=fat of=theirs.img bs=1M seek=1 conv=notrunc,sparse status=none
	wtgctl verify theirs.img
	cat out
	[ "$status" -eq 7 ]
	grep -q '^ok *table' out
	grep -q '^ok *loader' out
	grep -q '^wrong *bcd .*BCD is not there' out
	wtgctl status --json theirs.img
	same "state" "$(jq -r 'select(.type == "status").state' out)" foreign
}

# ------------------------------------------------------------------ status

@test "status tells what was made, from what, and when" {
	wtgctl status --json drive.img
	[ "$status" -eq 0 ]
	jq 'select(.type == "status")' out >status.json
	same "what" "$(jq -r '"\(.state) \(.made.image.file) \(.made.image.edition_id)"' status.json)" \
		"complete windows.iso Professional"
	same "layout" "$(jq -cS .made.layout status.json)" "$(jq -cS .layout drive.plan)"
	age=$(($(date +%s) - $(jq .made.time status.json)))
	[ $age -ge 0 ]
	[ $age -lt 3600 ]
	wtgctl status drive.img
	grep -q '^state: *complete$' out
	grep -q "^  time: *$(date -u +%Y)-" out
}

@test "a run that did not end is told, boots nothing, and can be begun again" {
	make damaged.wim wim badchunk
	rm -f half.img
	wtgctl create --json --image damaged.wim --edition Core --size 640M half.img
	cat err
	[ "$status" -eq 10 ]
	same "result" "$(result '"\(.drive) \(.touched) \(.kind)"')" "blank true input"
	same "what others find" "$(wipefs -n half.img)" ""
	wtgctl status --json half.img
	same "state" "$(jq -r 'select(.type == "status") | "\(.state) \(.interrupted_in)"' out)" \
		"interrupted apply-image"
	wtgctl status half.img
	grep -q '^A run did not come to its end' err
	wtgctl verify half.img
	[ "$status" -eq 7 ]
	create half --image windows.iso --edition Core
	wtgctl verify half.img
	[ "$status" -eq 0 ]
}
