/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run leaves behind for `wtgctl status`. */
#pragma once

/* On the ESP: what was made, from which image, with which options. */
#define WTG_MANIFEST_PATH "EFI/wtgctl/manifest.json"

/* The record of an unfinished run (plan/marker.h): in the gap between the GPT, which ends at
 * 17 KiB (24 KiB with 4096-byte sectors), and the first partition at 1 MiB. */
#define WTG_MARKER_OFFSET (512u << 10)
