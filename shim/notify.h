/* SPDX-License-Identifier: Apache-2.0 */
/* What the two parts of the notify mechanism share: notify.c (answers, mappings, refused calls) and exec.c. */
#ifndef BK_SHIM_NOTIFY_H
#define BK_SHIM_NOTIFY_H

#include "shim/shim.h"

/* Answers a notification: lets the call go (0), or makes it fail with a positive errno. */
void bk_notify_answer(struct bk_shim *s, uint64_t id, int error);
/* Answers a call that the shim made itself: what it returned, or -errno. */
void bk_notify_result(struct bk_shim *s, uint64_t id, long result);
/* Answers a decided call that is not followed any further; kills where the verdict says so. */
void bk_notify_settle(struct bk_shim *s, const struct seccomp_notif *n, const struct bk_decision *d);
/*
 * Answers a call of a process that we have no right to look into: it gave up its user, and we have no CAP_SYS_PTRACE (ptrace(2), "Ptrace
 * access mode checking").  What it wants is not known: refused where the section is enforced, else let go; an event in every case.
 */
void bk_notify_unseen(struct bk_shim *s, const struct seccomp_notif *n, enum bk_event_kind kind, const struct bk_request *r);
/* True while the caller is still in the call: what was read of it until then was its own. */
bool bk_notify_alive(struct bk_shim *s, uint64_t id);
/* The event that the decision owes, if any. */
void bk_notify_speak(struct bk_shim *s, enum bk_event_kind kind, const struct bk_request *r, const struct bk_decision *d, int pid);
/* True where a task's process has no other thread. */
bool bk_notify_alone(int tid);
/* True where the call waits for an exec of another thread of its process: it is served again by bk_notify_resume(), once such a one has landed. */
bool bk_notify_waits(struct bk_shim *s, const struct seccomp_notif *n);
void bk_notify_resume(struct bk_shim *s);
/* Lets a call go and arranges a stop right behind it.  Returns false where the process cannot be seized. */
bool bk_notify_follow(struct bk_shim *s, const struct seccomp_notif *n, struct bk_flight *f);

/* Lets a task go on that stands behind a call that was followed; `signal`: 0, or one that it is to get. */
void bk_notify_release(struct bk_shim *s, int tid, int signal);
/* Judges the call of s->scratch->notification and answers it, or leaves it in flight. */
void bk_notify_serve(struct bk_shim *s, struct seccomp_notif *n);

/* The call in flight of a task; tid 0: a free place.  NULL: none. */
struct bk_flight *bk_flight_of(struct bk_shim *s, int tid);
/* 512 bytes that live as long as the flight: the image that made the call. */
char *bk_flight_parent(struct bk_shim *s, const struct bk_flight *f);
void bk_flight_land(struct bk_shim *s, struct bk_flight *f);

/* True where the policy has the section and its mode is not off. */
bool bk_judged(const struct bk_shim *s, enum bk_section section);
/* The image that a task runs, for rules and events; empty where it cannot be read. */
void bk_note_parent(int tid, char *out, size_t cap);

/* Judges a file's mapping by its name and number; fills the request. */
struct bk_decision bk_mapping_judge(struct bk_shim *s, int tid, const struct bk_mapping *m, struct bk_request *r);
/* Judges the image of a running process, with the arguments that it was started with; its parent's image lies in flight_parent[0]. */
struct bk_decision bk_exec_judge_running(struct bk_shim *s, int pid, bool main, struct bk_request *r);
/* True where a decision about the main process is about the function itself, and not a wrapper before it. */
bool bk_exec_is_main(const struct bk_shim *s, const struct bk_decision *d);

/* An execve or execveat was notified; a followed one has loaded its image. */
void bk_exec_before(struct bk_shim *s, const struct seccomp_notif *n);
void bk_exec_after(struct bk_shim *s, int pid, struct bk_flight *f);

#endif
