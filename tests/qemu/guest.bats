#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Drives as Debian's kernel and udev know them: a USB stick, a disk in a UAS enclosure, an NVMe
# drive.  The kernel's own drivers read what was made; drives are unplugged and the power is cut
# while it is being made.

load guest/helper

setup_file() {
	guest_begin
	"$MAKE_MEDIA" --out "$D/windows.iso" >/dev/null
	"$MAKE_MEDIA" --out "$D/long.wim" --variant wim --editions 1 --files 1000 --bytes 100M >/dev/null
}

setup() {
	guest_enter
	needs wimlib-imagex sgdisk sfdisk mkfs.ext4 blkid perl
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
	# And without sync(): that waits for every drive of the machine.
	echo start=2048 | sfdisk -q --label gpt --no-reread --no-tell-kernel NVME.img
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
Only in ./Windows/Panther: unattend.xml
Only in $D/windows/Windows/System32/Recovery: Winre.wim
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

# created_until NAME PATTERN: begin, until the pattern is in what is reported.
created_until() {
	guest_begins "$CREATE/long.wim --confirm $1 \$(drive $1); s=\$?
		ls -l /dev/sd* >/run/shared/nodes 2>/dev/null; exit \$s"
	await 300 reported "$2"
}

reported() { # PATTERN: or it is over
	[ -e shared/status ] || grep -Eqs -- "$1" shared/out
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
	plug GONE
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
	plug LATE
	created_until LATE '"step":"read-back","bytes_done":[0-9]{8}'
	taken_away LATE
	same "status" "$status" 10
	same "the drive is said to be" "$(result .drive)" blank
	fails grep "does not keep" err
	blank LATE.img read-back
}

@test "unplugged in any step, the drive is what is said of it" {
	[ "${WTGCTL_QEMU:-}" = all ] || skip "only with WTGCTL_QEMU=all"
	hit=0
	for at in check/wipe-target \
		apply/{wipe-target,format-windows,apply-image,write-esp,write-table} \
		verify/{read-back,apply-image,write-table,verify-drive}; do
		drive=${at#*/}
		plug "$drive"
		created_until "$drive" "\"phase\":\"${at%/*}\",\"step\":\"$drive\""
		unplug "$drive"
		guest_ends 60
		echo "unplugged in $at: status $status, $(result .drive), $(cat err)"
		as_said "$drive.img"
		rm "$drive.img"
		[ "$status" -eq 0 ] || hit=$((hit + 1))
	done
	# The last ones may be over before QEMU has heard it.
	[ $hit -ge 8 ]
}

as_said() { # DRIVE
	case $status,$(result .drive) in
	5,untouched) same "data in $1" "$(stat -c %b "$1")" 0 ;;
	10,blank) blank "$1" "$(state "$1" | cut -d' ' -f2)" ;;
	# Only the protective MBR, which comes last, shows what is there.
	10,uncertain) same "what blkid finds" "$(blkid -p "$1")" "" ;;
	10,complete | 0,complete) "$WTGCTL" verify "$1" ;;
	*) false ;;
	esac
}

@test "a disk in a UAS enclosure, unplugged while it is written" {
	[ "${WTGCTL_QEMU:-}" = all ] || skip "only with WTGCTL_QEMU=all"
	guest_off
	rm -f UAS.img
	guest_on
	created_until UAS '"step":"apply-image","bytes_done":[0-9]{8}'
	taken_away UAS
	as_said UAS.img
}

# ------------------------------------------------------------------ when the power is cut

@test "a blank drive, and the same command again makes it whole" {
	plug CUT
	created_until CUT '"step":"apply-image","bytes_done":[0-9]{8}'
	guest_off
	blank CUT.img apply-image
	plug CUT
	guest "$WTGCTL status --json \$(drive CUT)"
	same "state, as the next boot finds it" "$(jq -r 'select(.type == "status").state' out)" interrupted
	created CUT
	"$WTGCTL" verify CUT.img
}

replay() {
	perl "$BATS_TEST_DIRNAME/guest/replay.pl" record "$@"
}

# What there is on a drive after that: the "old" partitions, "nothing", a "whole" drive, or a whole
# one whose table nobody can find.
found() { # DRIVE
	local id
	id=$(blkid -p -s PTUUID -o value "$1" || :)
	if [ "$id" = "$(blkid -p -s PTUUID -o value NVME.before)" ]; then
		echo old
		return
	fi
	if "$WTGCTL" verify "$1" >verified 2>&1; then
		echo whole
		return
	fi
	same "what blkid finds" "$(blkid -p "$1")" ""
	state "$1" | grep -q '^interrupted '
	if sgdisk -p "$1" 2>&1 </dev/null | grep -q '^Creating new GPT entries'; then
		echo nothing
		return
	fi
	grep -q '^wrong  *table .* no protective MBR' verified
	fails grep '^wrong' <(grep -v '^wrong  *table ' verified)
	echo invisible
}

# A flush is a promise; of what is written between two of them, a drive keeps what it likes.
@test "at any flush, and with any writes lost before it: what was, nothing, or all" {
	nvme_created
	chances=0.5
	[ "${WTGCTL_QEMU:-}" != all ] || chances=$(seq 0.05 0.05 0.95)
	cp --sparse=always NVME.before kept.img
	last=0
	for flush in $(replay | sed -n 's/ flush$//p'); do
		for chance in $chances; do
			cp --sparse=always kept.img cut.img
			replay cut.img "$last" "$flush" "$chance"
			found cut.img >>seen
		done
		replay kept.img "$last" "$flush"
		found kept.img >>promised
		last=$flush
	done
	[ "$(wc -l <promised)" -gt 15 ]
	same "promised, in this order" "$(uniq promised | xargs)" "old nothing invisible whole"
	same "seen" "$(sort -u seen | grep -vxE 'old|nothing|invisible|whole')" ""
}
