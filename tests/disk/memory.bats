#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# valgrind finds no wrong access, no leak of memory and no descriptor left open, where all goes well
# and where it does not.

load attack

setup_file() {
	attack_begin
	medium windows.iso
	medium bad.wim --variant wim --variant badchunk
}

setup() {
	needs valgrind
	if grep -q __asan_init "$WTGCTL"; then
		skip "the sanitizers look at memory themselves"
	fi
	attack_enter
}

# clean STATUS ARGUMENT...
clean() {
	local expected=$1
	shift
	status=0
	as_user valgrind --vgdb=no --log-file=memory --error-exitcode=99 --leak-check=full \
		--errors-for-leak-kinds=definite,indirect,possible --track-fds=yes \
		"$D/wtgctl" "$@" >out 2>err </dev/null 3>&- 4>&- || status=$?
	cat memory err
	[ "$status" -eq "$expected" ] || return 1
	! grep 'ERROR SUMMARY' memory | grep -v ': 0 errors' || return 1
	# But for the workers, which end at their last word and have a line to their starter.
	! awk '/AF_UNIX/ { worker[$1] = 1 }
		/Open (file|AF_INET)/ { open[$1]++ }
		/<inherited from parent>/ { open[$1]-- }
		END { for (p in open) if (open[p] && !worker[p]) print p, open[p] }' memory | grep .
}

@test "a drive from a disc, and looking at it" {
	clean 0 create --image windows.iso --edition 2 --size 1G --data-size 64M t.img
	clean 0 verify t.img
	clean 0 status --json t.img
}

@test "an image" {
	clean 0 info windows.iso
}

@test "a run that fails in the middle" {
	clean 10 create --image bad.wim --edition 1 --size 1G bad.img
}

@test "refusals" {
	clean 6 create --image bad.wim --edition 1 windows.iso
	clean 2 create --image bad.wim --size 1G new.img
	clean 4 info windows.is
	clean 7 verify windows.iso
}
