/* SPDX-License-Identifier: MIT */
/*
 * What a virtual machine's owner does with a vGPU, done by a program inside our own test
 * machine (tests/vm/check.sh): through /dev/vfio as QEMU does. Linked statically.
 *
 *     guest use UUID           all ioctls, eventfds under load, mmap, reset, close
 *     guest cdev UUID          the same by the vGPU's own device and an iommufd
 *     guest pins UUID HOW      of NVIDIA's own driver: pages are pinned as the manager of
 *                              vGPUs does it, and memory goes; HOW: container, iommufd
 *     guest cycle N TYPE UUID  create in the directory TYPE and remove, N times
 *     guest parent UUID REG    the card goes while a vGPU is open: that has to wait
 *     guest hold UUID          a process that holds it open until "guest drop"
 *     guest drop
 *
 * Exit status 0: all as it should be; what was not is said on stdout.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES 64
#define ROUNDS 400
#define DROP "/tmp/drop"
#define FIRE "/sys/module/nvidia/parameters/fire"

static int bad;

static void expect(int yes, const char *what)
{
	if (!yes) {
		printf("NOT OK %s: %s\n", what, strerror(errno));
		bad = 1;
	}
}

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), rc;

	if (fd < 0)
		return -1;
	rc = write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
	if (close(fd))
		rc = -1;
	return rc;
}

struct opened {
	int container, group, device;
};

/* by: /dev/vfio/vfio or /dev/iommu, which takes the same ioctls. */
static int open_device_by(const char *uuid, const char *by, struct opened *o)
{
	char path[300], link[256];
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/iommu_group", uuid);
	n = readlink(path, link, sizeof(link) - 1);
	if (n < 0 || !memset(o, -1, sizeof(*o)))
		return -1;
	link[n] = '\0';
	snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(link, '/') + 1);
	o->container = open(by, O_RDWR);
	o->group = open(path, O_RDWR);
	if (o->container < 0 || o->group < 0 || ioctl(o->group, VFIO_GROUP_SET_CONTAINER, &o->container) ||
	    ioctl(o->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return -1;
	o->device = ioctl(o->group, VFIO_GROUP_GET_DEVICE_FD, uuid);
	return o->device < 0 ? -1 : 0;
}

static int open_device(const char *uuid, struct opened *o)
{
	return open_device_by(uuid, "/dev/vfio/vfio", o);
}

static void close_device(const struct opened *o)
{
	close(o->device);
	close(o->group);
	close(o->container);
}

static int set_irq(int device, int index, int fd)
{
	struct {
		struct vfio_irq_set set;
		int fd;
	} q = { .set = { .argsz = sizeof(q),
			 .flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
			 .index = (unsigned)index,
			 .count = 1 },
		.fd = fd };

	return ioctl(device, VFIO_DEVICE_SET_IRQS, &q);
}

static int unset_irq(int device, int index)
{
	struct vfio_irq_set q = { .argsz = sizeof(q),
				  .flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
				  .index = (unsigned)index };

	return ioctl(device, VFIO_DEVICE_SET_IRQS, &q);
}

/* Eventfds come and go while two processors raise interrupts through them. */
static void use_irqs(int device)
{
	uint64_t count = 0, got;
	struct pollfd p = { .events = POLLIN };

	expect(put(FIRE, "1") == 0, "interrupts begin");
	for (int k = 0; k < ROUNDS; k++) {
		int index = k & 1 ? VFIO_PCI_MSI_IRQ_INDEX : VFIO_PCI_INTX_IRQ_INDEX;

		p.fd = eventfd(0, EFD_NONBLOCK);
		expect(set_irq(device, index, p.fd) == 0, "an eventfd is taken");
		if (k % 50 < 2)
			expect(poll(&p, 1, 5000) == 1, "an interrupt comes through it");
		if (read(p.fd, &got, sizeof(got)) == sizeof(got))
			count += got;
		if (k % 50 == 4)
			expect(set_irq(device, index, p.fd) == 0, "and once more, in its own place");
		expect(unset_irq(device, index) == 0, "it is given back");
		if (k % 50 < 2)
			expect(unset_irq(device, index) == 0, "nothing is given back");
		/* The driver had the only other reference. */
		close(p.fd);
	}
	expect(count > 0, "interrupts come");
	for (int index = VFIO_PCI_INTX_IRQ_INDEX; index <= VFIO_PCI_MSI_IRQ_INDEX; index++) {
		p.fd = eventfd(0, EFD_NONBLOCK);
		expect(set_irq(device, index, p.fd) == 0, "one is left for close");
		close(p.fd);
	}
}

/* The number of the next eventfd: the lowest that none has, so it tells of those that
 * nobody gave back. -1 if this kernel does not say (before 5.2). */
static int next_eventfd(void)
{
	char path[64], line[128];
	int fd = eventfd(0, 0), id = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		(void)sscanf(line, "eventfd-id: %d", &id);
	if (f)
		fclose(f);
	close(fd);
	return id;
}

static void use_regions(int device)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	expect(ioctl(device, VFIO_DEVICE_GET_INFO, &info) == 0, "info");
	expect(info.num_regions > 0 && info.num_irqs > 0, "regions and interrupts");
	for (unsigned i = 0; i <= VFIO_PCI_CONFIG_REGION_INDEX; i++) {
		struct vfio_region_info r = { .argsz = sizeof(r), .index = i };
		void *at;

		expect(ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &r) == 0, "region info");
		if (!(r.flags & VFIO_REGION_INFO_FLAG_MMAP) || !r.size)
			continue;
		at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, device, (off_t)r.offset);
		if (at != MAP_FAILED)
			munmap(at, 4096);
	}
	for (unsigned i = 0; i < info.num_irqs; i++) {
		struct vfio_irq_info q = { .argsz = sizeof(q), .index = i };

		(void)ioctl(device, VFIO_DEVICE_GET_IRQ_INFO, &q);
	}
}

static void *memory(void)
{
	return mmap(NULL, PAGES * 4096ul, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void map_dma(int container, void *at, uint64_t iova)
{
	struct vfio_iommu_type1_dma_map m = { .argsz = sizeof(m),
					      .flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
					      .vaddr = (uintptr_t)at,
					      .iova = iova,
					      .size = PAGES * 4096ul };

	expect(ioctl(container, VFIO_IOMMU_MAP_DMA, &m) == 0, "map");
}

static void unmap_dma(int container, uint64_t iova)
{
	struct vfio_iommu_type1_dma_unmap u = { .argsz = sizeof(u), .iova = iova, .size = PAGES * 4096ul };

	expect(ioctl(container, VFIO_IOMMU_UNMAP_DMA, &u) == 0 && u.size == PAGES * 4096ul, "unmap");
}

/* Memory as a guest has it, low and high. */
static void use_memory(int container)
{
	void *at = memory();

	for (uint64_t iova = 0x100000; iova < 1ull << 40; iova <<= 6) {
		map_dma(container, at, iova);
		unmap_dma(container, iova);
	}
	munmap(at, PAGES * 4096ul);
}

static int use(const char *uuid)
{
	struct opened o;
	int next = next_eventfd();

	if (open_device(uuid, &o)) {
		expect(0, "open");
		return 1;
	}
	use_regions(o.device);
	use_memory(o.container);
	use_irqs(o.device);
	(void)ioctl(o.device, VFIO_DEVICE_RESET); /* asks the manager of vGPUs, which is not there */
	close_device(&o);
	expect(put(FIRE, "0") == 0, "interrupts end");
	expect(next_eventfd() == next, "no eventfd is kept");
	return bad;
}

/* --- cdev: without a group and a container, since 6.6 --- */

/* linux/vfio.h of 6.6 and linux/iommufd.h of 6.2, which older systems have not. */
struct bind_iommufd {
	uint32_t argsz, flags;
	int32_t iommufd;
	uint32_t out_devid;
};
struct attach_pt {
	uint32_t argsz, flags, pt_id;
};
struct detach_pt {
	uint32_t argsz, flags;
};
struct ioas_alloc {
	uint32_t size, flags, out_id;
};
struct ioas_map {
	uint32_t size, flags, id, reserved;
	uint64_t at, length, iova;
};
struct ioas_unmap {
	uint32_t size, id;
	uint64_t iova, length;
};

#define BIND_IOMMUFD _IO(VFIO_TYPE, VFIO_BASE + 18)
#define ATTACH_PT _IO(VFIO_TYPE, VFIO_BASE + 19)
#define DETACH_PT _IO(VFIO_TYPE, VFIO_BASE + 20)
#define IOAS_ALLOC _IO(';', 0x81)
#define IOAS_MAP _IO(';', 0x85)
#define IOAS_UNMAP _IO(';', 0x86)
#define IOAS_FIXED 1u
#define IOAS_WRITEABLE 2u
#define IOAS_READABLE 4u

/* The device's own node: /dev/vfio/devices/vfio0. */
static int open_cdev(const char *uuid)
{
	char path[300], name[64] = "";
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/vfio-dev", uuid);
	d = opendir(path);
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.')
			snprintf(name, sizeof(name), "%.60s", e->d_name);
	if (d)
		closedir(d);
	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", name);
	return open(path, O_RDWR);
}

static void use_ioas(int iommufd, uint32_t id)
{
	void *at = memory();

	for (uint64_t iova = 0x100000; iova < 1ull << 40; iova <<= 6) {
		struct ioas_map m = {
			sizeof(m), IOAS_FIXED | IOAS_WRITEABLE | IOAS_READABLE, id, 0, (uintptr_t)at, PAGES * 4096ul,
			iova
		};
		struct ioas_unmap u = { sizeof(u), id, iova, PAGES * 4096ul };

		expect(ioctl(iommufd, IOAS_MAP, &m) == 0, "map");
		expect(ioctl(iommufd, IOAS_UNMAP, &u) == 0 && u.length == PAGES * 4096ul, "unmap");
	}
	munmap(at, PAGES * 4096ul);
}

static int use_cdev(const char *uuid)
{
	int device = open_cdev(uuid), iommufd = open("/dev/iommu", O_RDWR);
	struct bind_iommufd b = { .argsz = sizeof(b), .iommufd = iommufd };
	struct ioas_alloc a = { .size = sizeof(a) };
	struct attach_pt t = { .argsz = sizeof(t) };
	struct detach_pt n = { .argsz = sizeof(n) };
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int next = next_eventfd();

	expect(device >= 0 && iommufd >= 0, "open");
	expect(ioctl(device, VFIO_DEVICE_GET_INFO, &info) < 0, "nothing is told before it is bound");
	expect(ioctl(device, BIND_IOMMUFD, &b) == 0, "bind");
	expect(ioctl(iommufd, IOAS_ALLOC, &a) == 0, "an address space");
	t.pt_id = a.out_id;
	expect(ioctl(device, ATTACH_PT, &t) == 0, "attach");
	if (!bad) {
		use_regions(device);
		use_ioas(iommufd, a.out_id);
		use_irqs(device);
		(void)ioctl(device, VFIO_DEVICE_RESET);
		expect(ioctl(device, DETACH_PT, &n) == 0, "detach");
	}
	close(device);
	close(iommufd);
	expect(put(FIRE, "0") == 0, "interrupts end");
	expect(next_eventfd() == next, "no eventfd is kept");
	return bad;
}

/* --- pins: what the manager of vGPUs asks of /dev/nvidia-vgpu0 (nv-vgpu-ioctl.h) --- */

#define FIRST_PAGE 0x100ull    /* at 1 MiB */
#define HIGH_IOVA (5ull << 30) /* above what the driver has a place for */
#define GET_IOVA 0
#define GET_HOST_PFN 1

struct vgpu_call {
	void *params;
	uint32_t status, size;
};

struct vgpu_pin {
	uint64_t *guest, *host;
	uint32_t n, type;
};

struct vgpu_unpin {
	uint64_t *guest;
	uint32_t n, type;
};

#define PIN 3
#define UNPIN 4

/* n pages from page on. */
static void vgpu_pages(int fd, int what, uint64_t page, uint32_t n, uint32_t type)
{
	uint64_t guest[PAGES], host[PAGES];
	struct vgpu_pin p = { guest, host, n, type };
	struct vgpu_unpin u = { guest, n, type };
	struct vgpu_call c = { &p, 0, sizeof(p) };

	if (what == UNPIN) {
		c.params = &u;
		c.size = sizeof(u);
	}
	for (uint32_t i = 0; i < n; i++)
		guest[i] = page + i;
	expect(ioctl(fd, _IOWR('q', (unsigned)what, struct vgpu_call), &c) == 0 && c.status == 0,
	       what == PIN ? "pages are pinned" : "pages are given back");
}

static int vgpu_major(void)
{
	FILE *f = fopen("/proc/devices", "r");
	char line[128];
	int major = -1;

	while (f && major < 0 && fgets(line, sizeof(line), f))
		if (strstr(line, " nvidia-vgpu-vfio\n"))
			major = atoi(line);
	if (f)
		fclose(f);
	return major;
}

/* A process of its own, since the driver kills it when the guest ends. It pins for each
 * byte that it is sent, and answers with one. */
static pid_t manager(const struct opened *o, const int *to, const int *from)
{
	pid_t pid = fork();
	int fd, round = 0;
	char byte;

	if (pid != 0)
		return pid;
	close_device(o); /* the guest's, not ours */
	close(to[1]);
	close(from[0]);
	(void)mknod("/tmp/vgpu", S_IFCHR | 0600, (dev_t)vgpu_major() << 8);
	fd = open("/tmp/vgpu", O_RDWR);
	expect(fd >= 0, "the vGPU's own device is there");
	while (read(to[0], &byte, 1) == 1) {
		/* What an unmap gave back meanwhile, as nvidia.ko does it. */
		if (round++)
			vgpu_pages(fd, UNPIN, FIRST_PAGE + 16, 8, GET_IOVA);
		vgpu_pages(fd, PIN, FIRST_PAGE, 16, GET_HOST_PFN);
		vgpu_pages(fd, PIN, FIRST_PAGE + 3, 1, GET_HOST_PFN);
		vgpu_pages(fd, PIN, FIRST_PAGE + 16, 8, GET_IOVA);
		byte = (char)bad;
		if (write(from[1], &byte, 1) != 1)
			break;
	}
	_exit(bad);
}

static int pins(const char *uuid, const char *how)
{
	int to[2], from[2];
	void *at = memory();
	struct opened o;
	pid_t pid;
	char byte = 1;

	if (open_device_by(uuid, strcmp(how, "iommufd") == 0 ? "/dev/iommu" : "/dev/vfio/vfio", &o) || pipe(to) ||
	    pipe(from)) {
		expect(0, "open");
		return 1;
	}
	pid = manager(&o, to, from);
	close(to[0]);
	close(from[1]);
	for (int round = 0; round < 3 && !bad; round++) {
		map_dma(o.container, at, FIRST_PAGE << 12);
		expect(write(to[1], "x", 1) == 1 && read(from[0], &byte, 1) == 1 && byte == 0, "the manager answers");
		map_dma(o.container, at, HIGH_IOVA);
		unmap_dma(o.container, HIGH_IOVA);
		if (round < 2)
			unmap_dma(o.container, FIRST_PAGE << 12);
	}
	close_device(&o); /* with pages pinned */
	close(to[1]);
	waitpid(pid, NULL, 0);
	munmap(at, PAGES * 4096ul);
	return bad;
}

static int cycle(int n, const char *type, const char *uuid)
{
	char create[300], gone[300];

	snprintf(create, sizeof(create), "%s/create", type);
	snprintf(gone, sizeof(gone), "/sys/bus/mdev/devices/%s/remove", uuid);
	for (int i = 0; i < n && !bad; i++) {
		expect(put(create, uuid) == 0, "create");
		expect(put(gone, "1") == 0, "remove");
	}
	printf("%d times\n", n);
	return bad;
}

static int parent(const char *uuid, const char *reg)
{
	struct opened o;
	int status = 0;
	pid_t remover;

	if (open_device(uuid, &o)) {
		expect(0, "open");
		return 1;
	}
	remover = fork();
	if (remover == 0) {
		close_device(&o);
		_exit(put(reg, "0") ? 1 : 0);
	}
	sleep(1);
	expect(waitpid(remover, &status, WNOHANG) == 0, "the card's going waits for who has a vGPU open");
	close_device(&o);
	for (int i = 0; i < 200 && waitpid(remover, &status, WNOHANG) == 0; i++)
		usleep(100000);
	expect(kill(remover, 0) < 0 && status == 0, "then it goes");
	return bad;
}

static int hold(const char *uuid)
{
	struct opened o;
	struct stat st;

	if (open_device(uuid, &o)) {
		expect(0, "open");
		return 1;
	}
	unlink(DROP);
	if (fork() != 0)
		_exit(0);
	close(0);
	close(1);
	close(2);
	while (stat(DROP, &st))
		usleep(20000);
	close_device(&o);
	unlink(DROP);
	return 0;
}

static int drop(void)
{
	struct stat st;

	close(open(DROP, O_CREAT | O_WRONLY, 0600));
	for (int i = 0; i < 500 && !stat(DROP, &st); i++)
		usleep(20000);
	return stat(DROP, &st) ? 0 : 1;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 3 && strcmp(verb, "use") == 0)
		return use(argv[2]);
	if (argc == 3 && strcmp(verb, "cdev") == 0)
		return use_cdev(argv[2]);
	if (argc == 4 && strcmp(verb, "pins") == 0)
		return pins(argv[2], argv[3]);
	if (argc == 5 && strcmp(verb, "cycle") == 0)
		return cycle(atoi(argv[2]), argv[3], argv[4]);
	if (argc == 4 && strcmp(verb, "parent") == 0)
		return parent(argv[2], argv[3]);
	if (argc == 3 && strcmp(verb, "hold") == 0)
		return hold(argv[2]);
	if (argc == 2 && strcmp(verb, "drop") == 0)
		return drop();
	printf("NOT OK no such verb: %s\n", verb);
	return 2;
}
