#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What a drive's maker, a label or a path says never reaches a terminal as it is.

setup_file() {
	export LC_ALL=C.UTF-8 IMAGE="$BATS_FILE_TMPDIR/windows.iso"
	"$MAKE_MEDIA" --out "$IMAGE" >/dev/null
}

setup() {
	cd "$BATS_TEST_TMPDIR" || exit 1
	create=(--image "$IMAGE" --edition Core)
}

needs() {
	for program; do
		command -v "$program" >/dev/null || skip "$program is not installed"
	done
}

# iconv and Perl know UTF-8 and Unicode's properties by themselves.  Lines may end.
harmless() { # FILE...
	iconv -f UTF-8 -t UTF-8 "$@" >/dev/null &&
		perl -0777 -ne '
			utf8::decode($_) or die "$ARGV is not UTF-8\n";
			s/\r?\n//g;
			die sprintf("%s has U+%04X after \"%s\"\n", $ARGV, ord $2, $1) if
				/(.{0,20})([\p{Cc}\p{DI}\p{Bidi_Control}\p{Zl}\p{Zp}])/s;
		' "$@"
}

# run_in FILE STATUS ARGUMENT...: in the tree; both streams are harmless, and all JSON is JSON.
run_in() {
	local status=0 name=$1 expected=$2
	shift 2
	"${IN[@]}" "$@" >"$name.out" 2>"$name.err" </dev/null || status=$?
	cat -v "$name.err"
	[ "$status" -eq "$expected" ]
	harmless "$name.out" "$name.err"
	[[ " $* " != *" --json "* ]] || jq -e . "$name.out" >/dev/null
}

@test "the oracle itself finds each of them" {
	for harm in '\x1b[2J' '\xc2\x9b1m' '\x7f' '\xff' '\xe2\x80\xae' '\xe2\x80\x8b' '\xc2\xad' \
		'\xe2\x80\xa8' '\xf3\xa0\x81\x81' '\xed\xa0\x80' '\t'; do
		printf "a${harm}b\n" >harm
		run harmless harm
		[ "$status" -ne 0 ]
	done
	printf 'Gr\xc3\xb6\xc3\x9fe \xef\xbf\xbd\n' >harm
	harmless harm
}

@test "odd names of drives" {
	needs umockdev-run jq sfdisk script perl
	# umockdev-run takes ASCII only: "@name" stands for what is in the file of that name.
	# shellcheck disable=SC2016
	IN=("$TESTS/in-tree" "$TESTS/trees/names.tree" sh -c '
		for word; do
			shift
			[ "${word#@}" = "$word" ] || word=$(cat "${word#@}")
			set -- "$@" "$word"
		done
		exec "$WTGCTL" "$@"' sh)
	run_in list 0 list --all
	run_in json 0 list --all --json
	serial=$(jq -r 'select(.drives).drives[] | select(.path == "/dev/sdb").serial' json.out)
	[ "${serial//�/}" = "4C53[2J0001230920115405" ]
	echo "$serial" >shown
	printf '4C53\x1b[2J0001\xc2\x9b\xe2\x80\xae2309\xe2\x80\x8b2011\xf3\xa0\x81\x81\xff5405' >raw
	echo "${serial}6" >other
	echo "$(cat raw)6" >other_raw

	run_in plan 0 plan "${create[@]}" /dev/sdb
	grep -qF "$serial" plan.out
	run_in json 0 plan --json "${create[@]}" /dev/sdb
	run_in unconfirmed 3 create "${create[@]}" /dev/sdb
	grep -qF -- "--confirm \"$serial\"" unconfirmed.err
	run_in wrong 3 create --json --confirm @other "${create[@]}" /dev/sdb
	run_in wrong 3 create --json --confirm @other_raw "${create[@]}" /dev/sdb
	run_in held 3 create --json --overwrite "${create[@]}" /dev/sdc
	run_in mounted 3 create --json "${create[@]}" /dev/sdd
	run_in full 3 create --json "${create[@]}" /dev/sde
	run_in part 3 create --json "${create[@]}" /dev/sde1
	for name in @shown @raw; do
		run_in created 0 create --json --verify none --confirm $name "${create[@]}" /dev/sdb
	done
}

@test "odd names of drives, asked for on a terminal" {
	needs umockdev-run jq sfdisk script perl
	export TERM=dumb NO_COLOR=1
	for answer in 4C53[2J0001230920115405 115405 'Ultra]0;x31mFit'; do
		status=0
		"$TESTS/in-tree" "$TESTS/trees/names.tree" "$TESTS/at-the-prompt" "$answer" : create \
			--progress plain --verify none "${create[@]}" /dev/sdb >shown 2>&1 || status=$?
		cat -v shown
		[ "$status" -eq 0 ]
		harmless shown
	done
}

@test "odd paths and labels" {
	needs jq perl mkfs.ext4
	IN=("$WTGCTL")
	file=$(printf 'a\x1b]0;x\x07\xe2\x80\xaeb\xffc\xc2\x9b\td.img')
	truncate -s 640M "$file"
	mkfs.ext4 -q -L $'\e[2J\u202e\u200bx' "$file"
	run_in full 3 create "${create[@]}" "$file"
	run_in full 3 create --json "${create[@]}" "$file"
	run_in unconfirmed 3 create --json --overwrite "${create[@]}" "$file"
	run_in wrong 3 create --json --overwrite --confirm "$file." "${create[@]}" "$file"
	run_in plan 0 plan --overwrite "${create[@]}" "$file"
	run_in json 0 plan --json --overwrite "${create[@]}" "$file"
	run_in created 0 create --json --overwrite --confirm "$file" "${create[@]}" "$file"
	run_in status 0 status "$file"
	run_in verify 0 verify "$file"
	run_in json 0 verify --json "$file"
	run_in absent 5 verify --json "$file.absent"
	run_in image 4 info "$file"
	run_in option 2 create "--$file"
	run_in command 2 "$file"
	run_in operand 2 list "$file"
	run_in edition 2 plan --image "$IMAGE" --edition "$file" --size 1G new.img
}
