#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# For prove --exec: runs one test, a shell script or a program.  With CI=true what was skipped counts as failed, so
# that a machine that lacks something cannot look as if it had been tested.

# Tests find the distribution's own programs first, whatever the person who runs them has put in front.
PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH
export PATH

# A test that hangs, or a child of it that outlives it, must not hold all the others up: it is ended after LIMIT, which fails
# it, and prove reads a file of its output, not a pipe that a child could keep open.
# It starts with no signal ignored, which one that runs in the background would inherit.
LIMIT=20m
start() {
	case $1 in
	*.t) set -- sh "$@" ;;
	*/*) ;;
	*) set -- "./$1" ;;
	esac
	env --default-signal timeout --kill-after=10 "$LIMIT" "$@"
}

output=$(mktemp)
trap 'rm -f "$output"' EXIT
start "$@" </dev/null >"$output" && status=0 || status=$?
[ "$status" -ne 124 ] || echo "not ok - ended after $LIMIT" >>"$output"
if [ "${CI:-}" = true ]; then
	sed -e 's/^ok \([0-9]*\)\(.*\)# *[Ss][Kk][Ii][Pp]/not ok \1\2- skipped, which CI forbids:/' \
		-e 's/^1\.\.0\(.*\)# *[Ss][Kk][Ii][Pp]\(.*\)/1..1\nnot ok 1 - skipped, which CI forbids:\2/' "$output"
else
	cat "$output"
fi
exit "$status"
