#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A Windows behind a Ventoy that others made: what was there stays, to the byte, also where the
# run is cut, and starts; and so does the Windows, by Ventoy's menu.

load machine

bats_require_minimum_version 1.5.0

setup_file() {
	machine_begin
}

teardown_file() {
	machine_end
}

# $drive, as Ventoy's installer makes it, with files and a free end; $iso for it.
theirs() { # gpt|mbr [MENU]
	stand_in "${2:-main}"
	disc x64
	drive=$D/theirs.img
	"$VENTOY_TESTS/make-drive.sh" --table "$1" --size 1G --free 600 --data-fs fat32 "$release" \
		"$drive" >/dev/null 2>&1
	seq 100000 >"$D/some.iso"
	mmd -i "$drive@@1M" ::ventoy ::ISOs
	mcopy -i "$drive@@1M" "$D/some.iso" ::ISOs
	echo '# the user'"'"'s own' >"$D/theme"
	mcopy -i "$drive@@1M" "$D/theme" ::ventoy/ventoy_grub.cfg
	cp --sparse=always "$drive" "$D/before.img"
	first=$(start_of "$drive" 1) second=$(start_of "$drive" 2)
	behind=$((second + (32 << 20)))
}

beside() { # [COMMAND…]
	"$@" "$WTGCTL" create -q --beside --image "$iso" --edition Core --confirm "$drive" "$drive"
}

# As it was: what Ventoy starts by (but for the table), its volume, and the files of partition 1, on a
# volume that is sound.
kept() { # gpt|mbr
	local table=440
	[ "$1" = mbr ] || table=17408

	cmp -n 440 "$drive" "$D/before.img"
	cmp -n 6 -i 440 "$drive" "$D/before.img" # the signature
	cmp -i "$((table > 512 ? table : 512))" -n $((first - (table > 512 ? table : 512))) \
		"$drive" "$D/before.img"
	cmp -i "$second" -n $((32 << 20)) "$drive" "$D/before.img"
	mcopy -onQ -i "$drive@@1M" ::ISOs/some.iso "$D/found"
	cmp "$D/found" "$D/some.iso"
	dd if="$drive" of="$D/part" bs=1M iflag=skip_bytes,count_bytes skip="$first" \
		count=$((second - first)) conv=sparse status=none
	# Clusters that nobody uses are the worst that a cut may leave (volume/edit.h).
	fsck.fat -n "$D/part" >"$D/fsck" || :
	same "what fsck.fat says" "$(grep -vE \
		'^fsck.fat|^Reclaimed .* unused|^Free cluster summary|^ *Auto-correct|^Leaving|clusters$|^$' \
		"$D/fsck")" ""
	"$WTGCTL" ventoy status "$drive" >/dev/null
}

# Whatever differs behind VTOYEFI is in what was added, in its record, or in the backup of the table.
added_alone() {
	local from end
	from=$(sfdisk -J "$drive" | jq '.partitiontable.partitions[2].start * 512')
	end=$(sfdisk -J "$drive" | jq '.partitiontable.partitions[3] | (.start + .size) * 512')

	cmp -i "$behind" -n $((from - behind)) "$drive" "$D/before.img"
	same "bytes behind what was added" "$(cmp -l -i "$end" "$drive" "$D/before.img" |
		awk -v size=$(($(stat -c %s "$drive") - end)) '
			{ block[int(($1 - 1) / 4096)] = 1; if ($1 <= size - 33 * 512) n[int(($1 - 1) / 4096)] = 1 }
			END { for (b in n) c++; print c + 0, "block" }')" "1 block"
}

@test "beside a Ventoy on GPT nothing changes but what is added" {
	theirs gpt
	beside
	kept gpt
	added_alone
	"$WTGCTL" verify "$drive"
}

@test "beside a Ventoy on MBR nothing changes but what is added" {
	theirs mbr
	beside
	kept mbr
	added_alone
	"$WTGCTL" verify "$drive"
}

killed_at() { # WRITE
	beside strace -f -qq -o /dev/null -e trace=pwrite64 \
		-e "inject=pwrite64:signal=KILL:when=$1"
}

@test "a run that is killed leaves the Ventoy whole, and goes on" {
	needs strace
	for table in gpt mbr; do
		theirs $table
		for n in 1 2 3 5 8 13 21 34 55 89 144 233 377 610; do
			cp --sparse=always "$D/before.img" "$drive"
			# Until it comes to its end before that write.
			killed_at $n >/dev/null 2>&1 && break
			kept $table || { echo "killed at write $n"; return 1; }
		done
		echo "killed at up to $n writes"
		[ "$n" -gt 30 ]
		cp --sparse=always "$D/before.img" "$drive"
		run ! killed_at 34
		beside
		kept $table
	done
}

@test "its own menu and the Windows behind it start on Legacy BIOS" {
	theirs mbr f6
	beside
	say_where "$drive" 3 x64
	switch_on bios "$drive"
	came_by "F6, entry 0"
	came_to_bootmgr "$drive" 3
}

@test "its own menu and the Windows behind it start on x64 UEFI" {
	theirs gpt main
	beside
	say_where "$drive" 3 x64
	switch_on x64 "$drive"
	came_by "main menu, (hd0,1)/Windows To Go.img"
	came_to_loader gpt 3 EFI x86_64
}
