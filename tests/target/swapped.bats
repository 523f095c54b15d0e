#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Another drive or file in the place of the one that was looked at, while the question waits.

setup_file() {
	export LC_ALL=C.UTF-8 IMAGE="$BATS_FILE_TMPDIR/windows.iso"
	"$MAKE_MEDIA" --out "$IMAGE" >/dev/null
}

setup() {
	for program in umockdev-run script sfdisk; do
		command -v $program >/dev/null || skip "$program is not installed"
	done
	cd "$BATS_TEST_TMPDIR" || exit 1
	stick=/sys/devices/pci0000:00/0000:00:14.0/usb1/1-1
	scsi=$stick/1-1:1.0/host6/target6:0:0/6:0:0:0
	disk=$scsi/block/sdb
}

# swapped COMMAND: create on /dev/sdb, with the command run while the question waits, where
# dev and sys are the ones that the program sees.
swapped() {
	status=0
	"$TESTS/in-tree" "$TESTS/trees/usb-stick.tree" \
		"$TESTS/at-the-prompt" "Ultra Fit" \
		"env -u LD_PRELOAD -C \$UMOCKDEV_DIR sh -c '$1'" \
		create --image "$IMAGE" --edition Core /dev/sdb >shown 2>&1 || status=$?
	cat -v shown
}

# refused STATUS PART-OF-THE-SENTENCE COMMAND: and nothing is written.
refused() {
	swapped "$3"
	[ "$status" -eq "$1" ]
	grep -qF "$2" shown
	grep -qF "The drive was not touched." shown
	grep -q '^0 KiB written' shown
}

fails() { # bats does not look at a "!"
	if "$@"; then
		return 1
	fi
}

other="wtgctl: wipe-target: /dev/sdb is not what it was when it was looked at:"

@test "the same drive is written to" {
	swapped ":"
	[ "$status" -eq 0 ]
	grep -qF "/dev/sdb is complete and verified" shown
	fails grep -q '^0 KiB written' shown
}

@test "one plugged in since" {
	refused 3 "$other a drive was unplugged and one plugged in" "echo 12 >.$disk/diskseq"
}

@test "one of another serial number" {
	refused 3 "$other its serial number has changed" "echo 4C530001230920115999 >.$stick/serial"
}

@test "one of another world-wide name" {
	refused 3 "$other its world-wide name has changed" "echo naa.5 >.$scsi/wwid"
}

@test "one of another model" {
	refused 3 "$other its model has changed" "echo Ultra Flair >.$scsi/model"
}

@test "one of another size" {
	refused 3 "$other its size has changed" "truncate -s 1G dev/sdb"
}

@test "one that somebody formatted since" {
	swapped "echo label: gpt | sfdisk -q dev/sdb"
	[ "$status" -eq 3 ]
	grep -qF "/dev/sdb is not what it was when it was looked at: something else lies on it" shown
	grep -qF "The drive was not touched." shown
}

@test "one of another number" {
	refused 3 "$other it is another device" "ln -sfn 8:32 dev/.node/sdb"
}

@test "a file of the drive's name" {
	refused 3 "$other it is another device" "rm dev/sdb && truncate -s 61524148224 dev/sdb"
}

content() { # FILE...: how much was ever written to it, and what
	stat -c %b "$@"
	for file; do head -c 100 "$file" | od -c; done
}

@test "another file under the name of the one that was looked at" {
	for name in mine other; do
		truncate -s 640M $name.img
		echo "precious $name" | dd of=$name.img conv=notrunc status=none
	done
	before=$(content mine.img other.img)
	status=0
	"$TESTS/at-the-prompt" mine.img "mv mine.img away.img; mv other.img mine.img" \
		create --image "$IMAGE" --edition Core --overwrite mine.img >shown 2>&1 || status=$?
	cat -v shown
	[ "$status" -eq 3 ]
	grep -qF "mine.img is not what it was when it was looked at: it is another file" shown
	[ "$(content away.img mine.img)" = "$before" ]
}
