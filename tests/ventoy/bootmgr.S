/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stands in for Microsoft's boot manager for Legacy BIOS, \bootmgr.  GRUB's ntldr, as a boot
 * sector would, puts it to 2000:0000 with the volume's boot sector at 0000:7C00 and the drive in DL.
 * It says on the first serial line which drive that is and where the volume begins, and resets
 * the machine.
 */
	.code16
	.text
start:
	cli
	mov %cs, %ax
	mov %ax, %ds
	xor %ax, %ax
	mov %ax, %es
	mov %dl, %bl

	mov $drive - start, %si
	call text
	mov %bl, %al
	call byte
	mov $sector - start, %si
	call text
	mov $4, %cx
	mov $0x7c1c + 3, %di /* hidden sectors, of the boot sector */
1:	mov %es:(%di), %al
	call byte
	dec %di
	loop 1b
	mov $end - start, %si
	call text

	mov $0xfe, %al /* the keyboard controller resets the machine */
	out %al, $0x64
2:	hlt
	jmp 2b

byte:
	push %ax
	shr $4, %al
	call digit
	pop %ax
	and $15, %al
digit:
	add $'0', %al
	cmp $'9', %al
	jbe put
	add $'a' - '0' - 10, %al
put:
	push %dx
	push %ax
	mov $0x3fd, %dx
3:	in %dx, %al
	test $0x20, %al
	jz 3b
	pop %ax
	mov $0x3f8, %dx
	out %al, %dx
	pop %dx
	ret

text:
	lodsb
	test %al, %al
	jz 4f
	call put
	jmp text
4:	ret

drive:	.asciz "\r\nSTAND-IN BOOTMGR: drive "
sector:	.asciz ", volume at sector "
end:	.asciz "\r\n"
