#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# With Secure Boot on, the firmware starts what a key of its own has signed and nothing else: so
# the loader that it finds is the image's, byte for byte.

load firmware

keys=/usr/share/ovmf/PkKek-1-snakeoil

setup_file() {
	firmware_begin
}

teardown_file() {
	firmware_end
}

# An x64 machine whose firmware trusts Microsoft, or Debian's key for tests.
choose_secure() { # ms|snakeoil
	choose x64
	emulator=(qemu-system-x86_64 -M "q35,accel=tcg,smm=on"
		-global driver=cfi.pflash01,property=secure,value=on)
	code=/usr/share/OVMF/OVMF_CODE_4M.secboot.fd
	vars=/usr/share/OVMF/OVMF_VARS_4M.$1.fd
	[ -r $code ] && [ -r "$vars" ] || skip "OVMF with Secure Boot is not installed"
}

# From now on the boot manager is one that Debian's key for tests has signed.
sign() {
	needs sbsign openssl
	[ -r $keys.key ] || skip "OVMF's key for tests is not installed"
	[ -f "$D/key" ] || openssl pkey -in $keys.key -passin pass:snakeoil -out "$D/key"
	[ -f "$D/signed.efi" ] ||
		sbsign --key "$D/key" --cert $keys.pem --output "$D/signed.efi" "$bootmgr"
	bootmgr=$D/signed.efi
}

refused() {
	same "the boot manager" "$(stand_in_said)" ""
	grep -q 'BdsDxe: failed to load.*: Access Denied' "$D/serial"
}

@test "with Microsoft's keys the unsigned boot manager is refused" {
	choose_secure ms
	drive unsigned 512
	attach xhci 512
	switch_on
	refused
}

@test "with the key that signed it the boot manager starts" {
	choose_secure snakeoil
	sign
	drive signed 512
	attach xhci 512
	switch_on
	came_to_winload signed 512
}

@test "with Microsoft's keys that signature is refused, and with its own none" {
	[ "${WTGCTL_QEMU:-}" = all ] || skip "WTGCTL_QEMU=all tries all four"
	choose_secure snakeoil
	drive unsigned 512
	attach nvme 512
	switch_on
	refused
	choose_secure ms
	sign
	drive signed 512
	switch_on
	refused
}

# verdict LIST revokes|allows: what verify says of the drive with that list, and what becomes of it
# in a machine whose firmware has the same one.
verdict() {
	local list=$D/$1 status=0

	cp /usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd "$D/vars"
	"$BATS_TEST_DIRNAME/put-dbx.py" "$D/vars" "$list"
	vars=$D/vars
	"$WTGCTL" verify -q --dbx "$list" "$drive" || status=$?
	switch_on
	if [ "$2" = revokes ]; then
		same "verify's status" $status 7
		refused
	else
		same "verify's status" $status 0
		came_to_winload signed 512
	fi
}

# The loader, its signature's certificate, and lists that name them or do not.
revocations() {
	choose_secure snakeoil
	needs python3 cert-to-efi-sig-list
	sign
	drive signed 512
	attach xhci 512
	cd "$D"
	hash-to-efi-sig-list "$BOOTMGRS/bootmgr-x64.efi" hash.list
	hash-to-efi-sig-list "$BOOTMGRS/bootmgr-arm64.efi" another.list
	cert-to-efi-sig-list $keys.pem certificate.list
	for n in 256 384 512; do
		cert-to-efi-hash-list -s $n $keys.pem signed-$n.list
		cert-to-efi-hash-list -s $n -t '2099-01-02 03:04:05' $keys.pem later-$n.list
	done
	openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=another -keyout /dev/null -out another.pem \
		2>/dev/null
	cert-to-efi-sig-list another.pem one.list
	cat another.list one.list >others.list
}

@test "what verify says that a list revokes, firmware that has it refuses" {
	revocations
	verdict hash.list revokes
	verdict signed-256.list revokes
}

@test "what a list does not name still starts" {
	revocations
	verdict others.list allows
}

@test "every other way to name a loader is refused, too" {
	[ "${WTGCTL_QEMU:-}" = all ] || skip "WTGCTL_QEMU=all tries all"
	revocations
	for list in certificate signed-384 signed-512 later-256 later-384; do
		verdict $list.list revokes
	done
}
