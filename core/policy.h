/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compiled policy (policy.bkl): this header is its specification, version 3.
 *
 * One flat, position-independent, little-endian file of at most BK_POLICY_MAX bytes:
 *
 *	struct bk_policy_header
 *	struct bk_bucket[bucket_count]		hash index: open addressing, linear probing, count a power of two
 *	struct bk_rule[rule_count]		sorted so that rules of one index key stand side by side
 *	data					texts, lists, hashes, endpoints; reached by offset from the file's start
 *
 * - An offset of 0 means "absent".  A text is its bytes and a NUL; its length is found by the NUL, so no
 *   text holds one.  A list is uint32_t count, then count text offsets (4-byte aligned).  A hash is 32 bytes.
 * - bk_policy_open() checks the header and the checksum once, in one pass over the file.  After that
 *   every accessor below checks its own bounds, so that a hostile file that passes can make decisions wrong
 *   but can never make the reader leave the file.
 * - Zero is the strict value everywhere: zeroed memory is an enforced policy that allows nothing.
 * - digest is SHA-256 over the whole file with checksum and digest zeroed.  The tools verify it; the shim
 *   only repeats it in its events, because whoever can change the file can change the digest, too.
 */
#ifndef BK_CORE_POLICY_H
#define BK_CORE_POLICY_H

#include "core/text.h"

#define BK_POLICY_MAGIC    0x0a316c6b62ULL	/* "bkl1\n" */
#define BK_POLICY_VERSION  3
#define BK_POLICY_MAX      (16u << 20)		/* bytes; larger files are refused */

/* The sections of a policy, in the order in which they are shown.  Names: bk_section_name(). */
enum bk_section {
	BK_PROCESSES,		/* images that children execute */
	BK_LIBRARIES,		/* files mapped executable after exec */
	BK_GENERATED_CODE,	/* anonymous executable memory; has no rules, only allow or deny */
	BK_ENVIRONMENT,		/* injection variables that a child may get although the function was not given them */
	BK_CONNECT,		/* network.connect */
	BK_LISTEN,		/* network.listen */
	BK_WRITE,		/* files.write */
	BK_READ,		/* files.read */
	BK_PLANT,		/* files.code: files with a name of code that may be written */
	BK_SECTIONS
};

enum bk_mode { BK_ENFORCE, BK_ALERT, BK_LEARN, BK_OFF };

enum bk_action { BK_DENY, BK_KILL, BK_ALLOW };

/* bk_policy_header.section[].flags */
#define BK_SECTION_ABSENT  1u	/* not in the policy: not enforced */
#define BK_SECTION_ALLOWS  2u	/* what no rule names is allowed (generated_code: allow, files.read with deny only) */

/* bk_policy_header.flags */
#define BK_UNSUPPORTED_REFUSE 1u	/* unsupported: refuse */
#define BK_NO_PARENTS         2u	/* no rule of `processes` has a parent: to decide, nobody need find out who made the call */

struct bk_section_head {
	uint8_t  mode;			/* enum bk_mode */
	uint8_t  flags;
	uint16_t reserved;
	uint32_t rule_count;
};

struct bk_policy_header {
	uint64_t magic;
	uint32_t version;
	uint32_t size;			/* bytes of the whole file */
	uint64_t checksum;		/* bk_policy_checksum(); finds damage, not malice */
	uint8_t  digest[32];
	uint64_t expires;		/* seconds since 1970 from which on the policy is refused; 0: never */
	uint32_t flags;
	uint32_t function;		/* text: a pattern for the function's name, 0: any */
	uint32_t main;			/* index of the main rule plus 1; 0: none, the main process is not judged */
	uint32_t bucket_offset, bucket_count;
	uint32_t rule_offset, rule_count;
	uint32_t data_offset;
	uint32_t reserved[4];		/* 0 */
	struct bk_section_head section[BK_SECTIONS];
};

struct bk_bucket {
	uint32_t hash;			/* bk_policy_key() of the key */
	uint32_t first;			/* index of the key's first rule plus 1; 0: bucket is free */
};

/* bk_rule.flags */
#define BK_RULE_LAST 1u			/* the last rule of its index key */
#define BK_RULE_ENDS 4u			/* the first rule of its bucket: more rules of that key stand under the keys of their ends */
#define BK_RULE_TAIL 8u			/* stands under the key of its tail */
#define BK_RULE_HEAD 16u		/* under that of its head */
#define BK_RULE_MAIN 2u			/* the `main:` rule, action BK_ALLOW, section BK_PROCESSES but not counted there; not in the index */

struct bk_rule {
	uint32_t path;			/* text: pattern (match.h); connect and listen: domain, or path of a unix socket;
					   environment: NAME, or NAME=pattern of the value */
	uint32_t args;			/* list of patterns for the arguments behind argv[0]; 0: any */
	uint32_t shell;			/* text: template for the `-c` string (shell.h); 0: none */
	uint32_t parent;		/* text: pattern for the image that makes the call; 0: any */
	uint32_t applet;		/* text: pattern for the applet of a multi-call binary; 0: any */
	uint32_t sha256;		/* hash; 0: any content */
	uint32_t endpoint;		/* struct bk_endpoint; connect and listen only */
	uint32_t line;			/* line in the policy text, from 1; 0: unknown */
	uint8_t  section;		/* enum bk_section */
	uint8_t  action;		/* enum bk_action */
	uint16_t flags;
};

struct bk_endpoint {
	uint16_t family;		/* 0: any (a domain rule), else AF_INET, AF_INET6, AF_UNIX as Linux numbers them */
	uint16_t port_low, port_high;	/* host order, inclusive; 0 to 65535: any */
	uint16_t prefix;		/* bits */
	uint8_t  address[16];		/* network order; IPv4 in the first four bytes */
};

/* A checked view of a compiled policy.  Borrowed memory: it must stay mapped and unchanged. */
struct bk_policy {
	const struct bk_policy_header *head;
};

/* Why bk_policy_open() refused; texts: bk_policy_error_text(). */
enum bk_policy_error {
	BK_POLICY_OK, BK_POLICY_SHORT, BK_POLICY_FOREIGN, BK_POLICY_NEWER, BK_POLICY_SIZE, BK_POLICY_DAMAGED,
	BK_POLICY_LAYOUT
};

/*
 * Checks `size` bytes at `bytes` (8-byte aligned) and fills `policy`.  On an error `policy` is an empty view that
 * denies everything, and `*offset`, where not NULL, is where in the file the fault lies.
 */
enum bk_policy_error bk_policy_open(struct bk_policy *policy, const void *bytes, size_t size, uint32_t *offset);
/* The same in two parts: the header, and the checksum, which is a pass over the file.  Nothing may be decided before both. */
enum bk_policy_error bk_policy_open_head(struct bk_policy *policy, const void *bytes, size_t size, uint32_t *offset);
bool bk_policy_is_whole(const struct bk_policy *policy);
const char *bk_policy_error_text(enum bk_policy_error error);

/* The checksum of a file image, its checksum field taken as zero.  64 bit, four lanes, about 8 bytes a cycle. */
uint64_t bk_policy_checksum(const void *bytes, size_t size);

/*
 * The same as bk_policy_open() and, beyond it, every offset of every rule, list and bucket (O(file)): for the
 * tools and tests.  `*offset` as above.
 */
enum bk_policy_error bk_policy_verify(struct bk_policy *policy, const void *bytes, size_t size, uint32_t *offset);

/* Accessors; out of range gives NULL or the empty text. */
const struct bk_rule *bk_policy_rule(const struct bk_policy *policy, uint32_t index);
const struct bk_rule *bk_policy_main(const struct bk_policy *policy);
struct bk_text bk_policy_text(const struct bk_policy *policy, uint32_t offset);
const uint8_t *bk_policy_hash(const struct bk_policy *policy, uint32_t offset);
const struct bk_endpoint *bk_policy_endpoint(const struct bk_policy *policy, uint32_t offset);
uint32_t bk_policy_list_count(const struct bk_policy *policy, uint32_t offset);
struct bk_text bk_policy_list_item(const struct bk_policy *policy, uint32_t offset, uint32_t index);

/* Mode of a section; BK_OFF where the section is absent.  An empty view gives BK_ENFORCE. */
enum bk_mode bk_policy_mode(const struct bk_policy *policy, enum bk_section section);
/* Flags of a section (BK_SECTION_*); an empty view gives 0. */
uint8_t bk_policy_section_flags(const struct bk_policy *policy, enum bk_section section);

/*
 * The index.  A rule's key is its section and the literal part of its path pattern: the whole pattern where it has
 * no wildcard, else everything up to and including the last '/' before the first wildcard.  A lookup therefore asks for the
 * whole path and for each of its directory prefixes (with the slash), and its cost does not depend on the
 * number of rules.  Rules whose pattern starts with a wildcard, and those without a path, have the empty key.
 *
 * Where many patterns have one key, as those that stand in one folder, the later ones may stand under the key of an end instead: the tail is
 * what stands behind the last wildcard, the head what stands between the key and the first one.  Its key is the rule's own, a zero byte
 * and the tail's last BK_TAIL_MAX bytes, the last one first; or two zero bytes and the head's first BK_HEAD_MAX bytes.  A lookup that meets
 * BK_RULE_ENDS therefore also asks for each so short end of the rest of the path.
 *
 * bk_policy_key() takes pattern text: "\c" counts as c, as it does when the pattern is matched.  bk_key_add() takes bytes as they are.
 * Two keys may have one hash: their rules then share a bucket and stand side by side.  Rules of one key stand in the order of the text.
 */
uint32_t bk_policy_key(enum bk_section section, struct bk_text key);		/* never 0 */
struct bk_text bk_policy_key_of(struct bk_text pattern);
#define BK_TAIL_MAX 8u
#define BK_HEAD_MAX 16u
/* The key of a pattern's end, 0 where it has none. */
uint32_t bk_policy_tail_key(enum bk_section section, struct bk_text pattern);
uint32_t bk_policy_head_key(enum bk_section section, struct bk_text pattern);
/* The one that a rule stands under. */
uint32_t bk_policy_rule_key(const struct bk_policy *policy, const struct bk_rule *rule);
#define BK_KEY_PRIME 0x01000193u	/* FNV-1a, 32 bit */
/* The same incrementally: start, add bytes, finish at any point. */
uint32_t bk_key_start(enum bk_section section);
static inline uint32_t bk_key_add(uint32_t state, char byte)
{
	return (state ^ (uint8_t)byte) * BK_KEY_PRIME;
}
uint32_t bk_key_finish(uint32_t state);
/* Index of the first rule of a key, or UINT32_MAX.  Follow with +1 until a rule has BK_RULE_LAST. */
uint32_t bk_policy_find(const struct bk_policy *policy, uint32_t key);

/* Names as users write them; NULL past the end of the enum.  One table each, in core/names.c. */
const char *bk_section_name(enum bk_section section);	/* "processes", ..., "network.connect", "files.write" */
const char *bk_mode_name(enum bk_mode mode);
const char *bk_action_name(enum bk_action action);

#endif
