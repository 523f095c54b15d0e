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
