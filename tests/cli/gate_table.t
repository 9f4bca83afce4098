#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# buckler gate-table: which system calls it finds, against objdump where that can tell, and what it does with files that are no objects.
. "${0%/*}/../support/tap.sh"
[ "$(uname -m)" = x86_64 ] || skip_all 'the tables are for x86-64'

cat >spawn.c <<'C'
#include <spawn.h>
#include <stddef.h>
#include <sys/wait.h>
extern char **environ;
int main(void)
{
	char *argv[] = { "true", NULL };
	pid_t pid;

	return posix_spawn(&pid, "/bin/true", NULL, NULL, argv, environ) || waitpid(pid, NULL, 0) < 0;
}
C
musl-gcc -static -O2 -o musl-static spawn.c
gcc -static -O2 -o glibc-static spawn.c
strip -o glibc-stripped glibc-static
cp "$TOP/tests/attack/static.go" .
GOCACHE=$T/cache GOFLAGS=-mod=mod CGO_ENABLED=0 go build -o go-static static.go
GOCACHE=$T/cache GOFLAGS=-mod=mod CGO_ENABLED=0 go build -ldflags '-s -w' -o go-stripped static.go

# As many as objdump sees, which decodes one section from its beginning; MISSED of them may be rt_sigreturn in no function.
sites() {
	label=$1 file=$2 missed=$3
	run "$BUCKLER" gate-table "$file"
	seen=$(objdump -d --no-show-raw-insn "$file" | grep -c '	syscall')
	found=$(sed -n 's/.*: \([0-9]*\) sites\{0,1\}.*/\1/p' out)
	ok "$label: $found of $seen sites" sh -c '[ "$1" -le "$2" ] && [ "$2" -gt 10 ] && [ $(($2 - $1)) -le "$3" ]' - "$found" "$seen" "$missed"
}
sites glibc /lib/x86_64-linux-gnu/libc.so.6 0
unlike "$(cat out)" 'no jump fits' 'glibc: what has no room for a jump is no call that matters'
sites musl /lib/ld-musl-x86_64.so.1 1
unlike "$(cat out)" 'no jump fits' 'musl: the same'
sites busybox /bin/busybox 0
sites 'static musl' musl-static 0
sites 'static glibc' glibc-static 0
sites 'stripped static glibc' glibc-stripped 0
sites Go go-static 0
sites 'stripped Go' go-stripped 0

run "$BUCKLER" gate-table go-static glibc-stripped
status 0 'covered wholly'
is "$(grep -c 'not covered' out)" 0 'nothing is left over'

# bytes that look like a call where nobody says that code is
cat >data.s <<'S'
	.text
	.globl _start
_start:
	mov	$60, %eax
	syscall
	hlt
	.balign 16
	.byte	0x11, 0x0f, 0x05, 0x22, 0x0f, 0x05
S
gcc -nostdlib -static -o data data.s
run "$BUCKLER" gate-table data
status 1 'what is not covered is a finding'
out 'data: 1 site, .*2 not covered' 'and is counted, not guessed'

# --- files ---
mkdir -p tree/lib
cp go-static tree/lib/one
cp go-static tree/lib/two
cp spawn.c tree
ln -s /lib/x86_64-linux-gnu/libc.so.6 tree/link
run "$BUCKLER" gate-table -o sites.bkt tree
status 0 'a directory'
is "$(grep -c sites out)" 1 'the same object once, no sources, no links'
ok 'the table' [ "$(head -c 8 sites.bkt)" = bksites1 ]
run "$BUCKLER" gate-table -o again.bkt tree
ok 'the same input gives the same table' cmp sites.bkt again.bkt
run "$BUCKLER" gate-table -q -o quiet.bkt tree
silent out 'quiet'

run "$BUCKLER" gate-table spawn.c
status 2 'a source is no object'
err 'spawn.c: not a program or library' 'it is named'
run "$BUCKLER" gate-table -o none.bkt nothing-there
status 2 'a missing file'
err 'nothing-there: No such file' 'it is named'
ok 'and nothing is written' [ ! -e none.bkt ]
run "$BUCKLER" gate-table -o /dev/full go-static
status 2 'a full disk'
run "$BUCKLER" gate-table
status 2 'no file'

# cut and damaged objects: an answer, not a crash
bad=0
for size in 16 64 100 500 4096 20000; do
	head -c $size musl-static >cut
	run "$BUCKLER" gate-table cut
	[ "$status" -le 2 ] || bad=$((bad + 1))
done
is "$bad" 0 'cut objects'
done_testing
