/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pe-standin.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "base/utf16.h"

/* PE/COFF 8.3: everything below lies at fixed places, because we lay it out. */
#define PE_OFFSET 0x80
#define COFF_OFFSET (PE_OFFSET + 4)
#define OPTIONAL_OFFSET (COFF_OFFSET + 20)
#define FILE_ALIGN 0x200
#define PAGE 0x1000
#define N_DIRECTORIES 16

struct machine {
	enum wtg_arch arch;
	uint16_t id;
	bool wide;           /* PE32+ */
	uint32_t line_at;    /* where in code the distance to the line is to be put */
	uint32_t line_from;  /* what that distance counts from */
	uint8_t code[36]; /* EFI entry point: SystemTable->ConOut->OutputString(line) */
	uint8_t code_size;
};

/* Offsets in EFI_SYSTEM_TABLE: ConOut at 64 (32-bit: 44); OutputString is its second. */
static const struct machine machines[] = {
	{ WTG_ARCH_AMD64, 0x8664, true, 11, 15,
	  { 0x48, 0x83, 0xec, 0x28,       /* sub rsp, 40 */
	    0x48, 0x8b, 0x4a, 0x40,       /* mov rcx, [rdx + 64] */
	    0x48, 0x8d, 0x15, 0, 0, 0, 0, /* lea rdx, [line] */
	    0xff, 0x51, 0x08,             /* call [rcx + 8] */
	    0x31, 0xc0,                   /* xor eax, eax */
	    0x48, 0x83, 0xc4, 0x28,       /* add rsp, 40 */
	    0xc3 }, 25 },
	{ WTG_ARCH_X86, 0x014c, false, 15, 12,
	  { 0x8b, 0x44, 0x24, 0x08,       /* mov eax, [esp + 8] */
	    0x8b, 0x48, 0x2c,             /* mov ecx, [eax + 44] */
	    0xe8, 0, 0, 0, 0,             /* call the next line */
	    0x5a,                         /* pop edx */
	    0x81, 0xc2, 0, 0, 0, 0,       /* add edx, line */
	    0x52, 0x51,                   /* push edx; push ecx */
	    0xff, 0x51, 0x04,             /* call [ecx + 4] */
	    0x83, 0xc4, 0x08,             /* add esp, 8 */
	    0x31, 0xc0, 0xc3 }, 30 },     /* xor eax, eax; ret */
	{ WTG_ARCH_ARM64, 0xaa64, true, 8, 8,
	  { 0xfd, 0x7b, 0xbf, 0xa9,       /* stp x29, x30, [sp, -16]! */
	    0x20, 0x20, 0x40, 0xf9,       /* ldr x0, [x1, 64] */
	    0x01, 0x00, 0x00, 0x10,       /* adr x1, line */
	    0x08, 0x04, 0x40, 0xf9,       /* ldr x8, [x0, 8] */
	    0x00, 0x01, 0x3f, 0xd6,       /* blr x8 */
	    0x00, 0x00, 0x80, 0xd2,       /* mov x0, 0 */
	    0xfd, 0x7b, 0xc1, 0xa8,       /* ldp x29, x30, [sp], 16 */
	    0xc0, 0x03, 0x5f, 0xd6 }, 32 }, /* ret */
};

/* Subsystem and COFF characteristics beyond "executable". */
static const struct { uint16_t subsystem, characteristics; } kinds[] = {
	[MEDIA_PE_EFI] = { 10, 0 },
	[MEDIA_PE_BOOT_APP] = { 16, 0 },
	[MEDIA_PE_DLL] = { 2, 0x2000 },
	[MEDIA_PE_NATIVE] = { 1, 0 },
};

static const struct machine *machine_of(enum wtg_arch arch)
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(*machines); i++)
		if (machines[i].arch == arch)
			return &machines[i];
	abort();
}

size_t media_pe_checksum_offset(const struct wtg_bytes *pe)
{
	(void)pe;
	return OPTIONAL_OFFSET + 64;
}

size_t media_pe_security_offset(const struct wtg_bytes *pe)
{
	bool wide = wtg_le16(pe->data + OPTIONAL_OFFSET) == 0x20b;

	return OPTIONAL_OFFSET + (wide ? 112 : 96) + 4 * 8;
}

void media_pe_checksum(struct wtg_bytes *pe)
{
	uint8_t *field = pe->data + media_pe_checksum_offset(pe);
	uint64_t sum = 0;

	wtg_put_le32(field, 0);
	for (size_t i = 0; i + 1 < pe->size; i += 2) {
		sum += wtg_le16(pe->data + i);
		sum = (sum & 0xffff) + (sum >> 16);
	}
	wtg_put_le32(field, (uint32_t)(sum + pe->size));
}

static void put_section(uint8_t *at, const char *name, const uint32_t extent[4],
			uint32_t characteristics)
{
	memcpy(at, name, strlen(name));
	for (unsigned i = 0; i < 4; i++)
		wtg_put_le32(at + 8 + 4 * i, extent[i]);
	wtg_put_le32(at + 36, characteristics);
}

/* .text holds the code and then the line. */
static struct wtg_bytes text_section(const struct machine *m, const char *line)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes utf16 = wtg_utf16_from_utf8(line);
	size_t line_offset = wtg_round_up(m->code_size, 16);
	struct wtg_bytes text = { wtg_alloc(wtg_round_up(line_offset + utf16.size,
							 FILE_ALIGN)),
				  wtg_round_up(line_offset + utf16.size, FILE_ALIGN) };
	uint32_t distance = (uint32_t)line_offset - m->line_from;

	memcpy(text.data, m->code, m->code_size);
	memcpy(text.data + line_offset, utf16.data, utf16.size);
	if (m->arch == WTG_ARCH_ARM64) /* adr: imm bits 20..2 in bits 23..5 */
		distance = wtg_le32(text.data + m->line_at) | (distance >> 2) << 5;
	wtg_put_le32(text.data + m->line_at, distance);
	return text;
}

static void put_headers(uint8_t *image, const struct media_pe *pe,
			const struct machine *m, const uint32_t text[4],
			const uint32_t data[4])
{
	uint8_t *coff = image + COFF_OFFSET, *optional = image + OPTIONAL_OFFSET;
	uint32_t size = (m->wide ? 112 : 96) + 8 * N_DIRECTORIES;

	memcpy(image, "MZ", 2);
	wtg_put_le32(image + 0x3c, PE_OFFSET);
	memcpy(image + PE_OFFSET, "PE\0\0", 4);
	wtg_put_le16(coff, m->id);
	wtg_put_le16(coff + 2, 2);
	wtg_put_le32(coff + 4, 0x5e000000); /* 2020, whenever this is built */
	wtg_put_le16(coff + 16, (uint16_t)size);
	wtg_put_le16(coff + 18, (uint16_t)(0x0002 | (m->wide ? 0x20 : 0x100) |
					   kinds[pe->kind].characteristics));
	wtg_put_le16(optional, m->wide ? 0x20b : 0x10b);
	wtg_put_le32(optional + 4, text[2]);
	wtg_put_le32(optional + 8, data[2]);
	wtg_put_le32(optional + 16, text[1]); /* entry point */
	wtg_put_le32(optional + 20, text[1]);
	wtg_put_le32(optional + (m->wide ? 24 : 28), 0x10000000); /* image base */
	wtg_put_le32(optional + 32, PAGE);
	wtg_put_le32(optional + 36, FILE_ALIGN);
	wtg_put_le16(optional + 40, 10); /* operating system version 10.0 */
	wtg_put_le16(optional + 48, 10);
	wtg_put_le32(optional + 56, data[1] + (uint32_t)wtg_round_up(data[0], PAGE));
	wtg_put_le32(optional + 60, text[3]); /* headers end where .text begins */
	wtg_put_le16(optional + 68, kinds[pe->kind].subsystem);
	wtg_put_le16(optional + 70, 0x160); /* high entropy, dynamic base, no execute */
	wtg_put_le32(optional + (m->wide ? 108 : 92), N_DIRECTORIES);
	put_section(optional + size, ".text", text, 0x60000020);
	put_section(optional + size + 40, ".data", data, 0xc0000040);
}

struct wtg_bytes media_pe(const struct media_pe *pe)
{
	const struct machine *m = machine_of(pe->arch);
	_cleanup_(wtg_bytes_done) struct wtg_bytes code = text_section(m, pe->line);
	uint32_t filler = (uint32_t)wtg_round_up(pe->filler_bytes + 1, FILE_ALIGN);
	/* size in memory, address, size in the file, offset in the file */
	const uint32_t text[4] = { (uint32_t)code.size, PAGE, (uint32_t)code.size,
				   0x400 };
	const uint32_t data[4] = { filler, PAGE + (uint32_t)wtg_round_up(code.size, PAGE),
				   filler, 0x400 + (uint32_t)code.size };
	struct wtg_bytes image = { wtg_alloc(data[3] + filler), data[3] + filler };
	uint32_t state = (uint32_t)strlen(pe->line) * 2654435761u + filler;

	put_headers(image.data, pe, m, text, data);
	memcpy(image.data + text[3], code.data, code.size);
	/* Two thirds zeros, as compressible as programs are. */
	for (uint32_t i = 0; i < filler; i++) {
		state = state * 1664525u + 1013904223u;
		image.data[data[3] + i] = i % 48 < 16 ? (uint8_t)(state >> 24) : 0;
	}
	media_pe_checksum(&image);
	return image;
}
