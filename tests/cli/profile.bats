#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Profiles as their user meets them.  MAKE_MEDIA makes the disc.

setup_file() {
	"$MAKE_MEDIA" --out "$BATS_FILE_TMPDIR/windows.iso" >/dev/null
}

setup() {
	cd "$BATS_TEST_TMPDIR" || exit 1
	iso=$BATS_FILE_TMPDIR/windows.iso
}

absent() {
	if grep "$@"; then
		return 1
	fi
}

wtgctl() {
	status=0
	"$WTGCTL" "$@" >out 2>err </dev/null || status=$?
	cat out err
}

@test "a printed profile says what the command line did, and again the same" {
	wtgctl create --image w.iso --edition Core --data-size 1G --data-fs ntfs --boot-ca 2023 \
		--timeout 0 --compact --registry b.reg --registry /a.reg --user anna \
		--user guest:standard --locale de-DE --skip-oobe --print-profile
	[ "$status" -eq 0 ]
	[ ! -s err ]
	cp out first
	diff -u - first <<-EOF
		image = $PWD/w.iso
		edition = Core
		data-size = 1073741824
		data-fs = ntfs
		boot-ca = 2023
		timeout = 0
		compact = lzx
		registry = $PWD/b.reg
		registry = /a.reg
		user = anna
		user = guest:standard
		locale = de-DE
		skip-oobe = yes
	EOF
	mkdir elsewhere
	cd elsewhere
	wtgctl create --profile ../first --print-profile
	[ "$status" -eq 0 ]
	diff -u ../first out
}

@test "a profile has paths of passwords and no passwords, and says what it leaves out" {
	echo hunter2 >secret
	chmod 600 secret
	wtgctl create --user anna --password-file secret --overwrite --confirm 4711 \
		--print-profile /dev/sdx
	[ "$status" -eq 0 ]
	grep -qx "password-file = $PWD/secret" out
	[ "$(wc -l <out)" -eq 2 ]
	absent -q hunter2 out err
	grep -qF -- "--overwrite is for the command line alone" err
	grep -qF -- "--confirm is for the command line alone" err
}

@test "as JSON it is an object, and a result follows" {
	wtgctl create --label "My Drive" --timeout 5 --skip-oobe --user anna --json --print-profile
	[ "$status" -eq 0 ]
	jq -es '.[0].type == "profile" and .[0].options == {label: "My Drive", timeout: 5,
		user: ["anna"], "skip-oobe": true} and .[1].type == "result"' out
}

@test "what cannot stand in a profile is told, and nothing is printed" {
	wtgctl create --label " x" --print-profile
	[ "$status" -eq 2 ]
	[ ! -s out ]
	grep -qF -- '--label cannot stand in a profile: " x" has a blank at one end' err
}

@test "a plan is made of a profile, and the command line wins" {
	printf 'image = %s\nedition = Professional\nlabel = common\n[lab]\nlabel = lab\n' "$iso" >p.ini
	wtgctl plan --profile p.ini:lab --edition Core --size 4G --json new.img
	[ "$status" -eq 0 ]
	[ "$(jq -r 'select(.type == "plan").image.edition_id' out)" = Core ]
	grep -qF '"lab"' out
	[ ! -e new.img ]
}

@test "a mistake in a profile ends the run before the drive is looked at" {
	printf 'imgae = w.iso\n' >p.ini
	wtgctl create --profile p.ini /dev/nowhere
	[ "$status" -eq 2 ]
	grep -qF 'p.ini, line 1: there is no option "imgae".' err
	grep -qF 'Did you mean "image"?' err
	wtgctl create --profile missing.ini /dev/nowhere
	[ "$status" -eq 4 ]
	grep -qF 'open the profile missing.ini: No such file or directory' err
}

@test "the environment fills in, but does not overwrite drives" {
	WTGCTL_LABEL=x wtgctl create --print-profile
	[ "$(cat out)" = "label = x" ]
	WTGCTL_OVERWRITE=yes wtgctl create --image w.iso /dev/nowhere
	[ "$status" -eq 2 ]
	grep -qF 'WTGCTL_OVERWRITE in the environment: --overwrite is for the command line alone' err
}

@test "the example is a profile, in all of its sections" {
	for section in office class workshop; do
		wtgctl create --profile "$SOURCE/contrib/profile.ini:$section" --print-profile
		[ "$status" -eq 0 ]
		grep -qx "edition = Professional" out
		grep -qx "image = $SOURCE/contrib/Win11.iso" out
	done
}
