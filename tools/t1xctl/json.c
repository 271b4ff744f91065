// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is unknown is null, so that every object has the same keys.
 *
 * The library takes its own values apart again, but ends the program where it lacks memory
 * only if it is asked to: json_need() asks.
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "json.h"
#include "record.h"
#include "text.h"

static json_t *json_need(json_t *value)
{
	if (!value)
		errx(1, "out of memory");
	return value;
}

static void json_set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, json_need(value)))
		errx(1, "out of memory");
}

static void json_append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, json_need(value)))
		errx(1, "out of memory");
}

static json_t *json_number(int64_t value)
{
	return value < 0 ? json_null() : json_integer(value);
}

static json_t *json_text(const char *text)
{
	char utf8[PROCESS_PLACE * 3];

	if (!*text)
		return json_null();
	text_utf8(utf8, sizeof(utf8), text);
	return json_string(utf8);
}

static json_t *json_container(const struct container *container)
{
	json_t *object = json_need(json_object()), *fds = json_need(json_array());
	size_t i;

	for (i = 0; i < container->nr_fds; i++)
		json_append(fds, json_integer(container->fds[i]));
	json_set(object, "fds", fds);
	json_set(object, "fds_certain", json_boolean(container->is_certain));
	for (i = 0; i < facts_nr_fields; i++) {
		const struct facts_field *field = &facts_fields[i];

		if (!field->name)
			continue;
		if (field->kind == FACTS_STRING)
			json_set(object, field->name,
				 json_text(facts_string(&container->facts, field)));
		else
			json_set(object, field->name,
				 json_number(facts_value(&container->facts, field)));
	}
	return object;
}

/**
 * json_process() - a process with all that it has
 * @process: the process
 *
 * Return: object, to be given away or released.
 */
json_t *json_process(const struct process *process)
{
	json_t *object = json_need(json_object()), *groups = json_need(json_array());
	json_t *devices = json_need(json_array()), *containers = json_need(json_array());
	const struct process_group *group;
	const struct process_device *device;
	const struct container *container;

	for (group = process->groups; group; group = group->next)
		json_append(groups, json_text(group->name));
	for (device = process->devices; device; device = device->next) {
		json_t *entry = json_need(json_object());

		json_set(entry, "fd", json_integer(device->fd));
		json_set(entry, "device", json_text(device->place));
		json_append(devices, entry);
	}
	for (container = process->containers; container; container = container->next)
		json_append(containers, json_container(container));
	json_set(object, "pid", json_number(process->pid));
	json_set(object, "comm", json_text(process->comm));
	json_set(object, "groups", groups);
	json_set(object, "devices", devices);
	json_set(object, "containers", containers);
	return object;
}

/**
 * json_snapshot() - processes with containers
 * @snapshot: the snapshot
 *
 * Return: object, to be released.
 */
json_t *json_snapshot(const struct snapshot *snapshot)
{
	json_t *object = json_need(json_object()), *processes = json_need(json_array());
	const struct process *process;

	for (process = snapshot->processes; process; process = process->next)
		if (process->containers)
			json_append(processes, json_process(process));
	json_set(object, "processes", processes);
	json_set(object, "unreadable", json_integer(snapshot->unreadable));
	return object;
}

static json_t *json_rate(double rate)
{
	return rate < 0 ? json_null() : json_real(rate);
}

/**
 * json_rates() - rates of one container
 * @rates: the rates
 *
 * Return: object, to be given away or released.
 */
json_t *json_rates(const struct rates *rates)
{
	json_t *object = json_need(json_object());

	json_set(object, "maps", json_rate(rates->maps));
	json_set(object, "unmaps", json_rate(rates->unmaps));
	json_set(object, "dirty_pages", json_rate(rates->dirty));
	json_set(object, "faults", json_rate(rates->faults));
	return object;
}

/* Programs may take a number for one with 53 bits. */
static json_t *json_hex(bool is_known, uint64_t number)
{
	char text[TEXT_NUMBER];

	if (!is_known)
		return json_null();
	snprintf(text, sizeof(text), "0x%" PRIx64, number);
	return json_string(text);
}

static void json_fault_flags(json_t *object, uint32_t flags)
{
	json_set(object, "read", json_boolean(flags & VFIO_TYPE1X_FAULT_FLAG_READ));
	json_set(object, "write", json_boolean(flags & VFIO_TYPE1X_FAULT_FLAG_WRITE));
	json_set(object, "exec", json_boolean(flags & VFIO_TYPE1X_FAULT_FLAG_EXEC));
	json_set(object, "privileged", json_boolean(flags & VFIO_TYPE1X_FAULT_FLAG_PRIVILEGED));
	json_set(object, "alias", json_boolean(flags & VFIO_TYPE1X_FAULT_FLAG_ALIAS));
}

/**
 * json_fault() - a fault
 * @tap: where it comes from
 * @fault: the record
 * @clock: of record_clock()
 *
 * Return: object, to be released.
 */
json_t *json_fault(const struct tap *tap, const struct vfio_type1x_fault *fault, int64_t clock)
{
	json_t *object = json_need(json_object()), *raw = json_need(json_array());
	char word[RECORD_WORD];

	json_set(object, "pid", json_number(tap->pid));
	json_set(object, "fd", json_number(tap->fd));
	json_set(object, "id", json_number(tap->id));
	record_timestamp(word, fault, clock);
	json_set(object, "time", json_string(word));
	json_set(object, "monotonic_ns", json_integer(fault->time));
	json_set(object, "sequence", json_integer(fault->sequence));
	json_set(object, "lost", json_integer(fault->lost));
	record_requester(word, fault);
	json_set(object, "requester", json_text(word));
	json_set(object, "pasid",
		 fault->flags & VFIO_TYPE1X_FAULT_FLAG_PASID ? json_integer(fault->pasid)
							     : json_null());
	json_set(object, "iova", json_hex(fault->flags & VFIO_TYPE1X_FAULT_FLAG_IOVA, fault->iova));
	json_fault_flags(object, fault->flags);
	record_reason(word, fault);
	json_set(object, "reason", json_string(word));
	json_set(object, "raw_reason", json_integer(fault->raw_reason));
	record_source(word, fault);
	json_set(object, "source", json_string(word));
	json_append(raw, json_hex(true, fault->raw[0]));
	json_append(raw, json_hex(true, fault->raw[1]));
	json_set(object, "raw", raw);
	json_set(object, "cookie", json_hex(true, fault->cookie));
	return object;
}

/**
 * json_print() - write to standard output
 * @value: what to write; is released
 * @is_line: in one line, rather than indented
 */
void json_print(json_t *value, bool is_line)
{
	/* Terminals take some letters for commands, so that none but ASCII is written. */
	size_t flags = JSON_ENSURE_ASCII | (is_line ? JSON_COMPACT : JSON_INDENT(2));

	if (json_dumpf(json_need(value), stdout, flags | JSON_REAL_PRECISION(9)))
		err(1, "standard output");
	putchar('\n');
	json_decref(value);
}
