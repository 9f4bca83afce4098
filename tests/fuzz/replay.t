#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every fuzz target over its corpus, with the sanitizers, and then for some seconds with the fuzzer, which starts from the
# corpus and keeps nothing.  FUZZ_SECONDS: how long for each target (10 in CI, else 2).
. "${0%/*}/../support/tap.sh"

if [ "${CI:-}" = true ]; then seconds=${FUZZ_SECONDS:-10}; else seconds=${FUZZ_SECONDS:-2}; fi

# One target: what its programs said, and how they ended, into files of its own in the folder that is its name.
try() {
	mkdir "$1" "$1/found"
	"$TOP/build/replay/$1" "$TOP/tests/fuzz/corpus/$1" </dev/null >"$1/replay.out" 2>"$1/replay.err"
	echo $? >"$1/replay.status"
	"$TOP/build/fuzzers/$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
		-artifact_prefix="$T/$1/found/" "$1/found" "$TOP/tests/fuzz/corpus/$1" </dev/null >"$1/out" 2>"$1/err"
	echo $? >"$1/status"
}

judge() {
	is "$(cat "$1/replay.status")" 0 "$1: the corpus"
	like "$(cat "$1/replay.out")" '^[1-9][0-9]* inputs$' "$1: the corpus was read"
	is "$(cat "$1/status")" 0 "$1: $seconds seconds with the fuzzer"
	like "$(cat "$1/err")" '^stat::number_of_executed_units: [1-9]' "$1: the fuzzer ran"
	for input in "$1"/found/crash-* "$1"/found/leak-* "$1"/found/timeout-* "$1"/found/oom-*; do
		[ -e "$input" ] || continue
		tap_comment "input (base64): $(base64 -w 0 <"$input" | head -c 4000)"
		tap_comment "$(grep -E 'ERROR|SUMMARY|#[0-9] ' "$1/err" | head -20)"
	done
}

# Side by side, as many as there are processors.
waiting=
pids=
for source in "$TOP"/tests/fuzz/*.c; do
	[ -e "$source" ] || skip_all 'there is no fuzz target'
	name=${source##*/}
	name=${name%.c}
	try "$name" &
	pids="$pids $!"
	waiting="$waiting $name"
	# shellcheck disable=SC2086
	if [ "$(echo $waiting | wc -w)" -ge "$(nproc)" ]; then
		wait $pids
		for name in $waiting; do judge "$name"; done
		waiting=
		pids=
	fi
done
# shellcheck disable=SC2086
[ -z "$pids" ] || wait $pids
for name in $waiting; do judge "$name"; done
done_testing
