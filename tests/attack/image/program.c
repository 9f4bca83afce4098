/* SPDX-License-Identifier: Apache-2.0 */
/* The same as image.c with a C library: what the dynamic loader can be asked to run, or linked statically with musl. */
#include <stdlib.h>

int main(int argc, char **argv)
{
	return argc > 1 && argv[1][0] == 'e' ? 66 : STATUS;
}
