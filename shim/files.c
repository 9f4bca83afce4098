/* SPDX-License-Identifier: Apache-2.0 */
/* Calls on files: what is asked of each, and its verdict.  How they are made: fileacts.c. */
#include <linux/stat.h>
#include "shim/fileacts.h"

/* --- places ----------------------------------------------------------------------------------------------------------------- */

/* The path at `address`, resolved; NULL as an address means the descriptor, where the call says so. */
static int place_of(struct bk_file_call *c, int dir, uint64_t address, unsigned how, char *out, struct bk_target *p)
{
	struct bk_shim *s = c->s;
	long n = bk_memory_string(s, (int)c->n->pid, address, s->scratch->walk, BK_PATH_MAX);

	p->folder = p->object = -1;
	if (n < 0)
		return (int)n;
	return bk_resolve(s, (int)c->n->pid, dir, how, out, p);
}

static int first_place(struct bk_file_call *c, const struct bk_act_row *row)
{
	const uint64_t *args = (const uint64_t *)c->n->data.args;
	int dir = row->dir < 0 ? BK_AT_CWD : (int)args[row->dir];
	unsigned how = bk_act_how(c);

	if (row->path < 0 || (!args[row->path] && (c->act == BK_ACT_UTIMENS || c->act == BK_ACT_UTIMES)))
		return bk_resolve_descriptor(c->s, (int)c->n->pid, dir, c->s->scratch->path, &c->at);
	return place_of(c, dir, args[row->path], how, c->s->scratch->path, &c->at);
}

/* link and rename have a second name, behind the first. */
static int second_place(struct bk_file_call *c, const struct bk_act_row *row)
{
	const uint64_t *args = (const uint64_t *)c->n->data.args;

	if (c->act != BK_ACT_LINK && c->act != BK_ACT_RENAME)
		return 0;
	if (row->dir < 0)
		return place_of(c, BK_AT_CWD, args[1], BK_RESOLVE_MAKE, c->s->scratch->interpreter, &c->to);
	return place_of(c, (int)args[2], args[3], BK_RESOLVE_MAKE, c->s->scratch->interpreter, &c->to);
}

/* --- the decision ------------------------------------------------------------------------------------------------------------- */

/* Below the shim's own folder of /proc nothing may be written, and of it little be read: the kernel would let the shim do both. */
static bool is_ours(const struct bk_shim *s, struct bk_text path, bool write)
{
	static const char *const open_to_all[] = { "", "/stat", "/statm", "/status", "/cmdline", "/comm", NULL };
	char own[64];
	struct bk_text prefix = bk_text_of(bk_proc(own, s->self, "")), rest;

	if (!bk_text_starts(path, prefix) || (path.len > prefix.len && path.at[prefix.len] != '/'))
		return false;
	rest = bk_text_from(path, prefix.len);
	for (unsigned i = 0; !write && open_to_all[i]; i++)
		if (bk_text_equal(rest, bk_text_of(open_to_all[i])))
			return false;
	return true;
}

/* The caller may write there already: a log that its output was sent to, opened once more through /dev/stdout. */
static bool is_own_output(const struct bk_file_call *c, const struct bk_target *p)
{
	char link[64];
	struct stat st;

	for (int fd = 1; fd < 3 && p->object >= 0; fd++)
		if (sys_stat(bk_proc_fd(link, (int)c->n->pid, fd), &st) == 0 && st.st_ino == p->st.st_ino && st.st_dev == p->st.st_dev)
			return true;
	return false;
}

static struct bk_decision ask(struct bk_file_call *c, enum bk_section section, const struct bk_target *p, struct bk_request *r)
{
	struct bk_shim *s = c->s;
	struct bk_decision d;

	*r = (struct bk_request){ .section = section, .path = p->path };
	if (p->folder < 0 && p->object >= 0 && S_ISREG(p->st.st_mode) && !p->st.st_nlink)
		r->flags |= BK_REQ_ANONYMOUS;
	if (bk_path_below(p->path, s->task_root, s->task_root_length))
		r->flags |= BK_REQ_TASK_ROOT;
	d = bk_decide(&s->policy, r, s->least);
	if (section == BK_WRITE && d.verdict != BK_ALLOWED && d.reason == BK_WHY_NO_RULE && is_own_output(c, p)) {
		r->flags |= BK_REQ_OWN_OUTPUT;
		d = bk_decide(&s->policy, r, s->least);
	}
	if (is_ours(s, p->path, section == BK_WRITE))
		d = (struct bk_decision){ BK_DENIED, BK_WHY_PRIVATE, UINT32_MAX };
	return d;
}

/* True where the call may go on as far as this section is concerned. */
static bool passes(struct bk_file_call *c, enum bk_section section, const struct bk_target *p)
{
	struct bk_shim *s = c->s;
	struct bk_request r;

	if (!bk_judged(s, section))
		return true;
	c->decision = ask(c, section, p, &r);
	if (c->decision.verdict == BK_LEARNED && c->decision.reason == BK_WHY_SECTION)
		return true;		/* needs no rule: nothing to learn */
	if (bk_speaks(c->decision.verdict)) {
		bk_note_parent((int)c->n->pid, s->scratch->parent, BK_PATH_MAX);
		r.parent = bk_text_of(s->scratch->parent);
		bk_notify_speak(s, section == BK_READ ? BK_EVENT_READ : BK_EVENT_WRITE, &r, &c->decision, (int)c->n->pid);
	}
	return !bk_stops(c->decision.verdict);
}

/* --- who calls ------------------------------------------------------------------------------------------------------------------ */

/* What stands behind `name`, which begins with the end of the line before. */
static const char *find_line(const char *text, const char *name)
{
	for (; *text; text++) {
		uint32_t n = 0;

		while (name[n] && text[n] == name[n])
			n++;
		if (!name[n])
			return text + n;
	}
	return text;
}

/* The lines of /proc/TID/status that say what a task may do with files: identities, groups, capabilities. */
static uint64_t credentials_in(const char *text)
{
	static const char *const lines[] = { "\nUid:", "\nGid:", "\nGroups:", "\nCapEff:" };
	uint64_t h = 0;

	for (unsigned i = 0; i < 4; i++) {
		const char *at = find_line(text, lines[i]);
		uint32_t n = 0;

		while (at[n] && at[n] != '\n')
			n++;
		h = h * 31 + bk_path_hash((struct bk_text){ at, n });
	}
	return h | 1;
}

static bool read_status(struct bk_shim *s, int tid, char **text)
{
	char path[64];
	int fd = (int)sys_open(bk_proc(path, tid, "/status"), O_RDONLY | O_CLOEXEC);
	long n = fd < 0 ? -1 : sys_read(fd, s->scratch->block, 4095);

	if (fd >= 0)
		sys_close(fd);
	*text = (char *)s->scratch->block;
	(*text)[n > 0 ? n : 0] = '\0';
	return n > 0;
}

unsigned bk_files_umask(struct bk_shim *s, int tid)
{
	unsigned mask = 0;
	char *text;

	if (!read_status(s, tid, &text))
		return 077;
	for (const char *at = find_line(text, "\nUmask:\t"); *at >= '0' && *at <= '7'; at++)
		mask = mask * 8 + (unsigned)(*at - '0');
	return mask;
}

uint64_t bk_files_capabilities(struct bk_shim *s, int tid)
{
	uint64_t held = 0;
	char *text;

	if (!read_status(s, tid, &text))
		return 0;
	for (const char *at = find_line(text, "\nCapEff:\t"); *at && *at != '\n'; at++)
		held = held << 4 | (uint64_t)(*at <= '9' ? *at - '0' : *at - 'a' + 10);
	return held;
}

/*
 * The shim's open is made with the shim's rights.  An unprivileged task cannot change its own under no_new_privs; one of root can, and
 * its calls then go on by themselves, with Landlock beneath.
 */
bool bk_same_rights(struct bk_shim *s, int tid)
{
	char *text;

	if (s->uid != 0)
		return true;
	if (!s->credentials && read_status(s, s->self, &text))
		s->credentials = credentials_in(text);
	return read_status(s, tid, &text) && credentials_in(text) == s->credentials;
}

/* --- entry ------------------------------------------------------------------------------------------------------------------------ */

static void finish(struct bk_file_call *c)
{
	if (!bk_notify_alive(c->s, c->n->id))
		return;			/* what was read may have been another task's */
	bk_act_name(c);
	if (!bk_act_passes(c, passes))
		bk_notify_settle(c->s, c->n, &c->decision);
	else if (bk_act_must_go_on(c) || !bk_same_rights(c->s, (int)c->n->pid))
		bk_notify_answer(c->s, c->n->id, 0);
	else
		bk_act_make(c);
}

static long read_string(const struct bk_file_call *c, uint64_t from, char *to, size_t cap)
{
	return bk_memory_string(c->s, (int)c->n->pid, from, to, cap);
}

static bool read_memory(const struct bk_file_call *c, uint64_t from, void *to, size_t n)
{
	return bk_memory_read((int)c->n->pid, from, to, n) == (long)n;
}

static const struct bk_act_means means = { bk_own_fd, read_string, read_memory };

void bk_files_notified(struct bk_shim *s, const struct seccomp_notif *n)
{
	const struct bk_act_row *row = bk_act_row(n->data.nr);
	struct bk_file_call c = { .s = s, .n = n, .act = row ? row->act : 0, .text = s->scratch->name, .value = s->scratch->stack, .means = &means,
		 .at = { .folder = -1, .object = -1 }, .to = { .folder = -1, .object = -1 } };
	long r;

	if (!row) {
		bk_notify_answer(s, n->id, ENOSYS);
		return;
	}
	s->scratch->window.size = 0;
	c.flags = row->flags < 0 ? 0 : (unsigned)n->data.args[row->flags];
	c.first = n->data.args[0];
	c.rest = (const uint64_t *)n->data.args + (row->path < 0 ? 1 : row->path + 1);
	r = bk_act_read(&c);
	if (r == 0)
		r = first_place(&c, row);
	if (r == 0)
		r = second_place(&c, row);
	if (r == 0)
		r = bk_act_hopeless(&c);
	if (r < 0)
		bk_notify_result(s, n->id, r);
	else
		finish(&c);
	bk_target_close(&c.at);
	bk_target_close(&c.to);
}

/* The folder that the place keeps the function's code in: Lambda, Azure.  (Google's is read-only.) */
void bk_files_start(struct bk_shim *s, char *const *envp)
{
	static const char *const names[] = { "LAMBDA_TASK_ROOT", "AzureWebJobsScriptRoot" };
	struct bk_text root = { NULL, 0 };

	for (; *envp; envp++)
		for (unsigned i = 0; i < 2; i++) {
			const char *value = bk_value_of(*envp, names[i]);

			root = value ? bk_text_of(value) : root;
		}
	if (!root.len || root.at[0] != '/')
		return;
	bk_put(s->scratch->walk, s->scratch->walk + BK_PATH_MAX, root.at);
	struct bk_target p;

	if (bk_resolve(s, s->self, BK_AT_CWD, BK_RESOLVE_FOLLOW, s->scratch->path, &p) < 0 || p.path.len < 2)
		return;
	s->task_root_length = (uint16_t)p.path.len;
	s->task_root = bk_path_hash(p.path);
	bk_target_close(&p);
}
