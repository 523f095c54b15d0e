#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Ctrl-C, a closed pipe, a process that is killed and writes that fail, wherever they come: the
# drive is blank or complete, never in between, and the user is told which.

load attack

setup_file() {
	attack_begin
	# Where an ordinary user can read it.
	install -m 644 "$BATS_TEST_DIRNAME/interrupt-when.pl" "$D"
	medium windows.iso
	medium one.wim --variant wim --editions 1
	medium long.wim --variant wim --editions 1 --files 1000 --bytes 200M
}

setup() {
	attack_enter
	rm -f t.img
}

# interrupted WHEN MS SIGNAL IMAGE: and how it ended.
interrupted() {
	rm -f t.img
	as_user perl "$D/interrupt-when.pl" "$1" "$2" "$3" "$D/wtgctl" create --json \
		--edition 1 --image "$4" --size 1G t.img 2>err >end || { cat end err && return 1; }
	ended=$(cat end)
	drive=$(jq -r 'select(.type == "result").drive' out)
	echo "$3 $2 ms after $1: $ended, drive $drive, $(grep '^wtgctl: ' err)"
}

# The drive is what we are told.
judged() {
	case $drive in
	untouched)
		grep -qxF "The file was not touched." err && [ ! -e t.img ]
		;;
	blank)
		grep -q "^The drive was left without a partition table: nothing on it boots[.]" err &&
			blank t.img && no_table_for_sgdisk t.img &&
			[[ $(state t.img) == interrupted\ * ]]
		;;
	complete)
		status_is t.img complete && "$D/wtgctl" verify t.img >/dev/null
		;;
	*)
		false
		;;
	esac || return 1
	nothing_left t.img
}

@test "Ctrl-C in every step ends by the signal, and the drive is what is said of it" {
	needs perl pgrep
	for at in check,fetch-image prepare,fetch-image \
		{apply,verify},{wipe-target,format-windows,apply-image,patch-windows,write-esp} \
		{apply,verify},{write-table,verify-drive}; do
		interrupted "\"phase\":\"${at%,*}\",\"step\":\"${at#*,}\"" 1 INT windows.iso
		judged
		[ "$ended" = "signal 2" ] || [ "$drive" = complete ]
	done
}

@test "while it applies, while it reads back, by SIGTERM and SIGHUP, too" {
	needs perl pgrep
	interrupted '"phase":"apply","step":"apply-image"' 30 TERM long.wim
	judged
	[ "$ended, $drive" = "signal 15, blank" ]
	interrupted '"step":"read-back"' 0 HUP long.wim
	judged
	[ "$ended, $drive" = "signal 1, blank" ]
	status_is t.img interrupted read-back
}

@test "at any time" {
	needs perl pgrep
	RANDOM=20250722
	for _ in 1 2 3 4 5 6; do
		interrupted "" $((RANDOM % 600)) TERM long.wim
		if [ -z "$drive" ]; then # before there was anybody to hear it
			[ "$ended" = "signal 15" ] && [ ! -e t.img ]
			continue
		fi
		judged
	done
}

@test "Ctrl-C on a terminal reaches mkntfs, too, and is still ours" {
	needs perl pgrep
	for ms in 0 2 4 6; do
		interrupted '"phase":"apply","step":"format-windows"' $ms -INT one.wim
		[ "$ended" = "signal 2" ]
		judged
	done
}

@test "an ignored SIGINT stays ignored, as nohup and shells' background jobs want it" {
	needs perl
	rm -f t.img
	(
		trap '' INT
		exec perl -e 'my $p = fork; if (!$p) { exec @ARGV } select(undef, undef, undef, .1);
			kill INT => $p; waitpid($p, 0); exit($? >> 8 | $? & 127)' \
			"$D/wtgctl" create -q --image one.wim --size 1G t.img
	)
	status_is t.img complete
}

# ------------------------------------------------------------------ nobody listens

@test "a reader that goes away does not stop the run" {
	wtgctl_to_head() { as_user "$D/wtgctl" create --json --image one.wim --size 1G t.img 2>err; }
	set +o pipefail
	{ wtgctl_to_head; echo $? >code; } | head -n 1 >first
	jq -e '.type == "plan"' first
	[ "$(cat code)" -eq 0 ]
	grep -qF "not all of the output could be written" err
	status_is t.img complete
}

@test "a full or closed standard output is said" {
	for command in "info one.wim" "info --json one.wim" "help" "version" \
		"plan --image one.wim --size 1G t.img" "plan --json --image one.wim --size 1G t.img"; do
		status=0
		# shellcheck disable=SC2086 # words
		"$D/wtgctl" $command >/dev/full 2>err || status=$?
		said 5 "not all of the output could be written"
	done
	status=0
	"$D/wtgctl" create --json --image one.wim --size 1G t.img >&- 2>err || status=$?
	cat err
	[ "$status" -eq 0 ]
	"$D/wtgctl" verify t.img
	rm t.img
	"$D/wtgctl" create -q --image one.wim --size 1G t.img <&- >&- 2>&-
	"$D/wtgctl" verify t.img
}

# ------------------------------------------------------------------ power cuts and failing drives

# blkid, sfdisk and file find nothing and status says where it stopped; or verify is content.
blank_or_complete() {
	found=complete
	if blank t.img; then
		found=blank
		"$D/wtgctl" verify t.img >/dev/null 2>&1 && return 1
		# Of the write that makes the record, and that before it, nothing can tell.
		[ "$1" -eq 1 ] || [[ $(state t.img) == interrupted\ * ]]
	else
		sgdisk -v t.img | grep -q '^No problems found' || return 1
		"$D/wtgctl" verify t.img >/dev/null && status_is t.img complete
	fi
}

@test "killed at a write, the drive is blank or complete" {
	needs strace
	last=$(count_calls pwrite64 --image one.wim --size 1G)
	[ "$last" -gt 30 ]
	complete=0
	for n in $(points "$last" 25); do
		rm -f t.img
		struck pwrite64 "signal=KILL:when=$n" --image one.wim --size 1G 2>/dev/null
		echo "killed at write $n of $last: status $status"
		[ "$status" -eq 137 ]
		blank_or_complete "$n"
		[ $found = blank ] || complete=$((complete + 1))
		[ $((n % 9)) -eq 0 ] || [ "$n" -eq $((last - 1)) ] || continue
		# The same command again needs no more than before.
		wtgctl create -q --image one.wim t.img
		cat err
		[ "$status" -eq 0 ]
		"$D/wtgctl" verify -q t.img
	done
	# All but the last write, which says that it is over, come before the table shows.
	[ "$complete" -eq 1 ]
	[ -z "$(ls -A "$TMPDIR")" ]
}

@test "killed while an old table is erased, that is whole or gone" {
	needs strace
	as_user "$D/wtgctl" create -q --image one.wim --size 1G old.img
	id=$(blkid -p -s PTUUID -o value old.img)
	for n in 1 2 3 4 5 6 8; do
		rm -f t.img
		cp --sparse=always old.img t.img
		[ "$(id -u)" -ne 0 ] || chown nobody t.img
		struck pwrite64 "signal=KILL:when=$n" --image one.wim --overwrite \
			--confirm "$D/t.img" 2>/dev/null
		[ "$status" -eq 137 ]
		echo "killed at write $n"
		if blank t.img; then
			[ "$n" -gt 2 ]
			status_is t.img interrupted wipe-target
		else
			[ "$n" -le 2 ]
			[ "$(blkid -p -s PTUUID -o value t.img)" = "$id" ]
			sgdisk -v t.img | grep -q '^No problems found'
		fi
	done
}

# failed N WHAT: status and sentence of a failed call, and what is found then.
failed() {
	echo "$2 $1: status $status, $(cat err)"
	one_sentence || return 1
	if grep -qxF "The file was not touched." err; then
		[ "$status" -eq 5 ] && [ ! -e t.img ]
		return
	fi
	[ "$status" -eq 10 ] || return 1
	if grep -qF "The drive was left without a partition table" err; then
		blank t.img && no_table_for_sgdisk t.img
	elif grep -qF "Its partition table was just being erased or written" err; then
		true
	else
		grep -qF "The drive is complete, but it was not verified" err &&
			status_is t.img complete
	fi
}

@test "a write that fails ends it with one true sentence and no table" {
	needs strace
	last=$(count_calls pwrite64 --image one.wim --size 1G)
	i=0
	for n in $(points "$last" 25); do
		if [ $((i++ % 2)) -eq 0 ]; then error=EIO words="Input/output error"
		else error=ENOSPC words="No space left on device"; fi
		rm -f t.img
		struck pwrite64 "error=$error:when=$n" --image one.wim --size 1G
		failed "$n" "$error of write"
		grep -qE "^wtgctl: .*write to the drive at byte [0-9]+: ${words}[.]$" err
		[ "$n" -eq 1 ] || [ "$n" -eq "$last" ] || blank t.img
		# Nothing is written after a write that failed.
		[ "$(grep -c '^pwrite64(' trace)" -eq "$n" ]
	done
	[ -z "$(ls -A "$TMPDIR")" ]
}

@test "what a drive swallows of a write is found out, if it matters" {
	needs strace
	struck pwrite64 "" --image one.wim --size 1G
	# Where the first sector is not zeros.
	grep '^pwrite64(' trace | grep -nE '"(FILE|INDX|EFI PART|wtgctl marker)' | cut -d: -f1 >begun
	[ "$(wc -l <begun)" -ge 6 ]
	found=0
	for n in $(sed -n '1~2p' begun); do
		rm -f t.img
		struck pwrite64 "retval=512:when=$n" --image one.wim --size 1G
		echo "write $n: status $status, $(cat err)"
		if [ "$status" -eq 0 ]; then # it was written again later
			"$D/wtgctl" verify -q t.img
			continue
		fi
		# By reading back at the latest; before, where the volume does not make sense.
		[ "$status" -eq 11 ] || [ "$status" -eq 10 ]
		one_sentence
		found=$((found + 1))
	done
	[ "$found" -ge 2 ]
}

@test "a flush that fails is not forgotten" {
	needs strace
	last=$(count_calls fdatasync --image one.wim --size 1G)
	[ "$last" -ge 8 ]
	for n in $(seq "$last"); do
		rm -f t.img
		struck fdatasync "error=EIO:when=$n" --image one.wim --size 1G
		failed "$n" flush
		grep -qE "^wtgctl: .*flush.*: Input/output error[.]$" err
		# Once is enough: the kernel tells it once.
		[ "$(grep -c '^fdatasync(' trace)" -eq "$n" ]
	done
}

@test "an image that cannot be read any more is said, wherever it stops" {
	needs strace
	for image in one.wim windows.iso; do
		for n in 1 2 5 20 40; do
			rm -f t.img
			status=0
			# shellcheck disable=SC2086 # a command and its options
			as_user $STRACE -o trace -P "$D/$image" -e trace=read,pread64 \
				-e inject=read,pread64:error=EIO:when=$n+ "$D/wtgctl" create -q \
				--image "$D/$image" --edition 1 --size 1G "$D/t.img" \
				>out 2>err </dev/null || status=$?
			grep -q INJECTED trace || continue
			echo "read $n of $image: status $status, $(cat err)"
			one_sentence
			grep -qF "$image" err
			case $status in
			4 | 5) [ ! -e t.img ] ;;
			10) blank t.img ;;
			*) false ;;
			esac
		done
	done
}
