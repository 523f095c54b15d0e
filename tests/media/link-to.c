/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume.h"

#include <stdbool.h>

#include "base/alloc.h"
#include "base/utf16.h"
#include "wtg/text.h"

/* [MS-FSCC] 2.1.2.4 and 2.1.2.5: the name to use with "\??\" before it, the name to show.
 */
int media_link_to(struct media_volume *volume, const char *path, uint32_t tag,
		  const char *target, struct wtg_error *err)
{
	bool absolute = target[0] && target[1] == ':';
	_cleanup_free_ char *full = wtg_text("%s%s", absolute ? "\\??\\" : "", target);
	_cleanup_(wtg_bytes_done) struct wtg_bytes use = wtg_utf16_from_utf8(full);
	_cleanup_(wtg_bytes_done) struct wtg_bytes show = wtg_utf16_from_utf8(target);
	size_t header = tag == MEDIA_TAG_SYMLINK ? 12 : 8;
	_cleanup_free_ uint8_t *data = wtg_alloc(header + use.size + show.size);

	wtg_put_le16(data + 2, (uint16_t)(use.size - 2));
	wtg_put_le16(data + 4, (uint16_t)use.size);
	wtg_put_le16(data + 6, (uint16_t)(show.size - 2));
	if (tag == MEDIA_TAG_SYMLINK)
		wtg_put_le32(data + 8, absolute ? 0 : 1);
	memcpy(data + header, use.data, use.size);
	memcpy(data + header + use.size, show.data, show.size);
	return media_reparse(volume, path, tag, data, header + use.size + show.size, err);
}
