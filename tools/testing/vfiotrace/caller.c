// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program to be traced: it makes ioctls, and prints what the tracer should.
 *
 *	caller cases NODE	ioctls of a container, one after the other
 *	caller threads NODE	the same number from several threads
 *	caller exec NODE	a thread that is not the first one executes "cases"
 *	caller fork NODE	a child makes ioctls, too
 *	caller clone NODE	a child that is made as threads are, but is none
 *	caller x32 NODE		a system call as programs of the x32 kind make it
 *	caller loop NODE	two threads make ioctls until a SIGTERM
 *	caller breed NODE	the same, but by threads that do not live long
 *	caller signal		waits for SIGUSR1, stops itself, goes on
 *	caller exit STATUS	ends so
 *	caller die SIGNAL	ends so
 *
 * NODE is a character device 10:196.  It need not work: a file that was opened
 * for its path only, as is done with one that does not, takes no ioctl, but a
 * tracer sees what it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS		4
#define X32_IOCTL	(0x40000000 | 514)
/* In registers of such a call that have 32 bits it is what somebody left there. */
#define HIGH_HALF	(~0ul << 16 << 16)
#define MAP_ARGSZ	sizeof(struct vfio_iommu_type1_dma_map)

static const char *self;
static const char *node;
static int fd;
static volatile sig_atomic_t has_come;

static void open_node(const char *path)
{
	node = path;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0) {
		perror(path);
		exit(1);
	}
}

/* What the tracer should say of a call that has just returned @result. */
static void expect(int result, const char *prefix, const char *text)
{
	if (result < 0)
		printf("%sioctl(%d<%s>, %s) = -1 %s (%s)\n", prefix, fd, node, text,
		       strerrorname_np(errno), strerror(errno));
	else
		printf("%sioctl(%d<%s>, %s) = %d\n", prefix, fd, node, text, result);
	fflush(stdout);
}

static void case_map(struct vfio_iommu_type1_dma_map *map, const char *text)
{
	expect(ioctl(fd, VFIO_IOMMU_MAP_DMA, map), "", text);
}

/* What the test of the mail thread does that asked for this tool. */
static void cases_of_map(void)
{
	struct vfio_iommu_type1_dma_map *map = calloc(1, sizeof(*map) + 1);
	char text[64];

	if (!map)
		exit(1);
	map->argsz = MAP_ARGSZ - 1;
	snprintf(text, sizeof(text), "VFIO_IOMMU_MAP_DMA, %p", (void *)map);
	case_map(map, text);
	map->argsz = MAP_ARGSZ;
	case_map(map, "VFIO_IOMMU_MAP_DMA, {argsz=32, flags=0, vaddr=NULL, iova=0, size=0}");
	map->argsz = MAP_ARGSZ + 1;
	((unsigned char *)map)[sizeof(*map)] = 0xff;
	case_map(map, "VFIO_IOMMU_MAP_DMA, {argsz=33, flags=0, vaddr=NULL, iova=0, size=0, "
		      "/* bytes 32..32 */ \"\\xff\"}");
	map->argsz = MAP_ARGSZ;
	map->flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE | VFIO_DMA_MAP_FLAG_VADDR;
	map->vaddr = 0xfedcba9876543210;
	map->iova = 0x0123456789abcdef;
	map->size = -1U;
	case_map(map, "VFIO_IOMMU_MAP_DMA, {argsz=32, flags=VFIO_DMA_MAP_FLAG_READ|"
		      "VFIO_DMA_MAP_FLAG_WRITE|VFIO_DMA_MAP_FLAG_VADDR, vaddr=0xfedcba9876543210, "
		      "iova=0x123456789abcdef, size=0xffffffff}");
	free(map);
}

/* The structure with a pointer: 20 bytes at the end on i386, 24 elsewhere. */
static void case_of_bitmap(void)
{
	struct {
		struct vfio_iommu_type1_dirty_bitmap head;
		struct vfio_iommu_type1_dirty_bitmap_get get;
	} get = {
		.head = { sizeof(get), VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP },
		.get = { 0x1000, 0x2000, { 4096, 8, (void *)0x12345000 } },
	};
	char text[256];

	snprintf(text, sizeof(text),
		 "VFIO_IOMMU_DIRTY_PAGES, {argsz=%zu, "
		 "flags=VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP, iova=0x1000, size=0x2000, "
		 "bitmap={pgsize=0x1000, size=8, data=0x12345000}}",
		 sizeof(get));
	expect(ioctl(fd, VFIO_IOMMU_DIRTY_PAGES, &get), "", text);
}

static void cases(void)
{
	expect(ioctl(fd, VFIO_GET_API_VERSION), "", "VFIO_GET_API_VERSION");
	expect(ioctl(fd, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU), "",
	       "VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU");
	/* Of no interest: an ioctl of another kind, and a file of another kind. */
	ioctl(fd, FIONBIO, &has_come);
	ioctl(STDOUT_FILENO, VFIO_GET_API_VERSION);
	cases_of_map();
	case_of_bitmap();
	expect(ioctl(fd, VFIO_IOMMU_MAP_DMA, NULL), "", "VFIO_IOMMU_MAP_DMA, NULL");
	expect(ioctl(fd, VFIO_IOMMU_MAP_DMA, (void *)8), "", "VFIO_IOMMU_MAP_DMA, 0x8");
}

static void *thread_calls(void *argument)
{
	pthread_barrier_t *barrier = argument;
	char prefix[32];

	snprintf(prefix, sizeof(prefix), "[pid %d] ", gettid());
	pthread_barrier_wait(barrier);
	for (int i = 0; i < 50; i++)
		expect(ioctl(fd, VFIO_CHECK_EXTENSION, VFIO_UNMAP_ALL), prefix,
		       "VFIO_CHECK_EXTENSION, VFIO_UNMAP_ALL");
	return NULL;
}

static void threads(void)
{
	pthread_t thread[THREADS];
	pthread_barrier_t barrier;

	pthread_barrier_init(&barrier, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, thread_calls, &barrier);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
}

static void *thread_executes(void *unused)
{
	(void)unused;
	execl(self, self, "cases", node, NULL);
	exit(1);
}

static void execute(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, thread_executes, NULL);
	pthread_join(thread, NULL);
}

/* Without a signal for its end the kernel takes it for a thread at first sight. */
static pid_t clone_silently(void)
{
	return syscall(SYS_clone, 0, NULL, NULL, NULL, NULL);
}

static int has_child(pid_t (*make)(void))
{
	pid_t pid = make();
	int status;

	if (!pid) {
		cases();
		_exit(0);
	}
	waitpid(pid, &status, __WALL);
	return WEXITSTATUS(status);
}

struct unmap_bitmap {
	struct vfio_iommu_type1_dma_unmap unmap;
	struct vfio_bitmap bitmap;
};

/* Even if the kernel does not have such calls, a tracer sees which one it is. */
static void x32(void)
{
	struct unmap_bitmap *unmap = mmap(NULL, sizeof(*unmap), PROT_READ | PROT_WRITE,
					  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (unmap == MAP_FAILED)
		exit(1);
	unmap->unmap.argsz = sizeof(*unmap);
	unmap->unmap.flags = VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP;
	unmap->bitmap.size = 8;
	/* The upper half is padding there. */
	unmap->bitmap.data = (void *)(uintptr_t)0xabcdef0012345000;
	expect(syscall(X32_IOCTL, fd, VFIO_IOMMU_UNMAP_DMA, (uintptr_t)unmap | HIGH_HALF), "",
	       "VFIO_IOMMU_UNMAP_DMA, {argsz=48, flags=VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP, "
	       "iova=0, size=0, bitmap={pgsize=0, size=8, data=0x12345000}}");
}

static void *loop_calls(void *unused)
{
	(void)unused;
	while (!has_come) {
		ioctl(fd, VFIO_CHECK_EXTENSION, VFIO_TYPE1_IOMMU);
		usleep(5000);
	}
	return NULL;
}

static void on_signal(int signal)
{
	has_come = signal;
}

static void loop(void)
{
	pthread_t thread;

	signal(SIGTERM, on_signal);
	pthread_create(&thread, NULL, loop_calls, NULL);
	loop_calls(NULL);
	pthread_join(thread, NULL);
	printf("signal %d\n", has_come);
}

static void *breed_call(void *unused)
{
	(void)unused;
	ioctl(fd, VFIO_CHECK_EXTENSION, VFIO_TYPE1_IOMMU);
	return NULL;
}

static void breed(void)
{
	signal(SIGTERM, on_signal);
	while (!has_come) {
		pthread_t thread[THREADS];

		for (int i = 0; i < THREADS; i++)
			pthread_create(&thread[i], NULL, breed_call, NULL);
		for (int i = 0; i < THREADS; i++)
			pthread_join(thread[i], NULL);
	}
	printf("signal %d\n", has_come);
}

static void wait_for_signal(void)
{
	signal(SIGUSR1, on_signal);
	puts("ready");
	fflush(stdout);
	while (!has_come)
		usleep(5000);
	printf("signal %d\n", has_come == SIGUSR1);
	fflush(stdout);
	raise(SIGSTOP);
	puts("goes on");
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	const char *argument = argc > 2 ? argv[2] : "";

	self = argv[0];
	if (!strcmp(mode, "exit"))
		return atoi(argument);
	if (!strcmp(mode, "die"))
		raise(atoi(argument));
	if (!strcmp(mode, "signal")) {
		wait_for_signal();
		return 0;
	}
	open_node(argument);
	if (!strcmp(mode, "cases"))
		cases();
	else if (!strcmp(mode, "threads"))
		threads();
	else if (!strcmp(mode, "exec"))
		execute();
	else if (!strcmp(mode, "fork"))
		return has_child(fork);
	else if (!strcmp(mode, "clone"))
		return has_child(clone_silently);
	else if (!strcmp(mode, "x32"))
		x32();
	else if (!strcmp(mode, "loop"))
		loop();
	else if (!strcmp(mode, "breed"))
		breed();
	else
		return 2;
	return 0;
}
