#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# --registry: what the user's own scripts say is in the hives of the drive, and nothing else, as
# hivexregedit, reged and reglookup see it.

load helper

setup_file() {
	disk_begin
	make windows.wim wim
	script site.reg <<-'EOT'
		Windows Registry Editor Version 5.00

		; what a company wants
		[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Session Manager]
		"AutoChkTimeout"=dword:00000005

		[HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Company]
		@="quoted \"\\\" text"
		"Number"=dword:0000000a
		"Large"=hex(b):01,00,00,00,00,00,00,00
		"Path"=hex(2):25,00,54,00,45,00,4d,00,50,00,25,00,00,00
		"Empty"=hex:
		"None"=hex(0):
		"Texts"=hex(7):61,00,00,00,\
		  62,00,00,00,00,00

		[HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Company\Nothing]

		[HKEY_LOCAL_MACHINE\SOFTWARE\microsoft\windows nt\currentversion]
		"UBR"=-
		"SystemRoot"="D:\\Windows"

		[-HKEY_LOCAL_MACHINE\SOFTWARE\Classes\.txt]
		[-HKEY_LOCAL_MACHINE\SOFTWARE\Not\There]
	EOT
	script user.reg <<-'EOT'
		REGEDIT4

		[HKEY_CURRENT_USER\Control Panel\Desktop]
		"MenuShowDelay"="0"
		[HKEY_USERS\.DEFAULT\Control Panel\Keyboard]
		"InitialKeyboardIndicators"=hex(1):32,00
	EOT
	create plain --image windows.wim --edition Professional
	create drive --image windows.wim --edition Professional \
		--registry site.reg --registry user.reg
	for name in plain drive; do carve $name.img 3 $name.ntfs; done
}

setup() {
	disk_enter
}

script() { # NAME: a script from stdin, as regedit writes it
	sed 's/$/\r/' >"$1.utf8"
	{ printf '\377\376' && iconv -t UTF-16LE <"$1.utf8"; } >"$1"
	! grep -q REGEDIT4 "$1.utf8" || cp "$1.utf8" "$1"
	chmod a+r "$1"
}

CONFIG=/Windows/System32/config

hive() { # DRIVE PATH TO
	ntfscat -f -q "$1.ntfs" "$2" >"$3"
	[ -s "$3" ]
}

export_hive() { # HIVE
	hivexregedit --export "$1" '\' >"$1.txt"
}

# What hivexregedit, which reads scripts on its own, makes of the plain drive's hive.
as_merged() { # PATH PREFIX SCRIPT
	hive plain "$1" theirs
	hive drive "$1" ours
	cmp -s theirs ours && echo "no change of $1" && return 1
	hivexregedit --merge theirs --prefix "$2" "$3"
	export_hive theirs
	export_hive ours
	diff -u theirs.txt ours.txt
}

@test "each hive is what another reader of scripts makes of it" {
	sed -n '1,2p; /SOFTWARE/,$p' site.reg.utf8 >software.reg
	as_merged $CONFIG/SOFTWARE 'HKEY_LOCAL_MACHINE\SOFTWARE' software.reg
	sed 's/CurrentControlSet/ControlSet001/; /SOFTWARE/,$d' site.reg.utf8 >system.reg
	as_merged $CONFIG/SYSTEM 'HKEY_LOCAL_MACHINE\SYSTEM' system.reg
	sed '1s/.*/Windows Registry Editor Version 5.00/; /^.HKEY_USERS/,$d' user.reg.utf8 >ntuser.reg
	as_merged /Users/Default/NTUSER.DAT 'HKEY_CURRENT_USER' ntuser.reg
}

@test "what is in single bytes in REGEDIT4 is a text on the drive" {
	hive drive $CONFIG/DEFAULT default
	printf 'cd \\Control Panel\\Keyboard\nlsval InitialKeyboardIndicators\n' | hivexsh default |
		grep -qx 2
}

@test "reged and reglookup see the same" {
	needs reged reglookup
	hive drive $CONFIG/SOFTWARE ours
	reglookup -p /Policies/Company ours | grep -F '/Policies/Company/Number,DWORD,0x0000000A,'
	fails sh -c 'reglookup ours | grep -F "/Classes/.txt"'
	reged -x ours S '\Policies' policies.reg
	grep -F '"Number"=dword:0000000a' policies.reg
}

@test "the plan shows each with its line, old to new" {
	step apply-image '.edits[] | select(.reason | contains("line 5")) |
		"\(.key)|\(.value): \(.old) -> \(.new) \(.class)"' <drive.plan >found
	same "of SYSTEM" "$(cat found)" \
		'ControlSet001\Control\Session Manager|AutoChkTimeout: absent -> 5 wish'
	step apply-image '.more_hives[] | .hive as $hive | .edits[] | select(.change) |
		"\($hive | split("/")[-1])|\(.key)|\(.value): \(.old) -> \(.new)"' <drive.plan >found
	cat >expected <<-'EOT'
		SOFTWARE|Policies\Company|null: absent -> a key
		SOFTWARE|Policies\Company|: absent -> quoted "\" text
		SOFTWARE|Policies\Company|Number: absent -> 0xa
		SOFTWARE|Policies\Company|Large: absent -> 0x1
		SOFTWARE|Policies\Company|Path: absent -> %TEMP%
		SOFTWARE|Policies\Company|Empty: absent -> 0 bytes of type 3
		SOFTWARE|Policies\Company|None: absent -> 0 bytes of type 0
		SOFTWARE|Policies\Company|Texts: absent -> a, b
		SOFTWARE|Policies\Company\Nothing|null: absent -> a key
		SOFTWARE|Microsoft\Windows NT\CurrentVersion|UBR: 0x6ce -> absent
		SOFTWARE|Microsoft\Windows NT\CurrentVersion|SystemRoot: C:\Windows -> D:\Windows
		SOFTWARE|Classes\.txt|null: a key with 1 value and 0 subkeys -> absent
		DEFAULT|Control Panel\Keyboard|null: absent -> a key
		DEFAULT|Control Panel\Keyboard|InitialKeyboardIndicators: absent -> 2
		NTUSER.DAT|Control Panel\Desktop|MenuShowDelay: 400 -> 0
	EOT
	diff -u expected found
}

@test "verify finds nothing to say of it" {
	wtgctl verify drive.img
	cat out err
	[ "$status" -eq 0 ]
	fails grep -E '^(note|warning|wrong) +registry' out
}

plan() { # OPTION...
	wtgctl plan --json --size 640M --image windows.wim --edition Professional "$@" new.img
	[ ! -e new.img ]
}

@test "a script that undoes what makes the drive portable has its way, and is told of" {
	script san.reg <<-'EOT'
		Windows Registry Editor Version 5.00
		[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\partmgr\Parameters]
		"SanPolicy"=dword:1
	EOT
	plan --registry san.reg
	[ "$status" -eq 0 ]
	plan_of out | jq -r '.warnings[]' >warnings
	grep 'SanPolicy .* will not be made 4 .*undone by --registry san.reg, line 3' warnings
	fails grep 'own disks will be offline' warnings
	plan_of out | step apply-image '"\(.undone) \(.changes)"' | grep -x '1 4'
}

@test "no password is in the plan" {
	script secret.reg <<-'EOT'
		Windows Registry Editor Version 5.00
		[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon]
		"DefaultPassword"="opensesame"
	EOT
	plan --registry secret.reg
	[ "$status" -eq 0 ]
	grep -q DefaultPassword out
	fails grep -q opensesame out err
}

refuses() { # STATUS SENTENCE: a script from stdin, whose first line is added
	{ echo 'Windows Registry Editor Version 5.00' && cat; } >bad.reg
	chmod a+r bad.reg
	refused "$1" "$2" plan --size 640M --image windows.wim --edition Professional \
		--registry bad.reg new.img
	[ ! -e new.img ]
}

@test "what cannot be done is refused with its line, and nothing is touched" {
	refuses 4 'bad.reg, line 2: of HKEY_LOCAL_MACHINE only SOFTWARE and SYSTEM' \
		<<<'[HKEY_LOCAL_MACHINE\SAM\SAM]'
	refuses 4 'bad.reg, line 2: the key begins with no HKEY_' <<<'[HKLM/SOFTWARE/a]'
	refuses 4 'bad.reg, line 3: hex(c) is no type' <<<'[HKCU\a]
"x"=hex(c):00'
	refuses 4 'bad.reg, line 2: the classes of an account (UsrClass.dat)' \
		<<<'[HKCU\Software\Classes\.txt]'
	refuses 4 'a whole hive cannot be deleted' <<<'[-HKLM\SOFTWARE]'
	refuses 4 'after what was asked for' <<<'[-HKLM\SYSTEM\CurrentControlSet\Control]'
	refuses 4 'may have 255 characters, it has 256' <<<"[HKCU\\$(printf %0256d 1)]"
	refuses 4 'letters by which only Windows can sort' <<<$'[HKCU\\\u10d0]'
	refuses 4 'no value of more than 16344' <<<"[HKCU\\a]
\"x\"=\"$(printf %08180d 1)\""
	refused 4 'no-such.reg' plan --size 640M --image windows.wim --edition Professional \
		--registry no-such.reg new.img
	head -c 20000000 /dev/zero >huge.reg
	refused 4 'huge.reg' plan --size 640M --image windows.wim --edition Professional \
		--registry huge.reg new.img
}

@test "an image without the hive that is to be changed is refused" {
	needs wimlib-imagex
	make less.wim wim
	wimlib-imagex update less.wim 2 --command 'delete /Users/Default/NTUSER.DAT' >/dev/null
	refused 4 'user.reg, line 3: the image has no Users/Default/NTUSER.DAT' \
		plan --size 640M --image less.wim --edition Professional --registry user.reg new.img
}
