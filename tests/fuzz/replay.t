#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every fuzz target over its corpus, with the sanitizers, and then for some seconds with the fuzzer, which starts from the
# corpus and keeps nothing.  FUZZ_SECONDS: how long for each target (10 in CI, else 2).
. "${0%/*}/../support/tap.sh"

if [ "${CI:-}" = true ]; then seconds=${FUZZ_SECONDS:-10}; else seconds=${FUZZ_SECONDS:-2}; fi

for source in "$TOP"/tests/fuzz/*.c; do
	[ -e "$source" ] || skip_all 'there is no fuzz target'
	name=${source##*/}
	name=${name%.c}
	corpus=$TOP/tests/fuzz/corpus/$name
	run "$TOP/build/replay/$name" "$corpus"
	status 0 "$name: the corpus"
	out '^[1-9][0-9]* inputs$' "$name: the corpus was read"

	mkdir "found-$name"
	run "$TOP/build/fuzzers/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
		-artifact_prefix="$T/found-$name/" "found-$name" "$corpus"
	status 0 "$name: $seconds seconds with the fuzzer"
	err '^stat::number_of_executed_units: [1-9]' "$name: the fuzzer ran"
	for input in "found-$name"/crash-* "found-$name"/leak-* "found-$name"/timeout-* "found-$name"/oom-*; do
		[ -e "$input" ] || continue
		tap_comment "input (base64): $(base64 -w 0 <"$input" | head -c 4000)"
		tap_comment "$(grep -E 'ERROR|SUMMARY|#[0-9] ' err | head -20)"
	done
done
done_testing
