#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Images that are not what they should be: one clear sentence, the right status, and a target
# that nobody touched.

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

# disc VARIANT WORDS; bare VARIANT WORDS: the disc, or the WIM alone, is refused.
disc() {
	medium bad.iso --variant "$1"
	refuses 4 "$2" --image bad.iso --edition 1
}

bare() {
	medium bad.wim --variant wim --variant "$1"
	refuses 4 "$2" --image bad.wim --edition 1
}

@test "an empty file" {
	disc zero "bad.iso is empty"
}

@test "a truncated disc, a truncated WIM" {
	disc truncated "bad.iso is truncated: it has"
	bare truncated "bad.wim is truncated: it has"
}

@test "a disc cut off anywhere" {
	size=$(stat -c %s windows.iso)
	for part in 1 2 3 5 8 13 21 34 55 89; do
		rm -f bad.iso && head -c $((size * part / 100)) windows.iso >bad.iso
		wtgctl create -q --edition 1 --image bad.iso --size 1G new.img
		said 4 "bad.iso"
		[ ! -e new.img ]
	done
}

@test "a disc without install.wim" {
	disc no-install "it has no sources/install.wim, .esd or .swm"
}

@test "a disc whose files are in its ISO 9660 half" {
	disc stub9660 "has no UDF filesystem, which is where Windows discs keep their files"
}

@test "noise, and other people's files" {
	head -c 3000000 /dev/zero | openssl enc -aes-128-ctr -K 00 -iv 00 2>/dev/null >noise.iso ||
		head -c 3000000 "$D/wtgctl" >noise.iso
	refuses 4 "noise.iso" --image noise.iso
	echo "Not an image." >text.iso
	refuses 4 "text.iso" --image text.iso
}

@test "a directory, a pipe, a device, nothing" {
	mkdir -p directory && rm -f pipe && mkfifo pipe
	refuses 4 "directory is a directory, not an image" --image directory
	refuses 4 "pipe is not a regular file" --image pipe
	refuses 4 "/dev/null is not a regular file" --image /dev/null
	refuses 4 "open gone.iso: No such file or directory" --image gone.iso
	refuses 5 "open one.wim/x: Not a directory" --image one.wim/x
	ln -sfn round round
	refuses 5 "round: Too many levels of symbolic links" --image round
}

@test "an image that may not be read" {
	cp one.wim secret.wim && chmod 000 secret.wim
	refuses 5 "open secret.wim: Permission denied" --image secret.wim
}

@test "an edition that is not there, or not the only one" {
	refuses 2 'windows.iso holds 3 editions, and none was chosen' --image windows.iso
	grep -qF "Choose with --edition: 1 (Windows 11 Home, amd64), 2 (" err
	for edition in Nope 0 4 -1 99999999999999999999 "1 " x64/1; do
		refuses 2 "windows.iso holds no edition \"$edition\"" --image windows.iso \
			"--edition=$edition"
	done
	medium both.iso --variant multiarch
	refuses 2 'editions' --image both.iso --edition 1
}

@test "the wrong SHA-256, and what is none" {
	wrong=$(printf '0%.0s' {1..64})
	refuses 4 "one.wim is not the expected file: its SHA-256 is $(sha256sum one.wim | cut -c1-64)" \
		--image one.wim --sha256 "$wrong"
	refuses 2 'a SHA-256 has 64 hexadecimal digits, and "abc" is none' \
		--image one.wim --sha256 abc
}

@test "no boot manager, no winload" {
	disc nobootfiles "Windows/Boot/EFI/bootmgfw.efi is missing: UEFI could not start it"
	disc nowinload "Windows/System32/winload.efi is missing: UEFI could not start it"
}

@test "a registry that is missing, garbage, or still waits for its log" {
	disc nosystem "the image has no Windows/System32/config/SYSTEM"
	disc badsystem "read the SYSTEM hive: the hive's bin at 0x1000 is damaged"
	disc dirtysystem "the SYSTEM hive was not closed"
	grep -qF "Start that once more, shut it down" err
}

@test "XML that is torn, or reaches out" {
	disc badxml "the XML of bad.iso (sources/install.wim) is damaged"
	bare doctype-xml "declares a DOCTYPE, which is no business of a WIM"
}

@test "a damaged tree: of that edition alone" {
	medium bad.wim --variant wim --variant badmetadata
	damaged=0
	for edition in 1 2 3; do
		wtgctl plan --image bad.wim --edition $edition --size 1G new.img
		[ "$status" -eq 0 ] && continue
		damaged=$((damaged + 1))
		refuses 4 "the tree of an image in bad.wim: its compressed data is damaged" --image bad.wim \
			--edition $edition
	done
	[ "$damaged" -eq 1 ]
	# info tells of the others, and of that one what it can.
	wtgctl info --json bad.wim
	[ "$status" -eq 0 ]
	jq -se '[.[] | select(.type == "info").editions[] | .warnings | map(.id) | index("unreadable")] |
		length == 3 and (map(select(. != null)) | length == 1)' out
}

@test "names that mean something else to Windows" {
	bare evilnames "wtgctl stand-in/odd/evil/"
}

@test "names of 255 characters and twins in case are names" {
	medium good.iso --variant twins
	rm -f new.img
	wtgctl create -q --progress none --image good.iso --edition 1 --size 1G new.img
	[ "$status" -eq 0 ]
	dd if=new.img of=windows.ntfs bs=1M skip=277 count=746 conv=sparse status=none
	needs ntfsls
	ntfsls -f -p "/Program Files/wtgctl stand-in/odd" windows.ntfs >listed
	[ "$(awk 'length == 255' listed | wc -l)" -eq 1 ]
	[ "$(grep -ci '^case twin$' listed)" -eq 2 ]
}

@test "what NTFS cannot hold" {
	needs wimlib-imagex perl
	cp one.wim odd.wim
	wimlib-imagex update odd.wim 1 --command="add '$D/wtgctl' '/\$mft'" >/dev/null
	refuses 4 "the root in the image has \$mft, which is a name of NTFS' own" --image odd.wim
	mkdir -p links && perl -e 'open F, ">links/0"; link "links/0", "links/$_" for 1..8200'
	cp one.wim odd.wim
	wimlib-imagex update odd.wim 1 --command="add links /links" >/dev/null
	refuses 4 "in the image has 8201 names and 1 streams: NTFS cannot hold that" --image odd.wim
}

@test "two files where Windows opens one" {
	needs wimlib-imagex
	cp one.wim odd.wim
	wimlib-imagex update odd.wim 1 \
		--command="add '$D/wtgctl' /Windows/System32/config/system" >/dev/null
	refuses 4 "the image has Windows/System32/config/SYSTEM twice" --image odd.wim
}

@test "a file where a directory must be: what is added has no place" {
	needs wimlib-imagex
	cp one.wim odd.wim
	wimlib-imagex update odd.wim 1 --command="delete --recursive --force /Windows/Panther" >/dev/null
	wimlib-imagex update odd.wim 1 --command="add '$D/odd.wim' /Windows/Panther" >/dev/null
	refuses 4 "Panther in the image is no directory to put files into" --image odd.wim
}

@test "an image that is larger than its XML says: the drive is not touched" {
	needs wimlib-imagex
	medium lie.wim --variant wim --editions 1 --files 300 --bytes 150M
	wimlib-imagex info lie.wim 1 --image-property TOTALBYTES=1000000 >/dev/null
	chmod a+r lie.wim
	for engine in own wimlib; do
		wtgctl create -q --engine $engine --image lie.wim --size 430M new.img
		said 6 "new.img has 450.9 MB (430 MiB), this image and layout need"
		[ ! -e new.img ]
	done
	# What is asked for does.
	need=$(sed -n 's/.* need .*(\([0-9]*\) MiB)$/\1/p' <<<"$(sed 's/[.]$//' err)")
	wtgctl create -q --image lie.wim --size "${need}M" new.img
	cat err
	[ "$status" -eq 0 ]
	rm new.img
}

# That shows only when the chunk is decompressed.
@test "a damaged chunk: found while applying, and the drive is left blank" {
	medium bad.wim --variant wim --variant badchunk
	target old.img
	wtgctl create -q --progress none --image bad.wim --edition 1 --overwrite \
		--confirm old.img old.img
	said 10 "apply-image: read Windows/System32/ntoskrnl.exe: bad.wim is damaged or encrypted"
	grep -qF "The drive was left without a partition table: nothing on it boots." err
	blank old.img
	no_table_for_sgdisk old.img
	status_is old.img interrupted apply-image
	nothing_left old.img
	wtgctl verify old.img
	[ "$status" -eq 7 ]
	# The same with a sound image then needs no --overwrite.
	wtgctl create -q --progress none --image one.wim old.img
	[ "$status" -eq 0 ]
	status_is old.img complete
}

@test "--check finds the damaged chunk before, where the WIM has a table for it" {
	medium whole.wim --variant wim
	cp whole.wim damaged.wim
	wtgctl plan --image damaged.wim --edition 1 --check --size 1G new.img
	cat err
	[ "$status" -eq 0 ]
	printf 'damage' | dd of=damaged.wim bs=1 seek=1000000 conv=notrunc status=none
	refuses 4 "damaged.wim" --image damaged.wim --edition 1 --check
}

@test "a name with escape sequences and bytes that are not UTF-8 harms no terminal" {
	name=$'bad\xff\e[31m\n\u202e.iso'
	refuses 4 "bad" --image "$name"
	cp one.wim "$name"
	wtgctl plan --image "$name" --size 1G $'new\e[2J\xff.img'
	[ "$status" -eq 0 ]
	fails grep -q $'\033' out err
	iconv -f UTF-8 -t UTF-8 out >/dev/null
	wtgctl plan --json --image "$name" --size 1G $'new\e[2J\xff.img'
	fails grep -q $'\033' out err
	jq . out >/dev/null
}
