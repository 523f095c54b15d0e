# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What the files here share: the program runs as an ordinary user in $D, a directory of that
# user's, and other programs look at what it made.  WTGCTL and MAKE_MEDIA are its and the
# media's maker's paths.

MIB=1048576

as_user() {
	if [ "$(id -u)" -ne 0 ]; then
		"$@"
	else
		setpriv --reuid nobody --regid "$(id -g nobody)" --clear-groups "$@"
	fi
}

# For setup_file.  The program is copied: an ordinary user may not reach the build directory.
disk_begin() {
	export D="$BATS_FILE_TMPDIR" TMPDIR="$BATS_FILE_TMPDIR" LC_ALL=C.UTF-8
	cp "$WTGCTL" "$D/wtgctl"
	chmod a+x "$BATS_RUN_TMPDIR" "$D"
	[ "$(id -u)" -ne 0 ] || chown nobody "$D"
	as_user "$D/wtgctl" version >/dev/null || skip "no ordinary user can run here"
	cd "$D" || exit 1
}

# For setup.
disk_enter() {
	cd "$D" || exit 1
}

needs() {
	for program; do
		command -v "$program" >/dev/null || skip "$program is not installed"
	done
}

# make NAME [VARIANT]...: a medium in the directory.
make() {
	local name=$1 variants=()
	shift
	for variant; do variants+=(--variant "$variant"); done
	"$MAKE_MEDIA" --out "$name" "${variants[@]}" >/dev/null
	chmod a+r "$name"
}

# Run it, keeping the two streams and the status apart.
wtgctl() {
	status=0
	as_user "$D/wtgctl" "$@" >out 2>err </dev/null || status=$?
}

# create NAME OPTION...: NAME.img, of $SIZE if it is new, must come out well.  Its plan is
# NAME.plan.
create() {
	local name=$1 size=(--size "${SIZE:-640M}")
	shift
	[ ! -s "$name.img" ] || size=()
	wtgctl create --json "${size[@]}" "$@" "$name.img"
	[ "$status" -eq 0 ] || { echo "status $status" && cat err && return 1; }
	plan_of out >"$name.plan"
}

# refused STATUS PART-OF-THE-SENTENCE ARGUMENT...
refused() {
	local expected=$1 part=$2
	shift 2
	wtgctl "$@"
	echo "status $status: $(cat err)"
	[ "$status" -eq "$expected" ]
	[ "$(grep -c '^wtgctl: ' err)" -eq 1 ]
	grep -qF -- "$part" err
}

plan_of() {
	jq -c 'select(.type == "plan")' "$1" | grep .
}

# step NAME-OF-THE-STEP FILTER <PLAN
step() {
	jq -r --arg step "$1" ".steps[] | select(.step == \$step) | $2"
}

result() {
	jq -r "select(.type == \"result\") | $1" out
}

same() { # WHAT FOUND EXPECTED
	if [ "$2" != "$3" ]; then
		printf '%s: found\n%s\nexpected\n%s\n' "$1" "$2" "$3"
		return 1
	fi
}

fails() { # bats does not look at a "!"
	if "$@"; then
		echo "no failure: $*"
		return 1
	fi
}

# ------------------------------------------------------------------ the drive, by other programs

start_of() { # DRIVE NUMBER: bytes
	sfdisk --json "$1" | jq --argjson n "$2" \
		'.partitiontable | .sectorsize * .partitions[$n - 1].start'
}

size_of() { # DRIVE NUMBER: bytes
	sfdisk --json "$1" | jq --argjson n "$2" \
		'.partitiontable | .sectorsize * .partitions[$n - 1].size'
}

carve() { # DRIVE NUMBER TO
	dd if="$1" of="$3" bs=1M iflag=skip_bytes,count_bytes conv=sparse status=none \
		skip="$(start_of "$1" "$2")" count="$(size_of "$1" "$2")"
}

esp() { # TOOL DRIVE ARGUMENT...: mtools on the drive's first partition
	local tool=$1 drive=$2
	shift 2
	MTOOLS_SKIP_CHECK=1 "$tool" -i "$drive@@1M" "$@"
}

# The bytes of a registry value of type REG_BINARY, as hexadecimal digits.
hive_bytes() { # HIVE KEY VALUE
	printf 'cd %s\nlsval\n' "$2" | hivexsh "$1" | sed -n "s/^\"$3\"=hex(3)://p" | tr -d ,
}

# A GUID's bytes as Windows stores them: the first three fields turned round.
guid_bytes() {
	sed -E 's/-//g; s/^(..)(..)(..)(..)(..)(..)(..)(..)/\4\3\2\1\6\5\8\7/' <<<"${1,,}"
}

u32() { # FILE OFFSET
	od -An -tu4 -j"$2" -N4 "$1" | tr -d ' '
}

zero() { # FILE OFFSET BYTES: overwrite with zeros
	dd if=/dev/zero of="$1" bs=1 seek="$2" count="$3" conv=notrunc status=none
}

# The tree of a WIM's image, one line a file: everything that NTFS keeps, by wimlib-imagex.
# Numbers of inodes differ between volumes; the first name of a file stands for them.
tree() { # WIM INDEX
	wimlib-imagex dir "$1" "$2" --detailed | awk '
		function flush() { if (path) print path line; path = line = "" }
		/^-----/ { flush(); next }
		/^Full Path/ { path = $0; sub(/^[^"]*"/, "", path); sub(/"$/, "", path); next }
		/^Link Group ID/ { group = $NF; next }
		/^Link Count/ && $NF > 1 {
			if (!(group in first)) first[group] = path
			line = line " | link of " first[group]
		}
		/^(Compressed size|Offset in WIM|Part Number|Reference Count|Flags)/ { next }
		/^$/ || /^ .*is set$/ { next }
		{ sub(/^\t/, ""); gsub(/ +/, " "); line = line " | " $0 }
		END { flush() }' | sort
}

tree_of_volume() { # FILE
	wimlib-imagex capture "$1" "$1.wim" --compress=none >/dev/null
	tree "$1.wim" 1
	rm "$1.wim"
}

# A tree without the given paths.
other_lines() { # TREE PATH...
	local file=$1
	shift
	printf '%s |\n' "$@" | awk 'NR == FNR { without[$0]; next }
		{ for (one in without) if (index($0, one) == 1) next; print }' - "$file"
}
