/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "wtg/text.h"

#define PROGRAM_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define MAX_OUTPUT (1 << 20)

static const struct {
	const char *program, *package;
} packages[] = {
	{ "mkntfs", "ntfs-3g" },
	{ "mkfs.fat", "dosfstools" },
	{ "mkfs.exfat", "exfatprogs" },
};

static const char *package_of(const char *program)
{
	for (size_t i = 0; i < sizeof(packages) / sizeof(packages[0]); i++)
		if (strcmp(packages[i].program, program) == 0)
			return packages[i].package;
	return program;
}

bool wtg_program_find(const char *name, char **ret_path, struct wtg_error *err)
{
	_cleanup_free_ char *dirs = wtg_text_copy(PROGRAM_PATH);
	char *rest = NULL;

	/* Its file has no name but there. */
	if (access("/proc/self/fd", X_OK) < 0) {
		wtg_fail(err, WTG_SYSTEM, errno, "find /proc, which the program %s needs", name);
		wtg_hint(err, "Mount it: mount -t proc proc /proc.");
		return false;
	}
	for (char *dir = strtok_r(dirs, ":", &rest); dir; dir = strtok_r(NULL, ":", &rest)) {
		char *path = wtg_text("%s/%s", dir, name);

		if (access(path, X_OK) == 0) {
			*ret_path = path;
			return true;
		}
		free(path);
	}
	wtg_fail(err, WTG_SYSTEM, 0, "the program %s is missing", name);
	wtg_hint(err, "Install it: on Debian it is in the package %s.", package_of(name));
	return false;
}

/* The last line that is not blank: where these programs say why. */
static char *last_line(int fd)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes output = { 0 };
	struct wtg_error ignored = WTG_ERROR_INIT;
	size_t end, start;

	if (wtg_read_file(fd, MAX_OUTPUT, "its output", &output, &ignored) < 0) {
		wtg_error_done(&ignored);
		return wtg_text_copy("said too much");
	}
	end = output.size;
	while (end > 0 && strchr(" \t\r\n", output.data[end - 1]))
		end--;
	start = end;
	while (start > 0 && output.data[start - 1] != '\n')
		start--;
	if (start == end)
		return wtg_text_copy("said nothing");
	return wtg_text("%.*s", (int)(end - start), (const char *)output.data + start);
}

static void __attribute__((noreturn)) become(const char *path, const char *const argv[],
					     const char *const envp[], int inherit_fd,
					     int output)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigset_t interruptions;

	/* Out of reach of the terminal's Ctrl-C, and deaf to a service's stop: we hear them,
	 * end what is under way and say so; a program that they ended would look like one that
	 * failed.  But it does not outlive us. */
	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&interruptions);
	sigaddset(&interruptions, SIGINT);
	sigaddset(&interruptions, SIGTERM);
	sigaddset(&interruptions, SIGHUP);
	sigprocmask(SIG_SETMASK, &interruptions, NULL);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
	    dup2(output, STDERR_FILENO) < 0)
		_exit(127);
	if (inherit_fd >= 0 && fcntl(inherit_fd, F_SETFD, 0) < 0)
		_exit(127);
	execve(path, (char *const *)argv, (char *const *)envp);
	_exit(127);
}

int wtg_run_program(const char *const argv[], const char *const extra_env[], int inherit_fd,
		    struct wtg_error *err)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_free_ char *epoch = NULL;
	_cleanup_free_ char *said = NULL;
	_cleanup_fd_ int output = -1;
	const char *envp[16] = { "LC_ALL=C.UTF-8", "PATH=" PROGRAM_PATH };
	size_t n_env = 2;
	int status;
	pid_t child;

	if (!wtg_program_find(argv[0], &path, err))
		return -1;
	if (wtg_memory_file("output", 0, &output, err) < 0)
		return -1;
	if (getenv("SOURCE_DATE_EPOCH"))
		envp[n_env++] = epoch = wtg_text("SOURCE_DATE_EPOCH=%s",
						 getenv("SOURCE_DATE_EPOCH"));
	for (size_t i = 0; extra_env && extra_env[i] && n_env < 15; i++)
		envp[n_env++] = extra_env[i];

	child = fork();
	if (child < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "start %s", argv[0]);
	if (child == 0)
		become(path, argv, envp, inherit_fd, output);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return wtg_fail(err, WTG_SYSTEM, errno, "wait for %s", argv[0]);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;

	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return wtg_fail(err, WTG_SYSTEM, 0, "%s could not be started", argv[0]);
	said = last_line(output);
	if (WIFSIGNALED(status))
		return wtg_fail(err, WTG_SYSTEM, 0, "%s was ended by signal %d (%s)", argv[0],
				WTERMSIG(status), said);
	return wtg_fail(err, WTG_SYSTEM, 0, "%s ended with status %d: %s", argv[0],
			WEXITSTATUS(status), said);
}
