#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The drive as a whole: the table, what is recognised on it, and whether it is what the plan
# said.

load helper

setup_file() {
	disk_begin
	make windows.iso
	export SOURCE_DATE_EPOCH=1700000000
	create drive --image windows.iso --edition Professional --seed one --data-size 64M
}

setup() {
	disk_enter
}

on_drive() { # DRIVE: what other tools find of it, in the words of the plan
	sfdisk --json "$1" | jq -c '.partitiontable | .sectorsize as $s |
		[.id, (.partitions[] | .uuid, .start * $s, .size * $s, .type, .name)] |
		map(if type == "string" then ascii_downcase else . end)'
}

in_plan() { # PLAN
	jq -c '.layout | [.disk_guid, (.partitions[] | .guid, .offset_bytes, .size_bytes, .type, .name)] |
		map(if type == "string" then ascii_downcase else . end)' "$1"
}

@test "sgdisk and sfdisk find no fault in the table" {
	run sgdisk -v drive.img
	echo "$output"
	grep -q '^No problems found' <<<"$output"
	# Of warnings it has one: the partitions may not begin before the first MiB.
	same "warnings" "$(grep -ci -e warning -e caution <<<"$output")" 1
	grep -q 'gap between the main partition table' <<<"$output"
	run sfdisk --verify drive.img
	grep -q '^No errors detected' <<<"$output"
}

@test "partitions have Microsoft's types, names, places and attributes" {
	sgdisk -p drive.img >table
	[ "$(awk '$1 ~ /^[0-9]+$/' table | wc -l)" -eq 4 ]
	while IFS='|' read -r number type attributes name; do
		sgdisk -i "$number" drive.img >one
		grep -q "^Partition GUID code: $type " one
		grep -q "^Attribute flags: $attributes" one
		grep -q "^Partition name: '$name'" one
		same "start of $number modulo 1 MiB" \
			$(($(sed -n 's/^First sector: \([0-9]*\) .*/\1/p' one) % 2048)) 0
	done <<-EOT
		1|C12A7328-F81F-11D2-BA4B-00A0C93EC93B|0000000000000000|EFI system partition
		2|E3C9E316-0B5C-4DB8-817D-F92DF00215AE|0000000000000000|Microsoft reserved partition
		3|EBD0A0A2-B9E5-4433-87C0-68B6B72699C7|8000000000000000|Basic data partition
		4|EBD0A0A2-B9E5-4433-87C0-68B6B72699C7|0000000000000000|Data
	EOT
	same "start of the ESP" "$(start_of drive.img 1)" $MIB
	same "size of the ESP" "$(size_of drive.img 1)" $((260 * MIB))
	same "size of the MSR" "$(size_of drive.img 2)" $((16 * MIB))
	same "size of the data" "$(size_of drive.img 4)" $((64 * MIB))
	same "place of Windows" "$(start_of drive.img 3)" $((277 * MIB))
}

@test "only our own signatures are found, and one volume in each partition" {
	same "on the drive" "$(wipefs -n --json drive.img | jq -c '[.signatures[].type] | sort')" \
		'["PMBR","gpt","gpt"]'
	number=0
	for expected in vfat "" ntfs exfat; do
		number=$((number + 1))
		carve drive.img $number part.img
		# NTFS ends its boot sector like an MBR does; wipefs says so of every NTFS volume.
		same "in partition $number" "$(wipefs -n --json part.img |
			jq -r '[.signatures[] | select(.type != "dos").type] | unique | join(" ")')" "$expected"
		same "blkid of partition $number" "$(blkid -p -o value -s TYPE part.img || :)" "$expected"
	done
}

@test "what was there before is gone" {
	mkdir -p old
	truncate -s 1G used.img
	# Everything at once, and where the new partitions will not begin.
	sfdisk -q used.img <<-EOT
		label: gpt
		start=2048, size=600MiB
		start=1300000, size=100MiB
	EOT
	truncate -s 100M old/ext4 old/ntfs old/fat
	mkfs.ext4 -q old/ext4
	mkntfs -Q -F -q old/ntfs >/dev/null 2>&1
	dd if=old/ext4 of=used.img bs=1M seek=1 conv=notrunc status=none
	dd if=old/ntfs of=used.img bs=512 seek=1300000 conv=notrunc,sparse status=none
	printf 'LVM2 001' | dd of=used.img bs=1 seek=$((512 + 24)) conv=notrunc status=none
	chmod a+rw used.img
	refused 3 "--overwrite" create --image windows.iso --edition Core used.img
	create used --image windows.iso --edition Core --overwrite --confirm used.img
	same "on the drive" "$(wipefs -n --json used.img | jq -c '[.signatures[].type] | sort')" \
		'["PMBR","gpt","gpt"]'
	same "at the old NTFS volume's start" "$(od -An -tx1 -j$((1300000 * 512)) -N16 used.img | tr -d ' \n0')" ""
}

@test "sgdisk and sfdisk find what the plan says" {
	same "the table" "$(on_drive drive.img)" "$(in_plan drive.plan)"
	same "disk GUID" "$(sgdisk -p drive.img | sed -n 's/^Disk identifier (GUID): //p' | tr A-F a-f)" \
		"$(jq -r .layout.disk_guid drive.plan)"
	wtgctl create --dry-run --json --size 640M --image windows.iso --edition Professional \
		--seed one --data-size 64M other.img
	[ "$status" -eq 0 ]
	same "the dry run's plan" "$(in_plan <(plan_of out))" "$(in_plan drive.plan)"
	same "its steps" "$(plan_of out | jq -c .steps)" "$(jq -c .steps drive.plan)"
}

# Offsets in the element: 16 bytes of options, then a device of type 6 (partition), 0x48 bytes
# long, with the partition's GUID, the style 0 (GPT) and the disk's GUID.
device_of() { # DRIVE PARTITION-NUMBER
	echo "$(printf '0%.0s' {1..32})0600000000000000$(printf '48%s' 00000000000000)$(
	guid_bytes "$(sfdisk --part-uuid "$1" "$2")")$(printf '0%.0s' {1..16})$(
	guid_bytes "$(sfdisk --disk-id "$1")")$(printf '0%.0s' {1..32})"
}

@test "the boot store points at the partitions that the table has" {
	esp mcopy drive.img -n ::/EFI/Microsoft/Boot/BCD BCD
	osloader=$(step write-esp .bcd.osloader <drive.plan)
	resume=$(step write-esp .bcd.resume <drive.plan)
	for row in "9dea862c-5cdd-4e70-acc1-f32b344d4795 11000001 1" \
		"b2721d73-1db4-4c62-bf78-c548a880142d 11000001 1" \
		"$osloader 11000001 3" "$osloader 21000001 3" \
		"$resume 11000001 3"; do
		# shellcheck disable=SC2086 # words
		set -- $row
		same "$1 $2" "$(hive_bytes BCD "\\Objects\\{$1}\\Elements\\$2" Element)" \
			"$(device_of drive.img "$3")"
	done
	reged -x BCD 'BCD' '\' BCD.reg >/dev/null
	[ -s BCD.reg ]
}

@test "the same seed makes the same drive, no seed another" {
	create twin --image windows.iso --edition Professional --seed one --data-size 64M
	cmp <(head -c $((34 * 512)) drive.img) <(head -c $((34 * 512)) twin.img)
	cmp <(tail -c $((33 * 512)) drive.img) <(tail -c $((33 * 512)) twin.img)
	cmp <(head -c $((261 * MIB)) drive.img | tail -c $((260 * MIB))) \
		<(head -c $((261 * MIB)) twin.img | tail -c $((260 * MIB)))
	for number in 1 3 4; do
		carve drive.img $number one.part
		carve twin.img $number other.part
		same "serial of $number" "$(blkid -p -o value -s UUID other.part)" \
			"$(blkid -p -o value -s UUID one.part)"
	done
	same "plan" "$(jq -c 'del(.target)' twin.plan)" "$(jq -c 'del(.target)' drive.plan)"

	create third --image windows.iso --edition Professional --data-size 64M
	on_drive drive.img | jq '.[0, 1, 6, 11, 16]' | sort >a
	on_drive third.img | jq '.[0, 1, 6, 11, 16]' | sort >b
	same "GUIDs in common" "$(comm -12 a b)" ""
	fails [ "$(step write-esp .bcd.osloader <third.plan)" = "$(step write-esp .bcd.osloader <drive.plan)" ]
}

@test "a dry run opens the target for reading alone and leaves it as it is" {
	needs strace
	truncate -s 1G target.img
	printf 'precious' | dd of=target.img bs=1 seek=5000 conv=notrunc status=none
	[ "$(id -u)" -ne 0 ] || chown nobody target.img
	touch -d @1000000000 target.img
	stat -c '%y %z %b %s' target.img >before
	changing='O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|creat\(|write|truncate|rename|link|alloc|utime|chmod'
	for target in target.img absent.img; do
		# A leak sanitizer cannot look while somebody else does.
		ASAN_OPTIONS=detect_leaks=0 as_user strace -f -y -o trace -e trace=%file,%desc \
			"$D/wtgctl" plan --image windows.iso \
			--edition Core --size 1G --overwrite --confirm "$target" "$target" >out 2>err
		grep -F "$target" trace | grep -v execve >seen
		grep -q . seen
		fails grep -E "$changing" seen
	done
	stat -c '%y %z %b %s' target.img | diff -u before -
	same "content" "$(dd if=target.img bs=1 skip=5000 count=8 status=none)" precious
	[ ! -e absent.img ]
}

@test "stdout is JSON, one object a line, the last of them the only result" {
	wtgctl create --json --size 1G --image windows.iso --edition Core json.img
	[ "$status" -eq 0 ]
	while read -r line; do
		jq -e '.schema == 1 and (.type | type == "string")' <<<"$line" >/dev/null
	done <out
	same "results" "$(jq -r .type out | grep -c '^result$')" 1
	same "the last line" "$(tail -n1 out | jq -c '[.type, .status, .drive, .kind, .touched]')" \
		'["result",0,"complete","ok",true]'
	same "plans" "$(jq -r .type out | grep -c '^plan$')" 1
	jq -es '[.[] | select(.type == "progress")] | length > 3 and
		all(.bytes_done <= .bytes_total) and
		([.[].bytes_done] | . == sort)' out >/dev/null

	wtgctl create --json --size 1G --image nosuch.iso none.img
	same "status" "$status" 4
	same "lines" "$(wc -l <out)" 1
	same "result" "$(jq -c '[.type, .status, .drive, .kind, .touched]' out)" \
		'["result",4,"untouched","input",false]'
}
