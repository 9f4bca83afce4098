# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034
# Test Anything Protocol for tests in POSIX sh.  A test begins with
#
#	. "${0%/*}/../support/tap.sh"
#
# and ends with done_testing.  It then has
#
#	$TOP $BUCKLER $SHIM	the source tree, the programs under test (may be set from outside)
#	$T			an empty folder of its own, which is also the working folder and is removed at the end
#	run CMD...		runs CMD with no input: $status, and what it wrote in $T/out and $T/err
#	ok NAME CMD...		CMD succeeds
#	is GOT WANTED NAME	two texts are equal
#	like TEXT ERE NAME	a line of the text matches; unlike: none does
#	status N NAME		the last run ended with N
#	out ERE NAME, err ERE NAME	a line of its output matches
#	silent out|err NAME	it wrote nothing there
#	wait_for FILE...	until something is in each, at most 10 s: what runs beside the test says so that it is ready
#	skip N REASON		N expectations that cannot be tried here
#	skip_all REASON		none of the file's can

TOP=$(cd "${0%/*}/../.." && pwd) || exit 2
BUCKLER=${BUCKLER:-$TOP/build/buckler}
SHIM=${SHIM:-$TOP/build/buckler-init}
T=$(mktemp -d "${TMPDIR:-/tmp}/buckler-test.XXXXXX") || exit 2
tap_count=0
tap_failed=0
status=

tap_end() {
	tap_status=$?
	cd / || exit 2
	chmod -R u+rwx "$T" 2>/dev/null
	rm -rf "$T"
	exit "$tap_status"
}
trap tap_end EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$T" || exit 2

tap_comment() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

tap_pass() {
	tap_count=$((tap_count + 1))
	printf 'ok %d - %s\n' "$tap_count" "$1"
}

tap_fail() {
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	printf 'not ok %d - %s\n' "$tap_count" "$1"
}

wait_for() {
	for tap_file; do
		tap_tries=0
		until [ -s "$tap_file" ] || [ "$tap_tries" -gt 200 ]; do
			sleep 0.05
			tap_tries=$((tap_tries + 1))
		done
	done
}

run() {
	"$@" </dev/null >"$T/out" 2>"$T/err"
	status=$?
}

ok() {
	tap_name=$1
	shift
	if "$@" >"$T/.ok" 2>&1; then
		tap_pass "$tap_name"
	else
		tap_fail "$tap_name"
		tap_comment "failed: $*"
		tap_comment "$(head -20 "$T/.ok")"
	fi
}

is() {
	if [ "$1" = "$2" ]; then
		tap_pass "$3"
	else
		tap_fail "$3"
		tap_comment "got:    $1"
		tap_comment "wanted: $2"
	fi
}

like() {
	if printf '%s\n' "$1" | grep -Eq -e "$2"; then
		tap_pass "$3"
	else
		tap_fail "$3"
		tap_comment "no line matches: $2"
		tap_comment "$(printf '%s\n' "$1" | head -20)"
	fi
}

unlike() {
	if printf '%s\n' "$1" | grep -Eq -e "$2"; then
		tap_fail "$3"
		tap_comment "a line matches: $2"
		tap_comment "$(printf '%s\n' "$1" | grep -E -e "$2" | head -5)"
	else
		tap_pass "$3"
	fi
}

status() {
	is "$status" "$1" "$2"
	if [ "$status" != "$1" ]; then
		tap_comment "stderr: $(head -5 "$T/err")"
	fi
}

out() {
	like "$(cat "$T/out")" "$1" "$2"
}

err() {
	like "$(cat "$T/err")" "$1" "$2"
}

silent() {
	is "$(wc -c <"$T/$1" | tr -d ' ')" 0 "$2"
	if [ -s "$T/$1" ]; then
		tap_comment "$(head -5 "$T/$1")"
	fi
}

skip() {
	tap_left=$1
	while [ "$tap_left" -gt 0 ]; do
		tap_count=$((tap_count + 1))
		tap_left=$((tap_left - 1))
		printf 'ok %d # SKIP %s\n' "$tap_count" "$2"
	done
}

skip_all() {
	printf '1..0 # SKIP %s\n' "$1"
	exit 0
}

done_testing() {
	printf '1..%d\n' "$tap_count"
	[ "$tap_failed" -eq 0 ]
	exit $?
}
