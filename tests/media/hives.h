/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hives of the stand-in Windows: what the registry edits look at, and little else. */
#pragma once

#include "options.h"
#include "base/bytes.h"
#include "wtg/error.h"

/* Provisioned apps: a bundle, whose files lie elsewhere, and what others are made with. */
#define MEDIA_APP_NEWS "Microsoft.BingNews_4.2.27001.0_neutral_~_8wekyb3d8bbwe"
#define MEDIA_APP_STORE "Microsoft.WindowsStore_22202.1402.2.0_neutral_~_8wekyb3d8bbwe"
#define MEDIA_APP_FRAMEWORK "Microsoft.VCLibs.140.00_14.0.30704.0_x64__8wekyb3d8bbwe"
#define MEDIA_APP_NEWS_FILES "Microsoft.BingNews_4.2.27001.0_x64__8wekyb3d8bbwe"

int media_system_hive(const struct media_options *options, const char *scratch,
		      struct wtg_bytes *ret, struct wtg_error *err);
int media_software_hive(const struct media_options *options,
			const struct media_edition *edition, const char *scratch,
			struct wtg_bytes *ret, struct wtg_error *err);

/* SAM, SECURITY, DEFAULT: a root key and not much more. */
int media_small_hive(const char *name, const char *scratch, struct wtg_bytes *ret,
		     struct wtg_error *err);
int media_bcd_template(const char *scratch, struct wtg_bytes *ret, struct wtg_error *err);
