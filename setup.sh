#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Sets up everything that wtgctl needs and then
#
#   ./setup.sh demo      makes a stand-in Windows ISO and a Windows To Go drive of it, as an
#                        ordinary user, in a plain file
#   ./setup.sh test      runs the whole test suite
#   ./setup.sh install   installs the program, its man pages and completions
#
# Debian 12 is what this is tried on, every day.  The package names for Fedora and Arch are
# here, too, but nobody has tried them yet.
set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
build=${WTGCTL_BUILD:-$top/build}

say() {
	printf '\n== %s\n' "$*"
}

die() {
	printf 'setup.sh: %s\n' "$*" >&2
	exit 1
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "to install packages, run this as root or install sudo"
	fi
}

# ------------------------------------------------------------------ packages

debian_build='gcc libc6-dev meson ninja-build pkg-config scdoc libwim-dev libfuse-dev ntfs-3g-dev
	libfdisk-dev libblkid-dev libudev-dev libhivex-dev libxml2-dev libsmartcols-dev
	libjson-c-dev libudfread-dev libssl-dev libcmocka-dev'
debian_run='ntfs-3g dosfstools mtools exfatprogs genisoimage'
debian_test='bats wimtools gdisk fdisk parted sleuthkit p7zip-full libhivex-bin chntpw reglookup
	mandoc zsh fish strace sbsigntool osslsigncode openssl libxml2-utils jq xz-utils util-linux
	e2fsprogs udev valgrind qemu-system-x86 ovmf'

fedora_build='gcc meson ninja-build pkgconf-pkg-config scdoc wimlib-devel ntfs-3g-devel
	libfdisk-devel libblkid-devel systemd-devel hivex-devel libxml2-devel libsmartcols-devel
	json-c-devel libudfread-devel openssl-devel libcmocka-devel'
fedora_run='ntfsprogs dosfstools mtools exfatprogs genisoimage'
fedora_test='bats wimlib-utils gdisk parted sleuthkit p7zip hivex chntpw reglookup mandoc zsh fish
	strace sbsigntools osslsigncode openssl libxml2 jq xz valgrind'

arch_build='gcc meson ninja pkgconf scdoc wimlib ntfs-3g util-linux-libs systemd-libs hivex libxml2
	json-c libudfread openssl cmocka'
arch_run='ntfs-3g dosfstools mtools exfatprogs cdrtools'
arch_test='bash-bats gptfdisk parted sleuthkit p7zip chntpw mandoc zsh fish strace sbsigntools
	osslsigncode jq xz valgrind'

# The packages of the list that dpkg does not have.
debian_missing() {
	for package in "$@"; do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null |
			grep -q 'ok installed' || printf '%s ' "$package"
	done
}

install_debian() {
	# shellcheck disable=SC2086 # lists of words
	missing=$(debian_missing $1)
	[ -n "$missing" ] || return 0
	say "Installing: $missing"
	as_root apt-get update -qq
	# shellcheck disable=SC2086
	as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

# $1: build, run, test: what must be there for it.
packages() {
	id=unknown like=
	if [ -r /etc/os-release ]; then
		id=$(sed -n 's/^ID="\{0,1\}\([^"]*\).*/\1/p' /etc/os-release)
		like=$(sed -n 's/^ID_LIKE="\{0,1\}\([^"]*\).*/\1/p' /etc/os-release)
	fi
	case " $id $like " in
	*" debian "* | *" ubuntu "*)
		case $1 in
		test) install_debian "$debian_build $debian_run $debian_test" ;;
		*) install_debian "$debian_build $debian_run" ;;
		esac
		;;
	*" fedora "* | *" rhel "*)
		say "Fedora: these package names are untried"
		list="$fedora_build $fedora_run"
		[ "$1" = test ] && list="$list $fedora_test"
		# shellcheck disable=SC2086
		as_root dnf install -y $list
		;;
	*" arch "*)
		say "Arch: these package names are untried"
		list="$arch_build $arch_run"
		[ "$1" = test ] && list="$list $arch_test"
		# shellcheck disable=SC2086
		as_root pacman -S --needed --noconfirm $list
		;;
	*)
		say "Unknown distribution '$id': building with what is installed"
		;;
	esac
}

# ------------------------------------------------------------------ the three commands

compile() {
	say "Building in $build"
	[ -f "$build/build.ninja" ] || meson setup "$build" "$top" "$@" >/dev/null
	meson compile -C "$build" >"$build/compile.log" 2>&1 || {
		cat "$build/compile.log"
		die "the build failed"
	}
}

# Run a command as an ordinary user: ourselves, whoever called sudo, or nobody.
as_user() {
	if [ "$(id -u)" -ne 0 ]; then
		"$@"
	else
		setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups \
			env HOME="$dir" TMPDIR="$dir" "$@"
	fi
}

demo() {
	packages run
	compile
	user=$(id -un)
	dir=$top/demo
	if [ "$(id -u)" -eq 0 ]; then
		user=${SUDO_USER:-nobody}
		dir=/var/tmp/wtgctl-demo
	fi
	rm -rf "$dir"
	mkdir -p "$dir"
	say "Making a stand-in Windows ISO (nothing of Microsoft's is in it)"
	"$build/tests/media/make-media" --out "$dir/windows.iso"
	cp "$build/src/cli/wtgctl" "$dir/wtgctl"
	[ "$(id -u)" -ne 0 ] || chown -R "$user" "$dir"

	say "As $user: wtgctl create --image windows.iso --edition Professional --size 8G demo.img"
	(cd "$dir" && as_user ./wtgctl create --image windows.iso --edition Professional \
		--size 8G demo.img)
	say "As $user: wtgctl verify demo.img"
	(cd "$dir" && as_user ./wtgctl verify demo.img)

	say "The drive is the plain file $dir/demo.img."
	cat <<-EOF
		What was applied is a stand-in: it shows the whole way, but it is no Windows.  With a
		Windows ISO from Microsoft and a USB drive, this makes the real thing:

		    $build/src/cli/wtgctl list
		    sudo $build/src/cli/wtgctl create --image Win11.iso --edition Professional /dev/sdX
	EOF
}

# One line that says how many, whoever reads it.
summary() {
	awk '/^Ok:/ { ok = $2 } /^Fail:/ { fail += $2 } /^Timeout:/ { fail += $2 }
		/^Unexpected Pass:/ { fail += $3 } /^Expected Fail:/ { ok += $3 }
		/^Skipped:/ { skip = $2 }
		END { printf "%d passed, %d failed, %d skipped\n", ok, fail, skip }' "$1"
}

run_tests() {
	packages test
	compile "$@"
	say "Testing"
	[ -n "${WTGCTL_TEST_HIVES:-}" ] ||
		echo "WTGCTL_TEST_HIVES names no directory: tests on real registry hives are skipped"
	status=0
	meson test -C "$build" --print-errorlogs --no-rebuild >"$build/test.log" 2>&1 || status=$?
	cat "$build/test.log"
	summary "$build/test.log"
	return $status
}

case ${1:-} in
demo)
	demo
	;;
test)
	shift
	run_tests "$@"
	;;
install)
	packages build
	compile --buildtype=release
	as_root meson install -C "$build" --no-rebuild
	;;
*)
	sed -n 's/^#   \(.*\)/\1/p' "$0"
	exit 2
	;;
esac
