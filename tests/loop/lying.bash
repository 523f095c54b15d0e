# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Drives that misbehave: a loop device with direct I/O on a FUSE file that lies (lying-drive.c).

needs_lying() {
	[ -n "${LYING_DRIVE:-}" ] || skip "libfuse 3 was not there to build with"
	[ -c /dev/fuse ] || skip "there is no FUSE here"
}

# Plug one in: $lying, and what it really keeps in real.img.
plug() { # BYTES FAULT=NUMBER...
	take_away
	mkdir -p fuse
	rm -f real.img
	"$LYING_DRIVE" fuse real.img "$@" 3>&- &
	server=$!
	until [ -e fuse/drive ]; do
		kill -0 $server
		sleep 0.01
	done
	lying=$(losetup --show --direct-io=on -f fuse/drive)
	[ "$(losetup -nO DIO "$lying" | tr -d ' ')" = 1 ] || skip "loop devices here have no direct I/O"
}

take_away() {
	[ -n "${server:-}" ] || return 0
	# First: one that stalls would hold up whoever detaches it.
	kill -9 "$server" 2>/dev/null || :
	wait "$server" 2>/dev/null || :
	! losetup "$lying" >/dev/null 2>&1 || losetup -d "$lying"
	! grep -q " $D/fuse " /proc/mounts || umount -l "$D/fuse"
	server=
}
