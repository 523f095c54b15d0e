#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Drives that somebody uses: refused whatever the options, and the sentence says who it is.

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

ext4() {
	mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 "$@"
}

@test "a mounted partition" {
	one_partition ext4
	mount "${loop}p1" mnt
	refused 3 "${loop}p1 is mounted on $D/mnt" --overwrite
	umount mnt
	refused 3 "partition 1 ext4"
}

@test "the whole drive, mounted" {
	ext4 "$loop"
	mkdir -p mnt
	mount "$loop" mnt
	refused 3 "$loop is mounted on $D/mnt" --overwrite
}

@test "a partition that is mounted where we cannot see it" {
	needs_mount_namespace
	one_partition ext4
	hold unshare --mount --propagation private sh -c \
		"mount ${loop}p1 mnt && touch held && read -r _ <free"
	refused 5 "$loop is in use" --overwrite
	hold_no_more
}

@test "an active swap partition" {
	one_partition mkswap
	swapon "${loop}p1" || skip "there is no swapping here"
	refused 3 "${loop}p1 carries the active swap space" --overwrite
}

@test "a loop device that stands on it, and one on its partition" {
	lower=$loop
	one_partition ext4
	for carrier in "$lower" "${lower}p1"; do
		upper=$(losetup --show -f "$carrier")
		refused 3 "$carrier is behind $upper" --overwrite
		# The upper one is no way round what is said of the lower one.
		mount "${lower}p1" mnt
		loop=$upper
		refused 3 "${lower}p1 is mounted on $D/mnt" --overwrite
		umount mnt
		refused 3 "is not empty"
		loop=$lower
		losetup -d "$upper"
	done
}

@test "two loop devices over one file" {
	first=$loop
	attach drive.img
	refused 3 "$D/drive.img is behind $first"
	losetup -d "$first"
	created
}

@test "an exclusive opener" {
	hold perl -MFcntl -e 'sysopen(F, shift, O_RDWR | O_EXCL) or die; open(H, ">held"); close(H);
		open(W, "<free"); <W>' "$loop"
	refused 5 "$loop is in use: process $holder (perl)"
	create --dry-run
	ended 5 "process $holder (perl)"
	hold_no_more
	created
}

@test "somebody who claims nothing and can write to it, such as a virtual machine" {
	hold perl -e 'open(F, "+<", shift) or die; open(H, ">held"); close(H);
		open(W, "<free"); <W>' "$loop"
	refused 5 "$loop is in use: process $holder (perl) can write to it"
	hold_no_more
	one_partition true
	hold perl -e 'open(F, "+<", shift) or die; open(H, ">held"); close(H);
		open(W, "<free"); <W>' "${loop}p1"
	refused 5 "$loop is in use: process $holder (perl) can write to it" --overwrite
	hold_no_more
}

@test "somebody with a lock on it" {
	hold flock "$loop" sh -c 'touch held; read -r _ <free'
	refused 5 "$loop is in use: process $holder (flock) has locked it"
	hold_no_more
	hold flock --shared "$loop" sh -c 'touch held; read -r _ <free'
	refused 5 "$loop is in use: process $holder (flock) has locked it"
	hold_no_more
}

@test "a short lock, such as udev's, is waited for" {
	flock "$loop" sleep 1 3>&- &
	until grep -q "FLOCK.* $! " /proc/locks; do sleep 0.02; done
	created
	wait
}

@test "another run of ours" {
	needs strace
	rm -f trace
	traced -e trace=fdatasync -e inject=fdatasync:signal=SIGSTOP:when=3 -- 3>&- &
	first=$!
	await_stop $first
	create
	ended 5 "$loop is in use: another wtgctl, process $stopped"
	same "drive" "$(result .drive)" untouched
	create --dry-run
	ended 5 "another wtgctl, process $stopped"
	kill -CONT "$stopped"
	wait $first
	wtgctl verify "$loop"
	[ "$status" -eq 0 ]
}

@test "several runs of ours at once: one does it, the others are refused" {
	local pids=() refused=0
	for i in 1 2 3; do
		"$WTGCTL" create --json --image windows.iso --edition Core --confirm "$loop" "$loop" \
			>"out$i" 2>"err$i" </dev/null 3>&- &
		pids+=($!)
	done
	status=0
	for i in 1 2 3; do
		wait "${pids[i - 1]}" && continue
		refused=$((refused + 1))
		cat "err$i"
		# 3 when it looked at the drive only then.
		tail -n 1 "out$i" | jq -e '.drive == "untouched" and (.status == 3 or .status == 5 and
			(.message | contains("in use: another wtgctl, process")))' >/dev/null
	done
	[ "$refused" -eq 2 ]
	wtgctl verify "$loop"
	[ "$status" -eq 0 ]
}

@test "the image lies on it" {
	one_partition ext4
	mount "${loop}p1" mnt
	cp windows.iso mnt/
	ln -s mnt/windows.iso link.iso
	for image in mnt/windows.iso link.iso; do
		wtgctl create --image $image --edition Core --overwrite --confirm "$loop" "$loop"
		ended 3 "the image lies on $loop itself"
	done
}

@test "it is the image, by way of a loop device" {
	losetup -d "$loop"
	attach windows.iso
	refused 3 "the image lies on $loop itself" --overwrite
}

@test "we are in a directory on it" {
	one_partition ext4
	mount "${loop}p1" mnt
	mkdir mnt/deep
	cd mnt/deep
	refused 3 "the current directory lies on $loop" --overwrite
	cd "$D"
}

@test "verify and status look at a drive that is in use, and leave it alone" {
	created
	before=$(state)
	hold perl -MFcntl=:flock,O_RDWR,O_EXCL -e 'sysopen(F, shift, O_RDWR | O_EXCL) or die;
		flock(F, LOCK_EX); open(H, ">held"); close(H); open(W, "<free"); <W>' "$loop"
	wtgctl verify "$loop"
	[ "$status" -eq 0 ]
	wtgctl status "$loop"
	[ "$status" -eq 0 ]
	hold_no_more
	same "$loop" "$(state)" "$before"
}

@test "verify looks at a mounted drive of ours" {
	command -v ntfs-3g >/dev/null && [ -c /dev/fuse ] || skip "NTFS cannot be mounted here"
	created
	show_partitions
	mkdir -p mnt
	ntfs-3g "${loop}p3" mnt
	echo hello >mnt/hello.txt
	sync
	wtgctl verify "$loop"
	umount mnt
	[ "$status" -eq 0 ]
	ntfscat "${loop}p3" hello.txt | grep -q hello
	mount_again=$(ntfs-3g "${loop}p3" mnt && cat mnt/hello.txt)
	same "the file" "$mount_again" hello
	refused 3 "${loop}p3 is mounted on $D/mnt" --overwrite
}
