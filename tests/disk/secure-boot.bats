#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# --dbx: lists of what firmware no longer starts, as efitools writes them, against the loaders of
# an image and of a drive.

load helper

OWNER=77fa9abd-0359-4d32-bd60-28f4e78f784b

# What wimlib takes out of the image, and who signed it.
setup_file() {
	disk_begin
	needs cert-to-efi-sig-list hash-to-efi-sig-list osslsigncode openssl wimlib-imagex
	make windows.wim wim
	make noex.wim wim noex
	wimlib-imagex extract windows.wim 1 /Windows/Boot/EFI/bootmgfw.efi \
		/Windows/Boot/EFI/memtest.efi /Windows/Boot/EFI_EX/bootmgfw_EX.efi \
		--no-acls >/dev/null
	certificate_of bootmgfw.efi 2011.pem
	certificate_of bootmgfw_EX.efi 2023.pem
	cert-to-efi-sig-list -g $OWNER 2011.pem 2011.list
	cert-to-efi-sig-list -g $OWNER 2023.pem 2023.list
	cert-to-efi-hash-list -g $OWNER 2011.pem 2011.hashes
	osslsigncode remove-signature -in memtest.efi -out memtest.plain >/dev/null
	osslsigncode remove-signature -in bootmgfw_EX.efi -out EX.plain >/dev/null
	hash-to-efi-sig-list memtest.plain memtest.list
	hash-to-efi-sig-list EX.plain EX.list
	cat 2011.list EX.list >both.list
	chmod a+r ./*.list ./*.hashes
	create drive --image windows.wim --edition Professional
}

certificate_of() { # PROGRAM PEM
	osslsigncode extract-signature -in "$1" -out "$1.p7" >/dev/null
	openssl pkcs7 -inform der -in "$1.p7" -print_certs -out "$2"
}

setup() {
	disk_enter
}

plan() { # OPTION...
	wtgctl plan --json --size 640M --image windows.wim --edition Professional "$@" new.img
	cat err
	[ ! -e new.img ]
	[ "$status" -eq 0 ] || return 0
	plan_of out >plan
}

warns() {
	jq -r '.warnings[]' plan | grep -F -- "$1"
}

@test "a plan says who signed either chain, and what the list has" {
	plan --dbx memtest.list --boot-ca 2023
	same "chain" "$(step write-esp .boot_ca <plan)" 2023
	same "signers" "$(step write-esp '.chains_of_image | to_entries[] | "\(.key) \(.value)"' <plan)" \
		"2011 Microsoft Windows Production PCA 2011
2023 Windows UEFI CA 2023"
	same "entries" "$(step write-esp .not_revoked_by.entries <plan)" 1
	warns "memtest.list, but not needed to start Windows: EFI/Microsoft/Boot/memtest.efi"
	wtgctl plan --size 640M --image windows.wim --edition Professional --dbx memtest.list new.img
	grep -A1 'not revoked by:' out | grep -E 'entries: +1'
}

@test "without a list nobody says that nothing is revoked" {
	plan
	same "list" "$(step write-esp .not_revoked_by <plan)" null
}

@test "where the choice is free, the chain that is not revoked is taken" {
	for list in 2011.list 2011.hashes; do
		plan --dbx $list
		same "chain" "$(step write-esp .boot_ca <plan)" 2023
		warns "that of 2011 is revoked by $list: it is signed with a certificate that is on"
	done
	plan --dbx 2023.list
	same "chain" "$(step write-esp .boot_ca <plan)" 2011
	fails warns revoked
}

@test "a revoked loader is refused, and the chain that would do is named" {
	refused 4 "of 2011 is revoked by 2011.list: it is signed with a certificate" create \
		--size 640M --image windows.wim --edition Professional --dbx 2011.list \
		--boot-ca 2011 new.img
	grep -F -- "--boot-ca 2023" err
	refused 4 "of 2023 is revoked by EX.list: its hash is on the list (SHA-256 " create \
		--size 640M --image windows.wim --edition Professional --dbx EX.list \
		--boot-ca 2023 new.img
	refused 4 "loaders of either chain are revoked by both.list" create --size 640M \
		--image windows.wim --edition Professional --dbx both.list new.img
	refused 4 "revoked by 2011.list: it is signed with a certificate that is on the list" \
		create --size 640M --image noex.wim --edition Professional --dbx 2011.list new.img
	[ ! -e new.img ]
}

@test "what is no list is refused" {
	printf 'no list' >bad.list
	head -c 100 2011.list >short.list
	: >empty.list
	head -c 1100000 /dev/zero >large.list
	for list in bad empty; do
		refused 4 "--dbx $list.list: it is no list of revocations" plan --size 640M \
			--image windows.wim --edition Professional --dbx $list.list new.img
	done
	refused 4 "--dbx short.list: it ends within a list" plan --size 640M \
		--image windows.wim --edition Professional --dbx short.list new.img
	refused 4 "--dbx" plan --size 640M --image windows.wim --edition Professional \
		--dbx large.list new.img
	refused 4 "--dbx: open missing.list: No such file" plan --size 640M --image windows.wim \
		--edition Professional --dbx missing.list new.img
}

@test "info tells the certificates of both loaders, and which is revoked" {
	wtgctl info --json --dbx 2011.list windows.wim
	[ "$status" -eq 0 ]
	jq -r 'select(.type == "info").editions[1] | .loader, .loader_ex |
		"\(.revoked) \(.revoked_because) \(.certificates | map("\(.subject) \(.ends)") | join(", "))"' \
		out >found
	end=$(date -d "$(openssl x509 -in 2011.pem -noout -enddate | cut -d= -f2)" +%s)
	same "loaders" "$(cat found)" \
		"true it is signed with a certificate that is on the list (Microsoft Windows) \
Microsoft Windows $end, Microsoft Windows Production PCA 2011 $end
false null Microsoft Windows $end, Windows UEFI CA 2023 $end"
	same "entries" "$(jq -r 'select(.type == "info").dbx.entries' out)" 1
	wtgctl info --dbx 2011.list windows.wim
	grep -qE '^ +revoked: +yes$' out
	wtgctl info windows.wim
	fails grep -q revoked out
	refused 4 "--dbx: windows.wim has " info --dbx windows.wim windows.wim
	refused 4 "--dbx memtest.plain: it is no list" info --dbx memtest.plain windows.wim
}

# finds GRADE PART-OF-THE-SENTENCE DRIVE OPTION...
finds() {
	local grade=$1 part=$2 expected=0
	shift 2
	[ "$grade" != wrong ] || expected=7
	wtgctl verify "$@"
	cat out err
	[ "$status" -eq "$expected" ]
	grep -E "^$grade " out | grep -F -- "$part"
}

@test "verify finds a revoked loader wrong, and tells which list was asked" {
	finds ok "EFI/Boot/bootx64.efi is not revoked: none of 1 entries names it" drive.img \
		--dbx 2023.list
	finds wrong "EFI/Boot/bootx64.efi is revoked: it is signed with a certificate" drive.img \
		--dbx 2011.list
	wtgctl verify drive.img
	fails grep -E 'is (not )?revoked' out
	refused 4 "--dbx memtest.plain: it is no list of revocations" verify --dbx memtest.plain drive.img
}

@test "verify says whether the boot files are those of the Windows on the drive" {
	finds ok "the loader is the one that Windows has as Windows/Boot/EFI/bootmgfw.efi" drive.img
	finds ok "Windows' own policies: boot.stl, winsipolicy.p7b, SkuSiPolicy.p7b" drive.img
	cp --sparse=always drive.img changed.img
	esp mcopy changed.img -n -o bootmgfw_EX.efi ::/EFI/Boot/bootx64.efi
	finds ok "the loader is the one that Windows has as Windows/Boot/EFI_EX/bootmgfw_EX.efi" changed.img
	finds note "EFI/Boot/bootx64.efi is not the same program as" changed.img
	finds warning "EFI/Microsoft/Boot/bootmgfw.efi is revoked: " changed.img --dbx 2011.list
	esp mcopy changed.img -n -o memtest.efi ::/EFI/Boot/bootx64.efi
	finds note "the loader is none of those that Windows has" changed.img
	esp mcopy changed.img -n -o memtest.efi ::/EFI/Microsoft/Boot/SkuSiPolicy.p7b
	finds warning "SkuSiPolicy.p7b is not what this Windows has" changed.img
	esp mdel changed.img ::/EFI/Microsoft/Boot/boot.stl
	finds note "boot.stl is missing" changed.img
}
