/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A program that tells its security version, as Microsoft's boot manager does. */
#pragma once

#include "stand-in-pe.h"

/* What a resource compiler makes of `BOOTMGRSECURITYVERSIONNUMBER RCDATA { minor, major }`
 * (Microsoft, "Resource File Formats"), laid out in a program by lld-link. */
static inline struct wtg_bytes stand_in_svn(uint16_t major, uint16_t minor)
{
	static const char name[] = "BOOTMGRSECURITYVERSIONNUMBER";
	const uint32_t header_size = 8 + 4 + 2 * sizeof(name) + 2 + 16;
	_cleanup_free_ char *path = wtg_text("%s/svn.res", test_dir());
	uint8_t res[256] = { 0 }, *p = res + 32;

	test_require("lld-link");
	wtg_put_le32(res + 4, 32); /* an empty resource comes first */
	wtg_put_le32(res + 8, 0xffff);
	wtg_put_le32(res + 12, 0xffff);
	wtg_put_le32(p, 4);
	wtg_put_le32(p + 4, header_size);
	wtg_put_le32(p + 8, 0x000affff); /* RCDATA */
	for (size_t i = 0; i < sizeof(name); i++)
		wtg_put_le16(p + 12 + 2 * i, (uint16_t)name[i]);
	wtg_put_le16(p + header_size - 10, 0x0409);
	wtg_put_le16(p + header_size, minor);
	wtg_put_le16(p + header_size + 2, major);
	test_write_file(path, res, 32 + header_size + 4);
	free(test_run(NULL,
		      "cd '%s' && lld-link /nologo /dll /noentry /machine:x64 svn.res "
		      "/out:svn.efi", test_dir()));
	return stand_in_load("svn.efi");
}
