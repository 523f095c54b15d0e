#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What was on the drive before: it is named and spared, until --overwrite; then wipefs and
# blkid find nothing of it any more, where it was and anywhere else.

load helper

setup_file() {
	loop_begin
}

setup() {
	loop_enter
}

teardown() {
	loop_leave
}

teardown_file() {
	loop_end
}

put() { # OFFSET BYTES, for printf: on the drive
	printf "$2" | dd of="$loop" bs=1 seek="$1" conv=notrunc status=none
}

le64() { # NUMBER: for printf
	printf '\\x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) \
		$(($1 >> 24 & 255)) 0 0 0 0
}

# Superblocks by hand: as much of each as libblkid and so wipefs want to see.  OFFSET is where
# the volume starts, SIZE its size.
lvm() { # OFFSET
	put $(($1 + 512)) 'LABELONE\1\0\0\0\0\0\0\0'
	put $(($1 + 536)) 'LVM2 001'
}

raid() { # OFFSET, of the superblock
	put "$1" '\xfc\x4e\x2b\xa9\1\0\0\0'
	put $(($1 + 144)) "$(le64 $((($1 - $2) / 512)))"
}

raid_at_end() { # OFFSET SIZE: version 1.0
	raid $(($1 + $2 - 8192)) "$1"
}

raid_near_start() { # OFFSET: version 1.2
	raid $(($1 + 4096)) "$1"
}

luks2() { # OFFSET: and the second header
	put "$1" 'LUKS\xba\xbe\0\2'
	put $(($1 + 16384)) 'SKUL\xba\xbe\0\2'
	put $(($1 + 16384 + 256)) '\0\0\0\0\0\0\x40\0'
}

zfs() { # OFFSET SIZE: eight uberblocks in a label at each end
	local label i
	for label in $(($1 + 131072)) $(($1 + $2 - 131072)); do
		for i in 0 1 2 3 4 5 6 7; do
			put $((label + i * 1024)) '\x0c\xb1\xba\0\0\0\0\0'
		done
	done
}

btrfs() { # OFFSET
	put $(($1 + 65536 + 48)) '\0\0\1\0'
	put $(($1 + 65536 + 64)) '_BHRfS_M'
}

xfs() { # OFFSET
	put "$1" 'XFSB\0\0\x10\0\0\0\0\0\0\1\0\0'
	put $(($1 + 80)) '\0\0\0\1\0\0\x40\0\0\0\0\4\0\0\0\0\0\0\4\0\xb4\xa5\2\0\2\0\0\x08'
	put $(($1 + 120)) '\x0c\x09\x09\3\x0e\0\0\x19'
}

made() { # OFFSET SIZE COMMAND...: the command makes a volume of a file, its last argument
	rm -f volume
	truncate -s "$2" volume
	"${@:3}" volume >/dev/null
	dd if=volume of="$loop" bs=1M seek=$(($1 / MIB)) conv=notrunc,sparse status=none
	rm volume
}

# What wipefs finds in that stretch of the drive.
found() { # OFFSET+SIZE
	rm -f stretch
	dd if="$loop" of=stretch bs=1M iflag=skip_bytes,count_bytes conv=sparse status=none \
		skip="${1%+*}" count="${1#*+}"
	types stretch
}

# libblkid 2.41 wants checksums of xfs and btrfs, and more than uberblocks of ZFS.
known() { # NAME FILE
	sync "$2"
	wipefs -n --json "$2" | grep -qF "\"$1\"" ||
		skip "libblkid sees no $1 in a superblock made by hand"
}

# overwritten NAMES [OFFSET SIZE]...: refused and named, then gone from those stretches.
overwritten() {
	local name at
	sync "$loop"
	refused 3 "is not empty: it holds"
	for name in $1; do
		grep -qF "$name" err || { echo "$name is not named" && return 1; }
	done
	grep -qF -- "add --overwrite" err
	shift
	for at in "$@"; do
		[ -n "$(found "$at")" ] || { echo "nothing at $at" && return 1; }
	done
	created --overwrite
	only_ours
	for at in "$@"; do
		same "at $at" "$(found "$at")" ""
	done
}

at() { # MIB MIB: a stretch
	echo $(($1 * MIB))+$(($2 * MIB))
}

@test "a disk with GPT and file systems" {
	sfdisk -q --no-reread --no-tell-kernel "$loop" <<-EOT
		label: gpt
		start=20MiB, size=100MiB
		start=277MiB, size=100MiB
		start=400MiB, size=50MiB
	EOT
	made $((20 * MIB)) 100M mkfs.ext4 -q -L photos
	# Where our Windows partition will start: nothing of it may come through.
	made $((277 * MIB)) 100M mkntfs -q -Q -F -L secret
	made $((400 * MIB)) 50M mkswap
	overwritten "gpt ext4 'photos' ntfs 'secret' swap" "$(at 20 100)" "$(at 400 50)"
	fails grep -q secret <<<"$(blkid -p -O $((277 * MIB)) "$loop")"
}

@test "a disk with an MBR and logical partitions" {
	sfdisk -q --no-reread --no-tell-kernel "$loop" <<-EOT
		label: dos
		start=3MiB, size=100MiB, type=7
		start=200MiB, size=200MiB, type=5
		start=202MiB, size=50MiB, type=83
		start=300MiB, size=50MiB, type=fd
	EOT
	made $((3 * MIB)) 100M mkntfs -q -Q -F
	made $((202 * MIB)) 50M mkfs.ext4 -q
	raid_at_end $((300 * MIB)) $((50 * MIB))
	overwritten "dos ntfs ext4 linux_raid_member" "$(at 3 100)" "$(at 202 50)" "$(at 300 50)"
}

@test "partitions of LVM, RAID and LUKS" {
	sfdisk -q --no-reread --no-tell-kernel "$loop" <<-EOT
		label: gpt
		start=10MiB, size=70MiB
		start=80MiB, size=70MiB
		start=150MiB, size=70MiB
		start=220MiB, size=70MiB
		start=290MiB, size=70MiB
	EOT
	lvm $((10 * MIB))
	raid_at_end $((80 * MIB)) $((70 * MIB))
	raid_near_start $((150 * MIB))
	luks2 $((220 * MIB))
	put $((290 * MIB)) 'LUKS\xba\xbe\0\1'
	overwritten "LVM2_member linux_raid_member crypto_LUKS" "$(at 10 70)" \
		"$(at 80 70)" "$(at 150 70)" "$(at 220 70)" "$(at 290 70)"
}

@test "a partition of ZFS" {
	printf 'label: gpt\nstart=220MiB, size=70MiB\n' |
		sfdisk -q --no-reread --no-tell-kernel "$loop"
	zfs $((220 * MIB)) $((70 * MIB))
	[ -n "$(found "$(at 220 70)")" ] || skip "libblkid sees no ZFS in uberblocks alone"
	overwritten zfs_member "$(at 220 70)"
}

# whole NAME COMMAND...: one thing on all of the drive.
whole() {
	"${@:2}"
	known "$1" "$loop"
	overwritten "$1"
}

@test "all of the disk is ext4" {
	whole ext4 mkfs.ext4 -q "$loop"
}

@test "all of the disk is swap" {
	whole swap mkswap "$loop"
}

@test "all of the disk is a FAT file system, with no table" {
	whole vfat mkfs.fat -I "$loop"
}

@test "all of the disk is xfs" {
	whole xfs xfs 0
}

@test "all of the disk is btrfs" {
	whole btrfs btrfs 0
}

@test "all of the disk is LVM's" {
	whole LVM2_member lvm 0
}

@test "all of the disk is a RAID member, told at its end" {
	whole linux_raid_member raid_at_end 0 $((512 * MIB))
}

@test "all of the disk is a RAID member, told near its start" {
	whole linux_raid_member raid_near_start 0
}

@test "all of the disk is LUKS, version 1" {
	whole crypto_LUKS put 0 'LUKS\xba\xbe\0\1'
}

@test "all of the disk is LUKS, version 2, with only its second header left" {
	luks2 0
	put 0 '\0\0\0\0\0\0\0\0'
	overwritten crypto_LUKS
}

@test "all of the disk is ZFS's" {
	whole zfs_member zfs 0 $((512 * MIB))
}

@test "one thing hides another: GPT, btrfs and ZFS at once" {
	printf 'label: gpt\nstart=30MiB, size=100MiB\n' | sfdisk -q --no-reread --no-tell-kernel "$loop"
	zfs 0 $((512 * MIB))
	btrfs 0
	overwritten "gpt"
}

@test "what nobody recognises may be somebody's, too" {
	head -c 65536 /dev/urandom | dd of="$loop" status=none
	overwritten "data of an unknown kind"
}

@test "partitions that the kernel still shows go with the old table" {
	printf 'label: gpt\nstart=10MiB, size=50MiB\nsize=50MiB\nsize=50MiB\nsize=50MiB\n' |
		sfdisk -q --no-reread --no-tell-kernel "$loop"
	losetup -d "$loop"
	attach drive.img -P # or the kernel looks for no tables on loop devices
	show_partitions
	[ -b "${loop}p4" ]
	created --overwrite
	# Either none, where the kernel knows no tables, or ours.
	[ ! -e "${loop}p4" ]
	if [ -e "${loop}p1" ]; then
		same "start of partition 1" \
			"$(cat "/sys/class/block/${loop#/dev/}p1/start")" 2048
	fi
}

@test "partitions that the kernel has to go on showing are told" {
	printf 'label: gpt\nstart=10MiB, size=50MiB\n' |
		sfdisk -q --no-reread --no-tell-kernel "$loop"
	losetup -d "$loop"
	attach drive.img -P
	show_partitions
	exec 9<"${loop}p1"
	wtgctl create --image windows.iso --edition Core --confirm "$loop" --overwrite "$loop"
	exec 9<&-
	[ "$status" -eq 0 ]
	grep -qF "the kernel still shows the old ones" err
}
