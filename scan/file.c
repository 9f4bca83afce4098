/* SPDX-License-Identifier: Apache-2.0 */
/* Files of a target and their text. */
#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

#include "scan/reader.h"
#include "scan/yaml.h"

enum { CHUNK = 16384, HASH_CHUNK = 1 << 18 };

const char *bk_file_name(const struct bk_file *f)
{
	const char *slash = strrchr(f->path, '/');

	return slash ? slash + 1 : f->path;
}

/* The first read asks for a little, later ones for as much as there is already. */
static size_t next_size(const struct bk_file *f, size_t size)
{
	size_t n = f->text.len < CHUNK ? CHUNK : f->text.len;

	return n < size - f->text.len ? n : size - f->text.len;
}

int bk_file_want(struct bk_file *f, size_t size)
{
	while (!f->end && f->text.len < size) {
		size_t n = next_size(f, size);
		ssize_t got;

		f->text.at = bk_grow(f->text.at, &f->text.cap, f->text.len + n + 1, 1);
		got = f->read(f, f->text.at + f->text.len, n);
		if (got < 0)
			return (int)got;
		f->end = got == 0;
		f->text.len += (size_t)got;
		f->text.at[f->text.len] = '\0';
	}
	if (!f->text.at)
		bk_buf_add(&f->text, "", 0);
	return 0;
}

int bk_file_whole(struct bk_file *f, size_t limit)
{
	int error = bk_file_want(f, limit + 1);

	return error ? error : f->text.len > limit ? -EFBIG : 0;
}

static int hash_rest(struct bk_file *f, EVP_MD_CTX *md)
{
	BK_FREE char *chunk = bk_alloc(HASH_CHUNK);
	ssize_t got = 0;

	EVP_DigestUpdate(md, f->text.at, f->text.len);
	while (!f->end && (got = f->read(f, chunk, HASH_CHUNK)) > 0)
		EVP_DigestUpdate(md, chunk, (size_t)got);
	f->end = true;
	return (int)got;
}

bool bk_file_sha256(struct bk_file *f, uint8_t out[32])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	int error = -ENOMEM;

	if (md && EVP_DigestInit_ex(md, EVP_sha256(), NULL)) {
		error = hash_rest(f, md);
		EVP_DigestFinal_ex(md, out, NULL);
	}
	EVP_MD_CTX_free(md);
	if (error < 0)
		bk_scan_warn(f, 0, "%s", strerror(-error));
	return error >= 0;
}

void bk_file_free(struct bk_file *f)
{
	bk_buf_free(&f->text);
	f->text = (struct bk_buf){ 0 };
}

/* --- text --- */

struct bk_lines bk_lines_of(const struct bk_buf *text)
{
	return (struct bk_lines){ .next = text->at, .end = text->at + text->len };
}

bool bk_line(struct bk_lines *l)
{
	const char *end;

	if (l->next >= l->end)
		return false;
	end = memchr(l->next, '\n', (size_t)(l->end - l->next));
	l->at = l->next;
	l->next = end ? end + 1 : l->end;
	l->len = (size_t)((end ? end : l->end) - l->at);
	if (l->len && l->at[l->len - 1] == '\r')
		l->len--;
	l->number++;
	return true;
}

bool bk_line_indented(struct bk_lines *l)
{
	if (!bk_line(l))
		return false;
	for (l->indent = 0; l->len && (*l->at == ' ' || *l->at == '\t'); l->indent++) {
		l->at++;
		l->len--;
	}
	return true;
}

static bool is_around(char c)
{
	return bk_blank(c) || c == '"' || c == '\'';
}

char *bk_line_part(const struct bk_lines *l, size_t from, size_t to)
{
	const char *a = l->at + from, *b = l->at + (to < l->len ? to : l->len);

	while (a < b && is_around(*a))
		a++;
	while (b > a && is_around(b[-1]))
		b--;
	return bk_strndup(a, b > a ? (size_t)(b - a) : 0);
}

const char *bk_line_value(const struct bk_lines *l, const char *key, size_t *len)
{
	size_t n = strlen(key);
	const char *at = l->at + n + 1, *end = l->at + l->len;

	if (l->len <= n || strncasecmp(l->at, key, n) != 0 || l->at[n] != ':')
		return NULL;
	while (at < end && bk_blank(*at))
		at++;
	while (end > at && bk_blank(end[-1]))
		end--;
	*len = (size_t)(end - at);
	return at;
}

const char *bk_json_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

json_t *bk_file_json(struct bk_file *f)
{
	json_error_t error;
	const char *at = f->text.at;
	size_t size = f->text.len;
	json_t *root;

	if (size >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) {
		at += 3;
		size -= 3;
	}
	root = json_loadb(at, size, 0, &error);
	if (!root)
		bk_scan_warn(f, (unsigned)error.line, "not read: %s", error.text);
	return root;
}

json_t *bk_file_yaml(struct bk_file *f)
{
	BK_FREE char *why = NULL;
	unsigned line;
	json_t *root = bk_yaml_load(f->text.at, f->text.len, &why, &line);

	if (!root)
		bk_scan_warn(f, line, "not read: %s", why);
	return root;
}
