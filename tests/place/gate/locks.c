/* SPDX-License-Identifier: Apache-2.0 */
/* Closing one of its descriptors of a file costs a process its record locks: the gate, which looks at what is mapped through one, must not do so. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int taken_for_others(int fd)
{
	struct flock lock = { .l_type = F_WRLCK };
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK);
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

int main(void)
{
	struct flock lock = { .l_type = F_WRLCK };
	int fd = open("/tmp/locked", O_RDWR | O_CREAT, 0700);

	if (fd < 0 || ftruncate(fd, 4096) < 0 || fcntl(fd, F_SETLK, &lock) < 0)
		return 1;
	printf("locked %d\n", taken_for_others(fd));
	printf("mapped %d\n", mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) != MAP_FAILED);
	printf("locked %d\n", taken_for_others(fd));
	lock.l_type = F_UNLCK;
	fcntl(fd, F_SETLK, &lock);
	printf("mapped %d\n", mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) != MAP_FAILED);
	printf("unlocked %d\n", !taken_for_others(fd));
	return 0;
}
