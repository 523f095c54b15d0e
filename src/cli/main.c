/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "wtg/version.h"

int main(void)
{
	printf("wtgctl %s\n", wtg_version());
	return 0;
}
