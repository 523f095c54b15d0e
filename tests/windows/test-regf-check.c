/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the walk through a hive must notice, one damage at a time. */
#include "support.h"

#include <string.h>

#include "base/alloc.h"
#include "windows/regf-cell.h"
#include "windows/regf-format.h"
#include "windows/regf-read.h"
#include "windows/regf.h"

static struct wtg_bytes sample(void)
{
	_cleanup_(wtg_regf_freep) struct wtg_regf_key *root = wtg_regf_root("Sample");
	struct wtg_regf_key *family = wtg_regf_key(root, "Family");
	_cleanup_free_ uint8_t *data = wtg_alloc(DB_SEGMENT_BYTES);

	wtg_regf_key(family, "first");
	wtg_regf_key(wtg_regf_key(family, "second"), "grandchild");
	wtg_regf_key(family, "third");
	wtg_regf_text(family, "text", "longer than four bytes");
	wtg_regf_text(family, "other text", "the same");
	wtg_regf_value(wtg_regf_key(root, "Long"), "data", WTG_REG_BINARY, data,
		       DB_SEGMENT_BYTES);
	return wtg_regf_write(root, "sample", 0);
}

struct patient {
	struct wtg_bytes bytes;
	struct wtg_hive_view view;
	struct wtg_regf_nk family;
	wtg_hive_key family_key;
};

static uint8_t *cell(const struct patient *p, uint32_t offset)
{
	return p->bytes.data + REGF_BASE_BYTES + offset + 4;
}

static uint8_t *entry(const struct patient *p, unsigned i)
{
	return cell(p, p->family.subkeys) + LIST_ENTRIES + (size_t)i * 8;
}

static uint32_t value(const struct patient *p, unsigned i)
{
	return wtg_le32(cell(p, p->family.values) + (size_t)i * 4);
}

static void lead_back_to_the_root(const struct patient *p)
{
	wtg_put_le32(entry(p, 1), p->view.root);
}

static void list_a_key_twice(const struct patient *p)
{
	memcpy(entry(p, 1), entry(p, 0), 8);
}

static void swap_two_keys(const struct patient *p)
{
	uint8_t first[8];

	memcpy(first, entry(p, 0), 8);
	memcpy(entry(p, 0), entry(p, 1), 8);
	memcpy(entry(p, 1), first, 8);
}

static void spoil_a_hint(const struct patient *p)
{
	entry(p, 2)[4] = 'x';
}

static void claim_a_hash(const struct patient *p)
{
	memcpy(cell(p, p->family.subkeys), "lh", 2);
}

static void count_a_key_too_many(const struct patient *p)
{
	wtg_put_le32(cell(p, p->family_key) + NK_N_SUBKEYS, 4);
}

static void count_a_key_too_few(const struct patient *p)
{
	wtg_put_le32(cell(p, p->family_key) + NK_N_SUBKEYS, 2);
}

static void call_the_list_an_index(const struct patient *p)
{
	memcpy(cell(p, p->family.subkeys), "ri", 2);
}

static void overfill_the_list(const struct patient *p)
{
	wtg_put_le16(cell(p, p->family.subkeys) + LIST_COUNT, 200);
}

static void adopt_a_key(const struct patient *p)
{
	wtg_put_le32(cell(p, wtg_le32(entry(p, 1))) + NK_PARENT, p->view.root);
}

static void lengthen_a_name(const struct patient *p)
{
	wtg_put_le16(cell(p, wtg_le32(entry(p, 1))) + NK_NAME_BYTES, 9999);
}

static void free_a_key(const struct patient *p)
{
	uint8_t *size = cell(p, wtg_le32(entry(p, 1))) - 4;

	wtg_put_le32(size, 0u - wtg_le32(size));
}

static void lead_into_the_middle(const struct patient *p)
{
	wtg_put_le32(entry(p, 1), wtg_le32(entry(p, 1)) + 8);
}

static void lead_out_of_the_hive(const struct patient *p)
{
	wtg_put_le32(entry(p, 1), 0x7ffffff8);
}

static void spoil_a_size(const struct patient *p)
{
	uint8_t *size = cell(p, wtg_le32(entry(p, 1))) - 4;

	wtg_put_le32(size, wtg_le32(size) - 4);
}

static void spoil_the_descriptor(const struct patient *p)
{
	memcpy(cell(p, p->family.security), "xx", 2);
}

static void count_a_value_too_many(const struct patient *p)
{
	wtg_put_le32(cell(p, p->family_key) + NK_N_VALUES, 400);
}

static void share_data(const struct patient *p)
{
	memcpy(cell(p, value(p, 1)) + VK_DATA, cell(p, value(p, 0)) + VK_DATA, 4);
}

static void lengthen_data(const struct patient *p)
{
	wtg_put_le32(cell(p, value(p, 0)) + VK_SIZE, 4096);
}

static void hold_five_bytes_in_four(const struct patient *p)
{
	wtg_put_le32(cell(p, value(p, 0)) + VK_SIZE, 5 | VK_RESIDENT);
}

static void claim_a_class(const struct patient *p)
{
	wtg_put_le16(cell(p, p->family_key) + NK_CLASS_BYTES, 2);
}

/* What hivex 1.3 makes of big data: in one cell, where Windows expects pieces. */
static void keep_big_data_in_one_cell(const struct patient *p)
{
	struct wtg_regf_nk nk;
	uint32_t vk;

	assert_true(wtg_regf_nk(&p->view, wtg_hive_view_key(&p->view, 0, "Long"), &nk));
	assert_true(wtg_regf_nth_vk(&p->view, &nk, 0, &vk));
	wtg_put_le32(cell(p, vk) + VK_SIZE, DB_SEGMENT_BYTES + 1);
	wtg_put_le32(p->bytes.data + REGF_MINOR, 5);
	wtg_put_le32(p->bytes.data + REGF_CHECKSUM, wtg_regf_checksum(p->bytes.data));
}

static void a_damage_is_named_with_its_place(void **state)
{
	static const struct {
		void (*damage)(const struct patient *p);
		const char *sentence;
	} rows[] = {
		{ lead_back_to_the_root,
		  "key Family: a key at 0x20 is no cell or belongs" },
		{ list_a_key_twice, "key Family: a key at" },
		{ swap_two_keys, "key Family: key first: it is misplaced" },
		{ spoil_a_hint, "key Family: key third: its hint" },
		{ claim_a_hash, "key Family: key first: its hash" },
		{ count_a_key_too_many, "key Family: it has 4 subkeys and lists 3" },
		{ count_a_key_too_few, "key Family: it has 2 subkeys and lists 3" },
		{ call_the_list_an_index, "key Family: its list of subkeys at" },
		{ overfill_the_list, "key Family: its list of subkeys at" },
		{ adopt_a_key, "key Family: the key at" },
		{ lengthen_a_name, "key Family: the key at" },
		{ free_a_key, "key Family: a key at" },
		{ lead_into_the_middle, "key Family: a key at" },
		{ lead_out_of_the_hive, "key Family: a key at" },
		{ spoil_a_size, "the hive's cell at" },
		{ spoil_the_descriptor, "its security descriptor is damaged" },
		{ count_a_value_too_many, "key Family: its list of values is too short" },
		{ share_data, "key Family: value other text: its data at" },
		{ lengthen_data, "key Family: value text: its data are damaged" },
		{ hold_five_bytes_in_four, "key Family: the value at" },
		{ claim_a_class, "key Family: its class name is damaged" },
		{ keep_big_data_in_one_cell,
		  "key Long: value data: its data are too long" },
	};
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct patient p = { .bytes = sample() };

		assert_good(wtg_hive_view_open(&p.bytes, &p.view, &err));
		assert_good(wtg_hive_view_check(&p.view, &err));
		p.family_key = wtg_hive_view_key(&p.view, 0, "Family");
		assert_true(wtg_regf_nk(&p.view, p.family_key, &p.family));
		rows[i].damage(&p);
		assert_good(wtg_hive_view_open(&p.bytes, &p.view, &err));
		assert_fails(wtg_hive_view_check(&p.view, &err), WTG_INPUT,
			     rows[i].sentence);
		wtg_bytes_done(&p.bytes);
	}
}

static void nesting_ends_where_it_ends_in_windows(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	for (unsigned depth = 512; depth <= 513; depth++) {
		_cleanup_(wtg_regf_freep) struct wtg_regf_key *root = wtg_regf_root("0");
		_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = { 0 };
		struct wtg_regf_key *key = root;
		struct wtg_hive_view view;

		for (unsigned i = 0; i < depth; i++)
			key = wtg_regf_key(key, "0");
		bytes = wtg_regf_write(root, "deep", 0);
		assert_good(wtg_hive_view_open(&bytes, &view, &err));
		if (depth == 512)
			assert_good(wtg_hive_view_check(&view, &err));
		else
			assert_fails(wtg_hive_view_check(&view, &err), WTG_INPUT,
				     "keys are nested deeper than 512");
	}
}

static void the_base_block_is_not_believed(void **state)
{
	static const struct {
		uint32_t at, number;
		const char *sentence;
	} rows[] = {
		{ REGF_MAJOR, 2, "hive version 2.3" },
		{ REGF_MINOR, 2, "hive version 1.2" },
		{ REGF_MINOR, 7, "hive version 1.7" },
		{ REGF_BINS_BYTES, 0, "claims 0 bytes of bins" },
		{ REGF_BINS_BYTES, 0x1000000, "claims 16777216 bytes of bins" },
		{ REGF_BINS_BYTES, 4097, "claims 4097 bytes of bins" },
		{ REGF_ROOT, 0, "root key is damaged" },
		{ REGF_ROOT, 0xfffffff8, "root key is damaged" },
	};
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_hive_view view;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = sample();

		wtg_put_le32(bytes.data + rows[i].at, rows[i].number);
		assert_fails(wtg_hive_view_open(&bytes, &view, &err), WTG_INPUT,
			     "wrong checksum");
		wtg_put_le32(bytes.data + REGF_CHECKSUM, wtg_regf_checksum(bytes.data));
		assert_fails(wtg_hive_view_open(&bytes, &view, &err), WTG_INPUT,
			     rows[i].sentence);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_damage_is_named_with_its_place),
		cmocka_unit_test(nesting_ends_where_it_ends_in_windows),
		cmocka_unit_test(the_base_block_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
