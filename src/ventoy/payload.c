/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ventoy/payload.h"

#include <string.h>

#include "base/fdio.h"
#include "base/xz.h"
#include "ventoy/marks.h"
#include "ventoy/payload-inner.h"
#include "wtg/text.h"

const struct wtg_ventoy_member wtg_ventoy_members[WTG_VENTOY_MEMBERS] = {
	[WTG_VENTOY_BOOT] = { "boot", "boot.img", WTG_VENTOY_BOOT_BYTES },
	[WTG_VENTOY_CORE] = { "boot", "core.img.xz", WTG_VENTOY_CORE_BYTES + (64u << 10) },
	[WTG_VENTOY_VOLUME] = { "ventoy", "ventoy.disk.img.xz",
				WTG_VENTOY_VOLUME_BYTES + (1u << 20) },
	[WTG_VENTOY_VERSION] = { "ventoy", "version", 64 },
};

/* Before, Ventoy had no way at all to a Windows that lies behind it. */
#define LEAST_VERSION 1, 0, 21

void wtg_ventoy_payload_done(struct wtg_ventoy_payload *payload)
{
	wtg_bytes_done(&payload->core);
	wtg_bytes_done(&payload->volume);
	*payload = (struct wtg_ventoy_payload){ 0 };
}

/* ------------------------------------------------------------------ what is in it */

static int take_version(struct wtg_ventoy_payload *payload, const struct wtg_bytes *from,
			const char *path, struct wtg_error *err)
{
	_cleanup_free_ char *text = wtg_text("%.*s", (int)from->size, (const char *)from->data);
	_cleanup_free_ char *shown = NULL;

	text[strcspn(text, "\r\n")] = '\0';
	shown = wtg_text_printable(text);
	if (!wtg_ventoy_version_parse(text, &payload->version))
		return wtg_fail(err, WTG_INPUT, 0,
				"%s: ventoy/version says \"%s\", which is no version of Ventoy",
				path, shown);
	if (wtg_ventoy_version_before(&payload->version, LEAST_VERSION))
		return wtg_fail(err, WTG_INPUT, 0,
				"%s is Ventoy %s, which is too old: its F4 menu finds a Windows "
				"behind it since 1.0.21, its main menu can have an entry for one "
				"since 1.0.34", path, payload->version.text);
	return 0;
}

static int take_boot(struct wtg_ventoy_payload *payload, const struct wtg_bytes *from,
		     const char *path, struct wtg_error *err)
{
	if (from->size != WTG_VENTOY_BOOT_BYTES)
		return wtg_fail(err, WTG_INPUT, 0, "%s: boot/boot.img has %zu bytes, not %d", path,
				from->size, WTG_VENTOY_BOOT_BYTES);
	if (!wtg_ventoy_head_starts(from->data) || !wtg_ventoy_head_marked(from->data))
		return wtg_fail(err, WTG_INPUT, 0,
				"%s: boot/boot.img has not the marks that Ventoy looks for when it "
				"starts", path);
	memcpy(payload->boot, from->data, WTG_VENTOY_BOOT_BYTES);
	return 0;
}

/* GRUB's first sector says at its end where the rest is to be found, and where it goes
 * (diskboot.S): from sector 2, to 0820:0000. */
static int take_core(struct wtg_ventoy_payload *payload, const struct wtg_bytes *from,
		     const char *path, struct wtg_error *err)
{
	_cleanup_free_ char *name = wtg_text("%s: boot/core.img.xz", path);

	if (wtg_xz_unpack(from, WTG_VENTOY_CORE_BYTES, name, &payload->core, err) < 0)
		return -1;
	if (wtg_le64(payload->core.data + WTG_VENTOY_BLOCKLIST_AT) != 2 ||
	    wtg_le16(payload->core.data + WTG_VENTOY_BLOCKLIST_AT + 10) != 0x0820)
		return wtg_fail(err, WTG_INPUT, 0,
				"%s does not hold a GRUB that continues in sector 2", name);
	return 0;
}

/* What every reader of FAT goes by (Microsoft's FAT specification, 3.1 and 3.3). */
static const char *judge_volume(const uint8_t boot[static 512])
{
	if (boot[510] != 0x55 || boot[511] != 0xaa)
		return "no boot sector";
	if (wtg_le16(boot + 11) != 512)
		return "no sectors of 512 bytes";
	if (wtg_le16(boot + 19) != 0 ||
	    wtg_le32(boot + 32) != WTG_VENTOY_VOLUME_BYTES / 512)
		return "another size than its own";
	if (wtg_le16(boot + 22) == 0)
		return "no FAT16";
	if (memcmp(boot + 43, "VTOYEFI    ", 11) != 0)
		return "another label than VTOYEFI";
	return NULL;
}

static int take_volume(struct wtg_ventoy_payload *payload, const struct wtg_bytes *from,
		       const char *path, struct wtg_error *err)
{
	_cleanup_free_ char *name = wtg_text("%s: ventoy/ventoy.disk.img.xz", path);
	const char *why;

	if (wtg_xz_unpack(from, WTG_VENTOY_VOLUME_BYTES, name, &payload->volume, err) < 0)
		return -1;
	why = judge_volume(payload->volume.data);
	if (why)
		return wtg_fail(err, WTG_INPUT, 0, "%s is not Ventoy's volume: it has %s", name, why);
	return 0;
}

/* ------------------------------------------------------------------ reading */

static int read_folder(const struct wtg_ventoy_source *source, struct wtg_bytes *ret,
		       struct wtg_error *err)
{
	for (size_t i = 0; i < WTG_VENTOY_MEMBERS; i++) {
		const struct wtg_ventoy_member *member = &wtg_ventoy_members[i];
		_cleanup_free_ char *name = wtg_text("%s/%s/%s", source->path, member->directory,
						     member->name);

		if (wtg_read_file(source->fds[i], member->max_bytes, name, &ret[i], err) < 0)
			return -1;
	}
	return 0;
}

static int take_all(const struct wtg_bytes *members, const char *path,
		    struct wtg_ventoy_payload *payload, struct wtg_error *err)
{
	if (take_version(payload, &members[WTG_VENTOY_VERSION], path, err) < 0 ||
	    take_boot(payload, &members[WTG_VENTOY_BOOT], path, err) < 0 ||
	    take_core(payload, &members[WTG_VENTOY_CORE], path, err) < 0)
		return -1;
	return take_volume(payload, &members[WTG_VENTOY_VOLUME], path, err);
}

int wtg_ventoy_payload_read(const struct wtg_ventoy_source *source,
			    struct wtg_ventoy_payload *ret, struct wtg_error *err)
{
	struct wtg_bytes members[WTG_VENTOY_MEMBERS] = { 0 };
	_cleanup_(wtg_ventoy_payload_done) struct wtg_ventoy_payload payload = { 0 };
	int r = source->n_fds == 1 ?
			wtg_ventoy_archive_read(source->fds[0], source->path, members, err) :
			read_folder(source, members, err);

	if (r == 0)
		r = take_all(members, source->path, &payload, err);
	for (size_t i = 0; i < WTG_VENTOY_MEMBERS; i++)
		wtg_bytes_done(&members[i]);
	if (r < 0)
		return -1;
	*ret = payload;
	payload = (struct wtg_ventoy_payload){ 0 };
	return 0;
}
