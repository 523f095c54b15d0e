#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What is promised of speed, as ratios within one run: medians of ROUNDS=5, two
# ways in turns.  Runs in which other work took more than QUIET=100 percent of the processors
# are made again, at most TRIES=10 times.
#
#	tests/bench/measure.sh BUILD-DIR [ROW]...
#
# "Theirs" is mkntfs -Q + wimlib-imagex apply.  WORK=/var/tmp/wtgctl-bench holds the corpus
# (corpus.sh makes it), MEMORY=/dev/shm the targets: 9 GB.  The rows with drives need root,
# for a loop device over flash-model.
# shellcheck disable=SC2317 # functions called by name
set -euo pipefail
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin

here=$(dirname "$(realpath "$0")")
build=$(realpath "$1")
shift
bench=$build/tests/bench/bench-apply
corpus=${WORK:-/var/tmp/wtgctl-bench}
rounds=${ROUNDS:-5}
tmp=$(mktemp -d "${MEMORY:-/dev/shm}/wtgctl-measure-XXXXXX")
model='' loop='' prefix=()

finish() {
	drive_away
	rm -rf "$tmp"
}
trap finish EXIT

# ------------------------------------------------------------------ ways to apply

theirs() {
	mkntfs -Q -F -q -p 2048 -H 255 -S 63 -s 512 "$target" &&
		wimlib-imagex apply "$1" 1 "$target" && sync "$target"
}

ours() {
	"$bench" "${@:2}" "$1" 1 "$target"
}

create() {
	"$build/src/cli/wtgctl" create --image "$1" --edition 1 --size 8G "$target"
}

# ------------------------------------------------------------------ targets

# A new file in memory.
memory() {
	target=$tmp/target
	rm -f "$target"
	truncate -s "${SIZE:-8G}" "$target"
}

# No file at all, where create is to make it.
nothing() {
	target=$tmp/target
	rm -f "$target"
}

drive_away() {
	if [ -n "$loop" ]; then losetup -d "$loop"; fi
	if [ -n "$model" ]; then
		umount "$tmp/mount"
		wait "$model" || true
	fi
	loop='' model=''
	rm -f "$tmp/flash"
}

# A new drive, with the properties of flash-model.
drive() {
	drive_away
	mkdir -p "$tmp/mount"
	"$build/tests/bench/flash-model" "$tmp/mount" "$tmp/flash" $((8 << 30)) "$@" &
	model=$!
	until [ -e "$tmp/mount/drive" ]; do sleep 0.1; done
	loop=$(losetup --direct-io=on --find --show "$tmp/mount/drive")
	target=$loop
	echo 512 >"/sys/block/${loop#/dev/}/queue/max_sectors_kb" # see flash-model.c
	# As on a machine with 4 GB of memory: there is no cache for the whole image.
	bdi=/sys/block/${loop#/dev/}/bdi
	echo 1 >"$bdi/strict_limit"
	echo $((400 << 20)) >"$bdi/max_bytes"
}

# See README.md for where the numbers are from.
stick() {
	drive rate=120000000 command=200 block=$((4 << 20)) open=4
}

# As one that is quicker at small writes than most.
mild_stick() {
	drive rate=120000000 command=200 block=$((1 << 20)) open=4
}

ssd() {
	drive rate=400000000 command=60 request=$((512 << 10)) block=0
}

# Behind a bridge that takes one command at a time.
old_ssd() {
	drive rate=400000000 command=200 block=0
}

# ------------------------------------------------------------------ measuring

# CPU seconds that the machine has spent until now, and the time.
spent() {
	awk -v hz="$(getconf CLK_TCK)" '/^cpu / { print ($2 + $3 + $4 + $7 + $8) / hz }' /proc/stat
	date +%s.%N
}

# once NAME TARGET WAY ARGUMENT...: wall seconds, CPU seconds, KiB resident and the percents
# that others had of the processors, as a line of the file NAME; what a drive counted (writes,
# bytes, bytes moved, ms at work) as one of NAME.drive.
once() {
	local try
	for ((try = 1; ; try++)); do
		run "$@"
		awk '{ print }' "$tmp/run" >&2
		if [ "$try" -ge "${TRIES:-10}" ] ||
			awk -v most="${QUIET:-100}" '{ exit $5 > most }' "$tmp/run"; then break; fi
	done
	cut -d' ' -f2- "$tmp/run" >>"$tmp/$1"
	if [ -e "$tmp/counters" ]; then
		awk '{ v[$1] = $2 } END { print v["writes"], v["written"], v["moved"], v["busy_ms"] }' \
			"$tmp/counters" | tee -a "$tmp/$1.drive" >&2
	fi
}

run() {
	local name=$1 way=$3
	"$2"
	rm -f "$tmp/counters"
	spent >"$tmp/before"
	export target bench build
	export -f theirs ours create
	/usr/bin/time -o "$tmp/time" -f '%e %U %S %M' \
		"${prefix[@]}" bash -c 'set -e; "$@"' - "$way" "${@:4}" >"$tmp/log" 2>&1 || {
		cat "$tmp/log"
		exit 1
	}
	spent >"$tmp/after"
	if [ -n "$model" ]; then cp "$tmp/mount/counters" "$tmp/counters"; fi
	paste -d' ' "$tmp/before" "$tmp/after" | awk -v name="$name" -v n="$(nproc)" '
		NR == FNR { wall = $1; cpu = $2 + $3; kib = $4; next }
		FNR == 1 { all = $2 - $1 }
		FNR == 2 { printf "%s %.2f %.2f %d %.0f\n", name, wall, cpu, kib,
			100 * (all - cpu) / n / ($2 - $1) }' "$tmp/time" - >"$tmp/run"
	drive_away
}

# median NAME COLUMN
median() {
	sort -n -k"$2,$2" "$tmp/$1" | awk -v c="$2" '{ v[NR] = $c } END { print v[int((NR + 1) / 2)] }'
}

# row TEXT BOUND FORMAT EXPRESSION [NAME=VALUE]...: a line of the table.
row() {
	local text=$1 bound=$2 format=$3 expression=$4 arguments=()
	shift 4
	for one; do arguments+=(-v "$one"); done
	printf '| %s | %s | %s |\n' "$text" "$bound" \
		"$(awk "${arguments[@]}" "BEGIN { printf \"$format\", $expression }")" |
		tee -a "$tmp/table"
}

# ratio TEXT BOUND A B: of the wall times of two names.
ratio() {
	row "$1" "$2" \
		"%.2f (%.2f s ÷ %.2f s; CPU %.1f s, %.1f s; others %d %%, %d %%)" \
		"a / b, a, b, c, d, e, f" \
		a="$(median "$3" 1)" b="$(median "$4" 1)" c="$(median "$3" 2)" \
		d="$(median "$4" 2)" e="$(median "$3" 4)" f="$(median "$4" 4)"
}

# busy A B: the same of the time that the drive itself was at work, whoever had the processors.
busy() {
	row "the same, time that the drive works" "" "%.2f (%.2f s ÷ %.2f s)" \
		"a / b, a / 1000, b / 1000" a="$(median "$1.drive" 4)" b="$(median "$2.drive" 4)"
}

rounds() {
	local i
	for ((i = 0; i < rounds; i++)); do "$1"; done
}

# ------------------------------------------------------------------ rows

row_plain() {
	round() {
		once plain-theirs memory theirs "$corpus/corpus.wim"
		once plain-ours memory ours "$corpus/corpus.wim"
	}
	rounds round
	ratio "plain, LZX, $(nproc) cores: theirs ÷ ours" "≥ 2.0" plain-theirs plain-ours
	row "the same, CPU seconds: ours ÷ theirs" "≤ 0.95" "%.2f (%.1f ÷ %.1f)" "a / b, a, b" \
		a="$(median plain-ours 2)" b="$(median plain-theirs 2)"
}

row_one() {
	round() {
		once one-theirs memory theirs "$corpus/corpus.wim"
		once one-ours memory ours "$corpus/corpus.wim"
	}
	prefix=(taskset -c 0)
	rounds round
	prefix=()
	ratio "the same, 1 core" "≥ 1.3" one-theirs one-ours
}

row_esd() {
	round() {
		once esd-theirs memory theirs "$corpus/corpus.esd"
		once esd-ours memory ours "$corpus/corpus.esd"
	}
	rounds round
	ratio "solid ESD, $(nproc) cores: theirs ÷ ours" "≥ 2.0" esd-theirs esd-ours
	row "the same, MiB resident" "" "%d" "a / 1024" a="$(median esd-ours 3)"
}

row_compact() {
	round() {
		once compact-theirs memory theirs "$corpus/corpus.wim"
		once compact-ours memory ours "$corpus/corpus.wim" --compact --trusted
	}
	rounds round
	ratio "compact: theirs (plain) ÷ ours" "≥ 10" compact-theirs compact-ours
}

row_iso() {
	round() {
		once iso-wim memory ours "$corpus/corpus.wim"
		once iso-iso memory ours "$corpus/corpus.iso"
	}
	rounds round
	ratio "ISO as source ÷ bare WIM" "≤ 1.05" iso-iso iso-wim
}

# Of a trace: requests for each GB, share of bytes in writes of a MiB or more after the last.
row_requests() {
	memory
	local n bytes large
	prefix=(strace -f -y -e "trace=write,pwrite64,pwritev" -P "$target" -o "$tmp/trace")
	once requests true ours "$corpus/corpus.wim"
	prefix=()
	read -r n bytes large < <(awk '
		/pwrite64\(/ && / = [0-9]+$/ {
			n = $NF; at = $(NF - 2); sub(/\)/, "", at)
			requests++; bytes += n
			if (n >= 1048576 && at + 0 >= end) large += n
			end = at + n
		}
		END { print requests, bytes, large + 0 }' "$tmp/trace")
	row "write requests per GB; share of bytes in ascending writes ≥ 1 MiB" "≤ 400; ≥ 98 %" \
		"%d; %.1f %%" "n / bytes * 1e9, 100 * large / bytes" \
		"n=$n" "bytes=$bytes" "large=$large"
}

# drive_row NAME TEXT BOUND
drive_row() {
	local name=$1
	round() {
		once "$name-theirs" "$name" theirs "$corpus/corpus.wim"
		once "$name-ours" "$name" ours "$corpus/corpus.wim"
	}
	rounds round
	ratio "$2" "$3" "$name-theirs" "$name-ours"
	busy "$name-theirs" "$name-ours"
	row "the same, theirs ÷ the time that the drive works for us" "" "%.2f" "a / b * 1000" \
		a="$(median "$name-theirs" 1)" b="$(median "$name-ours.drive" 4)"
}

row_stick() {
	drive_row stick "cheap stick: theirs ÷ ours" "≥ 6"
	row "the same, amplification of ours (of theirs)" "≤ 1.1" "%.2f (%.1f)" \
		"1 + a / b, 1 + c / d" \
		a="$(median stick-ours.drive 3)" b="$(median stick-ours.drive 2)" \
		c="$(median stick-theirs.drive 3)" d="$(median stick-theirs.drive 2)"
	row "the same, ours ÷ the stick's own limit (time that it works)" "≤ 1.06" \
		"%.2f (%.2f s ÷ %.2f s); %.2f" \
		"a / b, a, b, c / b / 1000" \
		a="$(median stick-ours 1)" c="$(median stick-ours.drive 4)" \
		b="$(awk -v n="$(median stick-ours.drive 2)" 'BEGIN { print n / 120e6 }')"
}

row_mild_stick() {
	drive_row mild_stick "stick with erase blocks of 1 MiB" ""
}

row_ssd() {
	drive_row ssd "USB SSD: theirs ÷ ours" "≥ 3"
}

row_old_ssd() {
	drive_row old_ssd "USB SSD behind an older bridge" ""
}

row_ssd_compact() {
	round() {
		once ssd-theirs ssd theirs "$corpus/corpus.wim"
		once ssd-compact ssd ours "$corpus/corpus.wim" --compact --trusted
	}
	rounds round
	ratio "USB SSD: theirs ÷ ours, compact" "≥ 7" ssd-theirs ssd-compact
}

row_whole() {
	round() {
		once whole-theirs memory theirs "$corpus/corpus.wim"
		once whole-create nothing create "$corpus/corpus.iso"
	}
	rounds round
	ratio "whole create, ISO → verified drive, ÷ theirs alone" "≤ 1.0" whole-create whole-theirs
}

# 100,000 files of 10 GB, on a file of the disk: too large for memory.
row_memory() {
	on_disk() {
		target=$corpus/target
		rm -f "$target"
		truncate -s 32G "$target"
	}
	once memory on_disk ours "$corpus/big.wim"
	rm -f "$target"
	row "MiB resident, 100,000 files of 10 GB" "≤ 400" "%d" "a / 1024" a="$(median memory 3)"
}

row_files() {
	round() {
		once files-few memory ours "$corpus/few.wim"
		once files-many memory ours "$corpus/many.wim"
	}
	rounds round
	row "cost of a file, at ten times as many: CPU seconds" "≤ 1.15" \
		"%.2f (%.2f s ÷ 10 × %.2f s)" \
		"b / a / 10, b, a" a="$(median files-few 2)" b="$(median files-many 2)"
}

[ $# -gt 0 ] || set -- plain one esd compact iso requests stick mild_stick ssd ssd_compact old_ssd whole memory files
"$here/corpus.sh" "$build"
echo "$(nproc) processors, $(uname -r), $(wimlib-imagex --version | head -1), rounds $rounds, load $(cut -d' ' -f1-3 /proc/loadavg)"
printf '\n| measure | bound | here |\n|---|---|---|\n' | tee "$tmp/table"
for name; do "row_$name"; done
printf '\n'
cat "$tmp/table"
