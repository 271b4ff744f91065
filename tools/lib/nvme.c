// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "iommu.h"
#include "nvme.h"

/* Controller registers. */
#define NVME_CAP		0x00
#define NVME_CC			0x14
#define NVME_CSTS		0x1c
#define NVME_AQA		0x24
#define NVME_ASQ		0x28
#define NVME_ACQ		0x30
#define NVME_DOORBELLS		0x1000

#define NVME_CAP_DSTRD(cap)	((cap) >> 32 & 0xf)
#define NVME_CC_ENABLE		0x1u
#define NVME_CC_ENTRY_SIZES	(6u << 16 | 4u << 20)	/* 64 and 16 bytes */
#define NVME_CSTS_READY		0x1u
#define NVME_CSTS_FATAL		0x2u

#define NVME_ADMIN_CREATE_SQ	0x01
#define NVME_ADMIN_CREATE_CQ	0x05
#define NVME_ADMIN_IDENTIFY	0x06
#define NVME_IO_WRITE		0x01
#define NVME_IO_READ		0x02

#define NVME_IDENTIFY_NAMESPACE	0
#define NVME_IDENTIFY_CTRL	1

#define NVME_QUEUE_CONTIGUOUS	0x1u
#define NVME_ENTRIES		32
#define NVME_PRPS_PER_PAGE	(PAGE / sizeof(uint64_t))

#define NVME_POLL_US		50
#define NVME_TIMEOUT_US		20000000

/* Pages of nvme->own. */
enum nvme_page {
	NVME_PAGE_ASQ,
	NVME_PAGE_ACQ,
	NVME_PAGE_SQ,
	NVME_PAGE_CQ,
	NVME_PAGE_PRP_LIST,
	NVME_PAGE_IDENTIFY,
};

struct nvme_command {
	uint8_t opcode;
	uint8_t flags;
	uint16_t id;
	uint32_t nsid;
	uint64_t unused[2];
	uint64_t prp1;
	uint64_t prp2;
	uint32_t dword10[6];
};

struct nvme_completion {
	uint32_t result;
	uint32_t unused;
	uint16_t head;
	uint16_t queue;
	uint16_t id;
	uint16_t status; /* bit 0 is the phase */
};

static volatile void *nvme_reg(const struct nvme *nvme, uint32_t reg)
{
	return (volatile char *)nvme->device->bars[0].addr + reg;
}

static uint32_t nvme_read32(const struct nvme *nvme, uint32_t reg)
{
	return *(volatile uint32_t *)nvme_reg(nvme, reg);
}

static void nvme_write32(const struct nvme *nvme, uint32_t reg, uint32_t value)
{
	*(volatile uint32_t *)nvme_reg(nvme, reg) = value;
}

static void nvme_write64(const struct nvme *nvme, uint32_t reg, uint64_t value)
{
	*(volatile uint64_t *)nvme_reg(nvme, reg) = value;
}

static char *nvme_page(const struct nvme *nvme, enum nvme_page page)
{
	return nvme->own + page * PAGE;
}

static uint64_t nvme_page_iova(const struct nvme *nvme, enum nvme_page page)
{
	return nvme->iova + page * PAGE;
}

static int nvme_wait_ready(const struct nvme *nvme, uint32_t ready)
{
	long waited;

	for (waited = 0; waited < NVME_TIMEOUT_US; waited += NVME_POLL_US) {
		uint32_t status = nvme_read32(nvme, NVME_CSTS);

		if (status & NVME_CSTS_FATAL)
			return -EIO;
		if ((status & NVME_CSTS_READY) == ready)
			return 0;
		usleep(NVME_POLL_US);
	}
	return -ETIMEDOUT;
}

static void nvme_ring(const struct nvme *nvme, const struct nvme_queue *queue, bool completion)
{
	uint32_t slot = 2 * queue->id + completion;

	nvme_write32(nvme, NVME_DOORBELLS + slot * nvme->doorbell_stride,
		     completion ? queue->head : queue->tail);
}

static int nvme_wait_completion(struct nvme *nvme, struct nvme_queue *queue)
{
	volatile struct nvme_completion *entry;
	long waited = 0;

	entry = (volatile struct nvme_completion *)queue->completion + queue->head;
	while ((entry->status & 1) != queue->phase) {
		if (waited >= NVME_TIMEOUT_US)
			return -ETIMEDOUT;
		usleep(NVME_POLL_US);
		waited += NVME_POLL_US;
	}
	nvme->status = entry->status >> 1;
	queue->head = (queue->head + 1) % NVME_ENTRIES;
	if (!queue->head)
		queue->phase ^= 1;
	nvme_ring(nvme, queue, true);
	return nvme->status ? -EIO : 0;
}

static int nvme_execute(struct nvme *nvme, struct nvme_queue *queue, struct nvme_command *command)
{
	command->id = nvme->next_command++;
	memcpy((char *)queue->submission + queue->tail * sizeof(*command), command,
	       sizeof(*command));
	/* The device must not see the doorbell before the command. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	queue->tail = (queue->tail + 1) % NVME_ENTRIES;
	nvme_ring(nvme, queue, false);
	return nvme_wait_completion(nvme, queue);
}

static void nvme_init_queue(struct nvme *nvme, struct nvme_queue *queue, uint16_t id,
			    enum nvme_page submission, enum nvme_page completion)
{
	*queue = (struct nvme_queue){
		.submission = nvme_page(nvme, submission),
		.completion = nvme_page(nvme, completion),
		.id = id,
		.phase = 1,
	};
}

static int nvme_enable(struct nvme *nvme)
{
	uint64_t cap = *(volatile uint64_t *)nvme_reg(nvme, NVME_CAP);
	int ret;

	nvme->doorbell_stride = 4u << NVME_CAP_DSTRD(cap);
	nvme_write32(nvme, NVME_CC, 0);
	ret = nvme_wait_ready(nvme, 0);
	if (ret)
		return ret;
	nvme_write32(nvme, NVME_AQA, (NVME_ENTRIES - 1) << 16 | (NVME_ENTRIES - 1));
	nvme_write64(nvme, NVME_ASQ, nvme_page_iova(nvme, NVME_PAGE_ASQ));
	nvme_write64(nvme, NVME_ACQ, nvme_page_iova(nvme, NVME_PAGE_ACQ));
	nvme_write32(nvme, NVME_CC, NVME_CC_ENTRY_SIZES | NVME_CC_ENABLE);
	return nvme_wait_ready(nvme, NVME_CSTS_READY);
}

static int nvme_identify(struct nvme *nvme, uint32_t what, uint32_t nsid)
{
	struct nvme_command command = {
		.opcode = NVME_ADMIN_IDENTIFY,
		.nsid = nsid,
		.prp1 = nvme_page_iova(nvme, NVME_PAGE_IDENTIFY),
		.dword10 = { what },
	};

	memset(nvme_page(nvme, NVME_PAGE_IDENTIFY), 0, PAGE);
	return nvme_execute(nvme, &nvme->admin, &command);
}

/* The field is padded with blanks. */
static void nvme_copy_model(struct nvme *nvme, const char *field)
{
	size_t length = sizeof(nvme->model) - 1;

	while (length && field[length - 1] == ' ')
		length--;
	memcpy(nvme->model, field, length);
	nvme->model[length] = '\0';
}

static int nvme_learn(struct nvme *nvme)
{
	const unsigned char *data = (void *)nvme_page(nvme, NVME_PAGE_IDENTIFY);
	int ret = nvme_identify(nvme, NVME_IDENTIFY_CTRL, 0);
	uint32_t format, limit;
	uint64_t blocks;

	if (ret)
		return ret;
	nvme_copy_model(nvme, (const char *)data + 24);
	limit = data[77];
	/* One PRP list page, which must not be exceeded by a shifted start. */
	nvme->max_transfer = NVME_PRPS_PER_PAGE / 2 * PAGE;
	if (limit && (PAGE << limit) < nvme->max_transfer)
		nvme->max_transfer = PAGE << limit;

	ret = nvme_identify(nvme, NVME_IDENTIFY_NAMESPACE, 1);
	if (ret)
		return ret;
	memcpy(&blocks, data, sizeof(blocks));
	memcpy(&format, data + 128 + 4 * (data[26] & 0xf), sizeof(format));
	nvme->block_size = 1u << (format >> 16 & 0xff);
	nvme->size = blocks * nvme->block_size;
	return 0;
}

static int nvme_create_io_queues(struct nvme *nvme)
{
	struct nvme_command completion = {
		.opcode = NVME_ADMIN_CREATE_CQ,
		.prp1 = nvme_page_iova(nvme, NVME_PAGE_CQ),
		.dword10 = { (NVME_ENTRIES - 1) << 16 | 1, NVME_QUEUE_CONTIGUOUS },
	};
	struct nvme_command submission = {
		.opcode = NVME_ADMIN_CREATE_SQ,
		.prp1 = nvme_page_iova(nvme, NVME_PAGE_SQ),
		.dword10 = { (NVME_ENTRIES - 1) << 16 | 1, 1u << 16 | NVME_QUEUE_CONTIGUOUS },
	};
	int ret;

	nvme_init_queue(nvme, &nvme->io, 1, NVME_PAGE_SQ, NVME_PAGE_CQ);
	ret = nvme_execute(nvme, &nvme->admin, &completion);
	return ret ? ret : nvme_execute(nvme, &nvme->admin, &submission);
}

static int nvme_start(struct nvme *nvme)
{
	int ret;

	nvme_init_queue(nvme, &nvme->admin, 0, NVME_PAGE_ASQ, NVME_PAGE_ACQ);
	ret = nvme_enable(nvme);
	if (!ret)
		ret = nvme_learn(nvme);
	if (!ret)
		ret = nvme_create_io_queues(nvme);
	return ret;
}

int __nvme_open(struct nvme *nvme, struct vfio_device *device, int container, uint64_t iova)
{
	int ret;

	*nvme = (struct nvme){ .device = device, .container = container, .iova = iova };
	if (!device->bars[0].addr)
		return -ENXIO;
	nvme->own = mmap(NULL, NVME_OWN_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
	if (nvme->own == MAP_FAILED)
		return -errno;
	ret = __iommu_map(container, nvme->own, iova, NVME_OWN_BYTES, IOMMU_RW);
	if (ret) {
		munmap(nvme->own, NVME_OWN_BYTES);
		return ret;
	}
	ret = nvme_start(nvme);
	if (ret)
		nvme_close(nvme);
	return ret;
}

void nvme_close(struct nvme *nvme)
{
	nvme_write32(nvme, NVME_CC, 0);
	nvme_wait_ready(nvme, 0);
	__iommu_unmap(nvme->container, nvme->iova, NVME_OWN_BYTES, 0, NULL);
	munmap(nvme->own, NVME_OWN_BYTES);
	nvme->own = NULL;
}

/* First page (perhaps from its middle), then the second or a list of the rest. */
static void nvme_set_prps(struct nvme *nvme, struct nvme_command *command, uint64_t iova,
			  size_t size)
{
	uint64_t *list = (void *)nvme_page(nvme, NVME_PAGE_PRP_LIST);
	uint64_t next = (iova / PAGE + 1) * PAGE;
	uint64_t end = iova + size;
	size_t i = 0;

	command->prp1 = iova;
	if (next >= end)
		return;
	if (end - next <= PAGE) {
		command->prp2 = next;
		return;
	}
	for (; next < end; next += PAGE)
		list[i++] = next;
	command->prp2 = nvme_page_iova(nvme, NVME_PAGE_PRP_LIST);
}

static int nvme_transfer(struct nvme *nvme, uint8_t opcode, uint64_t offset, uint64_t iova,
			 size_t size)
{
	uint64_t block = offset / nvme->block_size;
	struct nvme_command command = {
		.opcode = opcode,
		.nsid = 1,
		.dword10 = { block, block >> 32, size / nvme->block_size - 1 },
	};

	nvme_set_prps(nvme, &command, iova, size);
	return nvme_execute(nvme, &nvme->io, &command);
}

static int nvme_move(struct nvme *nvme, uint8_t opcode, uint64_t offset, uint64_t iova, size_t size)
{
	if (!size || (size | offset) % nvme->block_size || offset + size > nvme->size)
		return -EINVAL;
	while (size) {
		size_t part = size < nvme->max_transfer ? size : nvme->max_transfer;
		int ret = nvme_transfer(nvme, opcode, offset, iova, part);

		if (ret)
			return ret;
		offset += part;
		iova += part;
		size -= part;
	}
	return 0;
}

int __nvme_read(struct nvme *nvme, uint64_t offset, uint64_t iova, size_t size)
{
	return nvme_move(nvme, NVME_IO_READ, offset, iova, size);
}

int __nvme_write(struct nvme *nvme, uint64_t offset, uint64_t iova, size_t size)
{
	return nvme_move(nvme, NVME_IO_WRITE, offset, iova, size);
}
