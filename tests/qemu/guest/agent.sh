# shellcheck shell=sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What the guest does: under a real udevd, one command after the other that the host leaves in the
# directory that both see.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL=C.UTF-8 TMPDIR=/run/tmp HOME=/run/tmp
shared=/run/shared
mkdir -p $TMPDIR /run/mnt $shared
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=none shared $shared

# The path of the drive with this serial number, as soon as udev has seen it.
drive() { # SERIAL
	until lsblk -dno SERIAL,PATH | grep -q "^$1 "; do sleep 0.1; done
	udevadm settle
	lsblk -dno SERIAL,PATH | sed -n "s/^$1 *//p"
}

# As soon as the kernel has read the new table and udev has looked into all partitions, which
# begins a moment after the drive is closed.
partitions_are() { # DRIVE FILE: as lsblk tells it, which is in no order that it promises
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		udevadm settle
		found=$(lsblk -nro PARTTYPE,FSTYPE "$1" | sort)
		[ "$found" != "$(sort "$2")" ] || return 0
		sleep 0.5
	done
	printf 'lsblk says:\n%s\n' "$found"
	return 1
}

# By the kernel's own driver; Debian 12's kernel has none for NTFS.
mount_partition() { # NUMBER DRIVE
	case $2 in
	*[0-9]) node=$2p$1 ;;
	*) node=$2$1 ;;
	esac
	type=$(lsblk -dnro FSTYPE "$node")
	case $type in
	ntfs) mount -t ntfs3 -o ro "$node" /run/mnt || ntfs-3g -o ro "$node" /run/mnt ;;
	*) mount -t "$type" -o ro "$node" /run/mnt ;;
	esac
}

# Read every file of a partition, and tell where it is not like those of the directory.  Links
# lead elsewhere, depending on who mounts, and ntfs-3g makes one of what it does not know.
compare() { # NUMBER DRIVE DIRECTORY
	mount_partition "$1" "$2" || return
	(cd /run/mnt && diff -rq --no-dereference . "$3") | grep -iv 'symbolic link'
	umount /run/mnt
}

/lib/systemd/systemd-udevd --daemon
udevadm trigger --action=add
udevadm settle
: >$shared/ready

while :; do
	until [ -e $shared/command ]; do sleep 0.1; done
	mv $shared/command $shared/running
	# shellcheck source=/dev/null
	(. $shared/running) >$shared/out 2>$shared/err </dev/null
	echo $? >$shared/status.new
	mv $shared/status.new $shared/status
done
