/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of objects: the tables in the shim's memory file (core/gate.h).  The main process adds what it has decoded, until `main:`
 * has been met; from then on the file is sealed, and only then anybody else believes it.
 */
#include <linux/fcntl.h>
#include "gate/gate.h"

#define ENTRIES 256u			/* that the main process may add */
#define SITES	4096u

/* Room for a table in the making. */
struct bk_making {
	size_t size;
	struct bk_table_maker maker;
	bool adding;			/* an entry has been begun */
	uint8_t room[];
};

/* For as long as the process runs: libraries come later, too. */
static void use_table(int fd, size_t size)
{
	const void *at = bk_view_file(fd, size);

	if (!at)
		return;
	if (!bk_table_open(&bk_gate.known, at, size) ||
	    bk_seal((uintptr_t)at, ((uintptr_t)at + size + BK_PAGE - 1) & ~(uintptr_t)(BK_PAGE - 1), false) < 0) {
		sys_munmap((uintptr_t)at, size);
		bk_gate.known = (struct bk_table){ 0 };
	}
}

static int open_tables(int flags)
{
	char path[64];

	return (int)sys_open(bk_proc_fd(path, bk_gate.ground->shim, bk_gate.ground->sites), flags | O_CLOEXEC);
}

/* A copy of the tables as they are, with room behind. */
static void start_making(int fd, size_t was)
{
	struct bk_table old = { 0 };
	struct bk_making *m;
	size_t size;
	const void *at = was <= BK_TABLE_MOST ? bk_view_file(fd, was) : NULL;

	if (at && !bk_table_open(&old, at, was))
		bk_report_note(BK_ALERTED, BK_TABLE_FILE, "it is no site table of this version: it is not used");
	size = sizeof *m + (old.entries + ENTRIES) * sizeof *m->maker.entry + (old.sites + SITES) * sizeof *m->maker.site;
	m = sys_mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if ((uintptr_t)m <= -4096UL) {
		m->size = size;
		m->maker.entry_cap = old.entries + ENTRIES;
		m->maker.site_cap = old.sites + SITES;
		m->maker.entry = (struct bk_table_entry *)m->room;
		m->maker.site = (struct bk_table_site *)(m->maker.entry + m->maker.entry_cap);
		bk_table_join(&m->maker, &old);
		bk_gate.making = m;
	}
	if (at)
		sys_munmap((uintptr_t)at, was);
}

void bk_known_start(bool first)
{
	struct stat st;
	int fd;

	if (bk_gate.ground->sites < 0)
		return;
	fd = open_tables(first ? O_RDWR : O_RDONLY);
	if (fd < 0 || sys_fstat(fd, &st) < 0)
		return;
	bk_gate.sites_inode = st.st_ino;
	if (sys_fcntl(fd, F_GET_SEALS, 0) & F_SEAL_WRITE)
		use_table(fd, (size_t)st.st_size);
	else if (first)
		start_making(fd, (size_t)st.st_size);
	sys_close(fd);
}

static bool put_all(int fd, const void *from, size_t size, uint64_t at)
{
	return BK_CALL(__NR_pwrite64, fd, from, size, at, 0, 0) == (long)size;
}

static bool write_table(int fd, const struct bk_table_maker *m)
{
	struct bk_table_header h = bk_table_header(m);
	size_t entries = m->entries * sizeof *m->entry, sites = m->sites * sizeof *m->site;

	return BK_CALL(__NR_ftruncate, fd, 0, 0, 0, 0, 0) == 0 && put_all(fd, m->entry, entries, sizeof h) &&
	       put_all(fd, m->site, sites, sizeof h + entries) && put_all(fd, &h, sizeof h, 0);
}

void bk_known_finish(void)
{
	struct bk_making *m = bk_gate.making;
	int fd = m ? open_tables(O_RDWR) : -1;

	if (fd >= 0) {
		/* One that is cut short has no header, and is no table for anybody. */
		write_table(fd, &m->maker);
		if (!bk_gate.main && sys_fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0)
			use_table(fd, bk_table_header(&m->maker).size);
		sys_close(fd);
	}
	if (m)
		sys_munmap((uintptr_t)m, m->size);
	bk_gate.making = NULL;
}

/* --- one object ------------------------------------------------------------------------------------------------------------------ */

static struct bk_table table_now(void)
{
	const struct bk_making *m = bk_gate.making;

	if (!m)
		return bk_gate.known;
	return (struct bk_table){ m->maker.entry, m->maker.site, m->maker.entries, m->maker.sites };
}

static bool key_of_file(const struct bk_object *o, const char *path, struct bk_table_key *key)
{
	struct bk_identity id;
	struct stat st;

	if (sys_stat(path, &st) < 0)
		return false;
	id = (struct bk_identity){
		st.st_dev, st.st_ino, (uint64_t)st.st_size, (int64_t)st.st_mtime, (int64_t)st.st_mtime_nsec, (int64_t)st.st_ctime,
		(int64_t)st.st_ctime_nsec,
	};
	bk_key_of_file(o, &id, key);
	return true;
}

/* An object without a build id: by its file where it has been met before, else by its code where that is worth the time. */
static const struct bk_table_entry *find_unnamed(const struct bk_table *t, const struct bk_object *o, const char *path, struct bk_table_key *key)
{
	const struct bk_table_entry *e = key_of_file(o, path, key) ? bk_table_find(t, key) : NULL;
	struct bk_table_key code;

	if (e || !bk_table_may_hold(t, BK_KEY_CODE, key->code))
		return e;
	bk_key_of_code(o, false, &code);
	e = bk_table_find(t, &code);
	/* The entries have moved where one was added. */
	return e && bk_gate.making && bk_table_alias(&bk_gate.making->maker, e, key) ? bk_table_find(t, &code) : e;
}

bool bk_known_find(const struct bk_object *o, const char *path, struct bk_known *known)
{
	*known = (struct bk_known){ .table = table_now(), .path = path };
	known->entry = bk_key_of_notes(o, &known->key) ? bk_table_find(&known->table, &known->key)
						       : find_unnamed(&known->table, o, path, &known->key);
	return known->entry != NULL;
}

void bk_known_refuse(struct bk_known *known)
{
	bk_report_note(BK_ALERTED, known->path, "its site table says what its code does not: it is not used");
	if (bk_gate.making)
		bk_table_remove(&bk_gate.making->maker, &known->entry->key);
	known->entry = NULL;
}

void bk_known_begin(const struct bk_known *known)
{
	struct bk_making *m = bk_gate.making;

	if (!m || !known->key.kind)
		return;
	bk_table_remove(&m->maker, &known->key);
	m->adding = bk_table_begin(&m->maker, &known->key);
}

void bk_known_site(const struct bk_site *site)
{
	struct bk_making *m = bk_gate.making;

	if (m && m->adding && !bk_table_put(&m->maker, site)) {
		bk_table_drop(&m->maker);
		m->adding = false;
	}
}

void bk_known_end(uint32_t uncovered)
{
	struct bk_making *m = bk_gate.making;

	if (m && m->adding)
		m->maker.entry[m->maker.current].uncovered = uncovered;
	if (m)
		m->adding = false;
}
