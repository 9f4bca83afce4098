/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target over files, without a fuzzer: each argument is a file or a folder of files.  The last line says how
 * many inputs there were; a target that finds something ends the program.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int stop(const char *path)
{
	perror(path);
	exit(2);
}

static void replay_file(const char *path, size_t size)
{
	FILE *f = fopen(path, "rb");
	/* Exactly as large as the input, so that a byte read behind it is found. */
	uint8_t *data = malloc(size ? size : 1);

	if (!f || !data || fread(data, 1, size, f) != size)
		stop(path);
	fclose(f);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
}

static unsigned replay(const char *path);

static unsigned replay_folder(const char *path)
{
	DIR *folder = opendir(path);
	unsigned count = 0;

	if (!folder)
		stop(path);
	for (struct dirent *e; (e = readdir(folder)); ) {
		char name[4096];

		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof name, "%s/%s", path, e->d_name);
		count += replay(name);
	}
	closedir(folder);
	return count;
}

static unsigned replay(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		stop(path);
	if (S_ISDIR(st.st_mode))
		return replay_folder(path);
	replay_file(path, (size_t)st.st_size);
	return 1;
}

int main(int argc, char **argv)
{
	unsigned count = 0;

	for (int i = 1; i < argc; i++)
		count += replay(argv[i]);
	printf("%u inputs\n", count);
	return count ? 0 : 1;
}
