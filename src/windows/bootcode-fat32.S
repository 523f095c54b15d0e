/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The boot sector's code of a FAT32 volume: loads BOOTMGR from the root directory to 2000:0000
 * and starts it there with the drive in %dl, the stack below 0000:7C00 and this boot sector still
 * above, where BOOTMGR looks for what it says of the volume.  So do Microsoft's own boot
 * sectors and GRUB's ntldr.
 *
 * Linked to 0x7c00, where it runs.  What lies between the first jump and the code is the volume's
 * own (Microsoft: FAT32 File System Specification); sectors have 512 bytes.  A read is of a whole
 * cluster: its size divides 64 KiB, and so none crosses the 64 KiB that old BIOSes' DMA can do.
 */
	.code16
	.globl	_start

	.set	LOADED, 0x7c00
	.set	BOOTMGR, 0x2000		/* segment */
	.set	BOOTMGR_END, 0x9000	/* segment: above it is the BIOS' own */
	.set	FAT, 0x800		/* segment, of one sector of it */

	/* Of the volume, from %bp on. */
	.set	CLUSTER_SECTORS, 0x0d
	.set	RESERVED_SECTORS, 0x0e
	.set	N_FATS, 0x10
	.set	HIDDEN_SECTORS, 0x1c
	.set	FAT_SECTORS, 0x24
	.set	ROOT_CLUSTER, 0x2c
	.set	DRIVE, 0x40

	/* And what we know then: numbers of sectors of the drive. */
	.set	FIRST_OF_FAT, -4
	.set	FIRST_OF_DATA, -8

	/* Of an entry of a directory. */
	.set	ATTRIBUTES, 0x0b
	.set	CLUSTER_HIGH, 0x14
	.set	CLUSTER_LOW, 0x1a
	.set	VOLUME_OR_DIRECTORY, 0x18 /* either bit; parts of long names have the first */

_start:
	jmp	start
	nop
	.org	0x5a

start:
	cli
	xor	%ax, %ax
	mov	%ax, %ss
	mov	$LOADED, %sp
	sti
	mov	%ax, %ds
	cld
	mov	%sp, %bp
	ljmp	$0, $1f			/* some come here as 07C0:0000 */
1:	mov	%dl, DRIVE(%bp)		/* for BOOTMGR */
	mov	$0x2401, %ax		/* the processor's A20 on, as ntldr leaves it */
	int	$0x15

	movzwl	RESERVED_SECTORS(%bp), %ebx
	add	HIDDEN_SECTORS(%bp), %ebx
	movzbl	N_FATS(%bp), %eax
	imul	FAT_SECTORS(%bp), %eax
	add	%ebx, %eax
	pushl	%ebx			/* FIRST_OF_FAT */
	pushl	%eax			/* FIRST_OF_DATA */

/* Look for it in the root directory, cluster by cluster. */
	push	$BOOTMGR
	pop	%es
	mov	ROOT_CLUSTER(%bp), %ecx
directory:
	call	load
	shl	$9, %bx			/* bytes; 64 KiB are 0, and so is %di then */
	xor	%di, %di
entry:
	cmpb	$0, %es:(%di)		/* the end of the directory */
	je	missing
	testb	$VOLUME_OR_DIRECTORY, %es:ATTRIBUTES(%di)
	jnz	1f
	pushal
	mov	$name, %si
	mov	$11, %cx
	repe cmpsb
	popal
	je	found
1:	add	$32, %di
	cmp	%bx, %di
	jne	entry
	call	next
	jb	directory
missing:
	call	fail
	.asciz	"BOOTMGR is missing.\r\n"

found:
	pushw	%es:CLUSTER_HIGH(%di)
	pushw	%es:CLUSTER_LOW(%di)
	popl	%ecx
	jecxz	missing			/* an empty file has no cluster */
file:
	call	load
	shl	$5, %bx			/* in units of segments */
	mov	%es, %ax
	add	%bx, %ax
	mov	%ax, %es
	call	next
	jae	go
	mov	%es, %ax
	cmp	$BOOTMGR_END, %ax
	jb	file
	call	fail
	.asciz	"BOOTMGR is too large.\r\n"

go:
	push	%ss
	pop	%es
	mov	%bp, %sp
	ljmp	$BOOTMGR, $0

/* The cluster that follows %ecx, into it: "below", unless there is none. */
next:
	push	%es
	push	$FAT
	pop	%es
	mov	%ecx, %eax
	shr	$7, %eax		/* 128 of 4 bytes in a sector */
	add	FIRST_OF_FAT(%bp), %eax
	mov	$1, %bx
	call	read
	and	$127, %ecx
	mov	%es:(, %ecx, 4), %ecx
	and	$0x0fffffff, %ecx	/* the uppermost bits mean nothing */
	pop	%es
	cmp	$0x0ffffff8, %ecx
	ret

/* Cluster %ecx to %es:0; gives its sectors in %bx. */
load:
	lea	-2(%ecx), %eax		/* the first has number 2 */
	movzbl	CLUSTER_SECTORS(%bp), %ebx
	imul	%ebx, %eax
	add	FIRST_OF_DATA(%bp), %eax

/* %bx sectors of the drive, from %eax on, to %es:0.  INT 13h, 42h: last field first. */
read:
	pushal
	pushl	$0
	pushl	%eax
	push	%es
	push	$0
	push	%bx
	push	$16			/* bytes of this */
	mov	%sp, %si
	mov	$0x42, %ah
	int	$0x13
	jc	1f
	add	$16, %sp
	popal
	ret
1:	call	fail
	.asciz	"The drive cannot be read.\r\n"

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

name:
	.ascii	"BOOTMGR    "

	.org	510
	.word	0xaa55
