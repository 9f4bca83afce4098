#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The whole in one screen: a small function with a command injection in it, attacked, learned, protected, attacked again.
# Installs and builds what is missing first.
set -eu
cd "$(dirname "$0")"
top=$(pwd)

sh tests/install.sh >&2
make -s -j"$(nproc)" programs >&2
PATH=$top/build:/usr/sbin:/usr/bin:/sbin:/bin:$PATH
[ ! -x build/node/bin/node ] || PATH=$top/build/node/bin:$PATH
work=$(mktemp -d "${TMPDIR:-/tmp}/buckler-demo.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp demo/handler.js "$work"
cd "$work"
export API_TOKEN=s3cr3t-t0k3n
echo 'the quick brown fox' >fox.txt
echo 'jumps over the lazy dog today' >dog.txt
echo 'and sleeps' >cat.txt

say() {
	printf '\n\033[1m%s\033[0m\n' "$*"
}

say '1. A function, and what is wrong with it (demo/handler.js)'
grep 'exports.handler =' handler.js | sed 's/^/    /'

say '2. Without buckler: a request takes the token out of the environment'
attack='{"file":"fox.txt; echo $API_TOKEN #"}'
node handler.js '{"file":"fox.txt"}' "$attack"

say '3. buckler learn -o policy.yaml -- node handler.js REQUEST...'
buckler learn -o policy.yaml -- node handler.js '{"file":"fox.txt"}' '{"file":"dog.txt"}' '{"file":"cat.txt"}' >learn.log 2>&1 ||
	{ cat learn.log; exit 1; }
sed -n '/^processes:/,/^[a-z_]*:.*/p' policy.yaml | grep -v '^libraries' | grep -v '^ *#' | cut -c1-100 | sed 's/^/    /'

say '4. buckler run -p policy.yaml -- node handler.js REQUEST...'
echo 'one more file that nobody has seen before' >new.txt
status=0
buckler run -p policy.yaml --log-fd 9 -- node handler.js '{"file":"new.txt"}' "$attack" 9>events || status=$?
printf '    exit status %s; buckler logs:\n' "$status"
buckler logs events | cut -c1-150 | sed 's/^/    /'

say '5. What it costs'
# Medians of interleaved runs, in microseconds.
measure() {
	before=$(date +%s%N)
	"$@" >/dev/null 2>&1
	after=$(date +%s%N)
	echo $(((after - before) / 1000))
}
median() {
	sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}
buckler compile -q policy.yaml -o policy.bkl
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21; do
	measure node handler.js '{"file":"fox.txt"}' >>bare
	measure buckler-init -p policy.bkl -- node handler.js '{"file":"fox.txt"}' >>with
done
bare=$(median bare)
with=$(median with)
buckler-init -p policy.bkl -- node -e 'setTimeout(() => {}, 1000)' 2>/dev/null &
shim=$!
sleep 0.5
memory=$(awk '/^Private_/ { n += $2 } END { print n }' "/proc/$shim/smaps_rollup" 2>/dev/null || echo '?')
wait $shim || :
printf '    A start of Node.js with one request and its three programs: %d.%d ms bare, %d.%d ms protected; private memory of the shim at rest: %s KiB.\n' \
	$((bare / 1000)) $((bare % 1000 / 100)) $((with / 1000)) $((with % 1000 / 100)) "$memory"
