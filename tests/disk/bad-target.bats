#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Targets that do not suit, requests that make no sense, and a machine that lacks something.

load attack

setup_file() {
	attack_begin
	medium windows.iso
	medium one.wim --variant wim --editions 1
}

setup() {
	attack_enter
	rm -f new.img
}

# rejects STATUS WORDS ARGUMENT...: create with one.wim.
rejects() {
	local expected=$1 words=$2
	shift 2
	for dry in --dry-run ''; do
		wtgctl create -q --progress none $dry --image one.wim "$@"
		said "$expected" "$words" || return 1
	done
	[ ! -e new.img ]
}

@test "what is no drive" {
	mkdir -p directory && rm -f pipe && mkfifo pipe
	rejects 3 "directory is a directory, neither a drive nor a plain file" directory
	rejects 3 "pipe is a pipe, neither a drive nor a plain file" pipe
	rejects 3 "/dev/null is a character device, neither a drive nor a plain file" /dev/null
	rejects 2 "no target is given" ""
}

@test "what is gone" {
	rejects 5 "open /dev/sdzzz: No such file or directory" --size 1G /dev/sdzzz
	grep -qF "Is it plugged in?" err
	[ ! -e /dev/sdzzz ]
	rejects 5 "look at the directory nowhere: No such file or directory" --size 1G nowhere/new.img
	rejects 2 "new.img does not exist" new.img
	grep -qF "Give the size of the file to make" err
}

@test "what cannot be made" {
	mkdir -p closed && chmod 555 closed
	rejects 5 "create closed/new.img: Permission denied" --size 1G closed/new.img
	rejects 2 "new.img/ is no name of a file" --size 1G new.img/
	rejects 5 "new.img: File name too long" --size 1G "$(printf 'new%.0s' {1..85})new.img"
}

@test "links" {
	ln -sfn nowhere dangling && ln -sfn round round && ln -sfn /dev/null device
	rejects 2 "dangling is a link to nothing" --size 1G dangling
	[ ! -e nowhere ]
	rejects 5 "look at round: Too many levels of symbolic links" --size 1G round
	rejects 3 "device is a character device" --size 1G device
}

@test "the image itself, under any name" {
	ln -sfn one.wim symbolic.img && ln -f one.wim hard.img
	sha256sum one.wim >sum
	for name in one.wim symbolic.img hard.img "$D/one.wim" ./../"$(basename "$D")"/one.wim; do
		rejects 3 "$name is the image itself" --overwrite --confirm "$name" "$name"
	done
	rm hard.img
	sha256sum -c --quiet sum
}

@test "a target that holds something, or is confirmed as another" {
	target old.img
	rejects 3 "old.img is not empty: it holds data of an unknown kind" old.img
	grep -qF "To lose all of that, add --overwrite." err
	rejects 3 '--confirm says "other.img", but the path of old.img is "old.img"' \
		--overwrite --confirm other.img old.img
	untouched old.img
	rejects 3 '--confirm says "other.img", but the path of new.img is "new.img"' \
		--confirm other.img --size 1G new.img
}

@test "a target that may not be written" {
	target old.img
	chmod 444 old.img
	rejects 5 "open old.img for writing: Permission denied" --overwrite --confirm old.img old.img
	untouched old.img
	chmod 000 old.img
	rejects 5 "open old.img: Permission denied" --overwrite --confirm old.img old.img
	chmod 600 old.img
	untouched old.img
	mkdir -p closed && chmod 555 closed
	wtgctl create -q --image one.wim --size 1G closed/new.img
	said 5 "create closed/new.img: Permission denied"
}

@test "a target that another program has locked" {
	target old.img
	as_user flock old.img sleep 20 3>&- &
	for _ in $(seq 50); do
		flock -n old.img true || break
		sleep 0.05
	done
	rejects 5 "old.img is in use: process" --overwrite --confirm old.img old.img
	grep -qE "process [0-9]+ \(flock\) has locked it" err
	untouched old.img
	kill $!
	pkill -P $! sleep || true
}

@test "a target that another wtgctl writes to" {
	needs strace
	rm -f t.img
	# shellcheck disable=SC2086 # a command and its options
	as_user $STRACE -o /dev/null -P "$D/t.img" -e trace=pwrite64 \
		-e inject=pwrite64:delay_enter=3000000:when=6 \
		"$D/wtgctl" create -q --image one.wim --size 1G "$D/t.img" >first 2>&1 3>&- &
	for _ in $(seq 200); do
		[[ $(state t.img 2>/dev/null) == interrupted* ]] && break
		sleep 0.05
	done
	wtgctl create -q --image one.wim t.img
	said 5 "t.img is in use: another wtgctl, process"
	wait $!
	status_is t.img complete
	wtgctl verify t.img
	[ "$status" -eq 0 ]
}

@test "a target that is too small" {
	rejects 6 "new.img has 67.1 MB (64 MiB), this image and layout need" --size 64M new.img
	rejects 6 "this image and layout need" --size 390M new.img
	rejects 6 "new.img has 512 bytes, 64 MiB are needed" --size 512 new.img
	as_user truncate -s 100M small.img
	rejects 6 "small.img has" small.img
	[ "$(stat -c %b small.img)" -eq 0 ]
}

@test "sizes that are none, and sizes that contradict each other" {
	for size in 0 -5 G 1G1 1.5G 8E 99999999999999999999 9000000T ' 1G' '' $'\e[31m'; do
		rejects 2 "option --size " "--size=$size" new.img
	done
	rejects 2 "the size 1000000001 is not a multiple of 512" --size 1000000001 new.img
	as_user truncate -s 1G is-there.img
	rejects 2 "is-there.img has 1073741824 bytes already, not the 2147483648 of --size" \
		--size 2G is-there.img
	rejects 2 "--esp-size" --size 1G --esp-size 1 new.img
	rejects 6 "new.img has 1.1 GB (1 GiB), this image and layout need" --size 1G --esp-size 2G new.img
	rejects 6 "the edition needs" --size 1G --windows-size 1 new.img
	rejects 6 "more than the 746 MiB" --size 1G --windows-size 2G new.img
	rejects 6 "the edition needs" --size 1G --data-size 4000000T new.img
	rejects 6 "the least is 64 MiB" --size 1G --data-size 1 new.img
	rejects 6 "the least is 64 MiB" --size 1G --data-size 9M --data-fs fat32 new.img
	rejects 2 "--data-fs without --data-size" --size 1G --data-fs ntfs new.img
}

@test "options that are unknown, abbreviated, repeated, or choices that are none" {
	rejects 2 "unknown option --sise" --sise 1G new.img
	rejects 2 "option --siz is abbreviated" --siz 1G new.img
	rejects 2 "option --size is given twice" --size 1G --size 1G new.img
	rejects 2 "unknown option --" $'--\e[31m\xff' new.img
	rejects 2 "option --boot-ca takes one of auto|2011|2023" --boot-ca 2030 --size 1G new.img
	rejects 2 "option --data-fs takes one of ntfs|exfat|fat32" --data-fs ext4 --size 1G new.img
	rejects 2 "option --timeout takes a number" --timeout -1 --size 1G new.img
}

@test "a label that Windows would not take" {
	rejects 2 "label" --size 1G --label "$(printf 'x%.0s' {1..33})" new.img
	for label in $'a\nb' $'\e[2J' $'\xff\xfe'; do
		rejects 2 "label" --size 1G --label "$label" new.img
	done
}

@test "a limit on the size of files" {
	as_user truncate -s 1G empty.img
	run_limited() { prlimit --fsize=100000000 setpriv --reuid "$(id -u nobody)" --clear-groups "$@"; }
	[ "$(id -u)" -eq 0 ] || run_limited() { prlimit --fsize=100000000 "$@"; }
	for target in "--size 1G new.img" empty.img; do
		status=0
		# shellcheck disable=SC2086 # an option and its value
		run_limited "$D/wtgctl" create -q --image one.wim $target >out 2>err || status=$?
		said 5 "files may have 95.4 MiB here"
	done
	[ ! -e new.img ]
	[ "$(stat -c %b empty.img)" -eq 0 ]
}

# ------------------------------------------------------------------ scratch files

@test "a scratch directory that is missing, or none" {
	for dir in /nowhere /dev/null; do
		TMPDIR=$dir wtgctl create -q --image windows.iso --edition 1 --size 1G new.img
		said 5 "$dir"
		[ ! -e new.img ]
	done
}

# mounted COMMAND: run in a shell of root's, in mounts of its own; $small is a directory there.
mounted() {
	needs_root
	mkdir -p small
	status=0
	small=$D/small unshare -m bash -euc "$1" >out 2>err </dev/null || status=$?
}

as_nobody="setpriv --reuid nobody --regid $(id -g nobody 2>/dev/null) --clear-groups"

@test "a scratch directory that is full" {
	mounted "mount -t tmpfs -o size=16K,mode=777 none \$small
		! TMPDIR=\$small $as_nobody $D/wtgctl create -q --image windows.iso --edition 1 \
			--size 1G new.img
		ls -A \$small; ls -A | grep new.img || true"
	[ ! -s out ]
	one_sentence
	grep -qF "No space left on device" err
	grep -qF "Set TMPDIR to a directory with room" err
}

@test "a scratch directory that could not hold the image does" {
	mounted "mount -t tmpfs -o size=1M,mode=777 none \$small
		TMPDIR=\$small $as_nobody $D/wtgctl create -q --image windows.iso --edition 1 \
			--size 1G new.img
		ls -A \$small; rm new.img"
	[ ! -s out ] && [ ! -s err ] && [ "$status" -eq 0 ]
	[ "$(stat -c %s windows.iso)" -gt 3000000 ]
}

@test "too little room under a file target" {
	mounted "mount -t tmpfs -o size=100M,mode=777 none \$small
		$as_nobody $D/wtgctl create -q --image one.wim --size 1G \$small/new.img ||
			echo status \$?
		ls -A \$small"
	[ "$(cat out)" = "status 6" ]
	one_sentence
	grep -qF "small/new.img has room for 100 MiB, the" err
	grep -qxF "The file was not touched." err
}

@test "room under each of two file targets, but not under both" {
	mounted "mount -t tmpfs -o size=300M,mode=777 none \$small
		$as_nobody truncate -s 0 \$small/there.img
		$as_nobody ln -sfn \$small/there.img link.img
		for targets in 'new.img small/1.img' 'link.img small/1.img' \
			'small/1.img new.img small/2.img'; do
			for command in plan create; do
				$as_nobody $D/wtgctl \$command -q --image one.wim --size 1G \$targets \
					>plan || echo status \$?
				rm -f new.img small/1.img
			done
		done
		find small -type f -size +0; rm link.img"
	cat err
	[ "$(xargs <out)" = "status 6 status 6 status 6 status 6" ]
	[ "$(grep -c "1.img has room for 300 MiB, the run's 2 files there will take" err)" -eq 4 ]
	[ "$(grep -c "link.img has room for 300 MiB, the run's 2 files there will take" err)" -eq 2 ]
	[ "$(grep -c "2.img has room for 300 MiB, the run's 2 files there will take" err)" -eq 2 ]
	[ "$(grep -cxF "wtgctl: 2 of the 2 targets cannot be used." err)" -eq 2 ]
	[ "$(grep -cxF "wtgctl: 2 of the 3 targets cannot be used." err)" -eq 2 ]
	[ "$(grep -cxF "None of them was touched." err)" -eq 2 ]
}

@test "a disk that fills under a file target: blank, said, and well at the second try" {
	needs strace
	mounted "mount -t tmpfs -o size=300M,mode=777 none \$small
		$as_nobody $STRACE -o /dev/null -P \$small/new.img -e trace=pwrite64 \
			-e inject=pwrite64:delay_enter=1000000:when=13 \
			$D/wtgctl create -q --image one.wim --size 1G \$small/new.img &
		until [ -e \$small/new.img ]; do kill -0 \$!; sleep 0.01; done
		head -c 400M /dev/zero 2>/dev/null >\$small/filler || true
		wait \$! || echo status \$?
		blkid -p \$small/new.img || echo blkid \$?
		rm \$small/filler
		$as_nobody $D/wtgctl create -q --image one.wim \$small/new.img
		sgdisk -v \$small/new.img"
	cat out err
	grep -qx "status 10" out
	grep -qx "blkid 2" out
	grep -qF "No space left on device" err
	grep -qF "The drive was left without a partition table" err
	grep -q "^No problems found" out
}

@test "programs that are missing" {
	for program in mkntfs mkfs.fat mkfs.exfat; do
		needs $program
		for dry in --dry-run ''; do
			mounted "mount --bind /dev/null $(readlink -f "$(command -v $program)")
				exec $as_nobody $D/wtgctl create $dry -q --image one.wim --size 1G \
					--data-size 64M new.img"
			said 5 "the program $program is missing"
			grep -qF "Install it: on Debian it is in the package" err
			[ ! -e new.img ]
		done
	done
}

@test "a program that cannot be started" {
	mounted "echo >\$small/empty; chmod 755 \$small/empty
		mount --bind \$small/empty $(readlink -f "$(command -v mkntfs)")
		exec $as_nobody $D/wtgctl create -q --image one.wim --size 1G new.img"
	cat err
	[ "$status" -eq 10 ]
	grep -qF "format-windows: mkntfs could not be started" err
	blank new.img
}

# ------------------------------------------------------------------ a bare machine

@test "without /proc nothing is begun that would need it" {
	! grep -q __asan_init "$D/wtgctl" || skip "sanitizers need /proc, too"
	mounted "umount -l /proc
		$as_nobody $D/wtgctl create -q --image windows.iso --edition 1 --size 1G new.img"
	said 5 "find /proc, which the program mkntfs needs"
	[ ! -e new.img ]
}

@test "without /dev it says so" {
	mounted "mount -t tmpfs none /dev
		$as_nobody $D/wtgctl info windows.iso"
	said 5 "open /dev/null"
}
