#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A real Windows 10 SYSTEM hive (WTGCTL_TEST_HIVES) in an image: on the drive it is still one, for
# whoever reads hives, and has the planned edits and no others.

load helper

setup_file() {
	disk_begin
	[ -n "${WTGCTL_TEST_HIVES:-}" ] || return 0
	make one.wim wim build=18363
	xz -dc "$WTGCTL_TEST_HIVES/system-win10-19h1-clean.xz" >before.hive
	echo 'a driver that this Windows was installed with' >vmci.sys
	wimlib-imagex update one.wim 2 >/dev/null <<-EOT
		add before.hive /Windows/System32/config/SYSTEM
		add vmci.sys /Windows/System32/drivers/vmci.sys
	EOT
	create drive --image one.wim --edition Professional
	carve drive.img 3 windows.img
	ntfscat -f -q windows.img /Windows/System32/config/SYSTEM >after.hive
	grep -q . after.hive
}

setup() {
	[ -n "${WTGCTL_TEST_HIVES:-}" ] || skip "WTGCTL_TEST_HIVES is not set"
	disk_enter
}

# Every value of a hive, one a line.
values() {
	hivexregedit --export --unsafe-printable-strings "$1" '\' 2>/dev/null |
		awk '/^\[/ { key = substr($0, 2, length($0) - 2); print key; next }
			/=/ { print key " " $0 }' | sort
}

@test "the drive is complete, and verify has nothing to say of its registry" {
	wtgctl verify drive.img
	cat out err
	[ "$status" -eq 0 ]
}

@test "two readers open the hive as before" {
	needs reged reglookup
	hivexml after.hive | xmllint --huge --noout -
	reglookup after.hive >values 2>said
	[ "$(wc -l <values)" -gt 50000 ]
	grep -q '^/ControlSet001/Services/partmgr/Parameters/SanPolicy,DWORD,0x00000004,' values
	reged -x after.hive 'HKLM\SYSTEM' '\ControlSet001\Control\BitLocker' bitlocker.reg
	grep -q '"PreventDeviceEncryption"=dword:00000001' bitlocker.reg
}

names() {
	grep '"=' | sed 's/"=.*//; s/ "/\\/; s/^\\//' | sort
}

@test "it has the planned edits, and no others" {
	values before.hive >before
	values after.hive >after
	[ "$(wc -l <before)" -gt 100000 ]
	comm -13 before after | names >written
	comm -23 before after | names | comm -23 - written >gone
	step apply-image '.edits[] | select(.change and .value) | "\(.key)\\\(.value)"' \
		<drive.plan | sort >planned
	diff -u planned written
	step apply-image '.edits[] | select(.change and .value == null) |
		"\(.old | sub(" values?$"; "")) \(.key)"' <drive.plan | sort >planned
	sed 's/\\[^\\]*$//; s/^MountedDevices.*/MountedDevices/' gone | uniq -c | sed 's/^ *//' | sort >found
	diff -u planned found
}
