#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Drives that misbehave (lying.bash).  What became of the medium is looked at in the file behind
# them.  WTGCTL_SWEEP=all lets them fail at every MiB that is written instead of some.

load helper
load lying

setup_file() {
	loop_begin
	"$MAKE_MEDIA" --out "$D/long.wim" --variant wim --editions 1 --files 500 --bytes 100M \
		>/dev/null
}

setup() {
	loop_enter
	losetup -d "$loop"
	needs_lying
	needs sgdisk blkid jq
}

teardown() {
	take_away
	loop_leave
}

teardown_file() {
	loop_end
}

# $loop is one, of 512 MiB.
lying() { # FAULT=NUMBER...
	of_size $((512 * MIB)) "$@"
}

of_size() { # BYTES FAULT=NUMBER...
	size=$1
	plug "$@"
	loop=$lying
}

# Where stamps lie unharmed, and all of the drive, there is a lot to write.
create_long() { # OPTION...
	wtgctl create --json --image long.wim --confirm "$loop" "$@" "$loop"
}

state_is() { # STATE [STEP]
	same "status" "$("$WTGCTL" status --json "$loop" |
		jq -r '[.state, .interrupted_in // empty] | join(" ")' | head -n1)" "$*"
}

# No table, by anybody who looks, on what the drive really keeps.
no_table() {
	same "blkid" "$(blkid -p real.img)" ""
	sgdisk -p real.img 2>&1 </dev/null | grep -q '^Creating new GPT entries'
}

# failed STATUS PART-OF-THE-SENTENCE STATE-OF-THE-DRIVE STEP
failed() {
	ended "$1" "$2"
	same "drive" "$(result .drive)" "$3"
	same "JSON" "$(result '"\(.status) \(.touched) \(.verified)"')" "$1 true null"
	no_table
	state_is interrupted "$4"
}

at_most() {
	result .message | sed -E 's/.* first ([0-9]+) bytes.*/\1/'
}

worthless() {
	grep -qF "it does not keep what is written: it is worth nothing." err
}

# ------------------------------------------------------------------ smaller than it says

@test "an honest drive keeps no stamp, and is read back past all caches" {
	lying
	created
	same "read back" "$(result '"\(.verified) \(.read_back)"')" "full direct"
	same "message" "$(result .message)" "$loop is complete and verified."
	fails grep -q "wtgctl stamp" real.img
	wtgctl verify "$loop"
	[ "$status" -eq 0 ]
	sgdisk -v real.img | grep -q '^No problems found'
}

@test "a drive that wraps around is found before it is filled, with its size" {
	for wrap in $((256 * MIB)) $((77 * MIB)) $((77 * MIB + 65536)); do
		lying wrap=$wrap
		create
		failed 12 "keeps only the first $wrap bytes" uncertain stamp-drive
		worthless
	done
}

@test "so is one that drops what it has no room for, to the byte" {
	for end in $((100 * MIB)) $((511 * MIB + 12288)) $((300 * MIB + 4096)); do
		lying end=$end
		create
		failed 12 "keeps only the first $end bytes" uncertain stamp-drive
		worthless
	done
}

@test "a large one, too, whatever is chosen to be verified" {
	for verify in full quick none; do
		of_size $((256 << 30)) wrap=$((8 << 30))
		create --verify $verify
		failed 12 "says that it has 274.9 GB (256 GiB), but keeps only the first 8589934592 bytes, 8.6 GB (8 GiB)" \
			uncertain stamp-drive
		of_size $((256 << 30)) end=$((29 << 30))
		create --verify $verify
		failed 12 "keeps only the first $((29 << 30)) bytes, 31.1 GB (29 GiB)" uncertain stamp-drive
	done
}

@test "one with a memory that hides it is found when that is full" {
	for verify in full quick none; do
		lying end=$((300 * MIB)) memory=$((8 * MIB))
		create_long --verify $verify
		failed 12 "keeps at most the first" uncertain check-stamps
		# Stamps tell nothing any more where data was written over them: to some 408 MiB.
		[ "$(at_most)" -ge $((300 * MIB)) ] && [ "$(at_most)" -le $((420 * MIB)) ]
		worthless
	done
}

@test "one that wraps around at an odd place is found by what was written over stamps" {
	wrap=$((163 * MIB + 4096 * 3))
	for verify in full quick none; do
		lying wrap=$wrap
		create_long --verify $verify
		# Where the volume's own metadata comes back wrong, laying over it finds out.
		step=$(result .message | cut -d: -f1)
		case $step in
		apply-image) failed 12 "there is room for at most" uncertain apply-image ;;
		*)
			failed 12 "keeps at most the first" uncertain check-stamps
			[ $(($(at_most) % wrap)) -eq 0 ] && [ "$(at_most)" -lt "$size" ]
			;;
		esac
	done
}

# ------------------------------------------------------------------ unreliable

@test "a drive that keeps nothing is found at once" {
	lying lose=1
	create
	ended 11 "stamp-drive: $loop does not give back what was written to byte"
	same "drive" "$(result .drive)" uncertain
	grep -qF "do not rely on what it shows" err
	same "written" "$(stat -c %b real.img)" 0
	state_is foreign
}

@test "one that loses a write here and there is found before there is a table" {
	for lose in 20 500; do
		lying lose=$lose
		create_long
		ended 11 ""
		no_table
	done
}

@test "one that loses a single write is not said to be smaller, not even of its end" {
	for once in $((20 << 10)) $((512 * MIB - 4096)); do
		lying once=$once
		create
		failed 11 "stamp-drive: $loop does not give back what was written to byte $once" \
			uncertain stamp-drive
	done
}

@test "one that reads a single bit wrong is found, and the place told" {
	lying flip=$((277 * MIB + 100))
	create
	failed 11 "in the 4096 bytes at $((277 * MIB))" uncertain read-back
	grep -qF "do not rely on what it shows" err
}

@test "one that cannot read a sector again, too" {
	lying read-error=$((295 * MIB + 5000)) # in a file: nobody reads it before
	create
	failed 11 "Input/output error" uncertain read-back
	grep -q "read back byte" err
}

# ------------------------------------------------------------------ failing

# Of all the MiB that are written.
moments() {
	if [ "${WTGCTL_SWEEP:-}" = all ]; then seq 1 1000; else echo 1 4 9 18 1000; fi
}

# One fault after so many MiB, until that is after the end.
at_moments() { # FAULT FUNCTION REGEX
	seen=
	for mib in $(moments); do
		lying "$1=$((mib * MIB))"
		create
		echo "$1 after $mib MiB: status $status"
		[ "$status" -ne 0 ] || break
		ended 10 ""
		grep -qE "$3" err
		seen+="$(result .drive) "
		"$2"
	done
	[ "$status" -eq 0 ]
	grep -q blank <<<"$seen"
}

told_truly() {
	[ "$(result .drive)" != blank ] || no_table
}

@test "a drive that fails to write is told, and shows no table" {
	at_moments write-error told_truly "Input/output error"
}

# It is not there any more: what there is to say is all in what it was.
@test "a drive that vanishes is told, and shows no table" {
	at_moments vanish told_truly "No such device|Input/output error"
}

@test "a drive whose other end dies is told" {
	lying slow=3
	rm -f out
	create 3>&- &
	run=$!
	until grep -aq '"apply","step":"apply-image"' out 2>/dev/null; do
		kill -0 $run
		sleep 0.01
	done
	kill -9 $server
	wait $run || :
	grep -q '^wtgctl: ' err
	same "drive" "$(result .drive)" blank
	same "status" "$(result .status)" 10
	no_table
}

@test "a loop device without direct I/O is not said to have been read past all caches" {
	attach drive.img
	created
	losetup -d "$loop"
	same "read back" "$(result '"\(.verified) \(.read_back)"')" "full cached"
	result .message | grep -qF "$loop is complete and verified; but the memory that holds the file"
	for verify in quick none; do
		attach drive.img
		created --overwrite --verify $verify
		losetup -d "$loop"
		same "read back" "$(result '"\(.verified) \(.read_back)"')" "$verify null"
	done
}

# A second signal ends what cannot end by itself.
@test "a drive that stalls is told, and does not hold up Ctrl-C" {
	lying stall=$((18 * MIB))
	"$WTGCTL" create --progress none --image windows.iso --edition Core --confirm "$loop" \
		"$loop" >out 2>err </dev/null 3>&- &
	run=$!
	until grep -q 'The drive has not answered for 1[0-9] seconds[.]' err; do
		kill -0 $run
		sleep 0.1
	done
	kill -TERM $run
	sleep 1.5
	grep -qF "the drive holds us up" err
	kill -TERM $run
	begun=$(date +%s%N)
	status=0
	wait $run || status=$?
	[ $((($(date +%s%N) - begun) / 1000000)) -lt 3000 ]
	[ "$status" -eq 143 ]
	cat err
	grep -qF "nothing on it boots" err
	grep -qF "The drive still holds up a part of wtgctl" err
	kill -9 $server
	no_table
}

@test "a slow drive is only slow" {
	lying slow=1
	created
	sgdisk -v real.img | grep -q '^No problems found'
}
