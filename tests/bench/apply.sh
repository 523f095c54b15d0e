#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Format and apply, ours against mkntfs and wimlib-imagex apply, side by side in memory.
#
#	tests/bench/apply.sh BUILD-DIR
#
# FILES=30000 files of this machine's /usr become an image (COMPRESS=LZX); each way applies it
# ROUNDS=5 times, in turns.  Then one more run of each under strace counts the writes.  Needs
# about three times the corpus in WORK=/dev/shm.
set -euo pipefail
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin

bench=$(realpath "$1")/tests/bench/bench-apply
files=${FILES:-30000} rounds=${ROUNDS:-5} compress=${COMPRESS:-LZX}
work=$(mktemp -d "${WORK:-/dev/shm}/bench-apply-XXXXXX")
trap 'rm -rf "$work"' EXIT

make_image() {
	find /usr -xdev -type f -size -64M -print 2>/dev/null | sort |
		shuf --random-source=<(yes) -n "$files" >"$work/list"
	mkdir "$work/corpus"
	sed -i 's,^/,,' "$work/list"
	tar -C / -cf - --hard-dereference --verbatim-files-from -T "$work/list" |
		tar -C "$work/corpus" -xf -
	wimlib-imagex capture "$work/corpus" "$work/image.wim" Bench "--compress=$compress" \
		--no-acls >"$work/log" 2>&1
	size=$(($(du -s --apparent-size -B1 "$work/corpus" | cut -f1) * 5 / 4 + (1 << 30)))
	echo "image: $(wc -l <"$work/list") files," \
		"$(du -s --apparent-size -BM "$work/corpus" | cut -f1) of data," \
		"$compress, $(du -BM "$work/image.wim" | cut -f1) packed; $(nproc) processors"
	rm -rf "$work/corpus"
}

fresh() {
	rm -f "$work/volume"
	truncate -s "$size" "$work/volume"
}

theirs() {
	mkntfs -Q -F -q -p 2048 -H 255 -S 63 -s 512 "$work/volume" &&
		"$@" wimlib-imagex apply "$work/image.wim" 1 "$work/volume"
}

ours() {
	"$@" "$bench" "$work/image.wim" 1 "$work/volume"
}

# Wall seconds and peak memory of one run, as a line in the file of its name.
measure() {
	fresh
	sync
	local from to
	from=$(date +%s.%N)
	"$1" /usr/bin/time -o "$work/memory" -f %M >"$work/log" 2>&1 || {
		cat "$work/log"
		exit 1
	}
	to=$(date +%s.%N)
	awk -v a="$from" -v b="$to" 'END { printf "%.3f %d\n", b - a, $1 }' "$work/memory" \
		>>"$work/$1"
}

median() {
	sort -n "$work/$1" | awk -v column="$2" '{ v[NR] = $column } END { print v[int((NR + 1) / 2)] }'
}

# Of a trace: requests, and the share of bytes in writes of a MiB or more, each after the last.
writes() {
	fresh
	"$1" strace -f -y -e trace=write,pwrite64,pwritev -P "$work/volume" -o "$work/trace" \
		>"$work/log" 2>&1
	awk -v name="$1" '
		/pwrite64\(/ && / = [0-9]+$/ {
			n = $NF; at = $(NF - 2); sub(/\)/, "", at)
			requests++; bytes += n
			if (n >= 1048576 && at + 0 >= end) large += n
			end = at + n
		}
		END {
			printf "%-7s %8d writes, %7.1f MiB, %5.1f %% of it in ascending writes of 1 MiB or more\n",
				name, requests, bytes / 1048576, 100 * large / bytes
		}' "$work/trace"
}

make_image
if [ -n "${KEEP:-}" ]; then cp "$work/image.wim" "$KEEP"; fi
for ((i = 0; i < rounds; i++)); do
	measure theirs
	measure ours
done
printf 'theirs  %s s, %d MiB resident\n' "$(median theirs 1)" "$(($(median theirs 2) / 1024))"
printf 'ours    %s s, %d MiB resident\n' "$(median ours 1)" "$(($(median ours 2) / 1024))"
awk -v a="$(median ours 1)" -v b="$(median theirs 1)" 'BEGIN { printf "ratio   %.3f\n", a / b }'
writes theirs
writes ours
