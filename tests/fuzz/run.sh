#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh TARGET SECONDS [MORE-INPUTS…]: fuzz one target.  Needs clang, its compiler-rt.
# WTGCTL_FUZZ_DIR (build-fuzz) holds the build, which inputs were new (inputs-TARGET),
# and which broke something (found-TARGET).
set -eu

[ $# -ge 2 ] || {
	echo "usage: $0 TARGET SECONDS [DIRECTORY-OF-MORE-INPUTS...]" >&2
	exit 2
}
target=$1 seconds=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
dir=${WTGCTL_FUZZ_DIR:-$here/../../build-fuzz}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

[ -f "$dir/build.ninja" ] ||
	CC=clang meson setup -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false \
		-Dbuildtype=debugoptimized "$dir" "$here/../.." >&2
ninja -C "$dir" "tests/fuzz/fuzz-$target" >&2

mkdir -p "$dir/inputs-$target" "$dir/found-$target"
dict=
[ ! -f "$here/$target.dict" ] || dict=-dict=$here/$target.dict
# What a crash leaves behind lies here.
export TMPDIR="$dir/scratch"
mkdir -p "$TMPDIR"
# shellcheck disable=SC2086 # no dictionary, no argument
exec nice "$dir/tests/fuzz/fuzz-$target" $dict -max_total_time="$seconds" -timeout=10 \
	-rss_limit_mb=2048 -malloc_limit_mb=1536 -max_len=524288 -use_value_profile=1 \
	-print_final_stats=1 -artifact_prefix="$dir/found-$target/" \
	"$dir/inputs-$target" "$here/corpus/$target" "$@"
