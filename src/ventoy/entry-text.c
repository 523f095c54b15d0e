/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the entry says to GRUB. */
#include "ventoy/entry-inner.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "wtg/text.h"

/* A text that grows by lines. */
struct page {
	char *text;
	const char *indent;
};

__attribute__((format(printf, 2, 3))) static void line(struct page *page, const char *fmt,
						       ...)
{
	_cleanup_free_ char *before = page->text, *added = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&added, fmt, args) < 0)
		wtg_out_of_memory();
	va_end(args);
	page->text = wtg_text("%s%s%s\n", before ? before : "", page->indent, added);
}

static const char *cpu_of(enum wtg_arch arch)
{
	switch (arch) { /* as GRUB calls them */
	case WTG_ARCH_X86:
		return "i386";
	case WTG_ARCH_AMD64:
		return "x86_64";
	case WTG_ARCH_ARM64:
		return "arm64";
	case WTG_ARCH_UNKNOWN:
		break;
	}
	return "known"; /* wtg_ventoy_entry_check() refuses it */
}

static void if_it_is_there(struct page *page, const char *file, const char *first,
			   const char *start)
{
	line(page, "    if [ -f (${wtg_part})%s ]; then", file);
	if (first)
		line(page, "        %s", first);
	line(page, "        set root=${wtg_part}");
	line(page, "        %s %s", start, file);
	line(page, "        boot");
	line(page, "    fi");
}

/*
 * The hint puts this drive first even if another has the same serial, the serial survives
 * partitions that are renumbered, and the number a volume that was formatted anew.
 * Nothing relies on the firmware's order.  What fails ends in the menu again, in the mode
 * that it is in.
 */
static void body(struct page *page, const struct wtg_ventoy_entry *entry,
		 const char *title)
{
	const char *cpu = cpu_of(entry->arch);

	line(page,
	     "search --no-floppy --set=wtg_part --hint \"${vtoydev},%u\" --fs-uuid "
	     "%04X-%04X",
	     entry->partition, entry->volume_id >> 16, entry->volume_id & 0xffff);
	line(page, "if [ -z \"${wtg_part}\" ]; then");
	line(page, "    set wtg_part=\"${vtoydev},%u\"", entry->partition);
	line(page, "fi");
	if (entry->bios) {
		line(page, "if [ \"${grub_platform}\" = \"pc\" ]; then");
		if_it_is_there(page, "/bootmgr", NULL, "ntldr");
		line(page, "elif [ \"${grub_cpu}\" = \"%s\" ]; then", cpu);
	} else {
		line(page,
		     "if [ \"${grub_platform}\" = \"efi\" -a \"${grub_cpu}\" = \"%s\" ]; "
		     "then",
		     cpu);
	}
	if_it_is_there(page,
		       entry->vtefi ? "/VTEFI/Microsoft/Boot/bootmgfw.efi" :
				      "/EFI/Microsoft/Boot/bootmgfw.efi",
		       "terminal_output console", "chainloader");
	line(page, "else");
	line(page,
	     "    echo \"This Windows needs %s UEFI firmware; this is "
	     "${grub_cpu}-${grub_platform}.\"",
	     cpu);
	line(page, "fi");
	line(page, "if [ -z \"${vtoy_display_mode}\" -o \"${vtoy_display_mode}\" = "
		   "\"GUI\" ]; then");
	line(page, "    terminal_output gfxterm");
	line(page, "fi");
	line(page, "echo \"%s: the Windows boot manager could not be started.\"", title);
	line(page, "echo -n \"Press Enter to return ...\"");
	line(page, "read wtg_key");
}

char *wtg_entry_sum(const char *text, size_t size)
{
	_cleanup_free_ char *plain = wtg_alloc(size + 1);
	uint8_t digest[WTG_SHA256_SIZE];
	char hex[65];
	size_t n = 0;

	for (size_t i = 0; i < size; i++)
		if (text[i] != '\r')
			plain[n++] = text[i];
	wtg_sha256(plain, n, digest);
	return wtg_text("%.16s", wtg_sha256_format(digest, hex));
}

/* Between the marks, with the sum by which we know it again. */
static char *marked(const char *inside, const char *eol)
{
	_cleanup_free_ char *sum = wtg_entry_sum(inside, strlen(inside));
	_cleanup_free_ char *text = wtg_text(
		"# BEGIN wtgctl\n# wtgctl: sum=%s\n%s# END wtgctl\n", sum, inside);
	char *out, *o;

	if (wtg_text_equal(eol, "\n"))
		return WTG_STEAL(text);
	o = out = wtg_alloc(strlen(text) * 2 + 1);
	for (const char *t = text; *t; t++) {
		if (*t == '\n')
			*o++ = '\r';
		*o++ = *t;
	}
	return out;
}

char *wtg_entry_block(const struct wtg_ventoy_entry *entry,
		      const struct wtg_entry_record *record, const char *eol)
{
	struct page page = { .indent = "" };
	char *text;

	line(&page, "# \"wtgctl ventoy entry\" writes all of this anew: put nothing of "
		    "yours in between.");
	line(&page, "# wtgctl: title=%s", record->title);
	if (record->tip)
		line(&page, "# wtgctl: tip=%s", record->tip);
	if (record->default_image)
		line(&page, "# wtgctl: default=%s", record->default_image);
	if (record->timeout)
		line(&page, "# wtgctl: timeout=%s", record->timeout);
	if (record->made)
		line(&page, "# wtgctl: made=%.*s", (int)strlen(record->made) - 2,
		     record->made + 1);
	line(&page, "menuentry \"%s\" --class=windows --id=" WTG_ENTRY_ID " {",
	     record->title);
	page.indent = "    ";
	body(&page, entry, record->title);
	page.indent = "";
	line(&page, "}");
	/* Who has a file of his own has a way back in it, too. */
	if (wtg_entry_made(record, "file")) {
		line(&page, "menuentry '<-- Return to previous menu [Esc]' "
			    "--class=vtoyret VTOY_RET {");
		line(&page, "    echo 'Return ...'");
		line(&page, "}");
	}
	text = marked(page.text, eol);
	free(page.text);
	return text;
}

char *wtg_entry_vcfg(const struct wtg_ventoy_entry *entry, const char *title)
{
	struct page page = { .indent = "" };
	char *text;

	line(&page, "# What Ventoy does when \"%s\" is chosen in its main menu.", title);
	line(&page, "# wtgctl: title=%s", title);
	body(&page, entry, title);
	text = marked(page.text, "\n");
	free(page.text);
	return text;
}

static const char img_start[] =
	"This is no image but an entry of Ventoy's main menu, made by wtgctl. ";

struct wtg_bytes wtg_entry_img(const char *title)
{
	struct wtg_bytes img = { .data = wtg_alloc(WTG_ENTRY_IMG_BYTES),
				 .size = WTG_ENTRY_IMG_BYTES };
	_cleanup_free_ char *text =
		wtg_text("%sWhat it does is in \"%s.img.vcfg\".\n", img_start, title);

	memcpy(img.data, text, strlen(text));
	return img;
}

bool wtg_entry_is_img(const struct wtg_bytes *content)
{
	const uint8_t *end, *rest;

	if (content->size != WTG_ENTRY_IMG_BYTES ||
	    memcmp(content->data, img_start, strlen(img_start)) != 0)
		return false;
	end = content->data + content->size;
	rest = memchr(content->data, '\n', content->size);
	for (; rest && ++rest < end;)
		if (*rest != 0)
			return false;
	return rest != NULL;
}
