// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is remembered of files, and when fdinfo is news. The file under test is
 * included, so that fdinfo can be what the test says.
 */
#include <stdio.h>
#include <string.h>

#include "unit.h"
#include "files.c"

#define TGID	100
#define TID	101

static const char *info_key;
static const char *info_value;
static unsigned int info_asked;

bool proc_fd_info(pid_t tid, int fd, const char *key, char *value, size_t size)
{
	UNIT_CHECK(tid == TID && fd == 3);
	info_asked++;
	if (!info_value || strcmp(key, info_key))
		return false;
	snprintf(value, size, "%s", info_value);
	return true;
}

static bool is_news(enum decode_kind kind, const char *key, const char *value, const char *label)
{
	struct files_entry *entry = files_get(TGID, 3, kind);
	bool is_new;

	info_key = key;
	info_value = value;
	is_new = files_new_label(entry, TID);
	UNIT_CHECK(!strcmp(entry->label, label));
	return is_new;
}

static void the_backend_is_news_once(void)
{
	static const char key[] = "vfio-driver";
	static const char ours[] = "vfio-iommu-type1x", stock[] = "vfio-iommu-type1";

	UNIT_CHECK(!is_news(DECODE_CONTAINER, key, NULL, ""));
	UNIT_CHECK(is_news(DECODE_CONTAINER, key, ours, ours));
	UNIT_CHECK(!is_news(DECODE_CONTAINER, key, ours, ours));
	UNIT_CHECK(is_news(DECODE_CONTAINER, key, stock, stock));
	/* Another container with the same number, or the last group has left. */
	UNIT_CHECK(!is_news(DECODE_CONTAINER, key, NULL, ""));
	UNIT_CHECK(is_news(DECODE_CONTAINER, key, stock, stock));
	files_forget(TGID);
	UNIT_CHECK(is_news(DECODE_CONTAINER, key, stock, stock));
	files_forget(TGID);
}

static void the_place_of_a_device_is_news_once(void)
{
	static const char key[] = "vfio-device-syspath";
	static const char path[] = "/sys/devices/pci0000:00/0000:00:03.0";

	UNIT_CHECK(!is_news(DECODE_DEVICE, "vfio-driver", "of no device", ""));
	UNIT_CHECK(is_news(DECODE_DEVICE, key, path, "0000:00:03.0"));
	UNIT_CHECK(!is_news(DECODE_DEVICE, key, path, "0000:00:03.0"));
	/* The number is another file now. */
	UNIT_CHECK(!is_news(DECODE_CONTAINER, key, path, ""));
	UNIT_CHECK(is_news(DECODE_DEVICE, key, path, "0000:00:03.0"));
	files_forget(TGID);
}

static void others_are_not_asked(void)
{
	info_asked = 0;
	UNIT_CHECK(!is_news(DECODE_GROUP, "vfio-driver", "x", ""));
	UNIT_CHECK(!is_news(DECODE_MIGRATION, "vfio-driver", "x", ""));
	UNIT_CHECK(info_asked == 0);
	files_forget(TGID);
}

static void state_lives_as_long_as_the_file(void)
{
	struct files_entry *entry = files_get(TGID, 3, DECODE_CONTAINER);

	entry->state.iommu_type = 7;
	UNIT_CHECK(files_get(TGID, 4, DECODE_CONTAINER)->state.iommu_type == 0);
	UNIT_CHECK(files_get(TGID + 1, 3, DECODE_CONTAINER)->state.iommu_type == 0);
	UNIT_CHECK(files_get(TGID, 3, DECODE_CONTAINER)->state.iommu_type == 7);
	UNIT_CHECK(files_get(TGID, 3, DECODE_DEVICE)->state.iommu_type == 0);
	entry->state.device_flags = 1;
	files_forget(TGID + 1);
	UNIT_CHECK(files_get(TGID, 3, DECODE_DEVICE)->state.device_flags == 1);
	files_forget(TGID);
	UNIT_CHECK(!files);
}

static const struct unit_case cases[] = {
	UNIT_CASE(the_backend_is_news_once),
	UNIT_CASE(the_place_of_a_device_is_news_once),
	UNIT_CASE(others_are_not_asked),
	UNIT_CASE(state_lives_as_long_as_the_file),
};

int main(void)
{
	return unit_main(cases, UNIT_COUNT(cases));
}
