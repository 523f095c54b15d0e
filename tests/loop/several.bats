#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Several drives in one run, of which one misbehaves: it ends alone, and of each is told what
# became of it.

load helper
load lying

setup_file() {
	loop_begin
	"$MAKE_MEDIA" --out "$D/long.wim" --variant wim --editions 1 --files 500 --bytes 100M \
		>/dev/null
}

setup() {
	loop_enter
	needs sgdisk blkid jq
	good=$loop
	attach second.img
	bad=$loop
}

teardown() {
	take_away
	loop_leave
}

teardown_file() {
	loop_end
}

# $bad becomes one that misbehaves.
lying() { # FAULT=NUMBER...
	needs_lying
	losetup -d "$bad"
	plug $((512 * MIB)) "$@"
	bad=$lying
}

both() { # OPTION...
	wtgctl create --json --confirm "$good" --confirm "$bad" "$@" "$good" "$bad"
}

target() { # DRIVE FILTER: of what was told of it
	jq -r --arg target "$1" "select(.type == \"target_result\" and .target == \$target) | $2" out
}

good_is_complete() {
	same "$good" "$(target "$good" '"\(.status) \(.drive) \(.verified)"')" "0 complete full"
	grep -qF "1 of 2 drives are complete." err
	sgdisk -v "$good" | grep -q '^No problems found'
	"$WTGCTL" verify "$good" >/dev/null
}

# bad_is STATUS STATE PART-OF-THE-SENTENCE
bad_is() {
	cat err
	same "$bad" "$(target "$bad" '"\(.status) \(.drive)"')" "$1 $2"
	grep -q "^wtgctl: .*$bad" err
	grep -qF -- "$3" err
}

@test "two drives at once" {
	both --image windows.iso --edition Core
	[ "$status" -eq 0 ]
	for drive in "$good" "$bad"; do
		same "$drive" "$(target "$drive" .drive)" complete
		sgdisk -v "$drive" | grep -q '^No problems found'
	done
}

@test "a drive and a link to it are one target, and so are a drive and its file's" {
	ln -s "$good" link
	wtgctl plan --image windows.iso --edition Core link "$good"
	[ "$status" -eq 2 ]
	grep -qF "are one target" err
	wtgctl plan --image windows.iso --edition Core --overwrite drive.img "$good"
	[ "$status" -eq 3 ]
	grep -qF "drive.img is behind $good" err
}

@test "one that is smaller than it says ends the run with 12, and the other is complete" {
	lying end=$((100 * MIB))
	both --image windows.iso --edition Core
	bad_is 12 uncertain "keeps only the first $((100 * MIB)) bytes"
	good_is_complete
	[ "$status" -eq 12 ]
}

@test "one that fails to write, that vanishes, or whose room is less than its size ends alone" {
	for fault in write-error vanish; do
		lying $fault=$((60 * MIB))
		both --overwrite --image long.wim
		if [ $fault = vanish ]; then why="No such device"; else why="Input/output error"; fi
		bad_is 10 blank "$why"
		good_is_complete
		[ "$status" -eq 10 ]
		take_away
		same "table" "$(blkid -p real.img)" ""
		attach second.img
		bad=$loop
	done
	losetup -d "$bad"
	mkdir -p small
	mount -t tmpfs -o size=60m none small
	truncate -s 512M small/drive
	bad=$(losetup --show -f small/drive)
	both --overwrite --image long.wim
	losetup -d "$bad"
	umount small
	bad_is 10 blank ""
	good_is_complete
	[ "$status" -eq 10 ]
}

@test "one that gives back something else ends the run with 11" {
	lying flip=$((277 * MIB + 100))
	both --image windows.iso --edition Core
	bad_is 11 uncertain "in the 4096 bytes at $((277 * MIB))"
	good_is_complete
	[ "$status" -eq 11 ]
}

@test "one that is in use is found while the other is whole" {
	exec 5<>"$bad"
	flock 5
	both --image windows.iso --edition Core 5>&-
	exec 5>&-
	cat err
	[ "$status" -eq 5 ]
	same "touched" "$(result .touched)" false
	grep -qxF "None of them was touched." err
	same "$good" "$(blkid -p "$good")" ""
}

# Begin to make both, and wait until the bad one's own process, $member, applies the image; it
# was started by $leader.
begin() {
	lying slow=20
	rm -f out
	both --image long.wim 3>&- &
	run=$!
	until grep -aq "\"target\":\"$bad\",\"phase\":\"apply\",\"step\":\"apply-image\"" out 2>/dev/null; do
		kill -0 $run
		sleep 0.01
	done
	leader=$(pgrep -P "$(pgrep -P $run -x wtgctl)")
	for member in $(pgrep -P "$leader"); do
		! readlink /proc/"$member"/fd/* | grep -qxF "$bad" || return 0
	done
	return 1
}

@test "one worker reads the image for all" {
	begin
	same "children of the one that leads" "$(pgrep -P "$leader" | wc -l)" 3
	for child in $(pgrep -P "$leader"); do
		same "children of $child" "$(pgrep -P "$child")" ""
	done
	kill -9 "$leader"
	wait $run || :
}

@test "one whose process is killed ends alone" {
	begin
	kill -9 "$member"
	wait $run || :
	bad_is 10 blank "the process that does the work was ended by signal 9"
	good_is_complete
	same "result" "$(result .status)" 10
}

@test "when the one that leads is killed, the front tells of each" {
	begin
	kill -9 "$leader"
	wait $run || :
	cat err
	# One that waits for its drive goes when that has answered.
	for _ in $(seq 100); do
		[ -e "/proc/$member" ] || break
		sleep 0.1
	done
	[ ! -e "/proc/$member" ]
	same "result" "$(result '"\(.status) \(.touched)"')" "10 true"
	bad_told=$(target "$bad" '"\(.status) \(.drive)"')
	same "$bad" "$bad_told" "10 blank"
	grep -qF "$bad: The drive was left without a partition table" err
	same "table" "$(blkid -p real.img)" ""
}

# The others wait for it, a minute long; WTGCTL_SWEEP=all does, too.
@test "one that stalls is told by name, is left behind, and does not hold up Ctrl-C" {
	lying stall=$((60 * MIB))
	"$WTGCTL" create --json --progress none --image long.wim --confirm "$bad" --confirm "$good" \
		"$good" "$bad" >out 2>err </dev/null 3>&- &
	run=$!
	until grep -q "$bad has not answered for 1[0-9] seconds[.]" out; do
		kill -0 $run
		sleep 0.1
	done
	if [ "${WTGCTL_SWEEP:-}" = all ]; then
		until [ -n "$(target "$good" .drive)" ]; do
			kill -0 $run
			sleep 0.1
		done
		same "$good" "$(target "$good" .drive)" complete
	fi
	kill -TERM $run
	sleep 1.5
	kill -TERM $run
	begun=$(date +%s%N)
	status=0
	wait $run || status=$?
	[ $((($(date +%s%N) - begun) / 1000000)) -lt 3000 ]
	cat err
	[ "$status" -eq 143 ]
	same "$bad" "$(target "$bad" '"\(.status) \(.drive)"')" "143 blank"
	grep -qF "The drive still holds up a part of wtgctl" err
}

@test "how fast the drive writes is told where that is what took the time" {
	lying slow=10
	both --image long.wim
	[ "$status" -eq 0 ]
	jq -c 'select(.type == "target_result")' out
	target "$bad" .message | grep -qE ' It writes at [0-9.]+ MB/s, which is what took the time\.$'
	[ "$(target "$bad" .drive_bytes_per_second)" -gt 100000 ]
	[ "$(target "$bad" .drive_ms)" -le "$(target "$bad" .apply_ms)" ]
	same "$good" "$(target "$good" .drive_bytes_per_second)" null
}
