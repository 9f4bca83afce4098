/* SPDX-License-Identifier: Apache-2.0 */
/*
 * beside LIBRARY PROGRAM: one thread maps LIBRARY executable again and again, while another tries in vain to execute PROGRAM, 300 times; prints
 * how many mappings failed.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static volatile bool over;
static int failed;

static void *map(void *library)
{
	int fd = open(library, O_RDONLY);

	while (!over) {
		void *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

		if (at == MAP_FAILED)
			failed++;
		else
			munmap(at, 4096);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	char *vector[] = { argc > 2 ? argv[2] : NULL, NULL };
	pthread_t thread;

	pthread_create(&thread, NULL, map, argv[1]);
	for (int i = 0; i < 300; i++)
		execv(argv[2], vector);
	over = true;
	pthread_join(thread, NULL);
	printf("%d\n", failed);
	return 0;
}
