#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What Windows would ask when it first starts, answered beforehand: in the plan, in the answer file
# on the drive, in its registry, and in what verify says.

load helper

SECRET='hunter2 Grüße <&>'

setup_file() {
	disk_begin
	make windows.iso
	make bare.wim wim
	echo 'hunter2 Grüße <&>' >password
	echo kept >other
	cat >own.xml <<-'EOT'
		<?xml version="1.0" encoding="utf-8"?>
		<unattend xmlns="urn:schemas-microsoft-com:unattend">
		  <settings pass="offlineServicing">
		    <component name="Microsoft-Windows-PartitionManager" processorArchitecture="amd64">
		      <SanPolicy>3</SanPolicy>
		    </component>
		    <component name="Microsoft-Windows-LUA-Settings" processorArchitecture="amd64">
		      <EnableLUA>false</EnableLUA>
		    </component>
		  </settings>
		  <settings pass="windowsPE"/>
		  <settings pass="oobeSystem">
		    <component name="Microsoft-Windows-Shell-Setup" processorArchitecture="amd64" publicKeyToken="31bf3856ad364e35" language="neutral" versionScope="nonSxS">
		      <RegisteredOwner>Somebody</RegisteredOwner>
		    </component>
		  </settings>
		</unattend>
	EOT
	chmod 644 own.xml
	[ "$(id -u)" -ne 0 ] || chown nobody password
	chmod 600 password
	create full --image windows.iso --edition Professional --unattend own.xml --user anna \
		--user tom:standard --password-file password --password-file other --auto-logon \
		--computer-name TOGO --locale de-AT --keyboard 0407:00000407 \
		--timezone Europe/Vienna --skip-oobe --private
	carve full.img 3 full.windows
}

setup() {
	disk_enter
	needs jq ntfscat xmllint
}

in_windows() { # DRIVE PATH
	[ -s "$1.windows" ] || carve "$1.img" 3 "$1.windows"
	ntfscat -f -q "$1.windows" "$2"
}

value() { # DRIVE HIVE KEY VALUE
	in_windows "$1" "/Windows/System32/config/$2" >hive
	printf 'cd %s\nlsval\n' "$3" | hivexsh hive 2>/dev/null | sed -n "s/^\"$4\"=//p"
}

plans() { # OPTION...: into plan
	wtgctl plan --json --image windows.iso --edition Professional --size 640M "$@" nothing.img
	[ "$status" -eq 0 ] || { cat err && return 1; }
	plan_of out >plan
}

@test "the answer file is what was asked for, as Microsoft documents it" {
	in_windows full /Windows/Panther/unattend.xml >found.xml
	"$ANSWERS/check.py" found.xml
	for setting in 'ComputerName>TOGO<' 'TimeZone>W. Europe Standard Time<' \
		'InputLocale>0407:00000407<' 'UILanguage>de-DE<' 'UserLocale>de-AT<' \
		'Username>anna<' 'LogonCount>1<' 'ProtectYourPC>3<' 'Name>tom<' 'Group>Users<' \
		'UninstallWindowsRE>true<' 'RegisteredOwner>Somebody<'; do
		grep -qF "$setting" found.xml || { echo "no $setting" && return 1; }
	done
	fails grep -E 'offlineServicing|windowsPE' found.xml
	encoded=$(xmllint --xpath 'string((//*[local-name()="Value"])[1])' found.xml)
	same "password" "$(base64 -d <<<"$encoded" | iconv -f UTF-16LE -t UTF-8)" "${SECRET}Password"
}

@test "none but administrators and the system may read it" {
	needs ntfssecaudit
	# An access list, protected: S-1-5-18 and S-1-5-32-544 have all rights; nobody else has any.
	ntfssecaudit -v full.windows /Windows/Panther/unattend.xml 2>/dev/null |
		sed -nE 's/^ +0000[0-9]0 +//p' | tr -d ' \n' >descriptor
	same "descriptor" "$(cat descriptor)" "01000490480000005800000000000000140000000200340002000000$(
		)00001400ff011f0001010000000000051200000000001800ff011f00010200000000000520000000$(
		)200200000102000000000005200000002002000001010000000000$(
		)0512000000"
}

@test "the plan says what is answered and what will not happen, and no password" {
	step apply-image '.answers[]' <full.plan >answers
	for line in "the computer is called TOGO" "language: de-DE" "privacy: everything off" \
		"account: anna (Administrators), with a password" \
		"account: tom (Users), with a password" "logs on by itself: anna, 1 times" \
		"oobeSystem: RegisteredOwner"; do
		grep -qxF "$line" answers || { cat answers && return 1; }
	done
	jq -r '.warnings[]' full.plan | grep -F "can read the passwords in its answer file"
	wtgctl plan --image windows.iso --edition Professional --size 640M --user anna \
		--password-file password nothing.img
	grep -qF "account: anna (Administrators), with a password" out
	fails grep -rlE 'hunter2|Grüße' full.plan out err answers
	esp mcopy full.img -n -o ::/EFI/wtgctl/manifest.json manifest.json
	fails grep -E 'hunter2|Grüße' manifest.json
}

@test "what DISM would have done offline is done in the registry" {
	needs hivexsh
	same "SanPolicy" "$(value full SYSTEM '\ControlSet001\Services\partmgr\Parameters' SanPolicy)" \
		dword:00000003
	same "EnableLUA" "$(value full SOFTWARE '\Microsoft\Windows\CurrentVersion\Policies\System' \
		EnableLUA)" dword:00000000
	same "BypassNRO" "$(value full SOFTWARE '\Microsoft\Windows\CurrentVersion\OOBE' BypassNRO)" \
		dword:00000001
	same "privacy" "$(value full SOFTWARE '\Policies\Microsoft\Windows\OOBE' \
		DisablePrivacyExperience)" dword:00000001
	jq -r '.. | .reason? // empty' full.plan | grep -F "own.xml, line 5: offlineServicing, SanPolicy"
}

@test "verify says what the drive will answer" {
	wtgctl verify full.img
	same "status" "$status" 0
	grep -qE '^ok +answers +Windows/Panther/unattend.xml sets: .*the computer is called TOGO' out
	grep -qE '^note +answers .* has a password in it, .*only administrators may read it' out
	fails grep -E 'hunter2|Grüße' out err
}

@test "each of several drives has a name of its own" {
	wtgctl create --json --image windows.iso --edition Professional --size 640M \
		--computer-name 'room-%random%' --user anna --seed a one.img two.img
	cat err
	same "status" "$status" 0
	for drive in one two; do
		in_windows $drive /Windows/Panther/unattend.xml >found.xml
		"$ANSWERS/check.py" found.xml
		sed -n 's:.*<ComputerName>\(.*\)</.*:\1:p' found.xml >$drive.name
		grep -qE '^room-[0-9A-F]{8}$' $drive.name
		wtgctl verify $drive.img
		same "verify" "$status" 0
		grep -qF "the computer is called $(cat $drive.name);" out
		ntfsfix -n $drive.windows >/dev/null
	done
	fails cmp -s one.name two.name
	plans --computer-name 'room-%random%' --seed a
	same "planned" "$(step apply-image '.answers[0]' <plan)" "the computer is called $(cat one.name)"
	rm -f one.* two.*
}

@test "an image's own answer file stays, unless answers are asked for" {
	needs wimlib-imagex
	cp bare.wim own.wim
	echo '<mine/>' >mine.xml
	for place in Panther Panther/Unattend; do
		wimlib-imagex update own.wim 2 \
			--command="add '$D/mine.xml' /Windows/$place/unattend.xml" >/dev/null
	done
	chmod a+r own.wim
	wtgctl plan --json --image own.wim --edition Professional --size 640M nothing.img
	same "kept" "$(plan_of out | step apply-image .answer_file_kept)" \
		Windows/Panther/Unattend/unattend.xml
	create replaced --image own.wim --edition Professional --timezone UTC
	jq -r '.warnings[]' replaced.plan | grep -F "Windows/Panther/unattend.xml, is replaced"
	jq -r '.warnings[]' replaced.plan | grep -F "Windows/Panther/Unattend/unattend.xml, is left out"
	in_windows replaced /Windows/Panther/unattend.xml | grep -qF 'TimeZone>UTC<'
	fails in_windows replaced /Windows/Panther/Unattend/unattend.xml 2>/dev/null
	# Not with the descriptor of what was there.
	ntfssecaudit -v replaced.windows /Windows/Panther/unattend.xml 2>/dev/null |
		sed -nE 's/^ +0000[0-9]0 +//p' | tr -d ' \n' | cmp - descriptor
	rm -f replaced.* own.wim
}

refuses() { # STATUS SENTENCE OPTION...: and nothing is made
	local expected=$1 sentence=$2
	shift 2
	refused "$expected" "$sentence" create --image windows.iso --edition Professional \
		--size 640M "$@" refused.img
	fails test -e refused.img
	fails grep -F hunter2 err
}

@test "what Windows would refuse is refused" {
	refuses 2 "has none of" --user 'a/b'
	refuses 2 "Windows keeps that name for itself" --user administrator
	refuses 2 "are one name to Windows" --user anna --user ANNA
	refuses 2 "none of the accounts is an administrator" --user anna:standard
	refuses 2 "the computer has that name" --user anna --computer-name Anna
	refuses 2 "digits alone" --computer-name 12345
	refuses 2 "the target has no serial number" --computer-name 'pc-%serial%'
	refuses 2 "of patterns there are" --computer-name 'pc-%host%'
	refuses 2 "Windows has no such locale" --locale german
	refuses 2 "the edition 2 has en-US, de-DE, and not that language" --locale fr-FR
	refuses 2 "no name of Windows" --timezone CEST
	refuses 2 "neither a locale" --keyboard qwertz
	printf 'a\nhunter2\n' >two-lines && chmod a+r two-lines
	refuses 4 "two-lines" --user anna --password-file two-lines
}

@test "answer files that are none, or hostile, are refused" {
	head='<unattend xmlns="urn:schemas-microsoft-com:unattend">'
	own() { # STATUS SENTENCE: what is on stdin
		cat >bad.xml && chmod a+r bad.xml
		refuses "$1" "$2" --unattend bad.xml
	}
	own 4 "line 1: it is not well-formed XML" <<<"hello"
	own 4 "declares a DOCTYPE" <<<"<!DOCTYPE a [<!ENTITY b SYSTEM \"file://$D/password\">]>$head&b;</unattend>"
	own 4 "line 1: it is not well-formed XML" <<<"$head&hunter2;</unattend>"
	own 4 "Windows has no such pass" <<<"$head<settings pass=\"specialise\"/></unattend>"
	own 4 "none of the 1 components in bad.xml is for amd64" \
		<<<"$head<settings pass=\"oobeSystem\"><component name=\"a\" processorArchitecture=\"arm64\"/></settings></unattend>"
	own 4 "nested deeper" < <(printf '%s' "$head"; printf '<a>%.0s' {1..60}; printf '</a>%.0s' {1..60}; echo '</unattend>')
	own 4 "not well-formed" < <(printf '%s' "$head"; printf '<a>%.0s' {1..3000})
	truncate -s 100M bad.xml
	refuses 4 "" --unattend bad.xml
	refuses 4 "" --unattend missing.xml
	sed 's:<RegisteredOwner>.*:<TimeZone>UTC</TimeZone>:; s/oobeSystem/specialize/' own.xml >twice.xml
	chmod a+r twice.xml
	refuses 2 "twice.xml and --timezone both answer TimeZone" --unattend twice.xml --timezone UTC+12
}
