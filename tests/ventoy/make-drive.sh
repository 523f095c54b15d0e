#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# make-drive.sh [--table gpt|mbr] [--size SIZE] [--free MIB] [--data-fs exfat|fat32|ntfs] RELEASE DRIVE
#
# The drive that Ventoy's own installer makes of a RELEASE's folder (or of a stand-in's), in a plain
# file and by other programs than ours: sfdisk, mkfs, dd.  --free leaves so much at its end, as
# "Ventoy2Disk.sh -r" does.
set -eu

table=mbr
size=1G
free=0
fs=exfat
while [ $# -gt 2 ]; do
	case $1 in
	--table) table=$2 ;;
	--size) size=$2 ;;
	--free) free=$2 ;;
	--data-fs) fs=$2 ;;
	*) break ;;
	esac
	shift 2
done
[ $# -eq 2 ] || {
	sed -n '4s/^# /usage: /p' "$0" >&2
	exit 2
}
release=$1
drive=$2
PATH=$PATH:/usr/sbin:/sbin
export PATH LC_ALL=C

# Where its installer puts them (VentoyWorker.sh, ventoy_lib.sh).
rm -f "$drive"
truncate -s "$size" "$drive"
sectors=$(($(stat -c %s "$drive") / 512))
end=$((sectors - free * 2048 - 65536))
[ "$table" = mbr ] || end=$((end - 33))
[ "$table$free" != gpt0 ] || end=$((end - 1))
second=$((end / 8 * 8))
first_sectors=$((second - 2048))

basic=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7
if [ "$table" = gpt ]; then
	sfdisk -q --no-reread --no-tell-kernel "$drive" <<-EOF
		label: gpt
		first-lba: 34
		start=2048, size=$first_sectors, type=$basic, name=Ventoy
		start=$second, size=65536, type=$basic, name=VTOYEFI, attrs="GUID:63"
	EOF
	core_at=34
else
	sfdisk -q --no-reread --no-tell-kernel "$drive" <<-EOF
		label: dos
		start=2048, size=$first_sectors, type=7, bootable
		start=$second, size=65536, type=ef
	EOF
	core_at=1
fi

# put AT BYTES: in the form of printf.
put() {
	# shellcheck disable=SC2059 # that is the point
	printf "$2" | dd of="$drive" bs=1 seek="$1" conv=notrunc status=none
}

dd if="$release/boot/boot.img" of="$drive" bs=440 count=1 conv=notrunc status=none
xz -dc "$release/boot/core.img.xz" |
	dd of="$drive" bs=512 seek=$core_at count=$((2048 - core_at)) iflag=fullblock conv=notrunc \
		status=none
put 384 'a uuid, 16 bytes'
put 440 '\376\312\001\002'
if [ "$table" = gpt ]; then
	put 92 '\042'
	put 17908 '\043'
fi
# Settings of Ventoy's own, which its updates keep.
put $((2040 * 512)) 'settings'
xz -dc "$release/ventoy/ventoy.disk.img.xz" |
	dd of="$drive" bs=1M seek=$((second * 512)) oflag=seek_bytes conv=notrunc,sparse status=none

part=$drive.part
rm -f "$part"
truncate -s $((first_sectors * 512)) "$part"
case $fs in
exfat) mkfs.exfat -c 32K -L Ventoy "$part" >/dev/null ;;
fat32) mkfs.fat -F 32 -n VENTOY "$part" >/dev/null ;;
ntfs) mkntfs -q -F -f -L Ventoy -p 2048 -H 255 -S 63 -s 512 "$part" >/dev/null ;;
esac
dd if="$part" of="$drive" bs=1M seek=1 conv=notrunc,sparse status=none
rm "$part"
