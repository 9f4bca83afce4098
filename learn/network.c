/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules of `network`: the name where one was resolved, with the port; else the address; the path of a unix socket.  What was only asked of the
 * resolver becomes a rule for the resolver's port, so that it may be asked again and nothing be connected to.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "core/network.h"
#include "learn/parts.h"

#define EPHEMERAL_LOW  32768u		/* net.ipv4.ip_local_port_range: ports that the kernel chooses */
#define EPHEMERAL_HIGH 60999u

static bool is_temporary(const struct bk_act *a)
{
	return a->port >= EPHEMERAL_LOW && a->port <= EPHEMERAL_HIGH && (a->kind == BK_EVENT_LISTEN || (a->endpoint.family == AF_INET && a->endpoint.address[0] == 127) ||
		(a->endpoint.family == AF_INET6 && IN6_IS_ADDR_LOOPBACK((const struct in6_addr *)(const void *)a->endpoint.address)));
}

/* A rule as it would stand, its path owned. */
static struct bk_model_rule rule_of(const struct bk_act *a)
{
	struct bk_model_rule r = { .action = BK_ALLOW, .has_endpoint = true, .endpoint = { .port_high = 65535 } };

	if (a->domain.len)
		r.path = bk_strndup(a->domain.at, a->domain.len);
	else if (a->endpoint.family == AF_UNIX)
		r.path = bk_pattern_literal(a->path);
	if (!a->domain.len)
		r.endpoint = a->endpoint;
	if (a->port) {
		r.endpoint.port_low = (uint16_t)(is_temporary(a) ? EPHEMERAL_LOW : a->port);
		r.endpoint.port_high = (uint16_t)(is_temporary(a) ? EPHEMERAL_HIGH : a->port);
	} else {
		r.endpoint.port_low = 0;
		r.endpoint.port_high = 65535;
	}
	if (r.endpoint.family == AF_UNIX)
		r.endpoint.prefix = 0;
	return r;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool is_there(const struct bk_model_section *s, const struct bk_model_rule *r)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->rules[i].action == BK_ALLOW && same_text(s->rules[i].path, r->path) && !memcmp(&s->rules[i].endpoint, &r->endpoint, sizeof r->endpoint))
			return true;
	return false;
}

/* A rule that names the domain on any port lets it be asked for. */
static bool is_named(const struct bk_model_section *s, struct bk_text domain)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->rules[i].action == BK_ALLOW && s->rules[i].path && !s->rules[i].endpoint.family && bk_text_equal(bk_text_of(s->rules[i].path), domain))
			return true;
	return false;
}

static void add(struct bk_model *m, enum bk_section section, const struct bk_act *a)
{
	struct bk_model_rule r = rule_of(a), *to;

	if (is_there(&m->section[section], &r)) {
		free(r.path);
		return;
	}
	to = bk_model_add(m, section, BK_ALLOW);
	to->path = r.path;
	to->has_endpoint = true;
	to->endpoint = r.endpoint;
	if (a->parent.len) {
		BK_FREE char *by = bk_comment_text(a->parent, 120);

		to->comment = bk_format("learned: %s", by);
	}
}

static bool is_question(const struct bk_act *a)
{
	return a->kind == BK_EVENT_CONNECT && a->domain.len && !a->address.len;
}

/* An address that cannot be read names nothing: a rule without it would allow all. */
static bool is_told(const struct bk_act *a)
{
	struct bk_request r;

	bk_act_request(a, &r);
	return r.endpoint || r.flags & BK_REQ_NAME;
}

/* Was the section looked at when this was learned?  Without a start event only acts can tell. */
static bool was_looked_at(const struct bk_seen *seen, const char *name)
{
	BK_FREE char *enforced = bk_format("%s=enforced", name), *detected = bk_format("%s=detected", name);

	return seen->sections && (strstr(seen->sections, enforced) || strstr(seen->sections, detected));
}

static void propose(struct bk_model *m, const struct bk_seen *seen, enum bk_section section, enum bk_event_kind kind)
{
	m->section[section].present |= was_looked_at(seen, bk_section_name(section));
	for (int questions = 0; questions < 2; questions++)
		for (size_t i = 0; i < seen->count; i++) {
			const struct bk_act *a = &seen->acts[i];

			if (a->kind != kind || !a->count || a->covered || !is_told(a) || is_question(a) != questions || (questions && is_named(&m->section[section], a->domain)))
				continue;
			m->section[section].present = true;
			add(m, section, a);
		}
}

void bk_propose_network(struct bk_model *m, const struct bk_seen *seen)
{
	propose(m, seen, BK_CONNECT, BK_EVENT_CONNECT);
	propose(m, seen, BK_LISTEN, BK_EVENT_LISTEN);
}
