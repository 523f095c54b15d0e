#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What can be given to create: every kind of image, every option, seen in the plan and on the
# drive.

load helper

setup_file() {
	disk_begin
	make windows.iso
	create plain --image windows.iso --edition Professional
	create asked --image windows.iso --edition Professional --timeout 5 --internal-disks online \
		--hibernate --winre --device-encryption --portable-flag --no-pagefile \
		--no-crash-dump --no-last-access --esp-size 300M --label "Über Windows"
}

setup() {
	disk_enter
}

windows_of() { # DRIVE: its Windows volume, carved once
	[ -s "$1.windows" ] || carve "$1.img" 3 "$1.windows"
	echo "$1.windows"
}

in_windows() { # DRIVE PATH
	ntfscat -f -q "$(windows_of "$1")" "$2"
}

# The value's content as hivex exports it; nothing where there is none.
setting() { # DRIVE KEY VALUE
	in_windows "$1" /Windows/System32/config/SYSTEM >system.hive
	printf 'cd \\ControlSet001\\%s\nlsval\n' "$2" | hivexsh system.hive 2>/dev/null |
		sed -n "s/^\"$3\"=//p"
}

in_store() { # DRIVE OBJECT ELEMENT
	esp mcopy "$1.img" -n -o ::/EFI/Microsoft/Boot/BCD store
	hive_bytes store "\\Objects\\{$2}\\Elements\\$3" Element
}

# ------------------------------------------------------------------ images

starts() { # DRIVE LOADER MACHINE: the drive is whole, and its loader for that machine
	wtgctl verify "$1.img"
	[ "$status" -eq 0 ]
	fails grep '^wrong' out
	esp mtype "$1.img" "::/EFI/Boot/$2" >loader
	same "machine" "$(od -An -tx2 -j$(($(u32 loader 60) + 4)) -N2 loader | xargs)" "$3"
	same "loader in the plan" "$(step write-esp .loader <"$1.plan")" "EFI/Boot/$2"
}

@test "WIM, ESD and split WIM, bare and on a disc, give the same volume" {
	carve plain.img 3 expected.img
	made=(/Windows/System32/config/SYSTEM /Windows/System32/Recovery /Windows/Panther
		/Windows/Panther/unattend.xml) # and have the run's times
	tree_of_volume expected.img >whole
	other_lines whole "${made[@]}" >expected
	make bare.wim wim
	make bare.esd esd
	make bare.swm swm
	chmod a+r bare2.swm
	make esd.iso esd iso
	make swm.iso swm iso
	for image in bare.wim bare.esd bare.swm esd.iso swm.iso; do
		create other --image $image --edition Professional
		carve other.img 3 found.img
		tree_of_volume found.img >whole
		other_lines whole "${made[@]}" | diff expected - || { echo "$image" && return 1; }
		rm other.img
	done
}

@test "each architecture has its loader" {
	starts plain bootx64.efi 8664
	make arm64.iso arm64
	create arm64 --image arm64.iso --edition Professional
	starts arm64 bootaa64.efi aa64
	make multi.iso multiarch
	create x86 --image multi.iso --edition x86/1
	starts x86 bootia32.efi 014c
}

@test "where several editions are meant, those are listed, and none is taken" {
	make multi.iso multiarch
	refused 2 '"Professional" means 2 editions' create --image multi.iso --edition Professional \
		--size 1G none.img
	grep -qF "Choose with --edition: x64/2 (Windows 11 Pro, amd64), x86/2 (Windows 11 Pro, x86)." err
	refused 2 "holds 3 editions, and none was chosen" create --image windows.iso --size 1G none.img
	refused 2 'holds no edition "Ultimate"' create --image windows.iso --edition Ultimate \
		--size 1G none.img
	[ ! -e none.img ]
	for edition in 2 professional "windows 11 pro"; do
		wtgctl plan --json --image windows.iso --edition "$edition" --size 1G none.img
		same "$edition" "$(plan_of out | jq -r .image.edition_id)" Professional
	done
}

@test "loaders without signatures are named as such" {
	make unsigned.iso unsigned
	create unsigned --image unsigned.iso --edition Core
	same "signers" "$(step write-esp .loader_signers <unsigned.plan)" nobody
	jq -r '.warnings[]' unsigned.plan | grep -q 'boot loader is not signed'
	fails grep -q 'not signed' plain.plan
	wtgctl verify unsigned.img
	[ "$status" -eq 0 ]
	grep -q '^warning *loader .*not signed.*Secure Boot is off' out
}

@test "an image without the loaders of 2023 is refused for them" {
	make noex.iso noex
	refused 4 "no boot loader signed by Windows UEFI CA 2023" \
		create --image noex.iso --edition Core --boot-ca 2023 --size 1G none.img
	[ ! -e none.img ]
	create noex --image noex.iso --edition Core
	starts noex bootx64.efi 8664
}

@test "an image that was in use forgets the computer that it was on" {
	make booted.iso booted
	create booted --image booted.iso --edition Professional
	same "captured" "$(step apply-image .captured <booted.plan) $(step apply-image .captured <plain.plan)" \
		"true false"
	jq -r '.warnings[]' booted.plan | grep -q 'booted before it was captured'
	fails grep -q 'booted before' plain.plan
	fails grep -q 'is set up already' booted.plan
	for image in booted windows; do
		wtgctl plan --json --image $image.iso --edition Professional --size 1G \
			--timezone Europe/Vienna none.img
		[ "$status" -eq 0 ]
		plan_of out | jq -r '.warnings[]' >$image.warnings
	done
	grep -q 'is set up already: it reads no answer file' booted.warnings
	fails grep -q 'is set up already' windows.warnings
	step apply-image '.edits[] | select(.class == "captured" and .change) | .key' \
		<booted.plan | sort -u >keys
	[ "$(wc -l <keys)" -ge 2 ]
	in_windows booted /Windows/System32/config/SYSTEM >system.hive
	same "mounted devices" "$(printf 'cd \\MountedDevices\nlsval\n' | hivexsh system.hive | grep -c = || :)" 0
	grep '^HardwareConfig' keys | while read -r key; do
		printf 'cd \\%s\nlsval BootDriverFlags\n' "$key" | hivexsh system.hive | grep -qx 28
	done
	fails grep -q . <(step apply-image '.edits[] | select(.class == "captured")' <plain.plan)
}

@test "a build that will not start is told before and in info" {
	make old.wim wim build=17763
	wtgctl plan --json --image old.wim --edition Core --size 1G none.img
	[ "$status" -eq 0 ]
	plan_of out | jq -r '.warnings[]' | grep -q '1809 (build 17763)'
	wtgctl info --json old.wim
	jq -r 'select(.type == "info").editions[].warnings[].id' out | grep -q .
	wtgctl info old.wim
	grep -q '1809 (build 17763)' out
}

# ------------------------------------------------------------------ layout

@test "a data partition of each file system is sound and empty" {
	for row in "ntfs ntfsresize -i -f" "exfat fsck.exfat -n" "fat32 fsck.fat -n"; do
		fs=${row%% *}
		create data --image windows.iso --edition Core --data-size 128M --data-fs "$fs"
		same "plan" "$(step format-data .filesystem <data.plan)" "$fs"
		same "size" "$(size_of data.img 4)" $((128 * MIB))
		carve data.img 4 volume
		run ${row#* } volume
		echo "$output"
		[ "$status" -eq 0 ]
		same "label" "$(blkid -p -o value -s LABEL volume | tr a-z A-Z)" DATA
		case $fs in
		ntfs | fat32) same "hidden sectors" "$(u32 volume 28)" $(($(start_of data.img 4) / 512)) ;;
		exfat) same "partition offset" "$(u32 volume 64)" $(($(start_of data.img 4) / 512)) ;;
		esac
		rm data.img
	done
}

@test "sizes are as they were asked for" {
	SIZE=1G create sized --image windows.iso --edition Core --windows-size 400M --data-fs exfat
	same "Windows" "$(size_of sized.img 3)" $((400 * MIB))
	same "the rest" "$(size_of sized.img 4)" $(((1024 - 1 - 260 - 16 - 400 - 1) * MIB))
	SIZE=1G create rest --image windows.iso --edition Core --windows-size 400M
	same "partitions" "$(sfdisk --json rest.img | jq '.partitiontable.partitions | length')" 3
	same "ESP" "$(size_of asked.img 1)" $((300 * MIB))
	same "in the plan" "$(jq '.layout.partitions[0].size_bytes' asked.plan)" $((300 * MIB))
	wtgctl verify asked.img
	[ "$status" -eq 0 ]
	refused 6 "the edition needs" create --image windows.iso --edition Core --windows-size 50M --size 1G n.img
	refused 6 "the edition needs" create --image windows.iso --edition Core --data-size 2G --size 1G n.img
	refused 6 "the least is 64 MiB" create --image windows.iso --edition Core --data-size 10M \
		--data-fs fat32 --size 1G n.img
	[ ! -e n.img ]
}

@test "the Windows volume has the name that was asked for" {
	same "on the drive" "$(ntfslabel -n -f "$(windows_of asked)" 2>/dev/null)" "Über Windows"
	same "by default" "$(ntfslabel -n -f "$(windows_of plain)" 2>/dev/null)" "Windows"
	same "in the plan" "$(step format-windows .label <asked.plan)" "Über Windows"
}

# ------------------------------------------------------------------ boot and Windows

@test "the boot menu waits as long as it was told" {
	same "asked" "$(in_store asked 9dea862c-5cdd-4e70-acc1-f32b344d4795 25000004)" 0500000000000000
	same "default" "$(in_store plain 9dea862c-5cdd-4e70-acc1-f32b344d4795 25000004)" 1e00000000000000
	same "plan" "$(step write-esp .bcd.timeout_seconds <asked.plan)" 5
}

@test "every option of the registry is in the plan and on the drive, and its absence, too" {
	while IFS='|' read -r key value plain asked; do
		same "$value by default" "$(setting plain "$key" "$value")" "$plain"
		same "$value when asked" "$(setting asked "$key" "$value")" "$asked"
		for drive in plain asked; do
			# What the plan changes is what is there now; what it does not, the image had.
			step apply-image ".edits[] | select(.key == \"ControlSet001\\\\$(
			sed 's/\\/\\\\/g' <<<"$key")\" and .value == \"$value\") | .new" <$drive.plan >new
			[ ! -s new ] || [ -n "$(setting $drive "$key" "$value")" ]
		done
	done <<-'EOT'
		Services\partmgr\Parameters|SanPolicy|dword:00000004|dword:00000001
		Control\Session Manager\Power|HiberbootEnabled|dword:00000000|dword:00000001
		Control\Power|HibernateEnabled|dword:00000000|
		Control\Power|HibernateEnabledDefault|dword:00000000|dword:00000001
		Control\BitLocker|PreventDeviceEncryption|dword:00000001|
		Control|PortableOperatingSystem||dword:00000001
		Control\CrashControl|CrashDumpEnabled|dword:00000007|dword:00000000
		Control\FileSystem|NtfsDisableLastAccessUpdate|dword:80000002|dword:80000001
	EOT
	# No text at all: the end of the list, and perhaps that of an empty text.
	pages=$(setting asked 'Control\Session Manager\Memory Management' PagingFiles)
	same "page files" "$(tr -d '0,' <<<"${pages#*:}")" ""
	[ "$(setting plain 'Control\Session Manager\Memory Management' PagingFiles)" != "$pages" ]
}

@test "the recovery environment is kept, or leaves nothing behind" {
	in_windows asked /Windows/System32/Recovery/Winre.wim >winre.wim
	[ -s winre.wim ]
	fails in_windows asked /Windows/Panther/unattend.xml 2>/dev/null
	fails in_windows plain /Windows/System32/Recovery/Winre.wim 2>/dev/null
	in_windows plain /Windows/Panther/unattend.xml | xmllint --noout -
	same "recovery in the plans" "$(cat asked.plan plain.plan | step write-esp .bcd.recovery | xargs)" "true false"
	osloader=$(step write-esp .bcd.osloader <plain.plan)
	same "recoveryenabled" "$(in_store plain "$osloader" 16000009)" 00
	osloader=$(step write-esp .bcd.osloader <asked.plan)
	same "recoveryenabled" "$(in_store asked "$osloader" 16000009 2>/dev/null)" ""
}

@test "the record on the drive has the options" {
	wtgctl status --json asked.img
	[ "$status" -eq 0 ]
	same "asked" "$(jq -c 'select(.type == "status").made.options' out)" \
		'{"internal_disks_offline":false,"hibernate":true,"winre":true,"device_encryption":true,"portable_flag":true,"no_pagefile":true,"no_crash_dump":true,"no_last_access":true,"compact":false,"no_reserved_storage":false,"answer_file":false,"accounts":0,"auto_logon":false,"skip_oobe":false,"private":false}'
	wtgctl status --json plain.img
	same "plain" "$(jq -c 'select(.type == "status").made.options | map(select(. and . != 0))' out)" '[true]'
}

# ------------------------------------------------------------------ checks

@test "an image with another hash is refused before anything is touched" {
	good=$(sha256sum windows.iso | cut -d' ' -f1)
	bad=$(sha256sum helper 2>/dev/null plain.plan | cut -d' ' -f1 | tail -n1)
	refused 4 "its SHA-256 is $good" create --image windows.iso --edition Core --sha256 "$bad" --size 1G h.img
	refused 2 '64 hexadecimal digits' create --image windows.iso --edition Core --sha256 12 --size 1G h.img
	[ ! -e h.img ]
	create h --image windows.iso --edition Core --sha256 "${good^^}"
	same "plan" "$(step check-image .sha256 <h.plan | tr A-F a-f)" "$good"
	wtgctl status --json h.img
	same "record" "$(jq -r 'select(.type == "status").made.image.sha256' out | tr A-F a-f)" "$good"
}

@test "the integrity table is checked where there is one" {
	wtgctl plan --json --image windows.iso --edition Core --check --size 1G none.img
	[ "$status" -eq 0 ]
	same "plan" "$(plan_of out | step check-image .integrity_table)" true
	make damaged.wim wim badchunk
	refused 4 "integrity" plan --image damaged.wim --edition Core --check --size 1G none.img
}

read_back() { # HOW: bytes of the target that are read
	needs strace
	rm -f traced.img
	ASAN_OPTIONS=detect_leaks=0 as_user strace -f -y -o trace -e trace=pread64,pwrite64,read,write,preadv,pwritev \
		"$D/wtgctl" create --json --image windows.iso --edition Core --size 1G --verify "$1" \
		traced.img >out 2>err
	grep -F traced.img trace | awk '/ = [0-9]+$/ && /read/ { n += $NF } END { print n + 0 }'
}

@test "full verification reads everything back, quick some, none nothing" {
	full=$(read_back full)
	same "said" "$(result .verified)" full
	quick=$(read_back quick)
	same "said" "$(result .verified)" quick
	result .message | grep -q 'not every'
	none=$(read_back none)
	same "said" "$(result .verified)" none
	result .message | grep -q 'not verified'
	echo "full $full, quick $quick, none $none"
	[ "$none" -lt "$quick" ]
	[ "$full" -gt $((quick + $(jq -s '.[] | select(.type == "plan").image.size_bytes' out))) ]
	[ "$quick" -gt 100000 ]
	[ "$quick" -lt "$full" ]
}

# ------------------------------------------------------------------ the target

@test "a file is made, or taken as it is when there is nothing in it" {
	create made --image windows.iso --edition Core
	same "size" "$(stat -c %s made.img)" $((640 * MIB))
	as_user truncate -s 900M holes.img
	wtgctl create --image windows.iso --edition Core holes.img
	[ "$status" -eq 0 ]
	wtgctl verify holes.img
	[ "$status" -eq 0 ]
	same "size" "$(stat -c %s holes.img)" $((900 * MIB))
	refused 2 "--size" create --image windows.iso --edition Core absent.img
	refused 6 "need" create --image windows.iso --edition Core --size 300M absent.img
	[ ! -e absent.img ]
}

@test "a file with something in it needs both, the permission and its name" {
	as_user cp --sparse=always plain.img used.img
	before=$(stat -c '%y %z' used.img)
	refused 3 "is not empty" create --image windows.iso --edition Core used.img
	grep -qF -- "--overwrite" err
	refused 3 "" create --image windows.iso --edition Core --overwrite used.img
	grep -qF -- "--confirm" err
	refused 3 "" create --image windows.iso --edition Core --overwrite --confirm other.img used.img
	refused 3 "is not empty" create --image windows.iso --edition Core --confirm used.img used.img
	same "times" "$(stat -c '%y %z' used.img)" "$before"
	wtgctl create --image windows.iso --edition Core --overwrite --confirm used.img used.img
	[ "$status" -eq 0 ]
	wtgctl status --json used.img
	same "edition" "$(jq -r 'select(.type == "status").made.image.edition_id' out)" Core
}
