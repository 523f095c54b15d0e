/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Before libxml2 is first used in a process, by us or by another library: a lack of memory then
 * ends that.  It does not survive one: it crashes (2.9.14), or calls sound XML damaged. */
void wtg_xml_begin(void);
