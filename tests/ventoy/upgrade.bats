#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Another Ventoy onto a drive that others made, and what is refused instead.

load machine

bats_require_minimum_version 1.5.0

setup_file() {
	machine_begin
}

teardown_file() {
	machine_end
}

# $drive, as Ventoy's installer makes it of version 1.0.97, with a file on its first partition.
theirs() { # gpt|mbr [OPTION…]
	stand_in main 1.0.97
	drive=$D/theirs.img
	"$VENTOY_TESTS/make-drive.sh" --table "$1" --size 512M --data-fs fat32 "${@:2}" "$release" \
		"$drive" >/dev/null 2>&1
	echo 'an image' >"$D/some.iso"
	mcopy -i "$drive@@1M" "$D/some.iso" ::
	cp --sparse=always "$drive" "$D/before.img"
	stand_in main
}

upgrade() { # PAYLOAD [OPTION…]
	"$WTGCTL" ventoy upgrade -q --ventoy "$1" --confirm "$drive" "${@:2}" "$drive"
}

# It is refused with that status and sentence, and not a byte of the drive is another.
refuses() { # STATUS SENTENCE PAYLOAD [OPTION…]
	local status=0

	upgrade "${@:3}" >"$D/said" 2>&1 || status=$?
	cat "$D/said"
	same status "$status" "$1"
	grep -qF -- "$2" "$D/said"
	cmp "$drive" "$D/before.img"
}

# Which sectors differ, as ranges that touch by their numbers.
changed_sectors() {
	cmp -l "$D/before.img" "$drive" | awk '{
		s = int(($1 - 1) / 512)
		if (s != last) print s
		last = s
	}'
}

@test "an upgrade changes what is Ventoy's, and no other byte" {
	for table in gpt mbr; do
		theirs $table
		upgrade "$release"
		start=$(($(start_of "$drive" 2) / 512))
		# Sector 0, core.img with the record at its end, and VTOYEFI.
		same "changed elsewhere" "$(changed_sectors | awk -v s=$start '
			$1 != 0 && !($1 >= 1 && $1 < 2040) && !($1 >= s && $1 < s + 65536)')" ""
		same "bytes of sector 0 behind the boot code" \
			"$(tail -c +441 "$drive" | head -c 72 | sha256sum)" \
			"$(tail -c +441 "$D/before.img" | head -c 72 | sha256sum)"
		[ $table = mbr ] ||
			same "the table" "$(head -c 17408 "$drive" | tail -c +513 | sha256sum)" \
				"$(head -c 17408 "$D/before.img" | tail -c +513 | sha256sum)"
		"$WTGCTL" ventoy status --json "$drive" >"$D/status"
		same version "$(jq -r '.version // empty' "$D/status")" 1.1.00
		same uuid "$(jq -r '.uuid // empty' "$D/status")" 6120757569642c203136206279746573
	done
}

@test "what was upgraded starts" {
	theirs mbr
	upgrade "$release"
	switch_on bios "$drive"
	came_by "version 1.1.00, i386-pc"
}

@test "an upgrade that was cut short is done again" {
	for table in gpt mbr; do
		theirs $table
		dd if=/dev/zero of="$drive" bs=512 count=1 conv=notrunc status=none \
			seek=$(($(start_of "$drive" 2) / 512))
		dd if=/dev/urandom of="$drive" bs=1M count=3 conv=notrunc status=none oflag=seek_bytes \
			seek=$(($(start_of "$drive" 2) + 512))
		cp "$drive" "$D/before.img"
		run -7 "$WTGCTL" ventoy status "$drive"
		[[ $output == *"partition 2 is not a FAT volume"* ]]
		upgrade "$release"
		"$WTGCTL" ventoy status "$drive"
		mcopy -i "$drive@@1M" ::some.iso "$D/found"
		cmp "$D/found" "$D/some.iso"
	done
}

@test "of an upgrade that was killed status tells, and it is done again" {
	needs strace
	theirs gpt
	run ! strace -f -qq -o /dev/null -e trace=pwrite64 -e inject=pwrite64:signal=KILL:when=12 \
		"$WTGCTL" ventoy upgrade -q --ventoy "$release" --confirm "$drive" "$drive"
	"$WTGCTL" status --json "$drive" >"$D/status"
	same state "$(jq -r '"\(.state // empty) \(.interrupted_in // empty)"' "$D/status" | head -n 1)" \
		"interrupted upgrade-ventoy"
	# It has its files: it may not be erased without being asked about.
	run -3 "$WTGCTL" ventoy install -q --ventoy "$release" "$drive"
	upgrade "$release"
	"$WTGCTL" ventoy status "$drive"
	"$WTGCTL" status --json "$drive" >"$D/status"
	same state "$(jq -r '.state // empty' "$D/status")" foreign
}

@test "a release that is none, or another, is refused while the drive is whole" {
	theirs gpt
	tarball=$release-linux.tar.gz
	echo text >"$D/text"
	head -c 300000 "$tarball" >"$D/truncated"
	refuses 4 "there is no file boot/boot.img in it" "$D"
	refuses 4 "cannot be read" "$D/text"
	refuses 4 "cannot be read" "$D/truncated"
	refuses 4 "has the SHA-256" "$tarball" --ventoy-sha256 "$(echo | sha256sum | cut -c 1-64)"
	refuses 2 "is a folder" "$release" --ventoy-sha256 "$(echo | sha256sum | cut -c 1-64)"
	stand_in main 1.0.12
	refuses 4 "is Ventoy 1.0.12, which is too old" "$release"
	cp -r "$D/main/ventoy-1.1.00" "$D/mixed"
	echo 1.1.17 >"$D/mixed/ventoy/version"
	refuses 4 "ventoy/version says 1.1.17, and ventoy/ventoy.disk.img.xz 1.1.00" "$D/mixed"
}

@test "a Ventoy whose partitions were moved is refused, with where they are" {
	theirs mbr
	# Partition 1 begins a MiB later.
	size=$(($(start_of "$drive" 2) / 512 - 4096))
	sfdisk -q --no-reread --no-tell-kernel -N 1 "$drive" <<<"start=4096, size=$size"
	cp "$drive" "$D/before.img"
	refuses 6 "partition 1 starts at sector 4096, and must at 2048" "$release"
}

@test "where there is no Ventoy there is nothing to upgrade" {
	theirs gpt
	rm "$drive"
	truncate -s 512M "$drive"
	sfdisk -q "$drive" <<<"label: gpt"
	cp "$drive" "$D/before.img"
	refuses 6 "there is no Ventoy" "$release"
}

@test "where only the backup of the table is left, nothing is written by it" {
	theirs gpt
	dd if=/dev/zero of="$drive" bs=1M count=1 conv=notrunc status=none
	cp "$drive" "$D/before.img"
	refuses 6 "there is no partition table" "$release"
}
