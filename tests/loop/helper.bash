# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What the files here share: drives that are loop devices, as root, in $D.  WTGCTL and
# MAKE_MEDIA are the paths of the program and of the media's maker.

MIB=1048576

# For setup_file.  In memory where there is some: flushes are what all these runs wait for.
loop_begin() {
	D=$(mktemp -d -p /dev/shm wtgctl-loop-XXXXXX) || D=$(mktemp -d)
	export D LC_ALL=C.UTF-8
	"$MAKE_MEDIA" --out "$D/windows.iso" >/dev/null
}

# For teardown_file.
loop_end() {
	rm -rf "$D"
}

# For setup: every test has a drive of its own, $loop, with drive.img behind it.
loop_enter() {
	[ "$(id -u)" -eq 0 ] || skip "loop devices are root's"
	losetup -f >/dev/null 2>&1 || skip "there are no loop devices here"
	cd "$D" || exit 1
	attach drive.img
}

# For teardown.  By name only: other loop devices are not ours.
loop_leave() {
	local device mount

	[ "$(id -u)" -eq 0 ] || return 0
	cd / || exit 1
	for device in $(losetup -nO NAME,BACK-FILE | awk -v d="$D/" 'index($2, d) == 1 {print $1}'); do
		for mount in "$device"p*; do
			[ -b "$mount" ] || continue
			! grep -q "^$mount " /proc/swaps || swapoff "$mount"
			! grep -q "^$mount " /proc/mounts || umount "$mount"
		done
		partx -d "$device" 2>/dev/null || :
		losetup -d "$device"
	done
	! mountpoint -q "$D/mnt" || umount "$D/mnt"
	same "loop devices left" "$(losetup -nO NAME,BACK-FILE | grep -F "$D/")" ""
	same "mounts left" "$(grep -F " $D/" /proc/mounts)" ""
	rm -f "$D"/*.img "$D"/link*
}

# attach FILE OPTION...: a new drive of 512 MiB, $loop.
attach() {
	[ -s "$1" ] || truncate -s 512M "$1"
	loop=$(losetup --show -f "${@:2}" "$1")
}

# In a chroot, / is no mount point whose propagation could be changed.
needs_mount_namespace() {
	unshare --mount --propagation private true 2>/dev/null || skip "no mount namespaces here"
}

needs() {
	for program; do
		command -v "$program" >/dev/null || skip "$program is not installed"
	done
}

# The kernel here may know no partition tables; BLKPG needs none.
show_partitions() {
	partx -d "$loop" 2>/dev/null || :
	partx -a "$loop"
	[ -b "${loop}p1" ] || skip "partitions of loop devices have no nodes here"
}

# Run it, keeping the two streams and the status apart.
wtgctl() {
	status=0
	"$WTGCTL" "$@" >"$D/out" 2>"$D/err" </dev/null || status=$?
}

create() { # OPTION...: on $loop, confirmed; may end in any way
	wtgctl create --json --image "$D/windows.iso" --edition Core --confirm "$loop" "$@" "$loop"
}

# The same under strace with its OPTIONs; what it saw is in the file "trace".  A sanitizer
# cannot look for leaks there.
traced() { # OPTION... -- OPTION-OF-CREATE...
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" strace -f -o "$D/trace" "${options[@]}" \
		"$WTGCTL" create --json --image "$D/windows.iso" --edition Core \
		--confirm "$loop" "${@:2}" "$loop" >"$D/out" 2>"$D/err" </dev/null
}

# Until a traced program is stopped; its process is then $stopped.
await_stop() {
	until grep -q 'stopped by SIGSTOP' "$D/trace" 2>/dev/null; do
		kill -0 "$1"
		sleep 0.02
	done
	stopped=$(awk '/stopped by SIGSTOP/ {print $1; exit}' "$D/trace")
}

created() { # OPTION...
	create "$@"
	[ "$status" -eq 0 ] || { echo "status $status: $(cat "$D/err")" && return 1; }
}

# refused STATUS PART-OF-THE-SENTENCE OPTION...: and not a byte of it is changed.
refused() {
	local expected=$1 part=$2 before
	before=$(state)
	create "${@:3}"
	ended "$expected" "$part"
	same "the drive is said to be" "$(result .drive)" untouched
	same "$loop" "$(state)" "$before"
}

ended() { # STATUS PART-OF-THE-SENTENCE
	echo "status $status: $(cat "$D/err")"
	[ "$status" -eq "$1" ]
	[ "$(grep -c '^wtgctl: ' "$D/err")" -eq 1 ]
	grep -qF -- "$2" "$D/err"
}

# When was the file behind the drive written to, and what does it hold?
state() {
	local file
	file=$(losetup -nO BACK-FILE "$loop")
	sync "$loop" "$file"
	stat -c '%.Y %b' "$file"
}

result() {
	jq -r "select(.type == \"result\") | $1" "$D/out"
}

same() { # WHAT FOUND EXPECTED
	if [ "$2" != "$3" ]; then
		printf '%s: found\n%s\nexpected\n%s\n' "$1" "$2" "$3"
		return 1
	fi
}

fails() { # bats does not look at a "!"
	if "$@"; then
		echo "no failure: $*"
		return 1
	fi
}

# On $loop: one partition, and something on it.
one_partition() { # COMMAND...
	printf 'label: gpt\nstart=20MiB, size=300MiB\n' | sfdisk -q --no-reread --no-tell-kernel "$loop"
	show_partitions
	"$@" "${loop}p1" >/dev/null
	mkdir -p "$D/mnt"
}

# Something that runs until hold_no_more, and has begun when this returns.
hold() { # COMMAND...: which touches the file "held", and ends when it has read the pipe "free"
	rm -f "$D/held" "$D/free"
	mkfifo "$D/free"
	"$@" >"$D/holder.log" 2>&1 3>&- &
	holder=$!
	until [ -e "$D/held" ]; do
		kill -0 $holder
		sleep 0.02
	done
}

hold_no_more() {
	echo >"$D/free"
	wait $holder
}

types() { # DEVICE: what wipefs finds there
	# NTFS ends its boot sector like an MBR does; wipefs says so of every NTFS volume.
	wipefs -n --json "$1" | jq -r '[.signatures[]?.type] |
		if index("ntfs") then . - ["dos"] else . end | sort | unique | join(" ")'
}

only_ours() {
	same "on the drive" "$(types "$loop")" "PMBR gpt"
	show_partitions
	same "in partition 1" "$(types "${loop}p1")" vfat
	same "in partition 2" "$(types "${loop}p2")" ""
	same "in partition 3" "$(types "${loop}p3")" ntfs
	partx -d "$loop"
}
