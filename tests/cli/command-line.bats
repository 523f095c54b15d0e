#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What the command line promises before anything is written.  WTGCTL is the program, SOURCE the
# source tree.

setup() {
	cd "$BATS_TEST_TMPDIR" || exit 1
}

# Not "! grep": bats does not see that fail.
absent() {
	if grep "$@"; then
		return 1
	fi
}

# Run, keeping the two streams and the status apart.
wtgctl() {
	status=0
	"$WTGCTL" "$@" >out 2>err </dev/null || status=$?
}

# The status, the kind in the JSON result, and a part of the sentence on stderr.
refuses() {
	local expected=$1 part=$2
	shift 2
	wtgctl "$@"
	echo "status $status: $(cat err)"
	[ "$status" -eq "$expected" ]
	[ ! -s out ]
	grep -qF -- "$part" err
}

@test "help goes to stdout, with status 0" {
	for arguments in help --help -h "help create" "create --help" "list -h" "help help"; do
		# shellcheck disable=SC2086 # words
		wtgctl $arguments
		[ "$status" -eq 0 ]
		[ -s out ]
		[ ! -s err ]
	done
}

@test "help of create is as it was reviewed" {
	wtgctl help create
	diff -u "$SOURCE/tests/cli/help-create.txt" out
}

@test "the overview of help is as it was reviewed" {
	wtgctl help
	diff -u "$SOURCE/tests/cli/help.txt" out
}

@test "help fits a terminal of 80 columns" {
	wtgctl help
	[ "$(awk 'length > 80' out)" = "" ]
	while read -r -a command; do
		wtgctl help "${command[@]}"
		[ "$(awk 'length > 80' out)" = "" ]
	done < <("$WTGCTL" --dump-cli | jq -r '.commands[].name')
}

@test "help shows every option of a command that is not hidden, and only those" {
	"$WTGCTL" --dump-cli >cli.json
	while read -r command; do
		# shellcheck disable=SC2086 # of one word or two
		wtgctl help $command
		grep -oE '^  (-., |    )--[a-z0-9-]+' out | grep -oE -- '--.*' | sort >shown
		jq -r --arg c "$command" '.commands[] | select(.name == $c).options[] |
			select(.hidden | not) | "--" + .name' \
			cli.json | sort >taken
		diff -u taken shown
	done < <(jq -r '.commands[].name' cli.json)
}

@test "the version is said in both ways" {
	wtgctl version
	[[ "$(cat out)" =~ ^wtgctl\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	mv out first
	wtgctl --version
	diff -u first out
}

@test "a mistake on the command line is status 2 and one clear sentence" {
	refuses 2 "no command is given."
	refuses 2 'there is no command "crete".' crete
	refuses 2 "Did you mean 'create'?" crete
	refuses 2 'there is no command "destroy".' destroy
	refuses 2 "'wtgctl help' lists the commands." destroy
	refuses 2 'there is no command "nosuch".' help nosuch
	refuses 2 "create needs an operand: TARGET." create --image x.iso
	refuses 2 'create does not take "33".' create --image x.iso {1..40}
	refuses 2 "option --confirm is given twice, and there is one target." \
		create --image x.iso --confirm a --confirm b a
	refuses 2 'list does not take "x".' list x
	refuses 2 "no image is given." create target.img
	refuses 2 "option --overwrit is abbreviated." create --overwrit x
	refuses 2 "Whole names only: write --overwrite." create --overwrit x
	refuses 2 "unknown option --froce." create --froce x
	refuses 2 "unknown option --force." create --force x
	refuses 2 "option --image is given twice." create --image a --image b x
	refuses 2 "option --image needs a value: --image IMAGE." create x --image
	refuses 2 "option --size takes a size such as 260M or 64GB, not \"big\"." create --size big x
	refuses 2 "list has no option --overwrite." list --overwrite
	refuses 2 "--quiet and --verbose contradict each other." create -q -v x
}

@test "no prefix of an option is taken for it" {
	"$WTGCTL" --dump-cli | jq -r '.commands[] | .name as $c | .options[] | $c + " " + .name' >all
	while read -r -a words; do
		prefix=${words[-1]%?}
		unset 'words[-1]'
		grep -qx "${words[*]} $prefix" all && continue
		wtgctl "${words[@]}" "--$prefix"
		[ "$status" -eq 2 ]
		grep -qF -- "--$prefix" err
	done <all
}

@test "a refusal says that the drive was not touched, a usage error does not" {
	wtgctl create --image nosuch.iso --size 64G target.img
	[ "$status" -eq 4 ]
	grep -qF "open nosuch.iso: No such file or directory." err
	grep -qE "^The (drive|file) was not touched.$" err
	[ ! -e target.img ]
	wtgctl create --image nosuch.iso
	[ "$status" -eq 2 ]
	absent -F "touched" err
	wtgctl plan --image nosuch.iso --size 64G target.img
	[ "$status" -eq 4 ]
	absent -F "touched" err
}

@test "every bad image is one sentence and status 4" {
	: >empty.iso
	printf 'MSWIM\0\0\0' >cut.wim
	head -c 1000000 /dev/zero >zero.iso
	mkdir directory
	for image in empty.iso cut.wim zero.iso directory nosuch.iso; do
		wtgctl info "$image"
		echo "$image: status $status: $(cat err)"
		[ "$status" -eq 4 ]
		[ ! -s out ]
		[ "$(grep -c '^wtgctl: ' err)" -eq 1 ]
		grep -qF "$image" err
	done
}

@test "JSON is one object per line, schema and type first, one result at the end" {
	for arguments in "list" "list --all" "info nosuch.iso" "status nosuch.img" \
		"verify nosuch.img" "plan --image nosuch.iso --size 1G t.img" \
		"create" "create --nosuch" "crete"; do
		# shellcheck disable=SC2086 # words
		wtgctl $arguments --json
		cat out
		while read -r line; do
			[[ "$line" == '{"schema":1,"type":"'* ]]
			jq -e . <<<"$line" >/dev/null
		done <out
		[ "$(jq -r .type out | tail -1)" = result ]
		[ "$(jq -r .type out | grep -c result)" -eq 1 ]
		[ "$(jq 'select(.type == "result").status' out)" -eq "$status" ]
		[ "$(jq 'select(.type == "result").touched' out)" = false ]
		if [ "$status" -ne 0 ]; then
			jq -e 'select(.type == "result").message' out
			grep -qF "$(jq -r 'select(.type == "result").message' out)" err
		fi
	done
}

@test "what is not UTF-8 reaches neither JSON nor the terminal as it is" {
	wtgctl info --json $'nosuch\xff\x1b[31m.iso'
	jq -e 'select(.type == "result").message | contains("nosuch\ufffd")' out
	absent $'\x1b' out err
	absent -aP '\xff' out err
}

@test "a lost result is a failure" {
	[ -e /dev/full ] || skip "there is no /dev/full"
	status=0
	"$WTGCTL" list --json >/dev/full 2>err || status=$?
	[ "$status" -eq 5 ]
	grep -qF "not all of the output could be written" err
}

@test "closed standard streams do no harm" {
	status=0
	"$WTGCTL" version >&- || status=$?
	[ "$status" -eq 0 ]
	"$WTGCTL" nosuch 2>&- || status=$?
	[ "$status" -eq 2 ]
}

@test "the man page explains every command and every option" {
	"$WTGCTL" --dump-cli >cli.json
	for option in $(jq -r '[.commands[].options[].name] | unique[]' cli.json); do
		grep -qE "^(\*-.\*, )?\*--$option\*" "$SOURCE/man/wtgctl.8.scd" || {
			echo "--$option is not explained"
			return 1
		}
	done
	while read -r command; do
		grep -qE "^\*$command\*" "$SOURCE/man/wtgctl.8.scd" || {
			echo "$command is not explained"
			return 1
		}
	done < <(jq -r '.commands[].name' cli.json)
}

@test "the man page explains no option that is not there" {
	"$WTGCTL" --dump-cli | jq -r '[.commands[].options[].name] | unique[]' | sort >taken
	grep -oE '^(\*-.\*, )?\*--[a-z0-9-]+\*' "$SOURCE/man/wtgctl.8.scd" |
		sed 's/.*--//; s/\*$//' | sort >explained
	diff -u taken explained
}

@test "the man page tells the exit statuses" {
	for value in 0 2 3 4 5 6 7 10 11; do
		grep -qx "\*$value\*" "$SOURCE/man/wtgctl.8.scd"
	done
}

@test "mandoc finds nothing in the man pages" {
	command -v scdoc mandoc >/dev/null || skip "scdoc and mandoc are not both installed"
	for page in wtgctl.8 wtgctl-json.7; do
		scdoc <"$SOURCE/man/$page.scd" >"$page"
		# scdoc itself puts empty paragraphs everywhere
		mandoc -Tlint -Wwarning "$page" | grep -v "skipping paragraph macro" >complaints || true
		cat complaints
		[ ! -s complaints ]
	done
}
