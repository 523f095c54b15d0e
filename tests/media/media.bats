#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What make-media makes, as other programs see it.

setup_file() {
	export D="$BATS_FILE_TMPDIR" HOME="$BATS_FILE_TMPDIR" LC_ALL=C.UTF-8
	"$MAKE_MEDIA" --out "$D/default.iso"
	7z x -y -tudf -o"$D/udf" "$D/default.iso" >/dev/null
	export WIM="$D/udf/sources/install.wim"
	wimlib-imagex extract "$WIM" 2 /Windows --dest-dir="$D" --no-acls 2>/dev/null >/dev/null
}

# Make a variant as $D/NAME and say where it is.
make() {
	local name=$1 variants=()
	shift
	for variant; do variants+=(--variant "$variant"); done
	"$MAKE_MEDIA" --out "$D/$name" "${variants[@]}"
	echo "$D/$name"
}

in_hive() { # HIVE KEY VALUE
	printf 'cd %s\nlsval %s\n' "$2" "$3" | hivexsh "$D/Windows/System32/config/$1"
}

in_wim() { # WIM PATTERN-OF-THE-PATH'S-END
	wimlib-imagex dir "$1" 1 | grep -q "$2\$"
}

needs() {
	for program; do
		command -v "$program" >/dev/null || skip "$program is not installed"
	done
}

fails() { # bats does not look at a "!"
	if "$@" >/dev/null 2>&1; then
		echo "no failure: $*"
		return 1
	fi
}

@test "everything lies in UDF, and in ISO 9660 only a README" {
	run 7z l -slt -tiso "$D/default.iso"
	[ "$(grep -c '^Path = ' <<<"$output")" = 2 ]
	grep -q '^Path = README.TXT' <<<"$output"
	[ -s "$D/udf/sources/boot.wim" ]
	[ -s "$D/udf/efi/boot/bootx64.efi" ]
}

@test "the WIM verifies and describes three editions" {
	wimlib-imagex verify "$WIM" >/dev/null
	run wimlib-imagex info "$WIM"
	grep -q '^Image Count: *3' <<<"$output"
	grep -q '^Compression: *LZX' <<<"$output"
	grep -q '^Edition ID: *Professional$' <<<"$output"
	grep -q '^Build: *26100' <<<"$output"
	grep -q '^Attributes:.*Integrity info' <<<"$output"
}

@test "the tree has what NTFS can hold and a copy can lose" {
	run wimlib-imagex dir "$WIM" 1 --detailed
	for what in 'Short Name *= "PROGRA~1"' 'Object ID *= 0x1122' 'Reparse Tag *= 0xa0000003' \
		'Reparse Tag *= 0xa000000c' 'Named data stream "on a directory"' 'Link Count *= 60' \
		'FILE_ATTRIBUTE_COMPRESSED' 'FILE_ATTRIBUTE_SPARSE_FILE' '/level 20/bottom.txt'; do
		grep -q "$what" <<<"$output" || { echo "missing: $what"; false; }
	done
	[ "$(grep -c 'odd/many/entry' <<<"$output")" = 500 ]
	[ "$(sed -n 's/^Security Descriptor = //p' <<<"$output" | sort -u | wc -l)" -ge 9 ]
	[ "$(grep 'odd/n*"$' <<<"$output" | sed 's/.*odd.\(n*\)"/\1/' | tr -d '\n' | wc -c)" = 255 ]
}

@test "two runs give the same tree, streams, descriptors and times" {
	for i in 1 2; do
		make "same$i.wim" wim
		wimlib-imagex dir "$D/same$i.wim" 3 --detailed >"$D/same$i"
	done
	cmp "$D/same1" "$D/same2"
}

@test "hivex and reglookup read the hives, and their keys are there" {
	needs reglookup hivexsh hivexml xmllint
	in_hive SYSTEM '\Select' Current | grep -qx 1
	in_hive SYSTEM '\ControlSet001\Control' BootDriverFlags | grep -qx 28
	in_hive SYSTEM '\ControlSet001\Services\UASPStor' BootFlags | grep -qx 20
	in_hive SYSTEM '\ControlSet001\Services\partmgr\Parameters' SanPolicy | grep -qx 1
	in_hive SYSTEM '\Setup' OOBEInProgress | grep -qx 1
	in_hive SOFTWARE '\Microsoft\Windows NT\CurrentVersion' EditionID | grep -qx Professional
	for hive in SYSTEM SOFTWARE SAM SECURITY DEFAULT BCD-Template; do
		hivexml "$D/Windows/System32/config/$hive" | xmllint --noout -
		reglookup "$D/Windows/System32/config/$hive" 2>"$D/said" >/dev/null
		[ ! -s "$D/said" ] || { cat "$D/said"; false; }
	done
}

@test "the value of 40000 bytes reads back whole from its segments" {
	key='\ControlSet001\Control\Session Manager\AppCompatCache'
	in_hive SYSTEM "$key" | tr -d '\n\\ ' | sed 's/.*hex(3)://' | tr , '\n' | grep -c . >"$D/n"
	[ "$(cat "$D/n")" = 40000 ]
}

@test "loaders name their issuers, and their digests are right" {
	needs sbverify osslsigncode objdump
	boot="$D/Windows/Boot"
	sbverify --list "$boot/EFI/bootmgfw.efi" | grep -q 'CN=Microsoft Windows Production PCA 2011'
	sbverify --list "$boot/EFI_EX/bootmgfw_EX.efi" | grep -q 'CN=Windows UEFI CA 2023'
	run osslsigncode verify "$boot/EFI/bootmgfw.efi"
	[ "$(sed -n 's/^C.* message digest *: //p' <<<"$output" | sort -u | wc -l)" = 1 ]
	fails grep -i mismatch <<<"$output"
	objdump -p "$boot/EFI/bootmgfw.efi" | grep -q 'EFI application'
}

@test "loaders can be unsigned, and for another machine" {
	needs sbverify
	wim=$(make arm.wim wim arm64 unsigned noex)
	wimlib-imagex extract "$wim" 1 /Windows/Boot/EFI/bootmgfw.efi --dest-dir="$D/arm" >/dev/null
	[ "$(od -An -tx2 -j132 -N2 "$D/arm/bootmgfw.efi")" = " aa64" ]
	run sbverify --list "$D/arm/bootmgfw.efi"
	grep -qi 'no signature' <<<"$output"
	fails wimlib-imagex dir "$wim" 1 --path=/Windows/Boot/EFI_EX
}

@test "an ESD is solid, and a split set joins" {
	esd=$(make install.esd esd)
	run wimlib-imagex info "$esd" --header
	wimlib-imagex verify "$esd" >/dev/null
	wimlib-imagex info "$esd" | grep -q '^Compression: *LZMS'
	make install.swm swm
	[ -s "$D/install2.swm" ]
	wimlib-imagex verify "$D/install.swm" --ref="$D/install*.swm" >/dev/null
}

@test "one disc can hold two architectures" {
	iso=$(make multi.iso multiarch)
	7z l -tudf "$iso" | grep -q 'x86/sources/install.wim'
	7z l -tudf "$iso" | grep -q 'x64/sources/install.wim'
}

@test "a damaged chunk shows only when files are read" {
	wim=$(make badchunk.wim wim badchunk)
	wimlib-imagex dir "$wim" 1 >/dev/null
	fails wimlib-imagex verify "$wim"
}

@test "damaged metadata and XML are refused" {
	wim=$(make badmetadata.wim wim badmetadata)
	fails wimlib-imagex verify "$wim"
	wim=$(make badxml.wim wim badxml)
	fails wimlib-imagex info "$wim"
	wim=$(make doctype.wim wim doctype-xml)
	# wimlib 1.14 itself refuses that: where it lies, the header says.
	offset=$(od -An -tu8 -j80 -N8 "$wim")
	tail -c +$((offset + 1)) "$wim" | head -c "$(od -An -tu8 -j88 -N8 "$wim" | tr -d ' ')" |
		iconv -f utf-16 -t utf-8 | grep -q '<!DOCTYPE'
}

@test "names that no volume takes are in the tree" {
	wim=$(make evil.wim wim evilnames)
	wimlib-imagex verify "$wim" >/dev/null
	run wimlib-imagex dir "$wim" 2
	grep -q "odd/evil/colon:name" <<<"$output"
	grep -q "Ignoring file named" <<<"$output"
}

@test "what is to be missing is missing" {
	in_wim "$WIM" '/bootmgfw\(_EX\)\?.efi' && in_wim "$WIM" /config/SYSTEM
	iso=$(make stub.iso stub9660)
	7z l -tiso "$iso" | grep -q SOURCES/INSTALL.WIM
	fails 7z l -tudf "$iso"
	wim=$(make nobootfiles.wim wim nobootfiles)
	fails in_wim "$wim" '/bootmgfw\(_EX\)\?.efi'
	wim=$(make nowinload.wim wim nowinload)
	fails in_wim "$wim" /winload.efi
	wim=$(make nosystem.wim wim nosystem)
	fails in_wim "$wim" /config/SYSTEM
	run 7z l -tudf "$(make none.iso no-install)"
	grep -q sources/boot.wim <<<"$output"
	fails grep install <<<"$output"
}

@test "every listed variant but the big one is made" {
	for name in $("$MAKE_MEDIA" --list | sed -n 's/^\([a-z0-9-]*\)  .*/\1/p'); do
		[ "$name" = big ] || make "one-$name" "$name" || { echo "$name"; false; }
	done
	"$MAKE_MEDIA" --out "$D/old.wim" --variant wim --variant build=17763 --editions 1
	wimlib-imagex info "$D/old.wim" 1 | grep -q '^Build: *17763'
	fails "$MAKE_MEDIA" --out "$D/none" --variant nonsense
}
