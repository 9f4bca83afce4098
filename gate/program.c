/* SPDX-License-Identifier: Apache-2.0 */
/* What an execve would run: image, script with its interpreter, or the loader with a program. */
#include "core/match.h"
#include "core/script.h"
#include "core/sha256.h"
#include "gate/exec.h"

#define SCRIPT_LINE 256			/* BINPRM_BUF_SIZE (linux/binfmts.h) */

static int open_called(struct bk_exec *x)
{
	struct bk_work *w = x->work;
	char link[64];
	long n = bk_user_string(x->user_path, w->called, sizeof w->called);
	int follow = x->flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0;

	if (n < 0)
		return (int)n;
	if (bk_self_is(w->called))
		bk_put(w->called, w->called + sizeof w->called, bk_gate.image);
	if (n)
		return bk_file_open(&x->file, x->directory, w->called, follow, w->path);
	return x->flags & AT_EMPTY_PATH ? bk_file_open(&x->file, BK_AT_CWD, bk_fd_link(link, x->directory), 0, w->path) : -ENOENT;
}

/* Why the gate would not get into an image; NULL: it does. */
static const char *why_not(const struct bk_exec *x, const uint8_t *block, long n)
{
	if (n < 0)
		return "it cannot be read, and nothing says how the gate would get into it";
	if (x->script && n > 1 && block[0] == '#' && block[1] == '!')
		return "it is the interpreter of a script, and a script itself";
	if (x->kind == BK_IMAGE_STRANGE || x->kind == BK_IMAGE_CUT)
		return "the gate cannot load it: it is not for x86-64, or has memory that is writable and executable";
	return NULL;
}

/* Says which image it is that runs in the end, and how the gate gets into it; `n` bytes of it are in the block, or -errno. */
static void look_at_image(struct bk_exec *x, const struct bk_file *file, long n)
{
	uint8_t *block = x->work->block, *headers = block + BK_SEGMENT_HEAD;
	struct bk_segments segments;

	x->device = file->device;
	x->inode = file->inode;
	x->kind = n > 0 ? bk_segments_read(&segments, block, (size_t)n) : BK_IMAGE_OTHER;
	if (x->kind == BK_IMAGE_CUT) {
		long more = bk_file_read(file, headers, sizeof x->work->block - BK_SEGMENT_HEAD, bk_segments_gather(block));

		x->kind = bk_segments_read(&segments, block, BK_SEGMENT_HEAD + (more > 0 ? (size_t)more : 0));
	}
	x->why = why_not(x, block, n);
}

static int look_at_script(struct bk_exec *x)
{
	struct bk_work *w = x->work;
	struct bk_file by;
	int error = bk_file_open(&by, BK_AT_CWD, w->interpreter, 0, w->walk);

	if (error)
		return error;
	x->written = x->next;
	x->next = bk_put(x->next, x->end, w->interpreter) + 1;
	bk_put(w->interpreter, w->interpreter + sizeof w->interpreter, w->walk);
	x->script = true;
	x->request.interpreter = bk_text_of(w->interpreter);
	if (bk_file_fixed(&x->file, bk_text_of(w->called)))
		x->request.flags |= BK_REQ_UNCHANGEABLE;
	look_at_image(x, &by, bk_file_read(&by, w->block, sizeof w->block, 0));
	bk_file_close(&by);
	return 0;
}

int bk_exec_look(struct bk_exec *x)
{
	struct bk_work *w = x->work;
	int error = open_called(x);
	long n;

	if (error)
		return error;
	if ((x->file.mode & 0170000) != 0100000)
		return -EACCES;
	x->request.path = x->file.path;
	x->request.called = bk_rule_name(w->called);
	n = bk_file_read(&x->file, w->block, sizeof w->block, 0);
	if (n > 2 && bk_script_line((char *)w->block, (char *)w->block + (n < SCRIPT_LINE ? n : SCRIPT_LINE), w->interpreter, w->option, sizeof w->option))
		return look_at_script(x);
	look_at_image(x, &x->file, n);
	return 0;
}

int bk_exec_see_through(struct bk_exec *x)
{
	struct bk_work *w = x->work;
	uint32_t index = bk_loader_program(&x->request.argv);
	struct bk_text name = bk_args_get(&x->request.argv, index);
	uint64_t device = x->device, inode = x->inode;
	struct bk_file program;

	if (x->script || !bk_is_loader(x->request.path))
		return 0;
	x->request.flags |= BK_REQ_LOADER;
	if (!index || !name.len || bk_file_open(&program, BK_AT_CWD, name.at, 0, w->name) < 0) {
		x->request.flags |= BK_REQ_UNNAMED;
		return 0;
	}
	bk_file_close(&x->file);
	x->file = program;
	x->request.path = program.path;
	x->request.called = bk_rule_name(name.at);
	x->request.first_arg = index + 1;
	look_at_image(x, &program, bk_file_read(&program, w->block, sizeof w->block, 0));
	x->device = device;		/* what the kernel loads is the loader */
	x->inode = inode;
	return 0;
}

bool bk_own_variable(struct bk_text entry)
{
	const struct bk_ground *g = bk_gate.ground;
	struct bk_sha256 h;
	uint8_t digest[32];

	if (!g->own_variables)
		return false;
	bk_sha256_start(&h, false);
	bk_sha256_add(&h, entry.at, entry.len);
	bk_sha256_finish(&h, digest);
	for (unsigned i = 0; i < g->own_variables && i < BK_OWN_VARIABLES; i++)
		if (__builtin_memcmp(digest, g->own[i], 16) == 0)
			return true;
	return false;
}
