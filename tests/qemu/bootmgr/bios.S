/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A boot manager for Legacy BIOS that stands where Microsoft's would: says on the BIOS' console what
 * it was given, and switches the emulated machine off.  It is started at 2000:0000 with the drive
 * in %dl and the volume's boot sector at 0000:7C00.
 *
 * The file goes on behind this code (bios-fill.pl): all of it, in 32-bit words, must add up to 0.
 */
	.code16
	.globl	_start

	.set	BOOT_SECTOR, 0x7c00
	.set	HIDDEN_SECTORS, 0x1c
	.set	DRIVE, 0x40
	.set	IDENTITY, 0x41		/* serial number, label */
	.set	IDENTITY_END, 0x5a
	.set	TABLE, 0x1be
	.set	BUFFER, 0x8000
	.set	POWER, 0x604		/* of QEMU's machines: ACPI's PM1a_CNT; 0x2000 is off */

_start:
	jmp	1f
	.org	4
words:	.long	0			/* bios-fill.pl says how many */

1:	mov	%cs, %ax
	mov	%ax, %ds
	cld

/* Is all of the file here?  Before anything in it changes. */
	mov	words, %ecx
	mov	%cs, %bx
	xor	%eax, %eax
	xor	%si, %si
1:	mov	%bx, %es
	add	%es:(%si), %eax
	add	$4, %si
	jnz	2f
	add	$0x1000, %bx		/* the next 64 KiB */
2:	decl	%ecx
	jnz	1b
	mov	$text_whole, %si
	test	%eax, %eax
	jz	1f
	mov	$text_not_whole, %si
1:	call	say

	mov	%dl, drive
	mov	$text_given, %si
	call	say
	mov	%dl, %al
	shl	$24, %eax
	mov	$2, %cx
	call	say_hexadecimal

	mov	$text_hidden, %si
	call	say
	xor	%ax, %ax
	mov	%ax, %es
	mov	%es:BOOT_SECTOR + HIDDEN_SECTORS, %eax
	mov	%eax, first
	mov	$8, %cx
	call	say_hexadecimal

/* The volume says the same drive. */
	mov	%es:BOOT_SECTOR + DRIVE, %al
	cmp	%dl, %al
	je	1f
	mov	$text_other_drive, %si
	call	say

/* It is that volume's.  (GRUB puts the BIOS' geometry into it.) */
1:	mov	first, %eax
	call	read
	push	%ds
	push	%es
	pop	%ds
	mov	$BOOT_SECTOR + IDENTITY, %si
	mov	$BUFFER + IDENTITY, %di
	mov	$IDENTITY_END - IDENTITY, %cx
	repe cmpsb
	pop	%ds
	mov	$text_volume, %si
	je	1f
	mov	$text_no_volume, %si
1:	call	say

/* Which partition of the drive's table is that? */
	xor	%eax, %eax
	call	read
	mov	$BUFFER + TABLE, %di
	mov	$'1', %al
1:	mov	%es:8(%di), %ebx
	cmp	first, %ebx
	je	2f
	inc	%ax
	add	$16, %di
	cmp	$'4', %al
	jbe	1b
	mov	$'?', %al
2:	mov	%al, number
	mov	$text_partition, %si
	call	say
	mov	%es:(%di), %al
	shl	$24, %eax
	mov	$2, %cx
	call	say_hexadecimal

	mov	$text_end, %si
	call	say			/* SeaBIOS sends a character when the next comes */
	mov	$POWER, %dx
	mov	$0x2000, %ax
	out	%ax, %dx
	hlt

/* Sector %eax to 0000:BUFFER. */
read:
	pushal
	pushl	$0
	pushl	%eax
	pushl	$BUFFER
	push	$1
	push	$16
	mov	%sp, %si
	push	%ds
	mov	drive, %dl
	push	%ss
	pop	%ds
	mov	$0x42, %ah
	int	$0x13
	pop	%ds
	jnc	1f
	mov	$text_unreadable, %si
	call	say
1:	add	$16, %sp
	popal
	ret

/* The first %cx digits of %eax. */
say_hexadecimal:
	pushal
1:	rol	$4, %eax
	push	%ax
	and	$15, %al
	cmp	$10, %al
	sbb	$0x69, %al		/* with the next: a digit */
	das
	or	$0x20, %al		/* in lower case */
	call	say_character
	pop	%ax
	loop	1b
	popal
	ret

say:
	lodsb
	test	%al, %al
	jz	1f
	call	say_character
	jmp	say
1:	ret

say_character:
	pushal
	mov	$0x0e, %ah
	mov	$7, %bx
	int	$0x10
	popal
	ret

text_given:	.asciz	"\r\nSTANDIN: drive "
text_hidden:	.asciz	"\r\nSTANDIN: hidden sectors "
text_other_drive: .asciz "\r\nSTANDIN: the boot sector names another drive"
text_volume:	.asciz	"\r\nSTANDIN: the boot sector is that of the volume there"
text_no_volume:	.asciz	"\r\nSTANDIN: there is another boot sector"
text_partition:	.ascii	"\r\nSTANDIN: partition "
number:		.asciz	"?, which is "
text_whole:	.asciz	"STANDIN: BOOTMGR is whole"
text_not_whole:	.asciz	"STANDIN: BOOTMGR is not whole"
text_unreadable: .asciz	"\r\nSTANDIN: the drive cannot be read"
text_end:	.asciz	"\r\n."
drive:		.byte	0
first:		.long	0
