/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The first process of the guest: loads the modules that its initramfs holds (/0, /1, ...), makes
 * the host's root its own, read-only, and goes on with the script that is named on the kernel's
 * command line as "guest=PATH".  Static, and all that the initramfs holds beside the modules.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/module.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel panics when its first process ends; better to switch the machine off. */
static void die(const char *what)
{
	fprintf(stderr, "guest: %s: %s\n", what, strerror(errno));
	reboot(RB_POWER_OFF);
	exit(1);
}

static void load_modules(void)
{
	char path[16];

	for (int i = 0;; i++) {
		int fd;

		snprintf(path, sizeof(path), "/%d", i);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return;
		if (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST &&
		    syscall(SYS_finit_module, fd, "", MODULE_INIT_COMPRESSED_FILE) < 0 &&
		    errno != EEXIST)
			die("load a module");
		close(fd);
	}
}

static const struct {
	const char *what, *where, *type, *options;
	unsigned long flags;
} mounts[] = {
	{ "root", "/root", "9p", "trans=virtio,version=9p2000.L,msize=512000,cache=loose",
	  MS_RDONLY },
	{ "dev", "/root/dev", "devtmpfs", NULL, 0 },
	{ "proc", "/root/proc", "proc", NULL, 0 },
	{ "sys", "/root/sys", "sysfs", NULL, 0 },
	{ "run", "/root/run", "tmpfs", NULL, 0 },
};

int main(void)
{
	const char *script = getenv("guest");

	load_modules();
	mkdir("/root", 0755);
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++)
		if (mount(mounts[i].what, mounts[i].where, mounts[i].type, mounts[i].flags,
			  mounts[i].options) < 0)
			die(mounts[i].where);
	if (chdir("/root") < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0)
		die("change the root");
	if (script)
		execl("/bin/sh", "sh", script, (char *)NULL);
	die("start the script");
}
