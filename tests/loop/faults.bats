#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Drives that change or fail under our hands, and runs that are cut short.

load helper

setup_file() {
	loop_begin
}

setup() {
	loop_enter
}

teardown() {
	! mountpoint -q "$D/small" || { losetup -d "$loop" && umount "$D/small"; }
	loop_leave
}

teardown_file() {
	loop_end
}

# Answer on a terminal with the drive's path, but first do something.
answer_after() { # COMMAND...
	rm -f typed shown
	mkfifo typed
	(
		exec 8>typed
		until grep -q 'to go on: ' shown 2>/dev/null; do sleep 0.02; done
		"$@"
		printf '%s\n' "$loop" >&8
		# Until the program has ended, and the terminal with it.
		until [ -e ended ]; do sleep 0.02; done
	) 3>&- &
	status=0
	script -qefc "$WTGCTL create --image windows.iso --edition Core $loop"'
		s=$?; touch ended; exit $s' /dev/null <typed >shown 2>&1 || status=$?
	wait
	rm ended
	cat -v shown
}

grow() {
	truncate -s 600M drive.img
	losetup -c "$loop"
}

@test "a drive that changes its size while the question waits is refused" {
	needs script
	answer_after grow
	[ "$status" -eq 3 ]
	grep -qF "$loop is not what it was when it was looked at: its size has changed" shown
	same "data in the file" "$(stat -c %b drive.img)" 0
}

# For a mount namespace of its own.
other_node() {
	mount --bind "$other" "$loop"
}

@test "another drive under the same name while the question waits is refused" {
	needs script
	needs_mount_namespace
	drive=$loop
	attach other.img
	other=$loop loop=$drive
	export -f answer_after other_node
	export loop other
	run unshare --mount --propagation private \
		bash -c 'answer_after other_node; exit "$status"'
	echo "$output"
	[ "$status" -eq 3 ]
	grep -qF "$loop is not what it was when it was looked at: it is another device" shown
	same "data in the files" "$(stat -c %b drive.img other.img | xargs)" "0 0"
}

@test "a drive that is taken away while the question waits is still the one that is written" {
	needs script
	# The kernel gives its name to no other as long as we look at it.
	take_away() {
		losetup -d "$loop"
		truncate -s 512M other.img
		fails losetup "$loop" other.img
	}
	answer_after take_away
	[ "$status" -eq 0 ]
	same "data in the other file" "$(stat -c %b other.img)" 0
	wtgctl verify drive.img
	[ "$status" -eq 0 ]
}

@test "another drive in the moment between looking and opening is refused" {
	needs strace
	truncate -s 512M other.img
	# Stopped when it knows the drive's number, before it opens that.
	rm -f trace
	traced -P "$(readlink -f "/sys/class/block/${loop#/dev/}")/diskseq" \
		-e trace=read -e inject=read:signal=SIGSTOP:when=1 -- 3>&- &
	await_stop $!
	losetup -d "$loop"
	losetup "$loop" other.img
	kill -CONT "$stopped"
	status=0
	wait $! || status=$?
	ended 3 "a drive was unplugged and one plugged in"
	same "data in the files" "$(stat -c %b drive.img other.img | xargs)" "0 0"
}

# A drive that has room for so much and loses the rest: the kernel tells at the flush.
losing() { # SIZE
	losetup -d "$loop"
	mkdir -p small
	mount -t tmpfs -o size="$1" none small
	attach small/drive.img
}

@test "a drive that loses writes is told, and left without a table" {
	losing 12m
	create
	ended 10 "No space left on device"
	same "drive" "$(result .drive)" blank
	same "on the drive" "$(types "$loop")" ""
	grep -qF "nothing on it boots" err
}

@test "a drive that loses the first writes is told" {
	losing 1m
	create
	ended 10 "No space left on device"
	same "drive" "$(result .drive)" uncertain
}

# Cut the run at that flush: what is killed is the process that works, and the one in front of it
# tells.
cut() { # NUMBER OPTION...
	status=0
	traced -e trace=fdatasync -e inject=fdatasync:signal=SIGKILL:when="$1" -- "${@:2}" ||
		status=$?
}

@test "Ctrl-C leaves a blank drive, says so, and the same command goes on" {
	needs strace
	mkfs.ext4 -q "$loop"
	for flush in 3 6 9; do
		rm -f "$D/trace"
		traced -e trace=fdatasync -e inject=fdatasync:signal=SIGSTOP:when=$flush -- --overwrite &
		await_stop $!
		kill -INT "$(ps -o ppid= "$stopped")"
		kill -CONT "$stopped"
		status=0
		wait $! || status=$?
		[ "$status" -eq 130 ]
		same "drive" "$(result .drive)" blank
		grep -qF "nothing on it boots" err
		same "on the drive" "$(types "$loop")" ""
		wtgctl status --json "$loop"
		same "status" "$(jq -r .state out | head -n1)" interrupted
	done
	created
	only_ours
}

@test "killed at any flush, the drive shows what was there, or nothing, or all" {
	needs strace
	mkfs.ext4 -q "$loop"
	flush=0
	while
		flush=$((flush + 1))
		cut $flush --overwrite
		[ "$status" -ne 0 ]
	do
		[ "$status" -eq 10 ]
		grep -qF "the process that does the work was ended by signal 9" err
		types "$loop" >>seen
		! grep -q gpt <<<"$(types "$loop")" || whole
	done
	# The first is before anything is erased, the last five are in and after the table.
	same "seen" "$(uniq seen | tr '\n' ',')" "ext4,,gpt,PMBR gpt,"
	[ "$(grep -c '^$' seen)" -ge 5 ]
	only_ours
}

# Where there is a table, or half of one, there is all that it leads to.
whole() {
	wtgctl verify "$loop"
	cat out
	fails grep -E '^(wrong|warning) +(esp|loader|bcd|windows|registry)' out
}
