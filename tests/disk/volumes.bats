#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The volumes of a drive, and what is in them, against the image they were made of.

load helper

setup_file() {
	disk_begin
	make windows.iso
	7z x -y -tudf windows.iso sources/install.wim >/dev/null
	export WIM="$D/sources/install.wim"
	create drive --image windows.iso --edition Professional --label "To Go"
	create new --image windows.iso --edition Professional --boot-ca 2023
	carve drive.img 1 esp.img
	carve drive.img 3 windows.img
	tree_of_volume windows.img >found.tree
	tree "$WIM" 2 >image.tree
}

setup() {
	disk_enter
}

in_image() { # PATH: the file's bytes
	wimlib-imagex extract "$WIM" 2 "$1" --to-stdout
}

in_volume() { # PATH
	ntfscat -f -q windows.img "$1"
}

# ------------------------------------------------------------------ the ESP

@test "fsck.fat finds the ESP in order, and its boot sector knows where it lies" {
	run fsck.fat -n -v esp.img
	echo "$output"
	[ "$status" -eq 0 ]
	grep -q '32 bits/entry\|FAT32\|4 bytes per\|Root directory start at cluster 2' <<<"$output"
	fails grep -qi -e 'dirty' -e 'differ' -e 'wrong' -e 'corrupt' <<<"$output"
	same "hidden sectors" "$(u32 esp.img 28)" 2048
	same "sectors" "$(u32 esp.img 32)" $((260 * 2048 / 63 * 63)) # mkfs.fat fills whole tracks
	same "geometry: sectors, heads" "$(od -An -tu2 -j24 -N4 esp.img | xargs)" "63 255"
	same "media, drive number" "$(od -An -tx1 -j21 -N1 esp.img | xargs) $(od -An -tx1 -j64 -N1 esp.img | xargs)" \
		"f8 80"
	same "label" "$(blkid -p -o value -s LABEL esp.img || :)" ""
}

# The tree of a boot directory in the image, copied as bcdboot does, under the ESP's names.
boot_files() { # IMAGE-DIRECTORY ESP-DIRECTORY
	wimlib-imagex dir "$WIM" 2 --path="$1" --detailed | awk '
		/^Full Path/ { path = $0; sub(/^[^"]*"/, "", path); sub(/"$/, "", path) }
		/^Attributes/ { directory = 0 }
		/FILE_ATTRIBUTE_DIRECTORY/ { directory = 1 }
		/^Link Count/ && !directory { print path }' |
		while read -r path; do
			echo "$path $2${path#"$1"}"
		done
}

check_files() { # DRIVE <LIST: every file on the ESP is that of the image
	local from to n=0
	while read -r from to; do
		cmp <(in_image "$from") <(esp mtype "$1" "::$to") || { echo "$from, $to" && return 1; }
		n=$((n + 1))
	done
	[ $n -gt 0 ]
}

@test "every file of the image's boot directories is on the ESP, and no other" {
	{
		boot_files /Windows/Boot/EFI /EFI/Microsoft/Boot
		boot_files /Windows/Boot/Fonts /EFI/Microsoft/Boot/Fonts
		boot_files /Windows/Boot/Resources /EFI/Microsoft/Boot/Resources
		echo "/Windows/Boot/EFI/bootmgfw.efi /EFI/Boot/bootx64.efi"
	} | grep -v 'boot\.stl\.old' >wanted
	check_files drive.img <wanted
	{ cut -d' ' -f2 wanted && echo /EFI/Microsoft/Boot/BCD && echo /EFI/wtgctl/manifest.json; } |
		tr a-z A-Z | sort >expected
	esp mdir drive.img -/ -b :: | sed 's/^:://' | grep -v '/$' | tr a-z A-Z | sort >found
	diff -u expected found
}

@test "with --boot-ca 2023, loader and fonts are those of EFI_EX and Fonts_EX" {
	check_files new.img <<-EOT
		/Windows/Boot/EFI_EX/bootmgfw_EX.efi /EFI/Boot/bootx64.efi
		/Windows/Boot/EFI_EX/bootmgfw_EX.efi /EFI/Microsoft/Boot/bootmgfw.efi
		/Windows/Boot/EFI_EX/bootmgr_EX.efi /EFI/Microsoft/Boot/bootmgr.efi
	EOT
	boot_files /Windows/Boot/Fonts_EX /EFI/Microsoft/Boot/Fonts |
		sed 's/_EX\(\.ttf\)$/\1/' >fonts
	grep -q . fonts
	check_files new.img <fonts
	for row in "new.img Windows UEFI CA 2023" "drive.img Microsoft Windows Production PCA 2011"; do
		esp mtype "${row%% *}" ::/EFI/Boot/bootx64.efi >loader.efi
		sbverify --list loader.efi >said 2>&1
		grep -qF "${row#* }" said
	done
	same "chain in the plan" "$(step write-esp .boot_ca <new.plan)" 2023
}

@test "the manifest on the ESP is the plan's" {
	esp mtype drive.img ::/EFI/wtgctl/manifest.json >manifest.json
	same "layout" "$(jq -cS .layout manifest.json)" "$(jq -cS .layout drive.plan)"
	same "edition" "$(jq -r .image.edition_id manifest.json)" Professional
	same "file" "$(jq -r .image.file manifest.json)" windows.iso
}

# ------------------------------------------------------------------ NTFS

@test "four readers find the Windows volume sound" {
	run ntfsfix -n windows.img
	echo "$output"
	[ "$status" -eq 0 ]
	grep -q 'processed successfully' <<<"$output"
	ntfsresize -i -f windows.img | grep -q 'You might resize'
	ntfsinfo -m windows.img >info
	grep -q 'Volume Flags: 0x0000' info
	grep -q 'Volume Name: To Go' info
	grep -q 'Cluster Size: 4096' info
	fsstat -f ntfs windows.img >said
	grep -q 'Root Directory: 5' said
	grep -q 'Volume Name: To Go' said
}

@test "the NTFS boot sector knows where it lies" {
	same "hidden sectors" "$(u32 windows.img 28)" $((277 * 2048))
	same "geometry: sectors, heads" "$(od -An -tu2 -j24 -N4 windows.img | xargs)" "63 255"
	cmp <(head -c 512 windows.img) <(tail -c 512 windows.img)
}

@test "the volume is the image's edition but for what the plan names" {
	hive=/$(step apply-image '.replaced[].path' <drive.plan)
	gone=/$(step apply-image '.left_out[].path' <drive.plan)
	added=/$(step apply-image '.added[].path' <drive.plan)
	changed=("$hive" "$gone" "$(dirname "$gone")" "$added" "$(dirname "$added")")
	other_lines image.tree "${changed[@]}" >expected
	other_lines found.tree "${changed[@]}" >found
	[ "$(wc -l <expected)" -gt 1000 ]
	diff -u expected found
	same "files" "$(wc -l <found.tree)" "$(wc -l <image.tree)" # one gone, one added
	fails grep -F "$gone |" found.tree
	grep -F "$gone |" image.tree
	grep -F "$added |" found.tree
}

line() { # TREE PATH FIELD...: without the named fields
	local file=$1 path=$2
	shift 2
	grep -F "$path |" "$file" | sed "$(printf 's/| %s[^|]*//;' "$@")"
}

@test "of what the plan changes, everything else is kept" {
	for path in /Windows/System32/Recovery /Windows/Panther; do
		grep -q "^$path |" image.tree || continue
		same "$path" "$(line found.tree $path 'Last Write Time' 'Last Access Time')" \
			"$(line image.tree $path 'Last Write Time' 'Last Access Time')"
	done
	hive=/Windows/System32/config/SYSTEM
	fields=('Last Write Time' 'Last Access Time' Hash 'Uncompressed size')
	same "$hive" "$(line found.tree $hive "${fields[@]}")" "$(line image.tree $hive "${fields[@]}")"
	line found.tree $hive | grep -q 'Security Descriptor = 0100'
}

@test "wimlib's own volume of the same image has the same tree" {
	truncate -s 300M theirs.img
	mkntfs -Q -F -q theirs.img >/dev/null 2>&1
	wimlib-imagex apply "$WIM" 2 theirs.img >/dev/null
	tree_of_volume theirs.img >theirs.tree
	diff -u image.tree theirs.tree
}

# Not the times: of what the plan changes, they say when that was.
timeless() {
	sed -E 's/\| [^|]* Time = [^|]*//g' "$1"
}

@test "made with wimlib's engine, the drive has the same tree" {
	create byname --engine wimlib --image windows.iso --edition Professional --label "To Go"
	carve byname.img 3 byname.part
	tree_of_volume byname.part >byname.tree
	diff -u <(timeless byname.tree) <(timeless found.tree)
	same "plan" "$(jq -c '.steps[] | select(.step == "apply-image")' byname.plan)" \
		"$(jq -c '.steps[] | select(.step == "apply-image") |
			del(.threads, .memory_bytes)' drive.plan)"
	rm byname.*
}

@test "the answer file is well-formed and takes WinRE out of service" {
	in_volume /Windows/Panther/unattend.xml >unattend.xml
	xmllint --noout unattend.xml
	grep -q 'UninstallWindowsRE>true' unattend.xml
	grep -q 'processorArchitecture="amd64"' unattend.xml
}

# ------------------------------------------------------------------ the registry

# Every value of a hive, one a line: KEY VALUE TYPE CONTENT.
values() {
	hivexregedit --export --unsafe-printable-strings "$1" '\' 2>/dev/null |
		awk '/^\[/ { key = substr($0, 2, length($0) - 2); print key; next }
			/=/ { print key " " $0 }' | sort
}

@test "hivexregedit sees the planned edits in the registry, and none else" {
	in_image /Windows/System32/config/SYSTEM >before.hive
	in_volume /Windows/System32/config/SYSTEM >after.hive
	values before.hive >before
	values after.hive >after
	[ "$(wc -l <before)" -gt 100 ]
	# What the plan says, in the words of the export.
	step apply-image '.edits[] | select(.change) |
		"\\\(.key) \"\(.value)\"=\(.old)=>\(.new)"' <drive.plan | sort >planned
	[ "$(wc -l <planned)" -eq "$(step apply-image .changes <drive.plan)" ]
	{
		comm -23 before after | grep '=' | sed 's/^/< /'
		comm -13 before after | grep '=' | sed 's/^/> /'
	} | awk '
		{ at = index($0, "\"="); name = substr($0, 3, at - 2); value = substr($0, at + 2) }
		/^</ { old[name] = value }
		/^>/ { new[name] = value }
		function number(text) { # dword:0000001c as the plan writes it
			if (text == "") return "absent"
			sub(/^dword:0*/, "", text)
			return text == "" ? "0" : text
		}
		END {
			for (name in old) if (!(name in new)) new[name] = ""
			for (name in new) print name "=" number(old[name]) "=>" number(new[name])
		}' | sort >made
	diff -u planned made
	fails grep '=' <(comm -13 <(grep -v = before) <(grep -v = after))
}

@test "two more readers take the patched hive for sound" {
	needs reged reglookup
	in_volume /Windows/System32/config/SYSTEM >after.hive
	reglookup after.hive >values 2>said
	[ ! -s said ]
	grep -q '^/ControlSet001/Services/partmgr/Parameters/SanPolicy,DWORD,0x00000004,' values
	grep -q '^/ControlSet001/Control/BitLocker/PreventDeviceEncryption,DWORD,0x00000001,' values
	reged -x after.hive 'HKLM\SYSTEM' '\ControlSet001\Control\Power' power.reg
	grep -q '"HibernateEnabled"=dword:00000000' power.reg
	hivexml after.hive | xmllint --huge --noout -
}
