/* SPDX-License-Identifier: Apache-2.0 */
/* A static program that loads a library; by itself it executes itself again first, when nobody has had a reason to look for a while.  Says "done". */
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 2) {
		usleep(400000);
		execl(argv[0], argv[0], "now", (char *)NULL);
		return 2;
	}
	if (!dlopen("libm.so.6", RTLD_NOW))
		return 1;
	usleep(400000);
	puts("done");
	return 0;
}
