#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What a drive is made without: told with its size, and gone from what Windows reads, as hivex sees it.

load helper

setup_file() {
	disk_begin
	make windows.iso
	create drive --image windows.iso --edition Core --seed one --no-pagefile \
		--no-reserved-storage --remove-app 'microsoft.bing*'
}

setup() {
	disk_enter
	[ -s windows.ntfs ] || carve drive.img 3 windows.ntfs
}

STORE='\Microsoft\Windows\CurrentVersion\Appx\AppxAllUserStore'
NEWS=Microsoft.BingNews_4.2.27001.0_neutral_~_8wekyb3d8bbwe

@test "the plan names each, and its size where it has one" {
	jq -e '.steps[] | select(.step == "apply-image").without | map({(.what): .}) | add |
		.["recovery environment"].bytes == 300000 and
		.app.name == "Microsoft.BingNews_8wekyb3d8bbwe" and .app.bytes == 50000 and
		has("hibernation file") and has("page file") and has("reserved storage")' drive.plan
}

@test "accounts do not get the app, and updates know of it" {
	ntfscat -f -q windows.ntfs /Windows/System32/config/SOFTWARE >software
	printf 'cd %s\\Applications\nls\n' "$STORE" | hivexsh software >applications
	fails grep -xF "$NEWS" applications
	same "other apps" "$(wc -l <applications)" 2
	printf 'cd %s\\Deprovisioned\nls\n' "$STORE" | hivexsh software >deprovisioned
	same "deprovisioned" "$(cat deprovisioned)" Microsoft.BingNews_8wekyb3d8bbwe
	printf 'cd \\Microsoft\\Windows\\CurrentVersion\\ReserveManager\nlsval ShippedWithReserves\n' |
		hivexsh software | grep -qx 0
}

@test "verify tells what this Windows does without" {
	wtgctl verify drive.img
	same "status" "$status" 0
	grep -qE '^ok +without +new accounts do not get Microsoft.BingNews$' out
	grep -qE '^ok +without +Windows sets no room aside for its updates$' out
}

@test "the app's files stay" {
	ntfscat -f -q windows.ntfs \
		"/Program Files/WindowsApps/Microsoft.BingNews_4.2.27001.0_x64__8wekyb3d8bbwe/News.exe" |
		wc -c | grep -qx 40000
}

@test "an app that is not there ends the plan with those that are" {
	refused 4 "--remove-app Clipchamp: the image provisions no app of that name." \
		plan --image windows.iso --edition Core --size 640M --remove-app Clipchamp new.img
	grep -qF "It has: Microsoft.BingNews, Microsoft.WindowsStore." err
	[ ! -e new.img ]
}
