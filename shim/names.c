/* SPDX-License-Identifier: Apache-2.0 */
/* Which names there are, which addresses they have: configuration, pins, decisions.  The relay: relay.c. */
#include "shim/names.h"

static uint32_t second(void)
{
	struct __kernel_timespec t = { 0, 0 };

	sys_clock(1 /* CLOCK_MONOTONIC */, &t);
	return (uint32_t)t.tv_sec;
}

/* --- pins --------------------------------------------------------------------------------------------------------------------------- */

void bk_names_pin(struct bk_shim *s, struct bk_endpoint e, struct bk_text name, uint32_t ttl)
{
	bk_pins_keep(s->names->pins, e, name, ttl, second());
}

struct bk_decision bk_names_decide(struct bk_shim *s, struct bk_request *r)
{
	struct bk_names *n = s->names;

	return bk_pins_decide(n ? n->pins : NULL, &s->policy, r, s->least, n ? second() : 0, n ? &n->decided : NULL);
}

/* --- start ---------------------------------------------------------------------------------------------------------------------------- */

bool bk_names_wanted(const struct bk_shim *s)
{
	enum bk_mode mode = bk_policy_mode(&s->policy, BK_CONNECT);

	if (!bk_judged(s, BK_CONNECT))
		return false;
	return mode == BK_LEARN || s->least == BK_LEARN || bk_plan_names(&s->policy);
}

static struct bk_text word_of(const char **at)
{
	const char *start;

	while (**at == ' ' || **at == '\t')
		(*at)++;
	start = *at;
	while (**at && **at != ' ' && **at != '\t' && **at != '\n' && **at != '#' && **at != '\r')
		(*at)++;
	return (struct bk_text){ start, (uint32_t)(*at - start) };
}

static void add_server(struct bk_names *names, struct bk_text address)
{
	struct bk_endpoint e;

	if (!bk_address_parse(address, &e))
		return;
	e.port_low = e.port_high = 53;
	bk_address_normalise(&e);
	for (uint32_t i = 0; i < BK_SERVERS; i++)
		if (!names->pins->server[i].family) {
			names->pins->server[i] = e;
			return;
		}
}

static void resolver_line(struct bk_shim *s, const char *line)
{
	struct bk_text key = word_of(&line);

	if (bk_text_equal(key, BK_TEXT("nameserver")))
		add_server(s->names, word_of(&line));
}

/* Names of the file are of this host's own making: those that the policy lists stand for what is written there. */
static void hosts_line(struct bk_shim *s, const char *line)
{
	struct bk_request r = { .section = BK_CONNECT, .flags = BK_REQ_NAME };
	struct bk_endpoint e;

	if (!bk_address_parse(word_of(&line), &e))
		return;
	for (r.path = word_of(&line); r.path.len; r.path = word_of(&line))
		if (!bk_stops(bk_decide(&s->policy, &r, BK_ENFORCE).verdict))
			bk_names_pin(s, e, r.path, UINT32_MAX);
}

static void read_lines(struct bk_shim *s, const char *path, void (*take)(struct bk_shim *s, const char *line))
{
	char *text = (char *)s->scratch->block, *end;
	int fd = (int)sys_open(path, O_RDONLY | O_CLOEXEC);
	long n = fd < 0 ? fd : sys_read(fd, text, sizeof s->scratch->block - 1);

	if (fd >= 0)
		sys_close(fd);
	text[n > 0 ? n : 0] = '\0';
	for (char *line = text; *line; line = end + (*end != '\0')) {
		for (end = line; *end && *end != '\n'; end++)
			;
		take(s, line);
	}
}

void bk_names_start(struct bk_shim *s)
{
	if (!bk_names_wanted(s))
		return;
	s->names = sys_mmap(NULL, sizeof *s->names, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if ((unsigned long)s->names > -4096UL) {
		s->names = NULL;
		return;
	}
	s->names->pins = &s->names->own;
	for (uint32_t i = 0; i < BK_SERVERS; i++)
		s->names->relay[i] = s->names->upstream[i] = s->names->listener[i] = -1;
	read_lines(s, "/etc/resolv.conf", resolver_line);
	if (!s->names->own.server[0].family)
		add_server(s->names, BK_TEXT("127.0.0.1"));	/* resolv.conf(5) */
	read_lines(s, "/etc/hosts", hosts_line);
}
