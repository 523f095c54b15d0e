/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wtg/version.h"

const char *wtg_version(void)
{
	return WTG_VERSION;
}
