#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Several targets in one run: alike, each with its own identity, each with its own end.

load helper

setup_file() {
	disk_begin
	make windows.iso
	"$MAKE_MEDIA" --out long.wim --variant wim --editions 1 --files 500 --bytes 200M >/dev/null
	chmod a+r long.wim
	wtgctl create --json --image windows.iso --edition Core --seed s --size 640M \
		one.img two.img three.img
	cp out made
	echo "$status" >made.status
}

setup() {
	disk_enter
	needs jq
	rm -f new*.img
}

several() { # OPTION-OR-TARGET...
	wtgctl create --json --image windows.iso --edition Core "$@"
}

target() { # PATH FILTER: of what was told of it
	jq -r --arg target "$1" "select(.type == \"target_result\" and .target == \$target) | $2" out
}

untouched() {
	same "touched" "$(result .touched)" false
	same "drives" "$(result '[.targets[].drive] | unique | join(" ")')" untouched
	grep -qxF "None of them was touched." err
}

@test "each is complete, verified, and accepted by others" {
	same "status" "$(cat made.status)" 0
	for name in one two three; do
		wtgctl verify "$name.img"
		[ "$status" -eq 0 ]
		fails grep -E '^wrong' out
		sgdisk -v "$name.img" | grep -q '^No problems found'
	done
}

@test "each has an identity of its own" {
	for name in one two three; do
		sfdisk --json "$name.img" | jq -r '.partitiontable | .id, .partitions[].uuid'
		blkid -p -o value -s UUID -O $MIB "$name.img"
		blkid -p -o value -s UUID -O $((277 * MIB)) "$name.img"
	done >identities
	same "identifiers" "$(wc -l <identities)" 18
	same "different ones" "$(sort -u identities | wc -l)" 18
}

@test "each starts the Windows of its own volume" {
	for name in one two three; do
		rm -f BCD
		esp mcopy "$name.img" ::/EFI/Microsoft/Boot/BCD BCD
		disk=$(guid_bytes "$(sfdisk --json "$name.img" | jq -r .partitiontable.id)")
		od -An -v -tx1 BCD | tr -d ' \n' | grep -q "$disk"
	done
}

@test "all hold the same Windows" {
	for name in one two three; do
		carve "$name.img" 3 volume
		tree_of_volume volume >"$name.tree"
	done
	[ "$(wc -l <one.tree)" -gt 1000 ]
	diff -u one.tree two.tree
	diff -u one.tree three.tree
}

@test "a seed gives the same drives again, the first being that of a run of its own" {
	jq -c 'select(.type == "plan").layout | del(.time)' made >layouts
	wtgctl plan --json --image windows.iso --edition Core --seed s --size 640M \
		new1.img new2.img new3.img
	[ "$status" -eq 0 ]
	jq -c 'select(.type == "plan").layout | del(.time)' out | diff -u layouts -
	wtgctl plan --json --image windows.iso --edition Core --seed s --size 640M new1.img
	jq -c 'select(.type == "plan").layout | del(.time)' out | diff -u <(head -n1 layouts) -
}

@test "with --json each object says which target it is about, and one result is of all" {
	same "results" "$(jq -r 'select(.type == "result") | .status' made)" 0
	same "the last" "$(tail -n1 made | jq -r .type)" result
	same "plans" "$(jq -r 'select(.type == "plan").target.path' made | xargs)" \
		"one.img two.img three.img"
	same "targets" "$(tail -n1 made | jq -r '[.targets[].target] | join(" ")')" \
		"one.img two.img three.img"
	same "target results" "$(jq -r 'select(.type == "target_result") | .target' made | sort | xargs)" \
		"one.img three.img two.img"
	jq -se 'all(.[] | select(.type == "target_result");
		.drive == "complete" and .verified == "full" and .written_bytes > 1000000)' made
	for name in one two three; do
		jq -se --arg target $name.img '[.[] | select(.type == "progress" and
			.target == $target).bytes_done] | length > 10 and . == sort' made
	done
	fails grep -F '"target":null' made
}

@test "people are told of each" {
	wtgctl create --image windows.iso --edition Core --size 640M new1.img new2.img
	[ "$status" -eq 0 ]
	grep -qxF "new1.img is complete and verified." err
	grep -qxF "new2.img is complete and verified." err
	grep -qxF "All 2 drives are complete." err
	rm new1.img new2.img
	wtgctl create -q --image windows.iso --edition Core --size 640M new1.img new2.img
	[ "$status" -eq 0 ]
	[ ! -s err ] && [ ! -s out ]
	rm new1.img new2.img
	wtgctl create -v --image windows.iso --edition Core --size 640M new1.img new2.img
	grep -qxF "new1.img: apply: write-table" err
	grep -qxF "new2.img: apply: write-table" err
}

@test "on a terminal each has a line" {
	command -v script >/dev/null || skip "script(1) is not installed"
	status=0
	as_user script -qefc "TERM=xterm '$D/wtgctl' create --image long.wim --size 900M \
		new1.img new2.img" /dev/null >shown 2>&1 </dev/null || status=$?
	cat -v shown
	[ "$status" -eq 0 ]
	grep -qP '^new1.img: .*\r?$' shown
	grep -qP '\x1b\[2A\r\x1b\[J' shown
	grep -qF "All 2 drives are complete." shown
}

@test "a target that is given twice is found, whatever it is called" {
	mkdir -p dir
	as_user truncate -s 640M here.img
	ln -sf here.img link.img
	ln -f here.img hard.img
	for pair in "here.img here.img" "here.img ./here.img" "link.img here.img" "here.img hard.img" \
		"new.img $D/dir/../new.img"; do
		# shellcheck disable=SC2086
		wtgctl plan --image windows.iso --edition Core --size 640M $pair
		[ "$status" -eq 2 ]
		grep -qF "wtgctl: ${pair% *} and ${pair#* } are one target." err
	done
}

@test "if one cannot be used, all problems are told and nothing is done" {
	as_user truncate -s 640M small.img
	printf 'something' | as_user dd of=small.img conv=notrunc status=none
	for command in plan create; do
		wtgctl $command --json --image windows.iso --edition Core \
			new1.img small.img /dev/full /dev/nosuch
		[ "$status" -eq 5 ]
		grep -qF "wtgctl: new1.img does not exist." err
		grep -qF "new1.img: Give the size of the file to make: --size 64GB." err
		grep -qF "wtgctl: small.img is not empty" err
		grep -qF "wtgctl: /dev/full is a character device, neither a drive nor a plain file." err
		grep -qF "wtgctl: open /dev/nosuch: No such file or directory." err
		grep -qF "wtgctl: 4 of the 4 targets cannot be used." err
		same "touched" "$(result .touched)" false
		same "statuses" "$(result '[.targets[].status] | join(" ")')" "2 3 3 5"
	done
	rm small.img
}

@test "what is wrong is told to the end, however long a path is" {
	long=$(printf 'directory/%.0s' {1..300})
	wtgctl plan --json --image windows.iso --edition Core --size 640M new1.img "$long"new.img
	[ "$status" -eq 5 ]
	grep -q '^wtgctl: .*directory/directory: No such file or directory\.$' err
	[ "$(grep -c '^wtgctl: ' err)" -eq 2 ]
}

@test "if only one cannot be made, the others are not begun" {
	mkdir -p closed && chmod 555 closed
	several --size 640M new1.img closed/new.img
	[ "$status" -eq 5 ]
	grep -qF "create closed/new.img: Permission denied" err
	untouched
	[ ! -e new1.img ]
}

@test "if only one cannot be used, the others are not begun" {
	as_user truncate -s 100M tiny.img
	as_user truncate -s 640M fits.img
	several --windows-size 300M fits.img tiny.img
	[ "$status" -eq 6 ]
	grep -qF "wtgctl: tiny.img has 104.9 MB (100 MiB)" err
	grep -qF "wtgctl: 1 of the 2 targets cannot be used." err
	untouched
	same "fits.img" "$(stat -c %b fits.img)" 0
}

@test "what is wrong with the image or the command line is told once" {
	several --size 640M --data-fs ntfs new1.img new2.img
	[ "$status" -eq 2 ]
	same "sentences" "$(grep -c '^wtgctl: ' err)" 1
	several --size 640M --sha256 "$(printf '0%.0s' {1..64})" new1.img new2.img
	[ "$status" -eq 4 ]
	same "sentences" "$(grep -c '^wtgctl: ' err)" 1
	untouched
	[ ! -e new1.img ] && [ ! -e new2.img ]
}

@test "drives that differ too much are refused, unless sizes are given" {
	as_user truncate -s 640M less.img
	as_user truncate -s 674M more.img
	as_user truncate -s 668M near.img
	several more.img less.img
	[ "$status" -eq 6 ]
	grep -qF "less.img has 671.1 MB (640 MiB) and more.img has 706.7 MB (674 MiB)" err
	untouched
	wtgctl plan --image windows.iso --edition Core --windows-size 300M less.img more.img
	[ "$status" -eq 0 ]
	several --dry-run near.img less.img
	[ "$status" -eq 0 ]
	same "sizes of Windows" "$(jq -r 'select(.type == "plan").layout.partitions[2].size_bytes' out |
		sort -u | wc -l)" 1
	jq -r 'select(.type == "plan" and .target.path == "near.img").warnings[]' out |
		grep -qF "28 MiB at the end of this drive stay unused"
	same "of the others" "$(jq -r 'select(.type == "plan" and .target.path == "less.img").warnings[]' out |
		grep -c unused)" 0
}

@test "the second table of a larger one lies at its own end" {
	as_user truncate -s 640M less.img
	as_user truncate -s 668M near.img
	rm -f new.img
	several near.img less.img
	[ "$status" -eq 0 ]
	for name in near less; do
		sgdisk -v $name.img | grep -q '^No problems found'
	done
	rm near.img less.img
}

@test "without a terminal each that has something to lose must be named" {
	as_user truncate -s 640M holes.img
	for name in full other; do
		as_user truncate -s 640M $name.img
		printf 'something' | as_user dd of=$name.img conv=notrunc status=none
	done
	several --overwrite --confirm full.img full.img other.img
	[ "$status" -eq 3 ]
	grep -qF "nobody is at a terminal to confirm that other.img may be erased" err
	untouched
	several --overwrite --confirm full.img --confirm full.img full.img other.img
	[ "$status" -eq 3 ]
	grep -qF -- '--confirm says "full.img", which names none of the targets that are left.' err
	several --dry-run --overwrite --confirm third.img full.img other.img
	[ "$status" -eq 3 ]
	grep -qF -- '--confirm says "third.img", which names none of the targets.' err
	several --overwrite --confirm other.img --confirm full.img full.img holes.img other.img
	[ "$status" -eq 0 ]
	rm full.img other.img holes.img
}

@test "an interruption ends all, and each is said to be what it is" {
	as_user "$D/wtgctl" create --json --image long.wim --size 900M new1.img new2.img \
		>out 2>err </dev/null 3>&- &
	run=$!
	until [ "$(grep -c '"phase":"apply","step":"apply-image"' out)" -ge 2 ]; do
		kill -0 $run
		sleep 0.01
	done
	begun=$(date +%s%N)
	kill -TERM "$(pgrep -P $run -x wtgctl)"
	status=0
	wait $run || status=$?
	[ $((($(date +%s%N) - begun) / 1000000)) -lt 3000 ]
	cat err
	[ "$status" -eq 143 ]
	for name in new1 new2; do
		same "$name" "$(target $name.img '"\(.status) \(.kind) \(.drive)"')" "143 cancelled blank"
		grep -qF "$name.img: The drive was left without a partition table" err
		same "table" "$(blkid -p $name.img)" ""
	done
	same "result" "$(result '"\(.status) \(.touched)"')" "143 true"
	wtgctl create --image long.wim new1.img new2.img
	[ "$status" -eq 0 ]
}

@test "all get the same form, compressed or not" {
	for compact in auto lzx; do
		as_user truncate -s 640M less.img
		as_user truncate -s 900M more.img
		several --compact=$compact --windows-size 300M less.img more.img
		[ "$status" -eq 0 ]
		same "forms" "$(jq -r 'select(.type == "plan").steps[] | select(.step == "apply-image") |
			.compact.form' out | sort -u | wc -l)" 1
		for name in less more; do
			wtgctl verify $name.img
			[ "$status" -eq 0 ]
		done
		rm less.img more.img
	done
}

# Type each line of FILE when the next question is there.
type_all() { # FILE
	local n=0 line
	while read -r line; do
		n=$((n + 1))
		for _ in $(seq 100); do
			[ "$(grep -o 'to go on: ' shown 2>/dev/null | wc -l)" -lt $n ] || break
			sleep 0.1
		done
		echo "$line"
	done <"$1"
	sleep 1
}

ask() { # ANSWER...
	printf '%s\n' "$@" >answers
	rm -f shown
	status=0
	type_all answers | as_user script -qefc "'$D/wtgctl' create --image windows.iso --edition Core \
		--overwrite full.img other.img" /dev/null >shown 2>&1 || status=$?
	cat -v shown
}

@test "on a terminal all are shown, and each is asked for by its name" {
	command -v script >/dev/null || skip "script(1) is not installed"
	for name in full other; do
		as_user truncate -s 640M $name.img
		printf 'something' | as_user dd of=$name.img conv=notrunc status=none
	done
	ask full.img full.img
	[ "$status" -eq 3 ]
	grep -qF "Everything on these 2 targets will be lost:" shown
	grep -qF "the answer does not name other.img" shown
	grep -qF "None of them was touched." shown
	ask full.img other.img
	[ "$status" -eq 0 ]
	grep -qF "full.img: type its path to go on: " shown
	grep -qF "All 2 drives are complete." shown
	rm full.img other.img
}
