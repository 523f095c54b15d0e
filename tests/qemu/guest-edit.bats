#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Volumes that Debian's kernel filled, whose files we changed, as that kernel then finds them.

load guest/helper

setup_file() {
	guest_begin
}

setup() {
	guest_enter
	needs mkfs.exfat fsck.exfat mkfs.fat fsck.fat sfdisk python3
}

teardown_file() {
	guest_end
}

part() { # NUMBER: where a volume is in the image, in MiB
	echo $((1 + 64 * ($1 - 1)))
}

carve() { # IMAGE NUMBER FILE
	dd if="$1" of="$3" bs=1M skip="$(part "$2")" count=64 conv=sparse status=none
}

put_back() { # FILE IMAGE NUMBER
	dd if="$1" of="$2" bs=1M seek="$(part "$3")" conv=notrunc status=none
}

# As years of use leave it: gaps in directories and among clusters, one directory almost full.
fill='
	mkdir /run/mnt/Ventoy /run/mnt/isos
	for i in $(seq 250); do
		head -c $((i * 731 % 30000)) /dev/urandom >"/run/mnt/isos/a file with number $i.iso"
		head -c $((i * 97 % 5000)) /dev/urandom >/run/mnt/Ventoy/$i
		: >"/run/mnt/in the root, number $i"
	done
	rm /run/mnt/isos/*3* /run/mnt/*4* /run/mnt/Ventoy/*7
	printf old >/run/mnt/Ventoy/VENTOY.JSON
	head -c 70000 /dev/urandom >"/run/mnt/Windows To Go.img"
	cd /run/mnt && sha256sum Ventoy/[0-9]* isos/* in*'

@test "the kernel fills exFAT and FAT32, and reads and writes there what we changed" {
	truncate -s 2G EDIT.img
	printf 'start=%sMiB,size=64MiB,type=%s\n' 1 7 65 c | sfdisk -q --label dos EDIT.img
	truncate -s 64M exfat vfat
	mkfs.exfat exfat >/dev/null
	mkfs.fat -F 32 -s 1 vfat >/dev/null
	put_back exfat EDIT.img 1
	put_back vfat EDIT.img 2
	plug EDIT
	for n in 1 2; do
		guest "mount_partition $n \$(drive EDIT) && mount -o remount,rw /run/mnt && { $fill
			}; cd /; umount /run/mnt"
		cat err
		same "status" "$status" 0
		cp out "sums$n"
		[ "$(wc -l <"sums$n")" -gt 400 ]
	done
	unplug EDIT
	guest_off

	for i in 1 2 3 4; do seq $((i * 1000)) >"new$i"; done
	set -- ventoy/ventoy_grub.cfg=new1 ventoy/ventoy.json=new2 "Windows To Go.img=new3" \
		"Windows To Go.img.vcfg=new4" "Ventoy/1"
	n=0
	for type in exfat vfat; do
		n=$((n + 1))
		carve EDIT.img $n $type
		"$EDIT_VOLUME" edit $type 1700000000 "$@"
		fsck.${type/vfat/fat} -n $type
		put_back $type EDIT.img $n
		sed -i '\: Ventoy/1$:d' sums$n
	done

	plug EDIT
	for n in 1 2; do
		guest "mount_partition $n \$(drive EDIT) && cd /run/mnt && sha256sum --quiet -c $D/sums$n &&
			cmp Ventoy/ventoy_grub.cfg $D/new1 && cmp Ventoy/VENTOY.JSON $D/new2 &&
			cmp 'Windows To Go.img' $D/new3 && cmp 'Windows To Go.img.vcfg' $D/new4 &&
			! test -e Ventoy/1 && test \$(ls Ventoy | grep -ic ventoy) = 2 &&
			date -u -r Ventoy/ventoy_grub.cfg +%s && mount -o remount,rw /run/mnt &&
			for i in \$(seq 60); do echo \$i >Ventoy/more\$i; done &&
			rm 'Windows To Go.img' && echo kept >>Ventoy/ventoy_grub.cfg && cd / &&
			umount /run/mnt && ! dmesg | grep -Ei '(exfat|fat).*(error|corrupt|invalid)'"
		cat out err
		same "status" "$status" 0
		same "time" "$(head -n 1 out)" 1700000000
	done
	unplug EDIT
	guest_off
	carve EDIT.img 1 exfat
	carve EDIT.img 2 vfat
	fsck.exfat -n exfat
	fsck.fat -n vfat
	python3 "$BATS_TEST_DIRNAME/../volume/exfat_walk.py" exfat
}
