/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "seeds.h"

#include "base/alloc.h"
#include "base/packet.h"
#include "image/open.h"
#include "step/survey.h"
#include "wtg/text.h"

static struct wtg_error err = WTG_ERROR_INIT;

static void put(const char *name, struct wtg_packet *packet)
{
	seed("packet", name, &(struct wtg_bytes){ packet->data, packet->size });
	wtg_packet_done(packet);
}

static void put_failure(void)
{
	struct wtg_packet packet = { 0 };
	struct wtg_error failure = WTG_ERROR_INIT;

	wtg_fail(&failure, WTG_INPUT, 0, "the image is damaged");
	wtg_hint(&failure, "Take another.");
	wtg_packet_error(&packet, &failure);
	wtg_error_done(&failure);
	put("failure", &packet);
}

static void add_driver(struct wtg_survey *survey)
{
	static struct wtg_file files[2];
	static const struct wtg_files lender = { .items = files, .n_items = 2 };
	const struct wtg_driver driver = {
		.path = wtg_text_copy("a/a.inf"),
		.name = wtg_text_copy("a.inf"),
		.boot_critical = true,
	};
	const struct wtg_driver_place place = {
		.waits_in = wtg_text_copy("Windows/INF/wtgctl/01-a"),
		.inf = wtg_text_copy("oem0.inf"),
		.n_files = 3,
		.size_bytes = 300,
	};

	WTG_APPEND(&survey->drivers, driver);
	WTG_APPEND(&survey->placement.places, place);
	wtg_overlay_lend(&survey->overlay, "Windows/System32/drivers/a.sys", &lender, 1);
}

static void put_survey(const char *name, const struct wtg_survey *survey)
{
	struct wtg_packet packet = { 0 };

	wtg_survey_flatten(survey, &packet);
	put(name, &packet);
}

/* What a worker that lies would say; test-surveys.c looks that nothing else is wrong. */
static void put_lies(struct wtg_survey *survey)
{
	struct wtg_overlay_file *lent = &survey->overlay.items[survey->overlay.n_items - 1];

	survey->boot.chain = WTG_BOOT_CA_AUTO;
	put_survey("no-chain", survey);
	survey->boot.chain = WTG_BOOT_CA_2023;
	put_survey("chain-without-loader", survey);
	survey->boot.chain = WTG_BOOT_CA_2011;

	survey->boot.loader.machine = 1;
	put_survey("no-such-machine", survey);
	survey->boot.loader.machine = 0x8664;

	survey->boot.bios = true;
	put_survey("bios-without-bootmgr", survey);
	survey->boot.bios = false;

	lent->loan = 3; /* the target lends three */
	put_survey("no-such-loan", survey);
	lent->loan = 1;

	survey->placement.places.items[0].driver = 1;
	put_survey("no-such-driver", survey);
	survey->placement.places.items[0].driver = 0;
}

static void put_surveys(void)
{
	struct wtg_survey survey = {
		.boot = { .chain = WTG_BOOT_CA_2011,
			  .loader = { .machine = 0x8664, .subsystem = 10, .n_signatures = 1,
				      .signed_2011 = true,
				      .signers = wtg_text_copy("an authority") },
			  .signers_2011 = wtg_text_copy("an authority"),
			  .dbx = { .n_entries = 443, .bootmgr_svn = { 9, 0 } } },
		.answer_kept = wtg_text_copy("Windows/Panther/unattend.xml"),
	};
	struct wtg_edit edit = {
		.key = wtg_text_copy("ControlSet001\\Control"),
		.value = wtg_text_copy("PortableOperatingSystem"),
		.type = 4,
		.data = wtg_bytes_copy("\1\0\0\0", 4),
		.old_text = wtg_text_copy("absent"),
		.new_text = wtg_text_copy("1"),
		.reason = wtg_text_copy("it is portable"),
	};
	const struct wtg_removal app = { WTG_REMOVAL_APP, wtg_text_copy("An.App_8wekyb3d8bbwe"), 4711 };

	WTG_APPEND(&survey.removals, app);
	WTG_APPEND(&survey.warnings, wtg_text_copy("it is old"));
	WTG_APPEND(&survey.registry[WTG_HIVE_SYSTEM], edit);
	wtg_files_add(&survey.boot.files, "EFI/Boot/bootx64.efi", wtg_bytes_copy("MZ", 2));
	wtg_files_add(&survey.boot.files, "EFI/Microsoft/Boot/BCD", wtg_bytes_copy("", 0));
	wtg_overlay_put(&survey.overlay, WTG_SYSTEM_PATH, wtg_bytes_copy("regf", 4),
			wtg_bytes_copy("", 0));
	wtg_overlay_drop(&survey.overlay, "Windows/System32/Recovery/Winre.wim");
	add_driver(&survey);
	put_survey("survey", &survey);
	put_lies(&survey);
	wtg_survey_done(&survey);
}

void seed_packets(const char *wim_path)
{
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	struct wtg_packet packet = { 0 };
	struct wtg_recorder recorder;
	struct wtg_facts *out;

	assert_good(wtg_image_open_files(wim_path, &image, &err));
	assert_good(wtg_image_parse(image, &err));
	wtg_image_flatten(image, &packet);
	put("image", &packet);

	out = wtg_recorder_start(&recorder, &packet);
	wtg_fact_text(out, "state", "complete");
	wtg_fact_open(out, "editions", WTG_LIST);
	wtg_fact_open(out, NULL, WTG_OBJECT);
	wtg_edition_describe(wtg_image_edition(image, 0), out);
	wtg_fact_close(out);
	wtg_fact_close(out);
	wtg_recorder_end(&recorder);
	put("facts", &packet);

	put_failure();
	put_surveys();
}
