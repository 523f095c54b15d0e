/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/unattend-inner.h"

#include <string.h>

#include "wtg/text.h"

struct judging {
	enum wtg_arch arch;
	const char *name;
	struct wtg_notes *warnings;
	size_t n_ours, n_foreign;
};

static void judge_component(struct judging *j, const xmlNode *component, int pass)
{
	_cleanup_free_ char *name = wtg_xml_attribute(component, "name");
	unsigned passes = wtg_component_passes(name);

	if (!wtg_component_is_for(component, j->arch)) {
		j->n_foreign++;
		return;
	}
	j->n_ours++;
	if (wtg_passes[pass].never)
		return;
	if (passes == 0)
		wtg_note(j->warnings,
			 "%s: %s is no component that is known here; Windows does not finish its "
			 "first start if it does not know it either",
			 wtg_passes[pass].name, name);
	else if (!(passes & 1u << pass))
		wtg_note(j->warnings, "%s: Microsoft documents %s for other passes than this",
			 wtg_passes[pass].name, name);
}

static void judge_settings(struct judging *j, const xmlNode *settings)
{
	_cleanup_free_ char *name = wtg_xml_attribute(settings, "pass");
	int pass = wtg_pass_find(name);

	for (const xmlNode *node = wtg_xml_first(settings); node; node = wtg_xml_next(node))
		judge_component(j, node, pass);
	/* Of offlineServicing each setting is judged by itself. */
	if (wtg_passes[pass].never && pass != WTG_PASS_OFFLINE_SERVICING &&
	    wtg_xml_first(settings))
		wtg_note(j->warnings, "%s will not run: %s", name, wtg_passes[pass].never);
}

int wtg_unattend_judge(const xmlDoc *doc, enum wtg_arch arch, const char *name,
		       struct wtg_notes *warnings, struct wtg_error *err)
{
	struct judging j = { .arch = arch, .name = name, .warnings = warnings };
	const xmlNode *root = xmlDocGetRootElement(doc);

	for (const xmlNode *node = wtg_xml_first(root); node; node = wtg_xml_next(node)) {
		if (wtg_xml_is(node, "settings"))
			judge_settings(&j, node);
		else
			wtg_note(warnings, "its packages and features are not installed: that needs "
					   "DISM");
	}
	if (j.n_foreign > 0 && j.n_ours == 0)
		return wtg_fail(err, WTG_INPUT, 0,
				"none of the %zu components in %s is for %s, as this Windows is",
				j.n_foreign, name, wtg_arch_name(arch));
	if (j.n_foreign > 0)
		wtg_note(warnings, "%zu of its components are for other processors than %s",
			 j.n_foreign, wtg_arch_name(arch));
	return 0;
}
