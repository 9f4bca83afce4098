#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The whole in one screen: a small function with a command injection in it, attacked, learned, protected, attacked again.
# Installs and builds what is missing first.  Started by root, it runs the function as nobody, as most places do.
set -eu
cd "$(dirname "$0")"

sh tests/install.sh demo >&2
make -s -j"$(nproc)" programs >&2
work=$(mktemp -d "${TMPDIR:-/tmp}/buckler-demo.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/function"
cp build/buckler build/buckler-init "$work/bin"
sync "$work/bin/buckler-init"	# pages of a file just written count as the reader's own
[ ! -x build/node/bin/node ] || cp build/node/bin/node "$work/bin"
cp demo/handler.js "$work/function"
cd "$work/function"
PATH=$work/bin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH
echo 'the quick brown fox' >fox.txt
echo 'jumps over the lazy dog today' >dog.txt
echo 'and sleeps' >cat.txt
echo 'one more file that nobody has seen before' >new.txt
user=
if [ "$(id -u)" -eq 0 ]; then
	chmod 755 "$work"
	chown -R 65534:65534 .
	user='setpriv --reuid=65534 --regid=65534 --clear-groups'
fi
export HOME="$work" API_TOKEN=s3cr3t-t0k3n

say() {
	printf '\033[1m%s\033[0m\n' "$*"
}
as_user() {
	$user "$@"
}
fold_at() {
	fold -s -w "$1" | sed 's/^/    /'
}

say '1. A function, and what is wrong with it (demo/handler.js)'
sed -n 's/^exports.handler = /    /p' handler.js
attack='{"file":"fox.txt; echo $API_TOKEN #"}'
say '2. Without buckler, a request takes the token out of the environment: node handler.js REQUEST'
as_user node handler.js "$attack"

say '3. buckler learn -o policy.yaml -- node handler.js REQUEST...'
as_user buckler learn -o policy.yaml -- node handler.js '{"file":"fox.txt"}' '{"file":"dog.txt"}' '{"file":"cat.txt"}' >learn.log 2>&1 ||
	{ cat learn.log; exit 1; }
sed -n '/^processes:/,/^[a-z_]*:.*/p' policy.yaml | grep -v -e '^libraries' -e '^ *#' | cut -c1-100 | sed 's/^/    /'

say '4. buckler run -p policy.yaml -- node handler.js REQUEST...'
status=0
as_user buckler run -p policy.yaml --log-fd 9 -- node handler.js '{"file":"new.txt"}' "$attack" 9>events || status=$?
say "   The status is $status, and buckler logs says:"
buckler logs --event exec events | sed 1d | fold_at 110

say '5. What it costs'
# Medians of interleaved runs, in microseconds.
measure() {
	before=$(date +%s%N)
	as_user "$@" >/dev/null 2>&1
	after=$(date +%s%N)
	echo $(((after - before) / 1000))
}
median() {
	sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}
milliseconds() {
	printf '%d.%d' $(($1 / 1000)) $(($1 % 1000 / 100))
}
buckler compile -q policy.yaml -o policy.bkl
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21; do
	measure node handler.js '{"file":"fox.txt"}' >>bare
	measure buckler-init -p policy.bkl -- node handler.js '{"file":"fox.txt"}' >>with
done
# At rest: the least of what is seen while the function waits.
$user buckler-init -p policy.bkl -- node -e 'setTimeout(() => {}, 1500)' 2>/dev/null &
shim=$!
while awk '/^Private_Dirty/ { print $2 }' "/proc/$shim/smaps_rollup" 2>/dev/null; do sleep 0.1; done >memory
wait $shim || :
memory=$(grep -vx 0 memory | sort -n | sed -n 1p)
printf '    Node.js started, one request, its three programs: %s ms bare, %s ms protected. The shim keeps %s KiB of private memory.\n' \
	"$(milliseconds "$(median bare)")" "$(milliseconds "$(median with)")" "$memory"
