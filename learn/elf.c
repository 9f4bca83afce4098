/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/elf.h"

#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/decide.h"

#define OBJECTS_MAX 4096u		/* a program needs fewer */
#define FILE_MAX (512u << 20)		/* bytes of one that is hashed */

/* The C library opens the second when a program calls the first (glibc: nptl/pthread_cancel.c, debug/backtrace.c, iconv). */
static const struct { const char *symbol, *library; } implied[] = {
	{ "pthread_cancel", "libgcc_s.so.1" }, { "pthread_exit", "libgcc_s.so.1" }, { "backtrace", "libgcc_s.so.1" },
};

struct object {
	char *path;
	char *by;			/* NULL: was loaded itself */
};

struct closure {
	struct object *at;
	size_t count, cap;
	char **folders;			/* of what was loaded */
	size_t folder_count, folder_cap;
	const char *root;
	struct bk_seen *seen;
};

/* --- the list of objects --- */

static bool is_listed(const struct closure *c, const char *path)
{
	for (size_t i = 0; i < c->count; i++)
		if (!strcmp(c->at[i].path, path))
			return true;
	return false;
}

/* An object is known by its file's name: the loader loads no second one of that name. */
static bool is_loaded(const struct closure *c, const char *name)
{
	for (size_t i = 0; i < c->count; i++)
		if (!strcmp(strrchr(c->at[i].path, '/') + 1, name))
			return true;
	return false;
}

static void add_object(struct closure *c, const char *path, const char *by)
{
	if (c->count == OBJECTS_MAX || *path != '/' || is_listed(c, path))
		return;
	c->at = bk_grow(c->at, &c->cap, c->count + 1, sizeof *c->at);
	c->at[c->count++] = (struct object){ bk_strdup(path), by ? bk_strdup(by) : NULL };
}

static void add_folder(struct closure *c, struct bk_text path)
{
	BK_FREE char *folder = bk_strndup(path.at, path.len - bk_text_basename(path).len);

	for (size_t i = 0; i < c->folder_count; i++)
		if (!strcmp(c->folders[i], folder))
			return;
	c->folders = bk_grow(c->folders, &c->folder_cap, c->folder_count + 1, sizeof *c->folders);
	c->folders[c->folder_count++] = bk_strdup(folder);
}

/* --- finding --- */

static bool is_object(const char *path)
{
	char magic[4];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool good = fd >= 0 && read(fd, magic, sizeof magic) == sizeof magic && !memcmp(magic, "\177ELF", 4);

	if (fd >= 0)
		close(fd);
	return good;
}

/* The canonical path without `root`, NULL where there is no such object. */
static char *object_at(const struct closure *c, const char *folder, const char *name)
{
	BK_FREE char *whole = bk_format("%s%s/%s", c->root, folder, name);
	char real[PATH_MAX];
	size_t n = strlen(c->root);

	if (!realpath(whole, real) || strncmp(real, c->root, n) || !is_object(real))
		return NULL;
	return bk_strdup(real + n);
}

/* One entry of RPATH or RUNPATH, with $ORIGIN. */
static char *in_entry(const struct closure *c, const char *by, const char *entry, size_t n, const char *name)
{
	static const char *const words[] = { "$ORIGIN", "${ORIGIN}" };
	int origin = (int)(strrchr(by, '/') - by);
	BK_FREE char *folder = NULL;

	for (int i = 0; i < 2; i++) {
		size_t w = strlen(words[i]);

		if (n >= w && !strncmp(entry, words[i], w))
			folder = bk_format("%.*s%.*s", origin, by, (int)(n - w), entry + w);
	}
	if (!folder)
		folder = bk_strndup(entry, n);
	return *folder == '/' ? object_at(c, folder, name) : NULL;
}

static char *in_list(const struct closure *c, const char *by, const char *list, const char *name)
{
	for (const char *at = list; at && *at; at += *at == ':') {
		size_t n = strcspn(at, ":");
		char *found = n ? in_entry(c, by, at, n, name) : NULL;

		if (found)
			return found;
		at += n;
	}
	return NULL;
}

static char *find(const struct closure *c, const char *by, const char *list, const char *name)
{
	static const char *const folders[] = { "/lib64", "/usr/lib64", "/lib", "/usr/lib" };
	char *found = in_list(c, by, list, name);

	for (size_t i = 0; !found && i < c->folder_count; i++)
		found = object_at(c, c->folders[i], name);
	for (size_t i = 0; !found && i < sizeof folders / sizeof *folders; i++)
		found = object_at(c, folders[i], name);
	return found;
}

/* --- reading one object --- */

static void need(struct closure *c, const char *by, const char *list, const char *name)
{
	/* The loader itself is mapped by the kernel, which libraries are not. */
	bool given = strchr(name, '/') || is_loaded(c, name) || bk_is_loader(bk_text_of(name));
	BK_FREE char *path = given ? NULL : find(c, by, list, name);

	if (path)
		add_object(c, path, by);
}

static Elf_Data *section_data(Elf *elf, Elf64_Word type, GElf_Shdr *header)
{
	for (Elf_Scn *s = elf_nextscn(elf, NULL); s; s = elf_nextscn(elf, s))
		if (gelf_getshdr(s, header) && header->sh_type == type)
			return elf_getdata(s, NULL);
	return NULL;
}

static void read_dynamic(struct closure *c, Elf *elf, const char *by)
{
	GElf_Shdr header;
	Elf_Data *data = section_data(elf, SHT_DYNAMIC, &header);
	const char *list = NULL;
	GElf_Dyn entry;

	for (int i = 0; data && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++)
		if (entry.d_tag == DT_RUNPATH || (entry.d_tag == DT_RPATH && !list))
			list = elf_strptr(elf, header.sh_link, entry.d_un.d_val);
	for (int i = 0; data && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++) {
		const char *name = entry.d_tag == DT_NEEDED ? elf_strptr(elf, header.sh_link, entry.d_un.d_val) : NULL;

		if (name)
			need(c, by, list, name);
	}
}

static void read_symbols(struct closure *c, Elf *elf, const char *by)
{
	GElf_Shdr header;
	Elf_Data *data = section_data(elf, SHT_DYNSYM, &header);
	GElf_Sym symbol;

	for (int i = 0; data && gelf_getsym(data, i, &symbol); i++) {
		const char *name = symbol.st_shndx == SHN_UNDEF ? elf_strptr(elf, header.sh_link, symbol.st_name) : NULL;

		for (size_t k = 0; name && k < sizeof implied / sizeof *implied; k++)
			if (!strcmp(name, implied[k].symbol))
				need(c, by, NULL, implied[k].library);
	}
}

static void read_object(struct closure *c, const char *path)
{
	BK_FREE char *whole = bk_format("%s%s", c->root, path);
	BK_FREE char *by = bk_strdup(path);
	int fd = open(whole, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	Elf *elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ, NULL);

	if (elf && elf_kind(elf) == ELF_K_ELF) {
		read_dynamic(c, elf, by);
		read_symbols(c, elf, by);
	}
	elf_end(elf);
	if (fd >= 0)
		close(fd);
}

static bool hash_file(const char *path, uint8_t digest[32])
{
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	static uint8_t block[1 << 16];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool good = hash && fd >= 0 && EVP_DigestInit_ex(hash, EVP_sha256(), NULL);
	uint64_t total = 0;
	ssize_t n = 0;

	while (good && total < FILE_MAX && (n = read(fd, block, sizeof block)) > 0) {
		good = EVP_DigestUpdate(hash, block, (size_t)n);
		total += (uint64_t)n;
	}
	good = good && n == 0 && EVP_DigestFinal_ex(hash, digest, NULL);
	if (fd >= 0)
		close(fd);
	EVP_MD_CTX_free(hash);
	return good;
}

/* --- all of them --- */

static void start(struct closure *c)
{
	for (size_t i = 0; i < c->seen->count; i++) {
		const struct bk_act *a = &c->seen->acts[i];
		struct bk_text image = a->interpreter.len ? a->interpreter : a->path;

		if (!a->count || (a->kind != BK_EVENT_EXEC && a->kind != BK_EVENT_LOAD && a->kind != BK_EVENT_START))
			continue;
		add_object(c, image.at ? image.at : "", NULL);
		if (a->kind == BK_EVENT_LOAD)
			add_folder(c, a->path);
	}
}

static void report(struct closure *c)
{
	for (size_t i = 0; i < c->count; i++) {
		BK_FREE char *whole = c->at[i].by ? bk_format("%s%s", c->root, c->at[i].path) : NULL;
		uint8_t digest[32];

		if (whole && hash_file(whole, digest))
			bk_seen_need(c->seen, c->at[i].path, c->at[i].by, digest);
	}
}

void bk_elf_complete(struct bk_seen *seen, const char *root)
{
	struct closure c = { .root = root, .seen = seen };

	if (elf_version(EV_CURRENT) == EV_NONE)
		return;
	bk_seen_sort(seen);
	start(&c);
	for (size_t i = 0; i < c.count; i++)
		read_object(&c, c.at[i].path);
	report(&c);
	for (size_t i = 0; i < c.count; i++) {
		free(c.at[i].path);
		free(c.at[i].by);
	}
	for (size_t i = 0; i < c.folder_count; i++)
		free(c.folders[i]);
	free(c.at);
	free(c.folders);
}
