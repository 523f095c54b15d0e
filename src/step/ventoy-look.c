/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/ventoy.h"

#include <string.h>

#include "base/fdio.h"
#include "volume/fat-read.h"
#include "wtg/text.h"

#define MAX_GRUB_CFG_BYTES (4u << 20)
#define VERSION_KEY "VENTOY_VERSION="

bool wtg_ventoy_is_meant(const struct wtg_ventoy_seen *seen)
{
	return wtg_ventoy_is_there(seen) || strcmp(seen->second_label, "VTOYEFI") == 0;
}

/* What cannot be read is not there. */
static bool has_file(struct wtg_fat *fat, const char *path, size_t max)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes content = { 0 };
	struct wtg_error ignored = WTG_ERROR_INIT;
	bool there = wtg_fat_read(fat, path, max, &content, &ignored) > 0;

	wtg_error_done(&ignored);
	return there;
}

/* As Ventoy's own tools do it (vtoyfat.c): what follows in its menu, up to a quote or the end of
 * the line. */
static void read_version(struct wtg_fat *fat, struct wtg_ventoy_version *ret)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes text = { 0 };
	struct wtg_error ignored = WTG_ERROR_INIT;
	char word[sizeof(ret->text)] = "";
	const char *at = NULL;
	size_t left;

	if (wtg_fat_read(fat, "grub/grub.cfg", MAX_GRUB_CFG_BYTES, &text, &ignored) > 0)
		at = memmem(text.data, text.size, VERSION_KEY, strlen(VERSION_KEY));
	wtg_error_done(&ignored);
	if (!at)
		return;
	at += strlen(VERSION_KEY);
	left = text.size - (size_t)((const uint8_t *)at - text.data);
	if (left > 0 && *at == '"')
		at++, left--;
	for (size_t i = 0; i < left && i < sizeof(word) - 1 && !strchr("\"\r\n", at[i]); i++)
		word[i] = at[i];
	(void)wtg_ventoy_version_parse(word, ret);
}

void wtg_ventoy_look_at_volume(const struct wtg_window *volume, struct wtg_ventoy_seen *seen)
{
	_cleanup_(wtg_fat_closep) struct wtg_fat *fat = NULL;
	struct wtg_error ignored = WTG_ERROR_INIT;
	struct wtg_fat_info info;

	if (wtg_fat_open(volume, &fat, &ignored) < 0) {
		wtg_error_done(&ignored);
		return;
	}
	seen->second_is_fat = true;
	wtg_fat_info(fat, &info);
	memcpy(seen->second_label, info.label, sizeof(seen->second_label));
	seen->has_cpio = has_file(fat, "ventoy/ventoy.cpio", WTG_VENTOY_VOLUME_BYTES);
	seen->has_localboot = has_file(fat, "grub/localboot.cfg", WTG_VENTOY_VOLUME_BYTES);
	seen->has_fuse =
		has_file(fat, "tool/mount.exfat-fuse_aarch64", WTG_VENTOY_VOLUME_BYTES);
	seen->has_shim = has_file(fat, "EFI/BOOT/grubx64_real.efi", WTG_VENTOY_VOLUME_BYTES);
	read_version(fat, &seen->version);
}

int wtg_ventoy_look(const struct wtg_window *disk, const struct wtg_partitions *table,
		    struct wtg_ventoy_seen *seen, struct wtg_error *err)
{
	const struct wtg_gpt_entry *first = wtg_partitions_number(table, 1);
	const struct wtg_gpt_entry *second = wtg_partitions_number(table, 2);
	struct wtg_window volume;

	seen->style = table->style;
	seen->sector_bytes = table->sector_bytes;
	if (wtg_window_pread(disk, seen->head, sizeof(seen->head), 0, err) < 0)
		return -1;
	if (first) {
		seen->first = (struct wtg_extent){ first->first_byte, first->size_bytes };
		seen->first_type = first->mbr_type;
		seen->first_active = first->active;
	}
	if (!second)
		return 0;
	seen->second = (struct wtg_extent){ second->first_byte, second->size_bytes };
	memcpy(seen->second_name, second->name,
	       sizeof(second->name) < sizeof(seen->second_name) ? sizeof(second->name)
								 : sizeof(seen->second_name) - 1);
	seen->second_attributes = second->attributes;
	seen->second_type = second->mbr_type;
	seen->second_active = second->active;
	volume = wtg_window_part(disk, seen->second.offset, seen->second.length);
	wtg_ventoy_look_at_volume(&volume, seen);
	return 0;
}

int wtg_ventoy_check_volume(const struct wtg_ventoy_payload *payload, const char *path,
			    struct wtg_error *err)
{
	struct wtg_ventoy_seen seen = { 0 };
	_cleanup_fd_ int fd = -1;
	struct wtg_window volume = { .length = payload->volume.size };

	if (wtg_memory_file_from("ventoy", &payload->volume, &fd, err) < 0)
		return -1;
	volume.fd = fd;
	wtg_ventoy_look_at_volume(&volume, &seen);
	if (!seen.has_cpio || !seen.has_localboot || !seen.has_fuse)
		return wtg_fail(err, WTG_INPUT, 0,
				"%s: ventoy/ventoy.disk.img.xz has not the files that Ventoy looks "
				"for when it starts", path);
	if (!wtg_text_equal(seen.version.text, payload->version.text))
		return wtg_fail(err, WTG_INPUT, 0,
				"%s: ventoy/version says %s, and ventoy/ventoy.disk.img.xz %s", path,
				payload->version.text,
				*seen.version.text ? seen.version.text : "none");
	return 0;
}
