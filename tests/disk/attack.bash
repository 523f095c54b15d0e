# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What the attacks share: media, targets with something to lose, and ways to break in.  The
# program runs as an ordinary user in $D; WTGCTL and MAKE_MEDIA are its and the media's maker's
# paths.

# For setup_file.  The program is copied: an ordinary user may not reach the build directory.
attack_begin() {
	export D="$BATS_FILE_TMPDIR" TMPDIR="$BATS_FILE_TMPDIR/tmp" LC_ALL=C.UTF-8
	mkdir "$TMPDIR"
	cp "$WTGCTL" "$D/wtgctl"
	chmod a+x "$BATS_RUN_TMPDIR" "$D"
	chmod a+rx "$D/wtgctl"
	[ "$(id -u)" -ne 0 ] || chown nobody "$D" "$TMPDIR"
	cd "$D" || exit 1
}

# For setup: bats 1.8 cannot skip before.
attack_enter() {
	needs jq blkid sfdisk sgdisk file
	as_user "$D/wtgctl" version >/dev/null || skip "no ordinary user can run here"
	cd "$D" || exit 1
}

as_user() {
	if [ "$(id -u)" -ne 0 ]; then
		"$@"
	else
		setpriv --reuid nobody --regid "$(id -g nobody)" --clear-groups "$@"
	fi
}

needs() {
	for program; do
		command -v "$program" >/dev/null || skip "$program is not installed"
	done
}

# Things that only root may do, undone when the shell ends: unshare -m.
needs_root() {
	[ "$(id -u)" -eq 0 ] || skip "only root may mount"
	unshare -m true 2>/dev/null || skip "no mount namespaces here"
}

# medium NAME [OPTION OF MAKE-MEDIA]...
medium() {
	local name=$1
	shift
	"$MAKE_MEDIA" --out "$name" "$@" >/dev/null
	chmod a+r "$name"
}

# target NAME: a file of 1 GiB with something to lose, and what it is like.
target() {
	rm -f "$1"
	as_user truncate -s 1G "$1"
	printf 'precious' | dd of="$1" bs=1 seek=1000000 conv=notrunc status=none
	state_of "$1" >"$1.before"
}

state_of() {
	stat -c '%s bytes, %b blocks, changed %.Y' "$1"
	cmp -n 4194304 "$1" /dev/zero 2>&1 | grep -o 'differ.*'
}

untouched() {
	state_of "$1" | diff -u "$1.before" -
}

# Run it, keeping the two streams and the status apart.
wtgctl() {
	status=0
	as_user "$D/wtgctl" "$@" >out 2>err </dev/null || status=$?
}

# One sentence, perhaps what the target is like now, perhaps advice; nothing else, and nothing
# that a terminal would obey.
one_sentence() {
	[ "$(grep -c '^wtgctl: ' err)" -eq 1 ] &&
		[ "$(wc -l <err)" -le 3 ] &&
		grep -q '^wtgctl: .*[.]$' err &&
		! LC_ALL=C grep -q $'[\001-\010\013-\037\177]' err &&
		iconv -f UTF-8 -t UTF-8 err >/dev/null
}

said() { # STATUS WORDS
	echo "status $status, not $1 with '$2':"
	cat err
	[ "$status" -eq "$1" ] || return 1
	one_sentence || return 1
	grep -qF -- "$2" err
}

# refuses STATUS WORDS OPTION...: create says it, and so does a dry run, both with a new file and
# with one that has something to lose.
refuses() {
	local expected=$1 words=$2
	shift 2
	for dry in --dry-run ''; do
		wtgctl create -q --progress none $dry --size 1G "$@" new.img
		said "$expected" "$words" || return 1
		[ ! -e new.img ] || return 1
	done
	target old.img
	wtgctl create -q --progress none --overwrite --confirm old.img "$@" old.img
	said "$expected" "$words" || return 1
	[ "$expected" -eq 2 ] || grep -qxE 'The (drive|file) was not touched[.]' err || return 1
	untouched old.img
}

fails() { # bats does not look at a "!"
	if "$@"; then
		echo "no failure: $*"
		return 1
	fi
}

# ------------------------------------------------------------------ afterwards

# Nobody finds anything.  sgdisk looks further than firmware, Windows and Linux do: at half a GPT
# without a protective MBR, too.
blank() { # DRIVE
	[ "$(blkid -p "$1" || echo $?)" = 2 ] || return 1
	file -b "$1" | grep -qx data || return 1
	sfdisk --json "$1" 2>&1 | grep -q 'does not contain a recognized partition table'
}

no_table_for_sgdisk() {
	sgdisk -p "$1" 2>&1 </dev/null | grep -q '^Creating new GPT entries'
}

state() { # DRIVE: and the step, where it was interrupted
	"$D/wtgctl" status --json "$1" | jq -r 'select(.type == "status") |
		[.state, .interrupted_in // empty] | join(" ")'
}

status_is() { # DRIVE STATE [STEP]
	local found
	found=$(state "$1")
	echo "status of $1: $found"
	[ "$found" = "${*:2}" ]
}

# Nothing in the scratch directory, no lock.
nothing_left() { # DRIVE
	[ -z "$(ls -A "$TMPDIR")" ] || { ls -lA "$TMPDIR" && return 1; }
	[ ! -e "$1" ] || flock --nonblock "$1" true || { echo "$1 is locked" && return 1; }
}

# ------------------------------------------------------------------ breaking in

# Where leaks are looked for with ptrace, nobody else can use it.
export STRACE="env ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 strace -f"
