/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The program's version ("0.1.0"), from meson.build. */
const char *wtg_version(void);
