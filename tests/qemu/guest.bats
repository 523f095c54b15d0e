#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Drives as Debian's kernel and udev know them: a USB stick, a disk in a UAS enclosure, an NVMe
# drive.  The kernel's own drivers read what was made; drives are unplugged and the power is cut
# while it is being made.

load guest/helper

setup_file() {
	guest_begin
	"$MAKE_MEDIA" --out "$D/windows.iso" >/dev/null
	"$MAKE_MEDIA" --out "$D/long.wim" --variant wim --editions 1 --files 1000 --bytes 200M >/dev/null
}

setup() {
	guest_enter
	needs wimlib-imagex sgdisk mkfs.ext4 blkid perl
	CREATE="$WTGCTL create --json --image $D"
}

teardown_file() {
	guest_end
}

# What a drive of the first edition holds, but for what we make ourselves.
expected_trees() {
	[ ! -d esp ] || return 0
	"$MAKE_MEDIA" --out image.wim --variant wim >/dev/null
	wimlib-imagex apply image.wim 1 windows >/dev/null 2>&1
	mkdir -p esp/EFI/Boot esp/EFI/Microsoft/Boot data
	cp -r windows/Windows/Boot/{EFI/*,Fonts,Resources} esp/EFI/Microsoft/Boot
	cp windows/Windows/Boot/EFI/bootmgfw.efi esp/EFI/Boot/bootx64.efi
	cat >partitions <<-'EOT'
		 
		c12a7328-f81f-11d2-ba4b-00a0c93ec93b vfat
		e3c9e316-0b5c-4db8-817d-f92df00215ae 
		ebd0a0a2-b9e5-4433-87c0-68b6b72699c7 ntfs
		ebd0a0a2-b9e5-4433-87c0-68b6b72699c7 exfat
	EOT
}

listed() { # SERIAL FILTER
	guest "drive $1 >/dev/null; $WTGCTL list --json" && [ "$status" -eq 0 ] &&
		jq -r "select(.type == \"list\").drives[] | select(.serial == \"$1\") | $2" out
}

result() {
	jq -r "select(.type == \"result\") | $1" out
}

created() { # SERIAL OPTION...
	guest "$CREATE/windows.iso --edition Core --confirm $1 ${*:2} \$(drive $1)"
	cat err
	[ "$status" -eq 0 ]
	same "the drive is said to be" "$(result .drive)" complete
}

# The NVMe drive, with an old Linux on it.
nvme_with_something_on_it() {
	[ ! -e NVME.before ] || return 0
	truncate -s 2G NVME.img
	sgdisk -n 1:2048:0 NVME.img >/dev/null
	mkfs.ext4 -q -E offset=1048576 NVME.img 1G
	cp --sparse=always NVME.img NVME.before
}

# Made once; "record" tells every write and every flush of that.
nvme_created() {
	[ ! -e record ] || return 0
	nvme_with_something_on_it
	created NVME --allow-fixed --overwrite --data-size 64M
	cp NVME.log record
}

# What other programs see of it, without our help, and what is in it.
whole() { # SERIAL
	expected_trees
	guest "partitions_are \$(drive $1) $D/partitions"
	cat out
	[ "$status" -eq 0 ]
	guest "compare 1 \$(drive $1) $D/esp; compare 3 \$(drive $1) $D/windows
		compare 4 \$(drive $1) $D/data"
	cat err
	same "differences" "$(cat out)" "Only in ./EFI/Microsoft/Boot: BCD
Only in ./EFI: wtgctl
Only in $D/windows/Windows/System32/Recovery: Winre.wim
Only in ./Windows/System32/Sysprep: unattend.xml
Files ./Windows/System32/config/SYSTEM and $D/windows/Windows/System32/config/SYSTEM differ"
}

@test "a USB stick" {
	plug STICK
	same "as listed" "$(listed STICK '[.bus, .removable, .suitable] | join(" ")')" "usb true true"
	created STICK --data-size 64M
	whole STICK
	unplug STICK
}

@test "a disk in a UAS enclosure, which is not removable" {
	guest_on
	same "as listed" "$(listed UAS '[.bus, .removable, .suitable] | join(" ")')" "usb false true"
	created UAS --data-size 64M
	whole UAS
}

@test "an NVMe drive, which needs --allow-fixed, and --overwrite for what is on it" {
	nvme_with_something_on_it
	same "as listed" \
		"$(listed NVME '[.bus, .removable, .suitable, .override] | join(" ")')" \
		"nvme false false --allow-fixed"
	for options in "" --overwrite --allow-fixed; do
		guest "$CREATE/windows.iso --edition Core --confirm NVME $options \$(drive NVME)"
		cat err
		same "status with '$options'" "$status" 3
		same "the drive is said to be" "$(result .drive)" untouched
	done
	cmp NVME.img NVME.before
	nvme_created
	whole NVME
}

@test "a stick with a write-protect switch is refused before any write" {
	plug LOCKED readonly=on
	same "as listed" "$(listed LOCKED .rule)" read-only
	guest "$CREATE/windows.iso --edition Core --confirm LOCKED \$(drive LOCKED)"
	cat err
	same "status" "$status" 5
	grep -q '^wtgctl: /dev/sd[a-z]* is read-only[.]$' err
	same "the drive is said to be" "$(result .drive)" untouched
	same "data in LOCKED.img" "$(stat -c %b LOCKED.img)" 0
	unplug LOCKED
}

# ------------------------------------------------------------------ when it is taken away

# created_until NAME PATTERN: begin with a new stick, until the pattern is in what is reported.
created_until() {
	rm -f "$1.img"
	plug "$1"
	guest_begins "$CREATE/long.wim --confirm $1 \$(drive $1); s=\$?
		ls -l /dev/sd* >/run/shared/nodes 2>/dev/null; exit \$s"
	await 300 grep -Eqs -- "$2" shared/out
}

# Blank for everybody, and interrupted for us.
blank() { # DRIVE STEP
	same "what blkid finds" "$(blkid -p "$1")" ""
	sgdisk -p "$1" 2>&1 </dev/null | grep -q '^Creating new GPT entries'
	same "status" "$(state "$1")" "interrupted $2"
}

state() { # DRIVE: and the step, where it was interrupted
	"$WTGCTL" status --json "$1" | jq -r 'select(.type == "status") |
		[.state, .interrupted_in // empty] | join(" ")'
}

# Unplug it now: that is noticed soon, and said.
taken_away() { # NAME
	unplug "$1"
	guest_ends 60
	cat err
	same "sentences" "$(grep -c '^wtgctl: .*[.]$' err)" 1
	grep -qx "/dev/sd[a-z]* is gone: was it unplugged?" err
	# Whoever opens the path now makes a plain file of that name.
	fails grep "^-" shared/nodes
}

@test "unplugged while it is written, it is blank, and the next run succeeds" {
	created_until GONE '"step":"apply-image","bytes_done":[0-9]{8}'
	taken_away GONE
	same "status" "$status" 10
	same "the drive is said to be" "$(result .drive)" blank
	grep -q "left without a partition table: nothing on it boots" err
	blank GONE.img apply-image
	plug GONE
	created GONE
	unplug GONE
}

@test "unplugged while it is read back, it is not taken for one that forgets" {
	created_until LATE '"step":"read-back","bytes_done":[0-9]{8}'
	taken_away LATE
	same "status" "$status" 10
	same "the drive is said to be" "$(result .drive)" blank
	fails grep "does not keep" err
	blank LATE.img read-back
}

@test "the power is cut: a blank drive, and the same command again makes it whole" {
	created_until CUT '"step":"apply-image","bytes_done":[0-9]{8}'
	guest_off
	blank CUT.img apply-image
	plug CUT
	guest "$WTGCTL status --json \$(drive CUT)"
	same "state, as the next boot finds it" "$(jq -r 'select(.type == "status").state' out)" interrupted
	created CUT
	"$WTGCTL" verify CUT.img
}
