/* SPDX-License-Identifier: Apache-2.0 */
/* A library.  Built with EVIL, whatever process loads it says so. */
#include <unistd.h>

int answer(void);
int answer(void)
{
	return STATUS;
}

/* The Java native interface's name for a method without arguments of class Load. */
int Java_Load_answer(void *, void *);
int Java_Load_answer(void *environment, void *class)
{
	(void)environment, (void)class;
	return STATUS;
}

/* rtld-audit(7): the loader says its version and takes the same. */
unsigned la_version(unsigned version);
unsigned la_version(unsigned version)
{
	return version;
}

__attribute__((constructor)) static void loaded(void)
{
	if (STATUS == 66 && write(1, "DONE\n", 5) < 0)
		_exit(1);
}
