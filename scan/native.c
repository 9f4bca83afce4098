/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/native.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* Ends of names of files that are no machine code, separated by blanks. */
static const char others[] =
	" js mjs cjs jsx ts mts cts tsx map json json5 jsonc jsonl ndjson md mdx markdown rst txt text css scss sass less styl html htm xhtml vue svelte "
	"yml yaml xml xsd xsl dtd svg png jpg jpeg gif ico webp avif bmp tiff psd pdf woff woff2 ttf otf eot mp3 mp4 ogg wav webm "
	"py pyi pyc pyo pyx pxd pxi ipynb rb erb rake gemspec php phpt java kt kts groovy scala class clj go rs c cc cpp cxx h hh hpp hxx m mm swift cs vb fs "
	"s asm f f90 pl pm lua r jl sh bash zsh fish bat cmd ps1 sql lock toml cfg ini conf properties env log csv tsv tmpl tpl ejs hbs pug jst mustache "
	"flow proto graphql gql coffee litcoffee iced snap def gyp gypi mk cmake in am ac m4 po pot mo npmignore gitignore gitattributes gitmodules "
	"editorconfig eslintrc eslintignore prettierrc prettierignore babelrc nycrc npmrc nvmrc jshintrc jscsrc tm_properties bnf pegjs jison y l "
	"gz tgz bz2 xz zst tar pem crt key asc sig typed pth wasm wat dat data tab patch diff license licence tsbuildinfo ";

static bool is_other(const char *dot)
{
	char want[20];
	size_t n = strlen(dot + 1);

	if (n == 0 || n > sizeof want - 3)
		return false;
	want[0] = ' ';
	for (size_t i = 0; i < n; i++)
		want[i + 1] = (char)(dot[i + 1] >= 'A' && dot[i + 1] <= 'Z' ? dot[i + 1] | 32 : dot[i + 1]);
	memcpy(want + n + 1, " ", 2);
	return strstr(others, want) != NULL;
}

bool bk_native_possible(const char *path, unsigned mode)
{
	const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');

	return (mode & 0111) || !dot || !is_other(dot);
}

/* ELF; PE behind the stub for DOS; Mach-O of both sizes. */
static bool is_native(const struct bk_buf *head)
{
	static const char magics[][4] = { { 0x7f, 'E', 'L', 'F' }, "\xcf\xfa\xed\xfe", "\xce\xfa\xed\xfe" };

	for (size_t i = 0; i < 3; i++)
		if (head->len > 64 && memcmp(head->at, magics[i], 4) == 0)
			return true;
	return head->len > 64 && memcmp(head->at, "MZ", 2) == 0;
}

static void take(struct bk_file *f)
{
	uint8_t sha256[32];

	if (bk_file_sha256(f, sha256))
		bk_take_native(f, sha256);
}

/* A file in a folder is mapped for its build information: that touches only the pages where it is. */
static void read_mapped(struct bk_file *f)
{
	struct stat st;
	struct bk_buf head = f->text;
	void *bytes = fstat(f->fd, &st) == 0 && st.st_size > 64 ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, f->fd, 0) : MAP_FAILED;

	if (bytes == MAP_FAILED) {
		bk_scan_warn(f, 0, "its build information is not read: %s", strerror(errno));
		return;
	}
	f->text = (struct bk_buf){ .at = bytes, .len = (size_t)st.st_size };
	bk_read_build_info(f);
	f->text = head;
	munmap(bytes, (size_t)st.st_size);
}

bool bk_native_read(struct bk_file *f)
{
	bool whole;

	if (bk_file_want(f, 65) < 0 || !is_native(&f->text))
		return false;
	if (f->fd >= 0) {
		take(f);
		read_mapped(f);
		return true;
	}
	whole = bk_file_whole(f, BK_BINARY_MAX) == 0;	/* first: to hash a file is to read it to its end */
	take(f);
	if (whole)
		bk_read_build_info(f);
	else
		bk_scan_warn(f, 0, "its build information is not read: larger than %zu MiB", BK_BINARY_MAX >> 20);
	return true;
}
