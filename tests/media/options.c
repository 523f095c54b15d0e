/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "options.h"

#include <stddef.h>

/* Names as on Microsoft's discs; the first two are those that most people choose from. */
static const struct media_edition windows_11[] = {
	{ "Windows 11 Home", "Core", "Client", "Windows 11 Home", "Windows 11 Home",
	  "Core" },
	{ "Windows 11 Pro", "Professional", "Client", "Windows 11 Pro", "Windows 11 Pro",
	  "Professional" },
	{ "Windows 11 Pro N", "ProfessionalN", "Client", "Windows 11 Pro N",
	  "Windows 11 Pro N", "ProfessionalN" },
};

static const struct media_edition windows_10[] = {
	{ "Windows 10 Home", "Core", "Client", "Windows 10 Home", "Windows 10 Home",
	  "Core" },
	{ "Windows 10 Pro", "Professional", "Client", "Windows 10 Pro", "Windows 10 Pro",
	  "Professional" },
	{ "Windows 10 Enterprise LTSC", "EnterpriseS", "Client",
	  "Windows 10 Enterprise LTSC", "Windows 10 Enterprise LTSC", "EnterpriseS" },
};

static const struct { unsigned build, revision; const char *display; } builds[] = {
	{ 14393, 447, "1607" },
	{ 17763, 379, "1809" },
	{ 19045, 2965, "22H2" },
	{ 22631, 2428, "23H2" },
	{ 26100, 1742, "24H2" },
};

const struct media_edition *media_editions(const struct media_options *options,
					   unsigned *ret_n)
{
	*ret_n = options->n_editions;
	return options->build >= 22000 ? windows_11 : windows_10;
}

const char *media_display_version(unsigned build)
{
	for (size_t i = 0; i < sizeof(builds) / sizeof(*builds); i++)
		if (builds[i].build == build)
			return builds[i].display;
	return "test";
}

unsigned media_revision(unsigned build)
{
	for (size_t i = 0; i < sizeof(builds) / sizeof(*builds); i++)
		if (builds[i].build == build)
			return builds[i].revision;
	return 1;
}
