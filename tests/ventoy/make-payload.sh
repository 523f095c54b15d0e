#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# make-payload.sh [--version X.Y.Z] [--menu WAY] DIRECTORY
#
# A stand-in for a release of Ventoy, of Debian's GRUB: nothing of Ventoy's is in it.  See
# README.md.  Makes DIRECTORY/ventoy-X.Y.Z and DIRECTORY/ventoy-X.Y.Z-linux.tar.gz; the same
# every time.
set -eu

version=1.1.00
menu=main
while [ $# -gt 1 ]; do
	case $1 in
	--version) version=$2 ;;
	--menu) menu=$2 ;;
	*) break ;;
	esac
	shift 2
done
[ $# -eq 1 ] || {
	sed -n '4s/^# /usage: /p' "$0" >&2
	exit 2
}
grub=${GRUB_DIR:-/usr/lib/grub}
PATH=$PATH:/usr/sbin:/sbin
export PATH LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH=1700000000 MTOOLS_SKIP_CHECK=1

mkdir -p "$1"
cd "$1"
name=ventoy-$version
work=$PWD/$name.work
rm -rf "$name" "$name-linux.tar.gz" "$work"
mkdir -p "$name/boot" "$name/ventoy" "$work/grub" "$work/ventoy" "$work/tool" "$work/EFI/BOOT"
trap 'rm -rf "$work"' EXIT

# ------------------------------------------------------------------ Legacy BIOS

# put FILE AT BYTES: in the form of printf.
put() {
	# shellcheck disable=SC2059 # that is the point
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# Ventoy's is a whole sector 0 of the drive where it was made: behind the boot code are a foreign
# signature and table, which nobody may write.
boot=$name/boot/boot.img
cp "$grub/i386-pc/boot.img" "$boot"
put "$boot" 384 XXXXXXXXXXXXXXXX
put "$boot" 400 'VT\000Ge\000HD\000Rd\000 Er\015'
put "$boot" 440 '\251\222\343\335\000\000\200\001\001\000\014\376\377\377\000\010\000\000\000\000\004\000'
put "$boot" 510 '\125\252'

common='part_msdos part_gpt fat exfat ntfs search search_fs_uuid search_fs_file search_label
	configfile normal test true echo read sleep boot chain regexp ls halt reboot'

# shellcheck disable=SC2086 # lists of modules
grub-mkimage -d "$grub/i386-pc" -O i386-pc -p '(,2)/grub' -o "$work/core.img" \
	biosdisk ntldr drivemap serial terminal $common
[ "$(stat -c %s "$work/core.img")" -le $((888 * 512)) ] # as much as Ventoy's takes
truncate -s $((2047 * 512)) "$work/core.img"
xz -1 --check=crc32 -c "$work/core.img" >"$name/boot/core.img.xz"

# ------------------------------------------------------------------ the volume

for target in x86_64-efi:BOOTX64 i386-efi:BOOTIA32; do
	# shellcheck disable=SC2086 # a list of modules
	grub-mkimage -d "$grub/${target%:*}" -O "${target%:*}" -p '(,2)/grub' \
		-o "$work/EFI/BOOT/${target#*:}.EFI" $common
done
echo 'a stand-in' | tee "$work/ventoy/ventoy.cpio" "$work/tool/mount.exfat-fuse_aarch64" \
	>"$work/EFI/BOOT/grubx64_real.efi"

cat >"$work/grub/localboot.cfg" <<'EOF'
# As Ventoy's F4 menu does: from the third partition on, until there is none.
function try_windows {
	if [ "${grub_platform}" = pc ]; then
		if [ -f "(${vtoydev},$1)/bootmgr" ]; then
			echo "STAND-IN VENTOY: F4 finds (${vtoydev},$1)/bootmgr"
			set root=${vtoydev},$1
			ntldr /bootmgr
			boot
		fi
		return
	fi
	for dir in $standin_dirs; do
		if [ -f "(${vtoydev},$1)/$dir/Microsoft/Boot/bootmgfw.efi" ]; then
			echo "STAND-IN VENTOY: F4 finds (${vtoydev},$1)/$dir"
			set root=${vtoydev},$1
			chainloader "/$dir/Microsoft/Boot/bootmgfw.efi"
			boot
		fi
	done
}
for number in 3 4 5 6; do
	if [ ! -d "(${vtoydev},$number)/" ]; then
		break
	fi
	try_windows $number
done
EOF

cat >"$work/grub/grub.cfg" <<EOF
set VENTOY_VERSION="$version"
set standin_menu=$menu
EOF
cat >>"$work/grub/grub.cfg" <<'EOF'
if [ "${grub_platform}" = pc ]; then
	serial --unit=0 --speed=115200
	terminal_output serial
fi
regexp --set=1:vtoydev '^([^,]*),' "${root}"
set vtoy_iso_part="(${vtoydev},1)"
set vtoy_efi_part="(${vtoydev},2)"
set vtoy_path="${vtoy_efi_part}/ventoy"
set vtoy_display_mode=serial_console
export VENTOY_VERSION vtoydev vtoy_iso_part vtoy_efi_part vtoy_path vtoy_display_mode
echo "STAND-IN VENTOY: version ${VENTOY_VERSION}, ${grub_cpu}-${grub_platform}, ${vtoydev}, ${standin_menu}"

function start_image {
	if [ -f "$1" -a -f "$1.vcfg" ]; then
		echo "STAND-IN VENTOY: main menu, $1"
		configfile "$1.vcfg"
	fi
}

function start_main {
	for vcfg in ${vtoy_iso_part}/*.img.vcfg; do
		if regexp --set=1:image '^(.*)\.vcfg$' "${vcfg}"; then
			start_image "${image}"
		fi
	done
}

# ENTRY SECONDS
function start_f6 {
	echo "STAND-IN VENTOY: F6, entry $1"
	set default="$1"
	set timeout=$2
	export default timeout
	configfile ${vtoy_iso_part}/ventoy/ventoy_grub.cfg
}

# What Ventoy reads of ventoy.json itself is put here by those who test.
function start_default {
	source ${vtoy_efi_part}/grub/control.cfg
	echo "STAND-IN VENTOY: default ${VTOY_DEFAULT_IMAGE} after ${VTOY_MENU_TIMEOUT}"
	if regexp --set=1:entry '^F6>(.*)$' "${VTOY_DEFAULT_IMAGE}"; then
		start_f6 "${entry}" "${VTOY_MENU_TIMEOUT}"
	elif regexp '^F4>' "${VTOY_DEFAULT_IMAGE}"; then
		sleep "${VTOY_MENU_TIMEOUT}"
		configfile ${vtoy_efi_part}/grub/localboot.cfg
	else
		sleep "${VTOY_MENU_TIMEOUT}"
		start_image "${vtoy_iso_part}${VTOY_DEFAULT_IMAGE}"
	fi
}

set standin_dirs="EFI VTEFI"
export standin_dirs
if [ "${standin_menu}" = main ]; then
	start_main
elif [ "${standin_menu}" = f6 ]; then
	start_f6 0 1
elif [ "${standin_menu}" = default ]; then
	start_default
elif [ "${standin_menu}" = f4 ]; then
	configfile ${vtoy_efi_part}/grub/localboot.cfg
elif [ "${standin_menu}" = vtefi ]; then
	set standin_dirs=VTEFI
	configfile ${vtoy_efi_part}/grub/localboot.cfg
fi
echo "STAND-IN VENTOY: nothing was started"
sleep 1
halt
EOF

disk=$work/ventoy.disk.img
truncate -s 32M "$disk"
mkfs.fat --invariant -F 16 -s 1 -n VTOYEFI -i 57544f59 "$disk" >/dev/null
find "$work" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
(cd "$work" && mcopy -smQ -i "$disk" EFI grub tool ventoy ::)
xz -1 --check=crc32 -c "$disk" >"$name/ventoy/ventoy.disk.img.xz"
echo "$version" >"$name/ventoy/version"

# ------------------------------------------------------------------ what else is in a release

echo 'The installer of Ventoy is here.' >"$name/Ventoy2Disk.sh"
tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX \
	-cf - "$name" | gzip -n >"$name-linux.tar.gz"
