/* SPDX-License-Identifier: Apache-2.0 */
/* What the relay for datagrams (relay.c) and the one for streams (streams.c) share. */
#ifndef BK_SHIM_RELAY_H
#define BK_SHIM_RELAY_H

#include "shim/names.h"

/* Puts a descriptor into s->events; `events` as epoll_ctl(2) has them. */
bool bk_relay_watch(struct bk_shim *s, int fd, uint32_t events, uint64_t data);
/* A number for name, type and class. */
uint32_t bk_relay_hash(const struct bk_dns_question *q);
/* May the resolver be asked that?  Writes the event. */
bool bk_relay_may_ask(struct bk_shim *s, uint32_t server, const struct bk_dns_question *q);
/* Keeps the addresses of an answer to a question that was asked. */
void bk_relay_keep(struct bk_shim *s, const uint8_t *message, uint32_t size, const struct bk_dns_question *q);

/* --- streams ---------------------------------------------------------------------------------------------------------------------- */

/* Makes the listener of a resolver at `address`, which is that of the relay for datagrams; false where its port is taken. */
bool bk_streams_listen(struct bk_shim *s, uint32_t server, const uint8_t *address, uint32_t size);
/* Something came on a listener, or for a conversation; `data` as it was put into s->events. */
void bk_streams_ready(struct bk_shim *s, uint64_t data, uint32_t events);

#endif
