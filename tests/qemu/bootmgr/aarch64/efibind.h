/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gnu-efi's package has this header for the building machine alone.  What the two machines
 * have in common, the widths of the types, is all that is used of it here. */
#include <x86_64/efibind.h>
