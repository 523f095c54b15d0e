#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What depends on a terminal, on one of script(1).

setup() {
	cd "$BATS_TEST_TMPDIR" || exit 1
	command -v script >/dev/null || skip "script(1) is not installed"
	truncate -s 64M something.img
	printf 'not a hole' | dd of=something.img conv=notrunc status=none
}

absent() {
	if grep -q "$@"; then
		return 1
	fi
}

# Run a command on a terminal; the status is its own.
on_terminal() {
	status=0
	script -qefc "$*" /dev/null >shown 2>&1 </dev/null || status=$?
	cat -v shown
}

@test "colours are for terminals, and NO_COLOR and TERM=dumb turn them off" {
	TERM=xterm on_terminal "'$WTGCTL' verify something.img"
	[ "$status" -eq 7 ]
	grep -q $'\033\[31m' shown
	NO_COLOR=1 TERM=xterm on_terminal "'$WTGCTL' verify something.img"
	absent $'\033' shown
	TERM=dumb on_terminal "'$WTGCTL' verify something.img"
	absent $'\033' shown
	"$WTGCTL" verify something.img >plain 2>&1 || true
	absent $'\033' plain
}
