/* SPDX-License-Identifier: Apache-2.0 */
/* What the platform gave the function to talk to: allowed to its main process without a rule. */
#include "shim/names.h"

static const char *value_of(char *const *envp, const char *name)
{
	for (; *envp; envp++) {
		const char *value = bk_value_of(*envp, name);

		if (value)
			return value;
	}
	return "";
}

static uint32_t parse_host(struct bk_text t, struct bk_endpoint *e)
{
	if (!bk_text_starts(t, BK_TEXT("localhost:")))
		return bk_address_parse(t, e);
	bk_address_parse(BK_TEXT("127.0.0.1"), e);
	return 9;
}

/* "127.0.0.1:9001", "http://127.0.0.1:9001/", "udp:127.0.0.1:2000 tcp:...": the first address and port of the text. */
static void take(struct bk_endpoint *e, const char *text)
{
	struct bk_text t = bk_text_of(text);
	const char *end;
	uint64_t port;

	for (uint32_t n; t.len; t = bk_text_from(t, 1)) {
		n = parse_host(t, e);
		if (!n || n == t.len || t.at[n] != ':')
			continue;
		port = bk_parse_number(t.at + n + 1, &end);
		if (port && port < 65536) {
			e->port_low = e->port_high = (uint16_t)port;
			bk_address_normalise(e);
			return;
		}
	}
	*e = (struct bk_endpoint){ 0 };
}

/* The Azure host names itself in the worker's arguments: --functions-uri http://127.0.0.1:PORT/, or --host and --port. */
static const char *argument(char *const *argv, const char *name)
{
	struct bk_text key = bk_text_of(name), all;

	for (; *argv; argv++) {
		all = bk_text_of(*argv);
		if (bk_text_equal(all, key))
			return argv[1] ? argv[1] : "";
		if (bk_text_starts(all, key) && all.at[key.len] == '=')
			return all.at + key.len + 1;
	}
	return "";
}

static void take_host(struct bk_endpoint *e, char *const *argv)
{
	char text[80];

	bk_put(bk_put(bk_put(text, text + sizeof text, argument(argv, "--host")), text + sizeof text, ":"), text + sizeof text, argument(argv, "--port"));
	take(e, *argument(argv, "--functions-uri") ? argument(argv, "--functions-uri") : text);
	if (e->family == BK_INET && e->address[0] != 127)
		*e = (struct bk_endpoint){ 0 };		/* the host of a worker is on its own machine */
}

static bool same_place(const struct bk_endpoint *a, const struct bk_endpoint *b)
{
	return a->family == b->family && a->port_low == b->port_low && __builtin_memcmp(a->address, b->address, 16) == 0;
}

/* Where credentials are given out: the metadata services, and what these variables call one (Azure's managed identity, ECS's and EKS's agents). */
static bool gives_credentials(const struct bk_endpoint *e, char *const *envp)
{
	static const char *const names[] = { "IDENTITY_ENDPOINT", "MSI_ENDPOINT", "AWS_CONTAINER_CREDENTIALS_FULL_URI", NULL };
	struct bk_endpoint other;

	for (unsigned i = 0; names[i]; i++) {
		take(&other, value_of(envp, names[i]));
		if (other.family && same_place(e, &other))
			return true;
	}
	return bk_address_is_metadata(e);
}

void bk_network_start(struct bk_shim *s, const struct bk_options *o)
{
	if (!bk_judged(s, BK_CONNECT))
		return;
	bk_names_start(s);
	take(&s->implicit[0], value_of(o->envp, "AWS_LAMBDA_RUNTIME_API"));
	take(&s->implicit[1], value_of(o->envp, "AWS_XRAY_DAEMON_ADDRESS"));
	if (*value_of(o->envp, "FUNCTIONS_WORKER_RUNTIME") || *value_of(o->envp, "WEBSITE_SITE_NAME"))
		take_host(&s->implicit[2], o->argv);
	for (unsigned i = 0; i < BK_IMPLICIT; i++)
		if (gives_credentials(&s->implicit[i], o->envp))
			s->implicit[i] = (struct bk_endpoint){ 0 };
}

void bk_network_probe(struct bk_shim *s)
{
	int pidfd = (int)sys_pidfd_open(s->main_pid), fd;
	uint32_t word;

	if (pidfd < 0)
		return;
	fd = (int)sys_pidfd_getfd(pidfd, 0);
	if (fd >= 0)
		sys_close(fd);
	if (fd >= 0 || fd == -EBADF)
		s->place.offers |= BK_CAN_GETFD;
	/* Address 0 is nobody's: EFAULT says that memory could be read. */
	if (bk_memory_read(s->main_pid, 0, &word, sizeof word) == -EFAULT)
		s->place.offers |= BK_CAN_READ_MEMORY;
	sys_close(pidfd);
}
