#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Drivers that the user gives: planned, on the drive as ntfs-3g, 7z and hivex see it, and verified.

load helper

setup_file() {
	disk_begin
	make windows.iso
	as_user "$MAKE_DRIVERS" packages 2>/dev/null || "$MAKE_DRIVERS" "$D/packages"
	mkdir -p "packages/Größe"
	sed 's/nettest/größe/' packages/net/nettest.inf >"packages/Größe/größe.inf"
	cp packages/net/amd64/nettest.sys "packages/Größe/größe.sys"
	sed -i 's/\\amd64//' "packages/Größe/größe.inf"
	chmod -R a+rX packages
	create drive --image windows.iso --edition Core --seed one --drivers packages
	create packed --image windows.iso --edition Core --seed one --drivers packages/virtio \
		--compact
}

setup() {
	disk_enter
	[ -s windows.ntfs ] || carve drive.img 3 windows.ntfs
}

in_windows() { # PATH
	ntfscat -f -q windows.ntfs "$1"
}

hive() { # NAME: the file
	[ -s "$1.hive" ] || in_windows "/Windows/System32/config/$1" >"$1.hive"
	echo "$1.hive"
}

values() { # HIVE KEY: as hivex exports them
	printf 'cd %s\nlsval\n' "$2" | hivexsh "$(hive "$1")"
}

text() { # HIVE KEY VALUE
	values "$1" "$2" | sed -n "s/^\"$3\"=[^:]*:*\"\(.*\)\"\$/\1/p" | sed 's/\\\\/\\/g'
}

STORE=/Windows/System32/DriverStore/FileRepository

@test "the plan tells of each package what it is and what becomes of it" {
	step apply-image '.drivers | map(.inf) | join(" ")' <drive.plan | tee /dev/stderr |
		grep -q 'packages/net/nettest.inf packages/raw/rawtest.inf packages/virtio/w10/viotest.inf'
	step apply-image '.drivers[] | "\(.inf) \(.installed_as) \(.not_installed_because)"' \
		<drive.plan >places
	cat places
	grep -qx 'packages/virtio/w11/viotest.inf oem0.inf null' places
	grep -qx 'packages/vmd/vmdtest.inf oem1.inf null' places
	grep -qx 'packages/net/nettest.inf null null' places
	grep -q '^packages/raw/rawtest.inf null it is not signed' places
	grep -q '^packages/virtio/w10/viotest.inf null .*w11/viotest.inf has the same service' places
	jq -r '.warnings[]' drive.plan | grep -q '^2 of the drivers, .*größe.inf the first, have no'
	jq -r '.warnings[]' drive.plan | grep -q 'rawtest.inf will only be there after the first start'
	jq -r '.warnings[]' drive.plan | grep -q 'no real Windows has been seen'
}

@test "what was given is on the drive, byte by byte" {
	n=0
	while read -r from to; do
		in_windows "/Windows/INF/wtgctl/$to" | cmp - "packages/$from"
		n=$((n + 1))
	done <<-END
		virtio/w11/viotest.inf 05-viotest/viotest.inf
		virtio/w11/viotest.cat 05-viotest/viotest.cat
		virtio/w11/amd64/viotest.sys 05-viotest/amd64/viotest.sys
		net/nettest.inf 02-nettest/nettest.inf
		Größe/größe.sys 01-gr____e/größe.sys
	END
	same "files" "$n" 5
	in_windows /Windows/System32/drivers/viotest.sys | cmp - packages/virtio/w11/amd64/viotest.sys
	in_windows /Windows/INF/oem0.inf | cmp - packages/virtio/w11/viotest.inf
	in_windows '/Windows/System32/CatRoot/{F750E6C3-38EE-11D1-85E5-00C04FC295EE}/oem0.cat' |
		cmp - packages/virtio/w11/viotest.cat
	7z l -slt windows.ntfs | sed -n 's/^Path = //p' >files
	same "store" "$(grep -c "^${STORE#/}/\(viotest\|vmdtest\).inf_amd64_[0-9a-f]\{16\}/" files)" 7
	fails grep -i 'System32/drivers/\(vmd\|net\|raw\)test' files
}

@test "SYSTEM has them as Windows would" {
	package=$(values SYSTEM '\DriverDatabase\DriverInfFiles\oem1.inf' |
		sed -n 's/^"Active"="\(.*\)"$/\1/p')
	[[ $package == vmdtest.inf_amd64_* ]]
	values SYSTEM '\ControlSet001\Services\viotest' >service
	cat service
	grep -qx '"Start"=dword:00000000' service
	same "image" "$(text SYSTEM '\ControlSet001\Services\vmdtest' ImagePath)" \
		"\\SystemRoot\\System32\\DriverStore\\FileRepository\\$package\\vmdtest.sys"
	values SYSTEM "\\DriverDatabase\\DriverPackages\\$package" | grep -q '^"Version"=hex(3):00,ff,09'
	fails values SYSTEM '\ControlSet001\Services\rawtest' 2>/dev/null
	text SOFTWARE '\Microsoft\Windows\CurrentVersion' DevicePath | tr ';' '\n' >paths
	cat paths
	same "paths" "$(wc -l <paths)" 7
	grep -qxF '%SystemRoot%\INF\wtgctl\05-viotest' paths
}

@test "verify finds them all, and says who is not signed" {
	wtgctl verify drive.img
	cat out
	[ "$status" -eq 0 ]
	grep -q '^ok *drivers *of other makers, for starting, 2 installed: viotest.inf as oem0.inf, vmd' out
	grep -q '^note *drivers *6 in Windows/INF/wtgctl for Windows to install' out
	grep -q '^warning *drivers *2 of those have no signature' out
}

@test "verify misses a file that Windows starts with" {
	cp --sparse=always drive.img broken.img
	cp "$(hive SYSTEM)" changed
	printf '%s\n' 'cd \ControlSet001\Services\viotest' 'setval 7' Type dword:1 Start dword:0 \
		ErrorControl dword:3 ImagePath 'expandstring:System32\drivers\gone.sys' \
		Group 'string:SCSI miniport' Owners 'hex:7:6f,00,65,00,6d,00,30,00,2e,00,69,00,6e,00,66,00,00,00,00,00' \
		DisplayName string:x 'commit changed' | hivexsh -w changed
	cp windows.ntfs broken.ntfs
	ntfscp -f -q broken.ntfs changed /Windows/System32/config/SYSTEM
	dd if=broken.ntfs of=broken.img bs=1M seek="$(($(start_of drive.img 3) / MIB))" conv=notrunc \
		status=none
	wtgctl verify broken.img
	cat out
	[ "$status" -eq 7 ]
	grep -q '^wrong *drivers *Windows/System32/drivers/gone.sys is not there, which Windows loads' out
	rm broken.*
}

@test "what is loaded early is not compressed" {
	carve packed.img 3 packed.ntfs
	ntfscat -f -q packed.ntfs /Windows/System32/drivers/viotest.sys |
		cmp - packages/virtio/w11/amd64/viotest.sys
	wimlib-imagex capture packed.ntfs packed.wim --compress=none >/dev/null
	wimlib-imagex dir packed.wim 1 --detailed --path=/Windows/System32/drivers/viotest.sys >entry
	grep -qx 'Attributes *= 0x00000020' entry
	fails grep -qi 'reparse' entry
	rm packed.wim packed.ntfs
}

@test "what makes no sense is refused in a sentence" {
	mkdir -p empty bad
	echo 'no inf' >empty/readme.txt
	printf '[Version]\nSignature="$WINDOWS NT$"\nClass=a\nClassGuid={4D36E97B-E325-11CE-BFC1-08002BE10318}\nProvider=a\nDriverVer=01/02/2003,1\n[Manufacturer]\n"a"=b,NTamd64\n[b.NTamd64]\n"c"=d,PCI\\VEN_1\n[d]\nCopyFiles=@gone.sys\n[SourceDisksFiles]\ngone.sys=1\n' >bad/bad.inf
	refused 4 "--drivers empty: there is no .inf file in it, or below" \
		plan --image windows.iso --edition Core --size 640M --drivers empty new.img
	refused 4 "it names a file that is not there: bad/gone.sys" \
		plan --image windows.iso --edition Core --size 640M --drivers bad new.img
	sed -i 's/NTamd64/NTx86/' bad/bad.inf
	refused 4 "none of the drivers fits this Windows: bad/bad.inf: it has nothing for amd64" \
		plan --image windows.iso --edition Core --size 640M --drivers bad new.img
	[ ! -e new.img ]
}
