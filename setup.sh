#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installs what wtgctl needs, builds it, and then
#
#   ./setup.sh demo      makes a stand-in Windows ISO and a Windows To Go drive of it, as an
#                        ordinary user, in a plain file
#   ./setup.sh test      runs the whole test suite
#   ./setup.sh install   installs the program, its man pages and its completions
#
# Packages are installed as root or through sudo.  The build goes to ./build, or to what
# WTGCTL_BUILD names; what follows the command goes to `meson setup`, and WTGCTL_TEST_OPTIONS to
# `meson test`:
#
#   ./setup.sh install --prefix=/usr
#
# Tried on Debian 12 and 13.  The package names for Fedora and Arch are untried.
set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
case ${WTGCTL_BUILD:-} in
'') build=$top/build ;;
/*) build=$WTGCTL_BUILD ;;
*) build=$PWD/$WTGCTL_BUILD ;;
esac
installed=no

say() {
	printf '\n== %s\n' "$*"
}

die() {
	printf 'setup.sh: %s\n' "$*" >&2
	exit 1
}

# Run a command and show what it says only if it fails.
quiet() {
	said=$("$@" 2>&1) || {
		printf '%s\n' "$said" >&2
		die "failed: $*"
	}
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "run this as root, or install sudo"
	fi
}

# ------------------------------------------------------------------ packages

debian_build='gcc libc6-dev meson ninja-build pkg-config scdoc libwim-dev libfuse-dev ntfs-3g-dev
	libfdisk-dev libblkid-dev libudev-dev libhivex-dev libxml2-dev libsmartcols-dev
	libjson-c-dev libudfread-dev libssl-dev libseccomp-dev libarchive-dev
	liblzma-dev libinih-dev libcmocka-dev'
debian_run='ntfs-3g dosfstools mtools exfatprogs genisoimage'
debian_test='bats jq cpio kmod xz-utils valgrind strace file procps perl-base util-linux e2fsprogs udev umockdev
	wimtools gdisk fdisk parted sleuthkit python3-libfsntfs p7zip-full libhivex-bin libwin-hivex-perl chntpw
	reglookup libxml2-utils openssl sbsigntool osslsigncode pesign efitools ca-certificates
	systemd-boot-efi shim-unsigned
	mandoc zsh fish qemu-system-x86 qemu-system-arm ovmf qemu-efi-aarch64 clang lld gnu-efi
	libfuse3-dev shellcheck grub-common grub-pc-bin grub-efi-amd64-bin grub-efi-ia32-bin ovmf-ia32'

fedora_build='gcc meson ninja-build pkgconf-pkg-config scdoc wimlib-devel ntfs-3g-devel
	libfdisk-devel libblkid-devel systemd-devel hivex-devel libxml2-devel libsmartcols-devel
	json-c-devel libudfread-devel openssl-devel libseccomp-devel libarchive-devel
	xz-devel inih-devel libcmocka-devel'
fedora_run='ntfsprogs dosfstools mtools exfatprogs genisoimage'
fedora_test='bats jq xz valgrind strace file procps-ng perl e2fsprogs umockdev
	wimlib-utils gdisk parted sleuthkit p7zip hivex perl-hivex chntpw
	reglookup libxml2 openssl sbsigntools osslsigncode pesign efitools
	mandoc zsh fish qemu-system-x86-core edk2-ovmf clang lld ShellCheck fuse3-devel'

arch_build='gcc meson ninja pkgconf scdoc wimlib ntfs-3g util-linux-libs systemd-libs hivex libxml2
	json-c libudfread openssl libseccomp libarchive xz libinih cmocka'
arch_run='ntfs-3g dosfstools mtools exfatprogs cdrtools'
arch_test='bash-bats jq xz valgrind strace file procps-ng perl e2fsprogs umockdev
	gptfdisk parted sleuthkit p7zip chntpw
	sbsigntools osslsigncode efitools
	mandoc zsh fish qemu-system-x86 edk2-ovmf clang lld shellcheck fuse3'

# Those of the packages that dpkg does not have.
debian_missing() {
	for package; do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null |
			grep -q 'ok installed' || printf ' %s' "$package"
	done
}

install_debian() {
	missing=$(debian_missing "$@")
	[ -n "$missing" ] || return 0
	say "Installing:$missing"
	# A fresh machine may be busy with its own updates; one stale source is no reason to stop.
	as_root apt-get -qq -o DPkg::Lock::Timeout=300 update || true
	# shellcheck disable=SC2086 # a list of words
	quiet as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
		-o DPkg::Lock::Timeout=300 install --no-install-recommends $missing
	installed=yes
}

# A kernel for tests/qemu/guest.bats, where there is none, as in containers: a machine's own is not
# ours to change.  Debian 12's newer one can read NTFS.
guest_kernel() {
	for image in /boot/vmlinuz-*; do
		[ ! -e "$image" ] || return 0
	done
	for package in linux-image-6.12-amd64 linux-image-amd64; do
		if [ -n "$(apt-cache madison $package 2>/dev/null)" ]; then
			echo $package
			return
		fi
	done
}

# Install what is needed to build and run or, given "test", also what the tests ask.
packages() {
	id=unknown like=
	if [ -r /etc/os-release ]; then
		id=$(sed -n 's/^ID="\{0,1\}\([^"]*\).*/\1/p' /etc/os-release)
		like=$(sed -n 's/^ID_LIKE="\{0,1\}\([^"]*\).*/\1/p' /etc/os-release)
	fi
	# shellcheck disable=SC2046,SC2086 # lists of words
	case " $id $like " in
	*" debian "* | *" ubuntu "*)
		[ "${1:-}" = test ] || debian_test=
		install_debian $debian_build $debian_run $debian_test
		[ "${1:-}" != test ] || install_debian $(guest_kernel)
		;;
	*" fedora "* | *" rhel "*)
		say "Installing with dnf: these package names are untried"
		[ "${1:-}" = test ] || fedora_test=
		quiet as_root dnf -y install $fedora_build $fedora_run $fedora_test
		;;
	*" arch "*)
		say "Installing with pacman: these package names are untried"
		[ "${1:-}" = test ] || arch_test=
		quiet as_root pacman -S --needed --noconfirm $arch_build $arch_run $arch_test
		;;
	*)
		say "The distribution '$id' is unknown: building with what is installed"
		;;
	esac
}

# ------------------------------------------------------------------ the three commands

compile() {
	say "Building in $build"
	[ ! -e "$build" ] || [ -w "$build" ] ||
		die "$build belongs to someone else: remove it, or set WTGCTL_BUILD"
	if [ ! -f "$build/build.ninja" ]; then
		quiet meson setup "$build" "$top" "$@"
	elif [ $# -gt 0 ] || [ $installed = yes ]; then
		quiet meson setup --reconfigure "$build" "$top" "$@"
	fi
	quiet meson compile -C "$build"
}

# Run a program in the demo's directory as an ordinary user: ourselves or, for root, nobody.
in_demo() {
	(
		cd "$dir"
		[ "$(id -u)" -ne 0 ] ||
			set -- setpriv --reuid nobody --regid "$(id -g nobody)" --clear-groups \
				env HOME="$dir" TMPDIR="$dir" "$@"
		"$@"
	)
}

show() {
	printf '\n$ %s\n' "$*"
	in_demo "$@"
}

demo() {
	packages
	compile "$@"
	dir=$top/demo
	# Others cannot look into root's home.
	[ "$(id -u)" -ne 0 ] || dir=/var/tmp/wtgctl-demo
	rm -rf "$dir"
	mkdir -m 755 "$dir"
	cp "$build/src/cli/wtgctl" "$build/tests/media/make-media" "$dir"
	[ "$(id -u)" -ne 0 ] || chown nobody "$dir"

	say "A stand-in Windows ISO (nothing of Microsoft's is in it), as user $(in_demo id -un)"
	show ./make-media --out windows.iso
	in_demo rm make-media
	say "A Windows To Go drive of it, in a plain file"
	show ./wtgctl create --image windows.iso --edition Professional --size 8G demo.img
	show ./wtgctl verify demo.img

	say "The drive is $dir/demo.img"
	cat <<-EOF
		It shows the whole way, but a stand-in does not start.  Get a Windows ISO from
		https://www.microsoft.com/software-download, plug in a drive that may be erased, and:

		    ./setup.sh install
		    wtgctl list
		    sudo wtgctl create --image Win11.iso --edition Professional /dev/sdX
	EOF
}

run_tests() {
	packages test
	compile "$@"
	say "Testing"
	status=0
	# shellcheck disable=SC2086 # a list of options
	meson test -C "$build" --print-errorlogs --no-rebuild ${WTGCTL_TEST_OPTIONS:-} || status=$?
	"$top/tests/summary" "$build/meson-logs/testlog.json"
	return $status
}

install_it() {
	packages
	compile "$@"
	say "Installing"
	as_root meson install -C "$build" --no-rebuild
	# What uninstalling reads, and the next installing writes.
	as_root chown "$(id -u)" "$build/meson-logs/install-log.txt"
}

# Under sudo, only packages need root: be who called it, if the checkout is theirs.
if [ "$(id -u)" -eq 0 ] && [ -n "${SUDO_UID:-}" ] && [ "$(stat -c %u "$top")" = "$SUDO_UID" ] &&
	[ "$SUDO_UID" -ne 0 ]; then
	exec setpriv --reuid "$SUDO_UID" --regid "${SUDO_GID:?}" --init-groups \
		env -u SUDO_UID HOME="$(getent passwd "$SUDO_UID" | cut -d: -f6)" "$0" "$@"
fi

# An ordinary user's PATH on Debian leaves out where mkntfs, sgdisk and their like are.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH

command=${1:-}
[ $# -eq 0 ] || shift
case $command in
demo) demo "$@" ;;
test) run_tests "$@" ;;
install) install_it "$@" ;;
*)
	sed -n '4,/^set/s/^#$\|^# //p' "$0"
	[ "$command" = --help ] || exit 2
	;;
esac
