#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Block devices as targets: what is made on them, what they are called, what does not suit.

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

# Two sector sizes, and the drive is plugged in again before it is looked at.
sound() { # SECTOR-BYTES
	losetup -d "$loop"
	attach drive.img -b "$1"
	created
	losetup -d "$loop"
	attach drive.img -b "$1"

	sfdisk --verify "$loop" | grep -q '^No errors detected'
	sgdisk -v "$loop" | grep -q '^No problems found'
	sfdisk --json "$loop" >table
	same "sectors" "$(jq .partitiontable.sectorsize table)" "$1"
	same "starts" "$(jq -c '.partitiontable | .sectorsize as $s |
		[.partitions[].start * $s / 1048576]' table)" '[1,261,277]'
	wtgctl verify "$loop"
	[ "$status" -eq 0 ]
	fails grep -E '^(wrong|warning)' out
	wtgctl status --json "$loop"
	same "status" "$(jq -r .state out | head -n1)" complete

	show_partitions
	fsck.fat -n "${loop}p1"
	ntfsfix -n "${loop}p3"
	ntfsinfo -m "${loop}p3" | grep -q 'Volume Flags: 0x0000'
	same "sectors of the ESP" "$(blkid -p -o value -s BLOCK_SIZE "${loop}p1")" "$1"
}

@test "a drive with sectors of 512 bytes is sound after it is plugged in again" {
	needs ntfsfix fsck.fat sgdisk
	sound 512
}

@test "a drive with sectors of 4096 bytes is sound after it is plugged in again" {
	needs ntfsfix fsck.fat sgdisk
	sound 4096
	# The same bytes with other sectors are no drive that anybody can read.
	partx -d "$loop"
	losetup -d "$loop"
	attach drive.img -b 512
	wtgctl verify "$loop"
	[ "$status" -eq 7 ]
}

@test "sectors of other sizes are refused" {
	losetup -d "$loop"
	attach drive.img -b 2048
	refused 6 "sectors of 2048 bytes"
}

@test "a drive that is too small is refused" {
	losetup -d "$loop"
	truncate -s 300M small.img
	attach small.img
	refused 6 "this image and layout need"
	losetup -d "$loop"
	truncate -s 32M small.img
	attach small.img
	refused 6 "64 MiB are needed"
}

@test "a read-only drive is refused" {
	losetup -d "$loop"
	attach drive.img -r
	refused 5 "$loop is read-only"
}

@test "a partition is refused, and its drive named" {
	printf 'label: gpt\nsize=100MiB\n' | sfdisk -q --no-reread --no-tell-kernel "$loop"
	show_partitions
	whole=$loop
	loop=${whole}p1
	create
	loop=$whole
	ended 3 "${loop}p1 is a partition of $loop"
	grep -qF "Give the whole drive: $loop." err
	ln -s "${loop}p1" link-to-partition
	wtgctl create --image windows.iso --edition Core --confirm "$loop" link-to-partition
	ended 3 "${loop}p1 is a partition of $loop"
}

@test "a link to the drive is the drive, by its own name" {
	ln -sf "$loop" link
	wtgctl create --image windows.iso --edition Core --confirm link link
	ended 3 "the path of $loop is \"$loop\""
	wtgctl create -q --image windows.iso --edition Core --confirm "$loop" link
	[ "$status" -eq 0 ]
	[ -L link ]
	wtgctl verify link
	[ "$status" -eq 0 ]
}

@test "a drive is confirmed by its path, and by nothing else" {
	wtgctl create --image windows.iso --edition Core "$loop"
	ended 3 "nobody is at a terminal"
	grep -qF -- "--confirm \"$loop\"" err
	wtgctl create --image windows.iso --edition Core --confirm "${loop#/dev/}" "$loop"
	ended 3 "--confirm says"
	created
}

@test "the size of a drive cannot be chosen, and one that is missing is not made" {
	create --size 512M
	ended 2 "--size is for files"
	wtgctl create --image windows.iso --edition Core --size 512M /dev/wtgctl-missing
	ended 5 "open /dev/wtgctl-missing"
	[ ! -e /dev/wtgctl-missing ]
}

@test "list shows the drive, what is on it, and why not" {
	mkfs.ext4 -q -L precious "$loop"
	wtgctl list --all --json
	jq -es --arg loop "$loop" '.[0].drives[] | select(.path == $loop) |
		.size_bytes == 536870912 and .bus == "loop" and .contents[0].type == "ext4" and
		.contents[0].label == "precious" and .override == "--overwrite"' out
}

@test "a dry run opens the drive for reading alone" {
	needs strace
	before=$(state)
	traced -e trace=openat,write,pwrite64,ioctl -P "$loop" -- --dry-run
	grep -q "O_RDONLY|O_EXCL" trace
	fails grep -E 'O_RDWR|O_WRONLY|write|BLKRRPART|BLKDISCARD' trace
	same "$loop" "$(state)" "$before"
}

@test "a machine without drives has none to list; one that shows us none is another matter" {
	needs_mount_namespace
	without() { # DIRECTORY: covered
		status=0
		# shellcheck disable=SC2016 # its own
		unshare --mount --propagation private \
			sh -c 'mount -t tmpfs none "$0" && "$1" list --json' "$1" "$WTGCTL" \
			>out 2>err || status=$?
	}
	without /sys/class/block
	same "status" "$status" 0
	same "drives" "$(jq -c 'select(.type == "list").drives' out)" "[]"
	without /sys
	ended 5 "look for drives in /sys/class/block: No such file or directory"
}
