/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/pe-hash.h"

#include <sys/uio.h>

#include "windows/pe-layout.h"

#define CHECKSUM_SIZE 4
#define DIRECTORY_SIZE 8
#define ALIGNMENT 8 /* what the certificates are aligned to when a file is signed */

static struct iovec stretch(const struct wtg_bytes *file, size_t from, size_t to)
{
	return (struct iovec){ .iov_base = file->data + from, .iov_len = to - from };
}

/*
 * All of the file but the checksum, where the certificates are, and these: what signing it
 * changes.  The specification goes section by section, which comes to the same where sections
 * follow each other, as signers demand.
 */
int wtg_pe_hash(const struct wtg_bytes *file, struct wtg_pe_hash *ret, struct wtg_error *err)
{
	static uint8_t zeros[ALIGNMENT];
	struct wtg_pe_layout at;
	struct iovec pieces[5];
	size_t from, end = file->size;
	unsigned n = 0;

	if (wtg_pe_layout_read(file, &at, err) < 0)
		return -1;
	pieces[n++] = stretch(file, 0, at.checksum_at);
	from = at.checksum_at + CHECKSUM_SIZE;
	if (at.directory_at) {
		pieces[n++] = stretch(file, from, at.directory_at);
		from = at.directory_at + DIRECTORY_SIZE;
	}
	if (at.certificates_size > 0) {
		if (at.certificates_at < from)
			return wtg_fail(err, WTG_INPUT, 0,
					"its certificates lie within its PE header");
		pieces[n++] = stretch(file, from, at.certificates_at);
		from = (size_t)at.certificates_at + at.certificates_size;
	}
	pieces[n++] = stretch(file, from, end);
	/* Signing it would have put zeros there. */
	if (at.certificates_size == 0 && end % ALIGNMENT > 0)
		pieces[n++] = (struct iovec){ zeros, ALIGNMENT - end % ALIGNMENT };
	wtg_sha1_pieces(pieces, n, ret->sha1);
	wtg_sha256_pieces(pieces, n, ret->sha256);
	return 0;
}
