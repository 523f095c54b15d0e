#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Drives whose Windows is compressed as CompactOS does it: the same Windows, by other programs'
# decompressors; what must stay plain is; and the plan said so.

load helper

setup_file() {
	disk_begin
	needs python3
	make windows.wim wim
	SIZE=1G create plain --image windows.wim --edition Professional
	SIZE=1G create packed --image windows.wim --edition Professional --compact
	for name in plain packed; do
		carve "$name.img" 3 "$name.ntfs"
		walk "$name.ntfs" >"$name.list"
	done
}

setup() {
	disk_enter
}

walk() { # VOLUME: all that is on it, by a walk of the tests' own; compressed files unpacked
	python3 "$APPLY/ntfs-walk.py" --list "$1"
}

compact() { # FILTER <PLAN
	step apply-image ".compact | $1"
}

plan() { # NAME OPTION...: the plan alone, of a drive that is not there
	local name=$1
	shift
	wtgctl plan --json --image windows.wim --edition Professional "$@" nothing.img
	[ "$status" -eq 0 ] || { cat err && return 1; }
	plan_of out >"$name.plan"
}

without_times() { # of what is made when the program runs
	sed -E '/(unattend\.xml|config\/SYSTEM) /s/(created|written|accessed)=[0-9]+//g' "$1"
}

@test "a compressed Windows is the same Windows, and its volume is sound" {
	diff <(without_times plain.list) <(without_times packed.list | sed 's/ compact=lzx$//')
	[ "$(grep -c ' compact=' plain.list)" -eq 0 ]
	# status 0: nothing was found on the way
	python3 "$APPLY/ntfs-walk.py" packed.ntfs
	ntfsfix -n packed.ntfs | grep -q 'processed successfully'
	ntfsresize -i -f packed.ntfs | grep -q 'You might resize'
}

@test "libfsntfs, which has a decompressor of its own, reads the same bytes" {
	/usr/bin/python3 -c 'import pyfsntfs' || skip "python3-libfsntfs is not installed"
	for name in plain packed; do
		/usr/bin/python3 "$APPLY/by-libfsntfs.py" "$name.ntfs" |
			grep -v ':WofCompressedData ' | cut -d: -f2- | sort >"$name.streams"
	done
	[ "$(wc -l <plain.streams)" -gt 900 ]
	diff plain.streams packed.streams
}

@test "the plan says how many files, and how large" {
	local files packed
	files=$(compact .files <packed.plan)
	packed=$(compact .packed_bytes <packed.plan)
	[ "$files" -gt 100 ]
	[ "$(compact .form <packed.plan)" = lzx ]
	wtgctl verify packed.img
	grep -qE "^ok +compact +lzx, $files files" out
	wtgctl status --json packed.img
	grep -q '"compact": *true' out
	# and the streams, by another reader than the plan's
	[ "$packed" -eq "$(/usr/bin/python3 "$APPLY/by-libfsntfs.py" packed.ntfs |
		awk '/:WofCompressedData / { n += $2 } END { print n }')" ]
	# All files of the edition are accounted for: compressed, plain for a reason, or empty.
	[ "$(compact '.plain_bytes + ([.stays_plain[].plain_bytes] | add)' <packed.plan)" -gt 14000000 ]
	[ "$(step apply-image .write_bytes <packed.plan)" -eq \
		$(($(step apply-image .write_bytes <plain.plan) - $(compact .plain_bytes <packed.plan) + packed)) ]
}

@test "what starts before Windows can unpack stays plain, and so does the registry" {
	for path in Windows/System32/winload.efi Windows/System32/winresume.efi \
		Windows/System32/ntoskrnl.exe Windows/System32/hal.dll \
		Windows/System32/drivers/wof.sys Windows/System32/drivers/stornvme.sys \
		Windows/Boot/EFI/bootmgfw.efi Windows/System32/config/SYSTEM \
		Windows/System32/config/SOFTWARE; do
		grep "^/$path " packed.list >line
		fails grep -q ' compact=' line
	done
	for path in Windows/explorer.exe Windows/System32/kernel32.dll Windows/Fonts/segoeui.ttf; do
		grep -q "^/$path .* compact=lzx$" packed.list
	done
	[ "$(compact '.stays_plain[] | select(.why == "boot") | .files' <packed.plan)" -gt 50 ]
	[ "$(compact '.stays_plain[] | select(.why == "hive") | .files' <packed.plan)" -eq 6 ]
	# Links and streams stay what they are.
	[ "$(grep -c 'reparse=a' packed.list)" -eq "$(grep -c 'reparse=a' plain.list)" ]
}

@test "a compressed drive needs less room" {
	local need
	need=$(jq .layout.windows_needs_bytes packed.plan)
	[ "$need" -lt "$(jq .layout.windows_needs_bytes plain.plan)" ]
	refused 6 "the edition needs" plan --image windows.wim --edition Professional --size 1G \
		--windows-size "$need" small.img
	SIZE=1G create small --image windows.wim --edition Professional --windows-size "$need" \
		--compact --verify quick
	[ "$(size_of small.img 3)" -eq "$need" ]
	rm small.img
}

@test "auto compresses where there is little room, and says why" {
	plan small --compact=auto --size 4G
	[ "$(compact .form <small.plan)" = lzx ]
	[[ $(compact .why <small.plan) == *"16 GiB"* ]]
	plan large --compact=auto --size 40G
	[ "$(compact .form <large.plan)" = off ]
	[[ $(compact .why <large.plan) == *"room enough"* ]]
	[ "$(compact .files <large.plan)" = null ]
	[ "$(jq .layout.windows_needs_bytes large.plan)" -eq "$(jq .layout.windows_needs_bytes plain.plan)" ]
	plan off --compact=off --size 4G
	[ "$(compact . <off.plan)" = null ]
}

@test "what cannot be copied is compressed anew, and is the same Windows" {
	make solid.esd esd
	wimlib-imagex export windows.wim 1 xpress.wim --compress=XPRESS >/dev/null
	for image in solid.esd xpress.wim; do
		wtgctl plan --json --image "$image" --edition 1 --compact --size 4G nothing.img
		plan_of out >anew.plan
		[ "$(compact .files <anew.plan)" -eq 0 ]
		[ "$(compact .packed_anew.files <anew.plan)" -gt 100 ]
		rm -f same.img anew.img
		SIZE=1G create same --image "$image" --edition 1
		SIZE=1G create anew --image "$image" --edition 1 --compact
		for name in same anew; do
			carve "$name.img" 3 "$name.ntfs"
			walk "$name.ntfs" >"$name.list"
		done
		diff <(without_times same.list) <(without_times anew.list | sed 's/ compact=lzx$//')
		[ "$(grep -c ' compact=lzx$' anew.list)" -gt 50 ]
		python3 "$APPLY/ntfs-walk.py" anew.ntfs
	done
}

@test "the image's own list is heeded" {
	printf '[PrepopulateList]\r\n\\Windows\\explorer.exe\r\ncomponent1??.dll\r\n' >list.ini
	cp windows.wim listed.wim
	echo "add list.ini /Windows/System32/WimBootCompress.ini" |
		wimlib-imagex update listed.wim 2 >/dev/null
	wtgctl plan --json --image listed.wim --edition Professional --compact --size 4G nothing.img
	[ "$status" -eq 0 ]
	plan_of out >listed.plan
	# explorer.exe, and those of a hundred that are more than a cluster
	[ "$(compact '.stays_plain[] | select(.why == "listed") | .files' <listed.plan)" -gt 20 ]
	rm listed.wim
}

# Of a file in the image: where its resource begins.
resource() { # WIM INDEX PATH
	wimlib-imagex dir "$1" "$2" --detailed --one-file-only --path="$3" |
		awk '/Offset in WIM/ { print $(NF - 1); exit }'
}

@test "what is copied as it is stored is unpacked for its checksum, unless the image was checked" {
	local at sum
	cp windows.wim broken.wim
	at=$(resource broken.wim 2 /Windows/explorer.exe)
	# within the data of a chunk
	printf '\xff\x00\xff\x00' | dd of=broken.wim bs=1 seek=$((at + 5000)) conv=notrunc status=none
	refused 10 "Windows/explorer.exe" create --image broken.wim --edition Professional \
		--size 1G --compact new.img
	# Who gives the sum of this very file vouches for it.
	sum=$(sha256sum broken.wim | cut -d' ' -f1)
	wtgctl create --image broken.wim --edition Professional --size 1G --compact --sha256 "$sum" new.img
	[ "$status" -eq 0 ]
	rm new.img broken.wim
}

@test "a Windows that could not read it is refused" {
	make old.iso build=9600
	refused 4 "build 9600" plan --image old.iso --edition Professional --size 1G --compact new.img
	wtgctl plan --json --image old.iso --edition Professional --size 1G --compact=auto new.img
	plan_of out >old.plan
	[ "$(compact .form <old.plan)" = off ]
	[[ $(compact .why <old.plan) == *"older than Windows 10"* ]]
	wimlib-imagex update windows.wim 2 --command="delete /Windows/System32/drivers/wof.sys" >/dev/null
	refused 4 "wof.sys" plan --image windows.wim --edition Professional --size 1G --compact new.img
	refused 2 "--engine" plan --image windows.wim --edition Professional --size 1G --compact \
		--engine wimlib new.img
}
