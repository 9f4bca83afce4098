/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread puts another file under the descriptor that mmap is given, again and again: the file that was looked at is not the file that is mapped.
 * One call of foreign code is a success.  The twin maps the listed library as often as it takes, with an idle thread.
 */
#include "attack.h"

#include <pthread.h>
#include <sys/mman.h>

#define TRIES 100000
#define TWIN_TRIES 200

static int good, evil, slot;
static volatile bool swap;

static void *swapper(void *unused)
{
	while (swap) {
		dup2(evil, slot);
		dup2(good, slot);
	}
	return unused;
}

/* Whose bytes they are: bin/good and bin/evil differ somewhere in the code. */
static int mapped(void)
{
	const unsigned char *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, slot, 0);
	static unsigned char sample[2][4096];
	int which = 0;

	if (at == MAP_FAILED)
		return -1;
	if (!sample[0][0] && (pread(good, sample[0], 4096, 0) < 64 || pread(evil, sample[1], 4096, 0) < 64))
		return -1;
	which = memcmp(at, sample[1], 64) == 0;
	munmap((void *)at, 4096);
	return which;
}

static bool try_often(unsigned tries, bool twin)
{
	pthread_t t;
	unsigned count[3] = { 0 };

	good = open("../lib/good.so", O_RDONLY | O_CLOEXEC);
	evil = open("../lib/evil-head.so", O_RDONLY | O_CLOEXEC);
	slot = dup(good);
	swap = !twin;
	if (good < 0 || evil < 0 || pthread_create(&t, NULL, swapper, NULL) != 0)
		return false;
	for (unsigned i = 0; i < tries && !count[1]; i++) {
		int which = mapped();

		count[which < 0 ? 2 : which]++;
	}
	swap = false;
	pthread_join(t, NULL);
	fprintf(stderr, "%u listed, %u foreign, %u refused\n", count[0], count[1], count[2]);
	return twin ? count[0] == tries : count[1] > 0;
}

static bool attack(void) { return try_often(tries_of(TRIES), false); }
static bool twin(void) { return try_often(TWIN_TRIES, true); }

static const struct way ways[] = { { "descriptor", attack, twin } };

ATTACK_MAIN(ways)
