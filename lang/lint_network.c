/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of the network and the environment that are hardly ever meant. */
#include <string.h>
#include <sys/socket.h>
#include "core/decide.h"
#include "core/match.h"
#include "lang/lint.h"

/* NAME=* and NAME=**. */
static bool takes_every_value(const char *path)
{
	const char *value = strchr(path, '=');

	return value && value[1] && value[1 + strspn(value + 1, "*")] == '\0';
}

void bk_lint_environment(struct bk_lint *l, const struct bk_model_rule *r)
{
	if (r->action != BK_ALLOW)
		return;
	if (strcspn(r->path, "*?") < strcspn(r->path, "="))
		bk_lint_warn(l, r, "'%s' takes in many variables: name them", r->path);
	else if (!bk_injection_variable(bk_text_of(r->path)))
		bk_lint_warn(l, r, "'%s' is not a variable that is held back: the rule has no effect", r->path);
	else if (takes_every_value(r->path))
		bk_lint_warn(l, r, "'%s' takes in every value: write out what is meant", r->path);
	else if (!strncmp(r->path, "LD_PRELOAD", 10) || !strncmp(r->path, "LD_AUDIT", 8))
		bk_lint_warn(l, r, "'%s' puts code into every child: the libraries section alone stands behind it", r->path);
}

static bool has_host_bits(const struct bk_endpoint *e)
{
	unsigned bits = e->family == AF_INET ? 32 : e->family == AF_INET6 ? 128 : 0;

	for (unsigned i = e->prefix; i < bits; i++)
		if (e->address[i / 8] & 0x80u >> (i % 8))
			return true;
	return false;
}

/* Names that are of one network: nobody else can have one below them (RFC 2606, 6762, 8375, and by habit). */
static bool is_private_top(const char *name)
{
	static const char *const names[] = { "internal", "local", "localhost", "lan", "home", "corp", "intranet", "private", "test", "example", "invalid",
					     "arpa", NULL };

	for (int i = 0; names[i]; i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static void lint_domain(struct bk_lint *l, const struct bk_model_rule *r)
{
	const char *last = strrchr(r->path, '.'), *wild = strpbrk(r->path, "*?");

	last = last ? last + 1 : r->path;
	if (strpbrk(last, "*?"))
		bk_lint_warn(l, r, "'%s' takes in names that anybody can register: write out how they end", r->path);
	else if (wild && r->path + strspn(r->path, "*?.") == last && !is_private_top(last))
		bk_lint_warn(l, r, "'%s' takes in every name below '%s': name the domains that are meant", r->path, last);
}

/* Who may speak to these starts what he likes on the host. */
static void lint_socket(struct bk_lint *l, const struct bk_model_rule *r)
{
	static const char *const sockets[] = {
		"/run/docker.sock", "/var/run/docker.sock", "/run/containerd/containerd.sock", "/var/run/containerd/containerd.sock", "/run/crio/crio.sock",
		"/var/run/crio/crio.sock", "/run/podman/podman.sock", NULL
	};

	for (int i = 0; sockets[i]; i++)
		if (bk_match_path(bk_text_of(r->path), bk_text_of(sockets[i]))) {
			bk_lint_warn(l, r, "who speaks to '%s' controls the host's containers: leave '%s' out", sockets[i], r->path);
			return;
		}
}

void bk_lint_network(struct bk_lint *l, enum bk_section section, const struct bk_model_rule *r)
{
	const struct bk_endpoint *e = &r->endpoint;
	bool addressed = !e->family || e->family == AF_INET || e->family == AF_INET6;
	bool is_domain = r->path && !e->family, every_port = e->port_low == 0 && e->port_high == 65535;
	bool anywhere = r->path ? !strcmp(r->path, "*") || !strcmp(r->path, "**") : addressed && !e->prefix;

	if (has_host_bits(e))
		bk_lint_warn(l, r, "the address has bits behind its prefix of %u: they do not count", e->prefix);
	if (r->action != BK_ALLOW)
		return;
	if (anywhere && every_port)
		bk_lint_warn(l, r, "allows every %s", section == BK_LISTEN ? "port to listen on" : "destination");
	else if (section == BK_CONNECT && anywhere && addressed)
		bk_lint_warn(l, r, "allows every host on %s: name the hosts with domain or address", e->port_low == e->port_high ? "that port" : "those ports");
	else if (section == BK_CONNECT && is_domain)
		lint_domain(l, r);
	else if (section == BK_CONNECT && r->path)
		lint_socket(l, r);
}
