#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A Windows in the free space of a drive that keeps everything else: behind Ventoy (a stand-in,
# tests/ventoy), and beside the partitions of any GPT drive.

load helper

setup_file() {
	disk_begin
	make windows.iso
	"$MAKE_PAYLOAD" "$D/payload" >payload.log 2>&1
	chmod -R a+rX "$D/payload"
	export PAYLOAD=payload/ventoy-1.1.00-linux.tar.gz
	for style in gpt mbr; do
		as_user "$D/wtgctl" ventoy install -q --size 1200M --layout $style --data-size 200M \
			--ventoy "$PAYLOAD" --progress none $style.img || continue
		cp --sparse=always $style.img $style.with
		chmod a+rw $style.with
		wtgctl create --json --image windows.iso --edition Professional --beside \
			--confirm $style.with $style.with
		[ "$status" -eq 0 ] || { cat err && return 1; }
		plan_of out >$style.plan
	done
}

setup() {
	disk_enter
	needs jq sfdisk sgdisk python3
	[ -s gpt.with ] || skip "no stand-in for Ventoy could be made: $(tail -1 payload.log)"
}

add() { # DRIVE OPTION...: a Windows into its free space
	local drive=$1
	shift
	wtgctl create --json --image windows.iso --edition Professional --beside \
		--confirm "$drive" "$@" "$drive"
}

# unchanged BEFORE AFTER [FIRST END]...: not a byte differs but in these stretches, and in those where
# the record lies.
unchanged() {
	python3 - "$@" <<-'EOF'
	import sys
	a, b = (open(name, "rb") for name in sys.argv[1:3])
	may = [(int(x), int(y)) for x, y in zip(sys.argv[3::2], sys.argv[4::2])]
	at, size = 0, 1 << 12
	while True:
	    x, y = a.read(size), b.read(size)
	    if x != y:
	        for i in range(max(len(x), len(y))):
	            if x[i:i + 1] != y[i:i + 1] and not any(f <= at + i < e for f, e in may):
	                sys.exit(f"byte {at + i} differs")
	    if not x and not y:
	        break
	    at += size
	EOF
}

end_of() { # DRIVE NUMBER
	echo $(($(start_of "$1" "$2") + $(size_of "$1" "$2")))
}

# The first partition's own bytes, but for the files of the entry, are compared by its tree.
@test "behind Ventoy nothing else changes: boot code, core, volume, identifiers" {
	local total marker
	total=$(stat -c %s gpt.img)
	marker=$(end_of gpt.with 4)
	# The table's own: its entries and header, and the backup of both.
	unchanged gpt.img gpt.with 512 $((34 * 512)) $((total - 33 * 512)) "$total" \
		"$(start_of gpt.with 1)" "$(end_of gpt.with 1)" \
		"$(start_of gpt.with 3)" "$(end_of gpt.with 4)" "$marker" $((marker + MIB))
	marker=$(end_of mbr.with 4)
	# Of sector 0 the third and fourth entry.
	unchanged mbr.img mbr.with $((446 + 32)) 510 \
		"$(start_of mbr.with 1)" "$(end_of mbr.with 1)" \
		"$(start_of mbr.with 3)" "$(end_of mbr.with 4)" "$marker" $((marker + MIB))
}

@test "partitions 3 and 4 are where the plan says, and follow one another" {
	sgdisk -v gpt.with | grep -q 'No problems found'
	for style in gpt mbr; do
		same "what stays" "$(sfdisk -d $style.with | grep -c "$(sfdisk -d $style.img |
			sed -n 's/.*img1 : \(start= *[0-9]*, size= *[0-9]*\).*/\1/p')")" 1
		same follows "$(start_of $style.with 3)" "$(end_of $style.with 2)"
		same follows "$(start_of $style.with 4)" "$(end_of $style.with 3)"
		same planned "$(jq -c '[.layout.partitions[] | [.number, .offset_bytes]]' $style.plan)" \
			"[[3,$(start_of $style.with 3)],[4,$(start_of $style.with 4)]]"
		same kept "$(jq .layout.beside $style.plan)" true
		wtgctl verify $style.with
		[ "$status" -eq 0 ] || { cat out && return 1; }
		fails grep -qE '^(warning|wrong)' out
		wtgctl status --json $style.with
		same state "$(jq -r 'select(.type == "status").state' out)" complete
		wtgctl ventoy status --json $style.with
		same windows "$(jq -c 'select(.type == "ventoy") | [.windows.system_partition, .entry]' out)" \
			'[3,true]'
	done
}

# As a cut between the two sectors of the primary leaves it: the record is that of the table, the
# header is not what its entries say.
torn() { # BEFORE AFTER: in place of AFTER
	python3 - "$1" "$2" "$(($(end_of "$2" 4) + MIB / 2))" <<-'EOF'
	import hashlib, sys
	record = int(sys.argv[3])
	with open(sys.argv[1], "rb") as before, open(sys.argv[2], "r+b") as after:
	    before.seek(1024)
	    after.seek(1024)
	    after.write(before.read(512))
	    after.seek(record)
	    block = bytearray(after.read(480))
	    assert block.startswith(b"wtgctl marker 2") and block[16] == 2
	    block[16] = 1
	    block[48:96] = b"write-table".ljust(48, b"\0")
	    after.seek(record)
	    after.write(block + hashlib.sha256(block).digest())
	EOF
}

@test "a drive whose table was torn is not one to overwrite" {
	cp --sparse=always gpt.with torn.img
	chmod a+rw torn.img
	torn gpt.img torn.img
	sha256sum torn.img >sum
	wtgctl status --json torn.img
	same state "$(jq -r 'select(.type == "status") | "\(.state) \(.beside)"' out)" \
		'interrupted true'
	refused 3 "torn.img is not empty" create --image windows.iso --edition Professional torn.img
	wtgctl verify torn.img
	same status "$status" 7
	grep -q "the primary GPT is damaged" out
	sha256sum -c sum
	rm torn.img
}

@test "there is no second, and no third place in an MBR" {
	cp --sparse=always mbr.with full.img
	chmod a+rw full.img
	sha256sum full.img >sum
	refused 6 "an MBR has room for four" create --image windows.iso --edition Professional \
		--beside --confirm full.img full.img
	sha256sum -c sum
	rm full.img
}

@test "without room it is said how to get it" {
	as_user "$D/wtgctl" ventoy install -q --size 600M --ventoy "$PAYLOAD" --progress none none.img
	add none.img
	same status "$status" 6
	grep -q "no free space behind Ventoy" err
	grep -q "first partition cannot be made smaller" err
	grep -qF -- "wtgctl ventoy install --data-size" err
	as_user "$D/wtgctl" ventoy install -q --size 800M --data-size 500M --ventoy "$PAYLOAD" \
		--progress none little.img
	add little.img
	same status "$status" 6
	grep -q "the largest free space" err
	rm none.img little.img
}

@test "an entry that cannot be made is refused if asked for, else told of" {
	cp --sparse=always gpt.img dirty.img
	chmod a+rw dirty.img
	# Of exFAT's flags the second: it was not unmounted cleanly.
	printf '\002' | dd of=dirty.img bs=1 seek=$((MIB + 106)) conv=notrunc status=none
	sha256sum dirty.img >dirty.sum
	for words in --entry-default --entry-title=Mine --entry-tip=mine; do
		refused 6 "not unmounted cleanly" create -q --image windows.iso --edition Professional \
			--beside --confirm dirty.img "$words" dirty.img
		grep -q "fsck.exfat" err
	done
	refused 6 "not unmounted cleanly" ventoy entry --confirm dirty.img dirty.img
	sha256sum -c dirty.sum
	wtgctl create -q --image windows.iso --edition Professional --beside --confirm dirty.img dirty.img
	same status "$status" 0
	grep -q "^wtgctl: Ventoy's menu gets no entry.*not unmounted cleanly" err
	same lines "$(wc -l <err)" 1
	rm dirty.img
}

@test "a Ventoy that does not start any more is refused, with the rule" {
	cp --sparse=always gpt.img moved.img
	chmod a+rw moved.img
	sgdisk -d 1 -n 1:4096:$(($(end_of gpt.img 1) / 512 - 1)) -c 1:Ventoy moved.img >/dev/null
	add moved.img
	same status "$status" 6
	grep -q "sector 4096, and must at 2048" err
	rm moved.img
}

@test "what contradicts it is a usage error" {
	local beside=(create --image windows.iso --edition Professional --beside)
	refused 2 "--ventoy" "${beside[@]}" --ventoy "$PAYLOAD" gpt.img
	refused 2 "--layout" "${beside[@]}" --layout mbr gpt.img
	refused 2 "--overwrite" "${beside[@]}" --overwrite gpt.img
	refused 2 "--size" "${beside[@]}" --size 1G new.img
	refused 2 "data partition" "${beside[@]}" --data-size 100M gpt.img
	refused 2 "one target" "${beside[@]}" gpt.img mbr.img
	refused 2 "does not exist" "${beside[@]}" new.img
	! grep -q -- --size err || return 1
	# Before the image and the drive are looked at.
	refused 2 "only one can be first" "${beside[@]}" --windows-first --ventoy-first gpt.img
	refused 3 "may be changed" "${beside[@]}" gpt.img
	truncate -s 1G empty.img
	chmod a+rw empty.img
	refused 6 "no partition table" "${beside[@]}" empty.img
	rm empty.img
}

# A drive of somebody's: a FAT volume with a file, an ext4, and room behind.
somebodys() { # NAME
	rm -f "$1"
	truncate -s 1G "$1"
	sgdisk -n 1:1M:+100M -t 1:0700 -c 1:Photos -n 2:200M:+100M -t 2:8300 -c 2:Linux "$1" >/dev/null
	rm -f photos linux
	truncate -s 100M photos linux
	mkfs.fat photos >/dev/null
	head -c 3M /dev/urandom >photo
	mcopy -i photos photo ::/photo
	mkfs.ext4 -q linux
	dd if=photos of="$1" bs=1M seek=1 conv=notrunc,sparse status=none
	dd if=linux of="$1" bs=1M seek=200 conv=notrunc,sparse status=none
	chmod a+rw "$1"
}

@test "in the largest free space of a GPT drive, all else stays" {
	local total marker
	somebodys own.img
	cp --sparse=always own.img before.img
	add own.img
	[ "$status" -eq 0 ] || { cat err && return 1; }
	sgdisk -v own.img | grep -q 'No problems found'
	same roles "$(plan_of out | jq -r '[.layout.partitions[] | .role] | join(" ")')" "esp msr windows"
	same numbers "$(plan_of out | jq -c '[.layout.partitions[].number]')" "[3,4,5]"
	total=$(stat -c %s own.img)
	marker=$(end_of own.img 5)
	unchanged before.img own.img 512 $((34 * 512)) $((total - 33 * 512)) "$total" \
		"$(start_of own.img 3)" "$(end_of own.img 5)" "$marker" $((marker + MIB))
	wtgctl verify own.img
	[ "$status" -eq 0 ] || { cat out && return 1; }
	refused 2 "there is no Ventoy on" create --image windows.iso --edition Professional --beside \
		--entry-title x --confirm own.img own.img
	rm before.img
}

@test "a second Windows beside the first, and both are looked at" {
	create two --image windows.iso --edition Professional --windows-size 300M
	truncate -s 1400M two.img
	add two.img
	[ "$status" -eq 0 ] || { cat err && return 1; }
	sgdisk -v two.img | grep -q 'No problems found'
	same roles "$(plan_of out | jq -r '[.layout.partitions[] | .role] | join(" ")')" "esp windows"
	wtgctl verify two.img
	[ "$status" -eq 0 ] || { cat out && return 1; }
	same "entries that start a Windows" "$(grep -c '^ok *bcd *the default entry starts' out)" 2
	wtgctl status --json two.img
	same "the last that was made" "$(jq -r 'select(.type == "status").made.layout.beside' out)" true
	rm two.img
}
