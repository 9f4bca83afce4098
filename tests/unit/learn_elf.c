/* SPDX-License-Identifier: Apache-2.0 */
/* The static pass over real ELF files that the compiler makes: what a program needs and no run loaded. */
#include "learn/elf.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "learn/reader.h"
#include "tests/support/tap.h"

static char folder[] = "/tmp/bk-elf-XXXXXX";

static const struct bk_act *needed(const struct bk_seen *seen, const char *name)
{
	for (size_t i = 0; i < seen->count; i++)
		if (!seen->acts[i].count && bk_text_equal(bk_text_basename(seen->acts[i].path), bk_text_of(name)))
			return &seen->acts[i];
	return NULL;
}

static void see(struct bk_seen *seen, enum bk_event_kind kind, const char *path)
{
	struct bk_log_event e = { .kind = kind, .verdict = BK_LEARNED, .has_verdict = true, .seq = 1, .path = bk_text_of(path) };

	e.key = bk_hash_bytes(BK_HASH_START, path, strlen(path)) | 1;
	bk_seen_add(seen, &e);
}

static bool command(const char *format)
{
	BK_FREE char *text = bk_format(format, folder, folder, folder, folder);

	return system(text) == 0;
}

static bool build(void)
{
	return command("cd %s && mkdir lib && echo 'int deep(void) { return 1; }' >deep.c && echo 'int deep(void); int near(void) { return deep(); }' >near.c") &&
	       command("cd %s && echo '#include <pthread.h>\nint near(void); int main(void) { pthread_cancel(pthread_self()); return near(); }' >main.c") &&
	       command("cd %s && gcc -shared -fPIC -o lib/libdeep.so.1 deep.c -Wl,-soname,libdeep.so.1 && ln -s libdeep.so.1 lib/libdeep.so") &&
	       command("cd %s && gcc -shared -fPIC -o lib/libnear.so near.c -Llib -ldeep -Wl,-rpath,'$ORIGIN'") &&
	       command("cd %s && gcc -o main main.c -Llib -lnear -ldeep -Wl,-rpath,'$ORIGIN/lib' -Wl,-rpath-link,lib");
}

int main(void)
{
	struct bk_seen seen = { 0 }, loaded = { 0 }, broken = { 0 };
	BK_FREE char *program = mkdtemp(folder) ? bk_format("%s/main", folder) : NULL;
	BK_FREE char *near = bk_format("%s/lib/libnear.so", folder);
	BK_FREE char *deep = bk_format("%s/lib/libdeep.so.1", folder);
	BK_FREE char *source = bk_format("%s/main.c", folder);
	const struct bk_act *a;

	if (!ok(build(), "gcc makes a program and two libraries"))
		return tap_end();
	see(&seen, BK_EVENT_EXEC, program);
	see(&seen, BK_EVENT_LOAD, "/usr/lib/x86_64-linux-gnu/libc.so.6");
	bk_elf_complete(&seen, "");
	a = needed(&seen, "libnear.so");
	ok(a && bk_text_equal(a->path, bk_text_of(near)), "a needed library is found by $ORIGIN");
	ok(a && bk_text_equal(a->needed_by, bk_text_of(program)), "who needs it is kept");
	ok(a && a->has_sha256, "its hash, too");
	a = needed(&seen, "libdeep.so.1");
	ok(a && bk_text_equal(a->path, bk_text_of(deep)), "what that one needs");
	ok(needed(&seen, "libgcc_s.so.1"), "pthread_cancel means libgcc_s, which the C library opens by itself");
	ok(!needed(&seen, "libc.so.6") && !needed(&seen, "ld-linux-x86-64.so.2"), "neither what was loaded nor the loader");

	see(&loaded, BK_EVENT_EXEC, program);
	see(&loaded, BK_EVENT_LOAD, near);
	see(&loaded, BK_EVENT_LOAD, deep);
	bk_elf_complete(&loaded, "");
	ok(!needed(&loaded, "libnear.so") && !needed(&loaded, "libdeep.so.1"), "what a run loaded is not added again");

	see(&broken, BK_EVENT_EXEC, source);
	see(&broken, BK_EVENT_EXEC, "/nonexistent/program");
	see(&broken, BK_EVENT_EXEC, "relative");
	ok(command("cd %s && head -c 300 main >cut"), "a program that was cut");
	BK_FREE char *cut = bk_format("%s/cut", folder);
	see(&broken, BK_EVENT_EXEC, cut);
	bk_elf_complete(&broken, "");
	ok(broken.count == 4, "files that are no ELF, are not there or are damaged add nothing");

	bk_seen_free(&seen);
	bk_seen_free(&loaded);
	bk_seen_free(&broken);
	command("rm -rf %s");
	return tap_end();
}
