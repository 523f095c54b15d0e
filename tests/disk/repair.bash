# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What the tests of repair share.  A drive is broken in one place by other programs; then heals()
# asks for all that a repair promises.

# The partition that a drive starts from, and its Windows; other layouts set them.
SYSTEM=1 WINDOWS=3

begin_broken() { # DRIVE: broken.img is a copy of it
	rm -f broken.img
	cp --sparse=always "$1" broken.img
	chmod a+rw broken.img
}

on_esp() { # TOOL ARGUMENT...: mtools on the system partition of broken.img
	local tool=$1
	shift
	MTOOLS_SKIP_CHECK=1 "$tool" -i "broken.img@@$(start_of broken.img "$SYSTEM")" "$@"
}

put_back() { # FILE NUMBER: the volume into its partition of broken.img
	local start
	start=$(start_of broken.img "$2")
	fallocate --punch-hole --offset "$start" --length "$(size_of broken.img "$2")" broken.img
	dd if="$1" of=broken.img bs=1M oflag=seek_bytes conv=sparse,notrunc status=none seek="$start"
}

# A file of the Windows volume, replaced by other content.
replace() { # PATH CONTENT
	carve broken.img "$WINDOWS" volume
	ntfscp -f volume "$2" "$1" >/dev/null 2>&1
	put_back volume "$WINDOWS"
}

system_hive() { # DRIVE TO
	carve "$1" "$WINDOWS" volume
	ntfscat -f -q volume /Windows/System32/config/SYSTEM >"$2"
}

# Change the SYSTEM hive of broken.img by hivexregedit's text on standard input.
edit_hive() {
	needs hivexregedit
	system_hive broken.img SYSTEM
	hivexregedit --merge SYSTEM
	replace /Windows/System32/config/SYSTEM SYSTEM
}

# Every file of the system partition with its hash, by mtools.
esp_files() { # DRIVE
	rm -rf esp.d
	mkdir esp.d
	MTOOLS_SKIP_CHECK=1 mcopy -s -n -i "$1@@$(start_of "$1" "$SYSTEM")" :: esp.d
	(cd esp.d && find . -type f -exec sha256sum {} + | sort -k2)
}

# The Windows volume: where its registry is edited, every file with all that NTFS keeps of it, but
# for SYSTEM; else all of it.
windows_of() { # DRIVE STEPS
	carve "$1" "$WINDOWS" volume
	if [[ $2 == *edit-windows* ]]; then
		tree_of_volume volume | grep -v '^/Windows/System32/config/SYSTEM |'
	else
		sha256sum <volume
	fi
}

# What is neither partition: tables, gaps, the others.
rest_of() { # DRIVE
	local at=0
	for number in "$SYSTEM" "$WINDOWS"; do
		tail -c +$((at + 1)) "$1" | head -c $(($(start_of "$1" "$number") - at))
		at=$(($(start_of "$1" "$number") + $(size_of "$1" "$number")))
	done | sha256sum
	tail -c +$(($(start_of "$1" "$WINDOWS") + $(size_of "$1" "$WINDOWS") + 1)) "$1" | sha256sum
}

plan_steps() {
	jq -r '.steps[].step' | grep -v verify-drive | xargs
}

# heals STEPS [OPTION]...: the plan has these steps; the drive is as it should be afterwards, all
# else on it as it was; and then there is nothing left to do.
heals() {
	local steps=$1 times
	shift
	windows_of broken.img "$steps" >windows.before
	rest_of broken.img >rest.before
	times=$(stat -c '%y %z' broken.img)

	wtgctl repair --dry-run --json "$@" broken.img
	[ "$status" -eq 0 ] || { cat err && return 1; }
	plan_of out >plan
	same "steps of the plan" "$(plan_steps <plan)" "$steps"
	same "times of the drive after a dry run" "$(stat -c '%y %z' broken.img)" "$times"

	wtgctl repair --json --confirm broken.img "$@" broken.img
	[ "$status" -eq 0 ] || { cat err && return 1; }
	same "the result" "$(result '"\(.drive) \(.verified) \(.touched)"')" "complete full true"
	sound broken.img "$steps"
	windows_of broken.img "$steps" >windows.after
	same "files of Windows" "$(diff windows.before windows.after)" ""
	[[ $steps == *edit-mbr* ]] ||
		same "all else" "$(rest_of broken.img)" "$(cat rest.before)"
	nothing_left "$@"
}

# Nothing is wrong with a drive, by our own walk and by others'.  TOLERATED: what it may warn of.
sound() { # DRIVE STEPS
	wtgctl verify "$1"
	[ "$status" -eq 0 ] || { cat out err && return 1; }
	fails grep -E '^(wrong|warning)' <(grep -vE "${TOLERATED:-^$}" out)
	carve "$1" "$SYSTEM" volume
	fsck.fat -n volume >fsck.out || { cat fsck.out && return 1; }
	[[ $2 == *edit-windows* ]] || return 0
	carve "$1" "$WINDOWS" volume
	python3 "$APPLY/ntfs-walk.py" volume
}

nothing_left() { # [OPTION]...
	local before
	before=$(stat -c '%y %z' broken.img)
	wtgctl repair --json "$@" broken.img
	[ "$status" -eq 0 ] || { cat err && return 1; }
	same "steps left" "$(plan_of out | jq '.steps | length')" 0
	same touched "$(result .touched)" false
	same "times of the drive" "$(stat -c '%y %z' broken.img)" "$before"
}

# All files of the system partition are those of another drive, but for the store, whose
# identifiers are others.
same_boot_files() { # DRIVE
	same "boot files" "$(esp_files broken.img | grep -v -e '/BCD$' -e wtgctl)" \
		"$(esp_files "$1" | grep -v -e '/BCD$' -e wtgctl)"
}

reg_of() { # HIVE: all of it, as text
	hivexregedit --export "$1" '\'
}

flip() { # FILE OFFSET BITS
	local was
	was=$(od -An -tu1 -j"$2" -N1 "$1")
	printf '%b' "\\x$(printf %x $((was ^ $3)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# The flag in $Volume that Windows sets while it uses a volume.
mark_dirty() { # FILE OFFSET-OF-THE-VOLUME
	python3 - "$@" <<'END'
import struct, sys
with open(sys.argv[1], "r+b") as f:
    at = int(sys.argv[2])
    f.seek(at)
    boot = f.read(512)
    cluster = struct.unpack_from("<H", boot, 11)[0] * boot[13]
    size = struct.unpack_from("b", boot, 64)[0]
    record_bytes = 1 << -size if size < 0 else size * cluster
    for table in 48, 56:  # and its copy
        record = at + struct.unpack_from("<Q", boot, table)[0] * cluster + 3 * record_bytes
        f.seek(record)
        data = f.read(record_bytes)
        offset = struct.unpack_from("<H", data, 20)[0]
        while struct.unpack_from("<I", data, offset)[0] != 0x70:
            offset += struct.unpack_from("<I", data, offset + 4)[0]
        f.seek(record + offset + struct.unpack_from("<H", data, offset + 20)[0] + 10)
        f.write(b"\x01")
END
}
