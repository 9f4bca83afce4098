/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/pack.h"

#include <elf.h>
#include <string.h>

static const char mark[] =
	"This package was wrapped by buckler: the platform starts buckler-init, which starts the function under policy.bkl.\n"
	"`buckler wrap --undo PACKAGE -o OUT` gives back what was wrapped.\n";

/* Names live in static tables: there are two places, the package's own folder and buckler/. */
static const char *placed(const char *folder, const char *name)
{
	static const char *const names[][2] = {
		{ BK_PACK_POLICY, BK_PACK_FOLDER BK_PACK_POLICY }, { BK_PACK_GATE, BK_PACK_FOLDER BK_PACK_GATE },
		{ BK_PACK_SHIM, BK_PACK_FOLDER BK_PACK_SHIM }, { BK_PACK_TABLE, BK_PACK_FOLDER BK_PACK_TABLE },
	};

	for (size_t i = 0; *folder && i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i][0], name) == 0)
			return names[i][1];
	return name;
}

size_t bk_pack_files(const struct bk_pack_parts *parts, const char *folder, bool bootstrap, struct bk_pack_file out[BK_PACK_FILES])
{
	size_t n = 0;

	out[n++] = (struct bk_pack_file){ BK_PACK_MARK, 0644, mark, sizeof mark - 1 };
	if (*folder)
		out[n++] = (struct bk_pack_file){ folder, 0755, NULL, 0 };
	out[n++] = (struct bk_pack_file){ bootstrap ? BK_PACK_BOOTSTRAP : placed(folder, BK_PACK_SHIM), 0755, parts->shim->at, parts->shim->len };
	out[n++] = (struct bk_pack_file){ placed(folder, BK_PACK_POLICY), 0644, parts->policy->at, parts->policy->len };
	if (parts->gate)
		out[n++] = (struct bk_pack_file){ placed(folder, BK_PACK_GATE), 0755, parts->gate->at, parts->gate->len };
	if (parts->gate && parts->table)
		out[n++] = (struct bk_pack_file){ placed(folder, BK_PACK_TABLE), 0644, parts->table->at, parts->table->len };
	return n;
}

const char *bk_pack_machine(const void *bytes, size_t size)
{
	Elf64_Ehdr head;

	if (size < sizeof head)
		return NULL;
	memcpy(&head, bytes, sizeof head);
	if (memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_ident[EI_DATA] != ELFDATA2LSB)
		return NULL;
	return head.e_machine == EM_X86_64 ? "x86-64" : head.e_machine == EM_AARCH64 ? "arm64" : NULL;
}
