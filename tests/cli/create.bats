#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# create as its user meets it: what is shown, asked and answered.  MAKE_MEDIA makes the disc.

setup_file() {
	"$MAKE_MEDIA" --out "$BATS_FILE_TMPDIR/windows.iso" >/dev/null
}

setup() {
	cd "$BATS_TEST_TMPDIR" || exit 1
	iso=$BATS_FILE_TMPDIR/windows.iso
}

absent() {
	if grep "$@"; then
		return 1
	fi
}

wtgctl() {
	status=0
	"$WTGCTL" "$@" >out 2>err </dev/null || status=$?
	cat out err
}

result() {
	jq -r "select(.type == \"result\").$1" out
}

# A target with something to lose.
make_full() {
	truncate -s 4G full.img
	printf 'something' | dd of=full.img conv=notrunc status=none
	stat -c '%.Y %b' full.img >before
}

# Neither written to nor given room.
untouched() {
	stat -c '%.Y %b' full.img | diff -u before -
}

@test "a new file is made, verified, and known afterwards" {
	wtgctl create --image "$iso" --edition Core --size 4G new.img
	[ "$status" -eq 0 ]
	[ ! -s out ]
	grep -qF "new.img is complete and verified" err
	wtgctl verify new.img
	[ "$status" -eq 0 ]
	absent -E '^wrong' out
	wtgctl status --json new.img
	[ "$(jq -r 'select(.type == "status").state' out)" = complete ]
}

@test "a drive whose table firmware would not see is not complete" {
	wtgctl create --image "$iso" --edition Core --size 4G new.img
	dd if=/dev/zero of=new.img bs=512 count=1 conv=notrunc status=none
	wtgctl status --json new.img
	[ "$(jq -r 'select(.type == "status").state' out)" = foreign ]
	wtgctl verify new.img
	[ "$status" -eq 7 ]
	grep -qF "no protective MBR" out
}

@test "what is missing or tiny is said to be" {
	truncate -s 100 tiny.img
	truncate -s 0 empty.img
	for file in tiny.img empty.img; do
		wtgctl verify "$file"
		[ "$status" -eq 7 ]
		grep -qF "there is no partition table" out
		wtgctl status "$file"
		[ "$status" -eq 0 ]
		grep -q "^state: *foreign$" out
	done
	for command in verify status; do
		wtgctl $command gone.img
		[ "$status" -eq 5 ]
		grep -qF "open gone.img: No such file" err
		absent -F -e --size err
	done
}

@test "what cannot be formatted is refused while nothing is touched" {
	long=$(printf 'x%.0s' {1..33})
	wtgctl create --image "$iso" --edition Core --size 4G --label "$long" new.img
	[ "$status" -eq 2 ]
	grep -qF "longer than 32 characters" err
	wtgctl create --image "$iso" --edition Core --size 4G --label "$(printf 'a\377')" new.img
	[ "$status" -eq 2 ]
	wtgctl create --image "$iso" --edition Core --size 4G --data-size 1M new.img
	[ "$status" -eq 6 ]
	truncate -s 3T new.img
	wtgctl plan --image "$iso" --edition Core --max-size 4T --data-fs fat32 \
		--windows-size 20G new.img
	[ "$status" -eq 6 ]
	grep -qF "FAT32" err
	wtgctl plan --image "$iso" --edition Core --max-size 4T --data-fs ntfs \
		--windows-size 2100G new.img
	[ "$status" -eq 6 ]
	grep -qF "cannot say that it starts" err
	[ "$(stat -c %b new.img)" -eq 0 ]
}

@test "what was not verified is said" {
	wtgctl create --image "$iso" --edition Core --size 4G --verify none --json none.img
	[ "$status" -eq 0 ]
	[ "$(result verified)" = none ]
	result message | grep -qF "not verified"
	wtgctl create --image "$iso" --edition Core --size 4G --verify quick --json quick.img
	[ "$(result verified)" = quick ]
	result message | grep -qF "not every byte"
	wtgctl plan --image "$iso" --edition Core --size 4G --json new.img
	[ "$(result verified)" = null ]
}

@test "a limit on the size of files is seen before anything is written" {
	truncate -s 4G old.img
	for file in new.img old.img; do
		(
			ulimit -f 100000
			wtgctl create --image "$iso" --edition Core --size 4G $file
			[ "$status" -eq 5 ]
		)
		grep -qF "files may have 97.7 MiB here, and $file has 4 GiB." err
		grep -qF "The file was not touched." err
	done
	[ ! -e new.img ]
	[ "$(stat -c %b old.img)" -eq 0 ]
}

@test "plan shows everything, says that it would proceed, and makes nothing" {
	wtgctl plan --image "$iso" --edition Core --size 4G new.img
	[ "$status" -eq 0 ]
	grep -qx "steps:" out
	grep -qF "write-table" out
	grep -qF "Nothing was written." err
	[ ! -e new.img ]
}

@test "create --dry-run and plan are the same, and a seed makes them repeatable" {
	wtgctl plan --image "$iso" --edition Core --seed s --size 4G new.img --json
	mv out first
	wtgctl create --dry-run --image "$iso" --edition Core --seed s --size 4G new.img --json
	diff -u first out
	wtgctl plan --image "$iso" --edition Core --seed t --size 4G new.img --json
	! diff -q first out
}

@test "the plan that is shown is the plan that is carried out" {
	wtgctl plan --image "$iso" --edition Core --seed s --size 4G new.img --json
	jq -c 'select(.type == "plan")' out >planned
	wtgctl create --image "$iso" --edition Core --seed s --size 4G new.img --json
	[ "$status" -eq 0 ]
	jq -c 'select(.type == "plan")' out | diff -u planned -
	sfdisk --json new.img | jq -r '.partitiontable | .id, .partitions[].uuid' |
		tr A-F a-f >on-disk
	jq -r '.layout | .disk_guid, .partitions[].guid' planned | diff -u - on-disk
}

@test "with --json the stream is a plan, progress, and one result" {
	wtgctl create --image "$iso" --edition Core --size 4G new.img --json
	[ "$(jq -r .type out | uniq | xargs)" = "plan progress result" ]
	[ "$(result status)" = 0 ]
	[ "$(result touched)" = true ]
	[ "$(result drive)" = complete ]
	jq -se '[.[] | select(.type == "progress").bytes_done] | . == sort' out
	jq -se 'all(.[] | select(.type == "progress"); .bytes_done <= .bytes_total)' out
}

@test "without a terminal, what can be lost must be named" {
	make_full
	wtgctl create --image "$iso" --edition Core --overwrite full.img --json
	[ "$status" -eq 3 ]
	[ "$(result kind)" = refused ]
	[ "$(result drive)" = untouched ]
	grep -qF "The file was not touched." err
	grep -qF -- '--confirm' err
	wtgctl create --image "$iso" --edition Core --overwrite --confirm other.img full.img
	[ "$status" -eq 3 ]
	wtgctl plan --image "$iso" --edition Core --overwrite --confirm other.img full.img
	[ "$status" -eq 3 ]
	untouched
	wtgctl create --image "$iso" --edition Core --overwrite --confirm full.img full.img
	[ "$status" -eq 0 ]
}

# Type something when the question is there.
answer() {
	mkfifo typed
	(
		exec 3>typed
		for _ in $(seq 100); do
			grep -q 'to go on: ' shown 2>/dev/null && break
			sleep 0.1
		done
		printf '%b' "$1" >&3
		sleep 1
	) 3>&- &
	status=0
	script -qefc "'$WTGCTL' create --image '$iso' --edition Core --overwrite full.img" /dev/null \
		<typed >shown 2>&1 || status=$?
	wait
	cat -v shown
}

@test "on a terminal the name is asked for, and the right one goes on" {
	command -v script >/dev/null || skip "script(1) is not installed"
	make_full
	answer 'full.img\n'
	[ "$status" -eq 0 ]
	grep -qF "Everything on full.img will be lost." shown
	grep -qF "full.img is complete and verified" shown
}

@test "on a terminal anything else refuses" {
	command -v script >/dev/null || skip "script(1) is not installed"
	make_full
	answer 'yes\n'
	[ "$status" -eq 3 ]
	grep -qF "the answer does not name full.img" shown
	untouched
}

@test "several editions and none chosen is a refusal that lists them" {
	wtgctl create --image "$iso" --size 4G new.img
	[ "$status" -eq 2 ]
	grep -qF "Choose with --edition: 1 (Windows 11 Home" err
	[ ! -e new.img ]
}

@test "an image that does not fit is status 6, a wrong digest 4, and nothing is made" {
	wtgctl create --image "$iso" --edition Core --size 100M new.img
	[ "$status" -eq 6 ]
	[ ! -e new.img ]
	wtgctl create --image "$iso" --edition Core --size 4G new.img \
		--sha256 0000000000000000000000000000000000000000000000000000000000000000
	[ "$status" -eq 4 ]
	grep -qF "The file was not touched." err
	[ ! -e new.img ]
}

@test "quiet says nothing, verbose names every step" {
	wtgctl create -q --image "$iso" --edition Core --size 4G new.img
	[ "$status" -eq 0 ]
	[ ! -s out ]
	[ ! -s err ]
	rm new.img
	wtgctl create -v --image "$iso" --edition Core --size 4G new.img
	for step in wipe-target format-windows apply-image write-esp write-table; do
		grep -qx "apply: $step" err
	done
}

@test "a signal ends it as a signal, with the state told, and it can be run again" {
	"$MAKE_MEDIA" --out big.iso --bytes 256M >/dev/null
	"$WTGCTL" create --image big.iso --edition Core --size 4G new.img --json >out 2>err &
	pid=$!
	for _ in $(seq 200); do
		grep -q '"phase":"apply","step":"apply-image"' out && break
		sleep 0.02
	done
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	cat out err
	[ "$status" -eq 143 ]
	[ "$(result status)" = 143 ]
	[ "$(result kind)" = cancelled ]
	[ "$(result drive)" = blank ]
	grep -qF "without a partition table" err
	[ "$(blkid -p -o value -s PTTYPE new.img)" = "" ]
	wtgctl status --json new.img
	[ "$(jq -r 'select(.type == "status").state' out)" = interrupted ]
	# as it then says: "run the same command again"
	wtgctl create --image big.iso --edition Core --size 4G new.img
	[ "$status" -eq 0 ]
}

@test "the man page explains every key that is printed" {
	{
		"$WTGCTL" create --image "$iso" --edition Core --size 4G --json new.img
		"$WTGCTL" plan --image "$iso" --edition Core --size 4G --json --winre --check \
			--data-size 1G other.img
		"$WTGCTL" verify --json new.img
		"$WTGCTL" status --json new.img
		"$WTGCTL" info --json "$iso"
		"$WTGCTL" list --json --all
		"$WTGCTL" create --json --image nosuch.iso --size 4G other.img || true
		"$WTGCTL" create --json || true
	} >all.json 2>err
	jq -r 'paths | map(select(type == "string")) | last // empty' all.json | sort -u >keys
	[ "$(wc -l <keys)" -gt 50 ]
	while read -r key; do
		grep -qF "*$key*" "$SOURCE/man/wtgctl-json.7.scd" || {
			echo "$key is not explained"
			return 1
		}
	done <keys
}
