/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The master boot record's code: starts the active partition.  The BIOS loads the record to
 * 0000:7C00 and jumps there with the drive in %dl.  It moves out of the way, loads the
 * partition's boot sector to that same place and jumps there, with the drive still in %dl and
 * the partition's entry at %ds:%si: what boot sectors expect.
 *
 * Linked to 0x600; 440 bytes at most, for the drive's signature and the table follow.
 */
	.code16
	.globl	_start

	.set	LOADED, 0x7c00		/* by the BIOS, and by us */
	.set	MOVED, 0x600
	.set	TABLE, MOVED + 446
	.set	TABLE_END, TABLE + 64
	.set	ENTRY_BYTES, 16
	.set	ENTRY_FIRST_SECTOR, 8

_start:
	cli				/* not all processors hold back between these two */
	xor	%ax, %ax
	mov	%ax, %ss
	mov	$LOADED, %sp
	sti
	mov	%ax, %ds
	mov	%ax, %es
	cld
	mov	%sp, %si
	mov	$MOVED, %di
	mov	$256, %cx
	rep movsw
	ljmp	$0, $find

/* The entry that is active, in %bp; there must be one, and no other. */
find:
	xor	%bp, %bp
	mov	$TABLE, %si
1:	testb	$0x80, (%si)
	jz	2f
	test	%bp, %bp
	jz	3f
	call	fail
	.asciz	"More than one partition is active.\r\n"
3:	mov	%si, %bp
2:	add	$ENTRY_BYTES, %si
	cmp	$TABLE_END, %si
	jb	1b
	test	%bp, %bp
	jnz	check
	call	fail
	.asciz	"No partition is active.\r\n"

/* Can the BIOS read by the numbers of sectors?  (Enhanced Disk Drive, INT 13h, 41h) */
check:
	push	%dx
	mov	$0x41, %ah
	mov	$0x55aa, %bx
	int	$0x13
	pop	%dx
	jc	1f
	cmp	$0xaa55, %bx
	jne	1f
	test	$1, %cl			/* its functions 42h to 44h */
	jnz	load
1:	call	fail
	.asciz	"This BIOS cannot start large drives.\r\n"

/* INT 13h, 42h: what to read, and where to, is on the stack, last field first. */
load:
	pushl	$0
	pushl	ENTRY_FIRST_SECTOR(%bp)
	push	$0			/* segment */
	push	$LOADED
	push	$1			/* sector */
	push	$16			/* bytes of this */
	mov	%sp, %si
	mov	$0x42, %ah
	int	$0x13
	jnc	1f
	call	fail
	.asciz	"The drive cannot be read.\r\n"
1:	add	$16, %sp
	cmpw	$0xaa55, LOADED + 510
	je	1f
	call	fail
	.asciz	"The active partition has no boot sector.\r\n"
1:	mov	%bp, %si
	ljmp	$0, $LOADED

/* Say what follows the call, and stop. */
fail:
	pop	%si
1:	lodsb
	test	%al, %al
	jz	2f
	mov	$0x0e, %ah
	mov	$7, %bx			/* page 0; in graphics, grey */
	int	$0x10
	jmp	1b
2:	hlt
	jmp	2b

	.org	440
