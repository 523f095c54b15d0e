#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Ctrl-C, a closed pipe and reads that fail, wherever they come: the drive is blank or complete,
# never in between, and the user is told which.  Writes that fail are walked in sweep.

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
	for at in check,wipe-target \
		{apply,verify},{wipe-target,format-windows,apply-image,write-esp} \
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

# ------------------------------------------------------------------ failing media (drives: sweep)

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
			# A sanitized worker keeps its standard error, and libudfread speaks up.
			! grep -q __asan_init "$D/wtgctl" || sed -i '/^udfread ERROR: /d' err
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
