/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Races between the look at an exec and the exec: what is executed is changed all the time by another process, TRIES times.  One
 * unlisted image or one forbidden argument is a success, and ends the program.  Where $TRIES says fewer, it goes on until one try
 * was not the listed image: on a busy machine nothing may have changed until then.  The twin starts the listed program as often
 * as it takes while nothing is changed.
 */
#include "attack.h"

#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#define TRIES 100000
#define TWIN_TRIES 200

/* Shared with the process that changes it. */
struct shared {
	char path[PATH_MAX];
	char argument[16];
};
static struct shared *shared;

/* GOOD_IMAGE or EVIL_IMAGE, as one store of four aligned bytes makes it: a name that is half of each would be nobody's. */
static void flip_path(unsigned i)
{
	uint32_t name;

	memcpy(&name, i & 1 ? "evil" : "good", sizeof name);
	__atomic_store_n((uint32_t *)(void *)(shared->path + 8), name, __ATOMIC_RELAXED);
}

static bool prepare_path(bool twin)
{
	(void)twin;
	strcpy(shared->path, "../bin//good");
	return true;
}

static void flip_argument(unsigned i)
{
	memcpy(shared->argument, i & 1 ? "evil" : "fine", 4);
}

static void flip_symlink(unsigned i)
{
	if (symlink(i & 1 ? EVIL_IMAGE : GOOD_IMAGE, "next") == 0 && rename("next", "swapped") < 0)
		_exit(1);
}

static void flip_rename(unsigned i)
{
	unlink("next");		/* rename(2) does nothing between two names of one file */
	if (link(i & 1 ? "copy-evil" : "copy-good", "next") == 0 && rename("next", "swapped") < 0)
		_exit(1);
}

static void flip_folder(unsigned i)
{
	if (symlink(i & 1 ? "evil" : "good", "next") == 0 && rename("next", "folder") < 0)
		_exit(1);
}

static void flip_script(unsigned i)
{
	if (symlink(i & 1 ? "own.sh" : "../bin/listed.sh", "next") == 0 && rename("next", "swapped") < 0)
		_exit(1);
}

static void flip_own_script(unsigned i)
{
	unlink("next");
	if (link(i & 1 ? "own.sh" : "copy.sh", "next") == 0 && rename("next", "swapped.sh") < 0)
		_exit(1);
}

static pid_t flipper(void (*flip)(unsigned))
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned i = 0; ; i++) {
		flip(i);
		if (i % 64 == 0)
			sched_yield();
	}
}

static int start_with(const char *path)
{
	pid_t pid = vfork();

	if (pid == 0) {
		char *argv[] = { (char *)"image", shared->argument, NULL }, *envp[] = { NULL };

		execve(path, argv, envp);
		_exit(REFUSED);
	}
	return outcome(pid);
}

static bool prepare_nothing(bool twin) { (void)twin; return true; }

static bool prepare_symlink(bool twin) { (void)twin; return symlink(GOOD_IMAGE, "swapped") == 0; }

/* swapped is listed by its hash (policy races): the content of GOOD_IMAGE. */
static bool prepare_rename(bool twin)
{
	(void)twin;
	return copy(GOOD_IMAGE, "copy-good", 0755) && copy(EVIL_IMAGE, "copy-evil", 0755) && link("copy-good", "swapped") == 0;
}

static bool prepare_folder(bool twin)
{
	(void)twin;
	return mkdir("evil", 0755) == 0 && copy(EVIL_IMAGE, "evil/tool", 0755) && mkdir("good", 0755) == 0 &&
		copy(GOOD_IMAGE, "good/tool", 0755) && symlink("good", "folder") == 0;
}

/* The interpreter opens a script by the name that was called.  The twin calls it by its own name, where nobody can change it. */
static bool prepare_script(bool twin)
{
	char folder[2048];

	if (chdir("../bin") < 0 || !getcwd(folder, sizeof folder) || chdir("../w") < 0)
		return false;
	snprintf(shared->path, sizeof shared->path, "%s/%s", folder, twin ? "listed.sh" : "../w/swapped");
	return put_file("own.sh", "#!/bin/sh\nexit 66\n", 0755) && symlink("../bin/listed.sh", "swapped") == 0;
}

/* A script in a folder of the function, listed by the hash of bin/listed.sh. */
static bool prepare_own_script(bool twin)
{
	(void)twin;
	return put_file("own.sh", "#!/bin/sh\nexit 66\n", 0755) && copy("../bin/listed.sh", "copy.sh", 0755) && link("copy.sh", "swapped.sh") == 0;
}

static const struct race {
	const char *name, *path;
	bool (*prepare)(bool twin);
	void (*flip)(unsigned);
} races[] = {
	{ "path", NULL, prepare_path, flip_path },
	{ "argument", GOOD_IMAGE, prepare_nothing, flip_argument },
	{ "symlink", "./swapped", prepare_symlink, flip_symlink },
	{ "rename", "./swapped", prepare_rename, flip_rename },
	{ "folder", "./folder/tool", prepare_folder, flip_folder },
	{ "script", NULL, prepare_script, flip_script },
	{ "own-script", "./swapped.sh", prepare_own_script, flip_own_script },
};

struct tally { unsigned good, evil, killed, refused; };

static void count(struct tally *t, int status)
{
	if (status == EVIL)
		t->evil++;
	else if (status == GOOD)
		t->good++;
	else if (status > 128)
		t->killed++;
	else
		t->refused++;
}

static int race(const struct race *r, bool twin)
{
	struct tally t = { 0 };
	pid_t other = -1;
	unsigned tries = twin ? TWIN_TRIES : tries_of(TRIES);

	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	strcpy(shared->argument, "fine");
	if (!r->prepare(twin))
		return 2;
	if (!twin)
		other = flipper(r->flip);
	for (unsigned i = 0; !t.evil && (i < tries || (!twin && t.good == i && i < TRIES)); i++)
		count(&t, start_with(r->path ? r->path : shared->path));
	if (other > 0)
		kill(other, SIGKILL);
	fprintf(stderr, "%s: %u good, %u evil, %u killed, %u refused\n", r->name, t.good, t.evil, t.killed, t.refused);
	if (twin ? t.good != tries : !t.evil)
		return 1;
	puts(twin ? "normal work done" : "DONE");
	return 0;
}

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof races / sizeof *races; i++)
		if (strcmp(races[i].name, argv[1]) == 0)
			return race(&races[i], argc == 3);
	return 2;
}
