/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/xml.h"

#include <stdlib.h>

#include <libxml/xmlmemory.h>

#include "base/alloc.h"
#include "wtg/text.h"

static void *allocate(size_t size)
{
	return wtg_alloc(size);
}

static void *reallocate(void *p, size_t size)
{
	return wtg_realloc(p, size, 1);
}

/* What it has got before is of the same kind. */
void wtg_xml_begin(void)
{
	(void)xmlMemSetup(free, allocate, reallocate, wtg_text_copy);
}
