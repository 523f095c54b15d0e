/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/examine.h"

#include "base/alloc.h"
#include "wtg/text.h"

/* What is known of a loader before anything is said of it. */
struct loader {
	struct wtg_pe pe;
	struct wtg_certificates chain;
	char *security_version; /* NULL: it has none */
	char *why;              /* it is revoked; NULL: it is not */
};

static void loader_done(struct loader *l)
{
	wtg_pe_done(&l->pe);
	wtg_certificates_done(&l->chain);
	free(l->security_version);
	free(l->why);
}

static int look(const struct wtg_bytes *file, const struct wtg_dbx *dbx, struct loader *l,
		struct wtg_error *err)
{
	uint16_t version[2];
	int has_version;

	if (wtg_pe_read(file, &l->pe, err) < 0 || wtg_pe_certificates(file, &l->chain, err) < 0)
		return -1;
	has_version = wtg_pe_security_version(file, version, err);
	if (has_version < 0 || wtg_dbx_revokes(dbx, file, &l->why, err) < 0)
		return -1;
	if (has_version)
		l->security_version = wtg_text("%u.%u", version[0], version[1]);
	return 0;
}

static void describe_chain(const struct wtg_certificates *chain, struct wtg_facts *out)
{
	if (chain->n_items == 0)
		return;
	wtg_fact_open(out, "certificates", WTG_LIST);
	for (size_t i = 0; i < chain->n_items; i++) {
		wtg_fact_open(out, NULL, WTG_OBJECT);
		wtg_fact_text(out, "subject", chain->items[i].subject);
		wtg_fact_text(out, "issuer", chain->items[i].issuer);
		wtg_fact_time(out, "ends", chain->items[i].ends);
		wtg_fact_close(out);
	}
	wtg_fact_close(out);
}

int wtg_examine_loader(const char *key, const struct wtg_file *loader, const struct wtg_dbx *dbx,
		       struct wtg_facts *out, struct wtg_error *err)
{
	_cleanup_(loader_done) struct loader l = { 0 };

	if (!loader)
		return 0;
	if (look(&loader->content, dbx, &l, err) < 0)
		return wtg_while(err, "read the boot loader %s of the image", loader->path);
	wtg_fact_open(out, key, WTG_OBJECT);
	wtg_fact_number(out, "signatures", l.pe.n_signatures);
	wtg_fact_text(out, "signers", l.pe.signers);
	describe_chain(&l.chain, out);
	wtg_fact_text(out, "security_version", l.security_version);
	if (wtg_dbx_has_scope(&dbx->scope))
		wtg_fact_truth(out, "revoked", l.why != NULL);
	wtg_fact_text(out, "revoked_because", l.why);
	wtg_fact_close(out);
	return 0;
}
