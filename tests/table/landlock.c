/* SPDX-License-Identifier: Apache-2.0 */
/* What Landlock is asked for, for every ABI there is and one to come; and the ports that a policy comes to. */
#include "core/landlock.h"

#include <stdlib.h>

#include "lang/policy_model.h"
#include "tests/support/tap.h"

#define EVERYTHING (BK_WALL_WRITE | BK_WALL_CONNECT | BK_WALL_BIND | BK_WALL_ABSTRACT)
#define FILES 0x3df2u		/* bits 1, 4 to 8, 10 to 13 of linux/landlock.h */

static const struct row {
	uint32_t abi, wanted, size;
	struct bk_landlock masks;
} rows[] = {
	{ 0, EVERYTHING, 0, { 0, 0, 0 } },
	{ 1, EVERYTHING, 0, { 0, 0, 0 } },
	{ 2, EVERYTHING, 8, { FILES, 0, 0 } },
	{ 3, EVERYTHING, 8, { FILES, 0, 0 } },
	{ 4, EVERYTHING, 16, { FILES, 3, 0 } },
	{ 5, EVERYTHING, 16, { FILES, 3, 0 } },
	{ 6, EVERYTHING, 24, { FILES, 3, 1 } },
	{ 7, EVERYTHING, 24, { FILES, 3, 1 } },
	{ 8, EVERYTHING, 24, { FILES, 3, 1 } },
	{ 7, 0, 0, { 0, 0, 0 } },
	{ 1, BK_WALL_WRITE, 0, { 0, 0, 0 } },
	{ 2, BK_WALL_WRITE, 8, { FILES, 0, 0 } },
	{ 7, BK_WALL_WRITE, 24, { FILES, 0, 0 } },
	{ 3, BK_WALL_CONNECT | BK_WALL_BIND, 0, { 0, 0, 0 } },
	{ 4, BK_WALL_CONNECT, 16, { 0, 2, 0 } },
	{ 4, BK_WALL_BIND, 16, { 0, 1, 0 } },
	{ 5, BK_WALL_ABSTRACT, 0, { 0, 0, 0 } },
	{ 6, BK_WALL_ABSTRACT, 24, { 0, 0, 1 } },
};

static void masks_are_right(const struct row *r)
{
	struct bk_landlock got;
	uint32_t size = bk_landlock_handled(r->abi, r->wanted, &got);

	ok(size == r->size && got.files == r->masks.files && got.net == r->masks.net && got.scoped == r->masks.scoped,
	   "ABI %u, wanted %x: %u bytes, %llx %llx %llx", r->abi, r->wanted, size, (unsigned long long)got.files, (unsigned long long)got.net,
	   (unsigned long long)got.scoped);
}

/* --- ports --------------------------------------------------------------------------------------------------------------------- */

static const struct { const char *rules, *ports; } policies[] = {
	{ "[]", "" },
	{ "[{address: 10.0.0.0/8, port: 5432}]", "5432" },
	{ "[{address: \"::1\", port: 443}, {address: 10.0.0.1, port: 443}]", "443" },
	{ "[{domain: a.test, port: 443}]", "443 53" },
	{ "[{domain: a.test, port: 443}, {domain: b.test, port: 80}]", "443 53 80" },
	{ "[{address: 10.0.0.1, port: 8000-8003}]", "8000 8001 8002 8003" },
	{ "[{address: 10.0.0.1, port: 1-64}]", "64 of them" },
	{ "[{address: 10.0.0.1, port: 1-65}]", "any" },
	{ "[{address: 10.0.0.1, port: 1-64}, {address: 10.0.0.1, port: 99}]", "any" },
	{ "[{address: 10.0.0.1}]", "any" },
	{ "[{domain: a.test}]", "any" },
	{ "[{port: 443}]", "443 53" },
	{ "[{unix: /run/x}, {family: vsock}]", "" },
	{ "{allow: [{address: 10.0.0.1, port: 80}], deny: [{address: 10.0.0.2, port: 81}, {address: 10.0.0.3}]}", "80" },
};

static void say(const struct bk_policy *policy, char *out, size_t room)
{
	uint16_t ports[BK_LANDLOCK_PORTS];
	uint32_t n = bk_landlock_ports(policy, ports);
	size_t at = 0;

	*out = '\0';
	if (n > 10)
		snprintf(out, room, n == UINT32_MAX ? "any" : "%u of them", n);
	for (uint32_t i = 0; n <= 10 && i < n; i++)
		at += (size_t)snprintf(out + at, room - at, i ? " %u" : "%u", ports[i]);
}

static void ports_are_right(const char *rules, const char *wanted)
{
	BK_FREE char *text = bk_format("version: 1\nnetwork:\n  connect: %s\n", rules);
	struct bk_diags d = { 0 };
	struct bk_model *m = bk_policy_parse("table", text, strlen(text), &d);
	BK_BUF bytes = { 0 };
	struct bk_policy p;
	char got[80] = "no policy";

	if (m && bk_policy_compile(m, &bytes, &d) == 0 && bk_policy_open(&p, bytes.at, bytes.len, NULL) == BK_POLICY_OK)
		say(&p, got, sizeof got);
	ok(!strcmp(got, wanted), "%s: \"%s\" (%s)", rules, wanted, got);
	bk_model_free(m);
	bk_diags_free(&d);
}

int main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		masks_are_right(&rows[i]);
	for (size_t i = 0; i < sizeof policies / sizeof *policies; i++)
		ports_are_right(policies[i].rules, policies[i].ports);
	return tap_end();
}
