#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# buckler run: what it hands to buckler-init (a stand-in says what it got), and the real thing where it is built.
. "${0%/*}/../support/tap.sh"

printf 'version: 1\nprocesses: []\n' >p.yaml
"$BUCKLER" compile -q p.yaml -o p.bkl

# The stand-in shows its arguments, the mode, and keeps the policy that it was given.
cat >init <<'SH'
#!/bin/sh
echo "argv: $*"
echo "mode: ${BUCKLER_MODE-unset}"
[ "$1" = --policy-fd ] || exit 99
eval "cat <&$2" >got.bkl 2>/dev/null || cat "/proc/self/fd/$2" >got.bkl
readlink "/proc/self/fd/$2"
echo x 2>/dev/null >>"/proc/self/fd/$2" && echo writable
exit 42
SH
chmod 755 init
export BUCKLER_INIT="$T/init"
unset BUCKLER_MODE

run "$BUCKLER" run -p p.yaml -- /bin/true a -b
status 42 'the status is that of buckler-init'
out '^argv: --policy-fd [0-9]+ -- /bin/true a -b$' 'the command and its options are passed on'
out '^mode: unset$' 'no mode is set'
run sh -c 'exec "$1" run -p p.yaml /bin/true --help' - "$BUCKLER"
out '-- /bin/true --help$' 'options behind the command are its own, -- or not'

# The descriptor has no name to leave behind; its content is the compiled policy and cannot be changed.
cat >init <<'SH'
#!/bin/sh
cat "/proc/self/fd/$2" >got.bkl
readlink "/proc/$$/fd/$2" >where
if (printf x >>"/proc/$$/fd/$2") 2>/dev/null; then echo writable; fi
SH
run "$BUCKLER" run -p p.yaml -- /bin/true
ok 'the policy that arrives is the compiled one' cmp got.bkl p.bkl
like "$(cat where)" 'memfd:|deleted' 'it has no name in the file system'
unlike "$(cat out)" writable 'it is sealed'
run "$BUCKLER" run -p p.bkl -- /bin/true
ok 'a compiled policy is passed on unchanged' cmp got.bkl p.bkl

cat >init <<'SH'
#!/bin/sh
echo "argv: $*"
echo "mode: ${BUCKLER_MODE-unset}"
SH
for mode in off learn alert; do
	run "$BUCKLER" run -m $mode -p p.yaml -- /bin/true
	out "^mode: $mode$" "--mode $mode"
done
BUCKLER_MODE=off run "$BUCKLER" run -m enforce -p p.yaml -- /bin/true
out '^mode: unset$' '--mode enforce takes back what the environment says'
run "$BUCKLER" run --log-fd 1 -p p.yaml -- /bin/true
out '^argv: --policy-fd [0-9]+ --log-fd 1 -- /bin/true$' '--log-fd is passed on'

bad() {
	bad_status=$1 bad_name=$2 bad_text=$3
	shift 3
	run "$BUCKLER" run "$@"
	status "$bad_status" "$bad_name: status $bad_status"
	silent out "$bad_name: buckler-init was not started"
	err "$bad_text" "$bad_name: says so"
}
printf 'version: 1\nx: 1\n' >bad.yaml
head -c 100 p.bkl >short.bkl
bad 2 'no policy' 'with -p' -- /bin/true
bad 2 'no command' 'no command' -p p.yaml
bad 2 'an absent policy' 'absent' -p absent.yaml -- /bin/true
bad 2 'a bad policy' '^bad\.yaml:2:1: error' -p bad.yaml -- /bin/true
bad 2 'a damaged policy' 'short\.bkl' -p short.bkl -- /bin/true
bad 2 'an unknown mode' 'not strict' -p p.yaml -m strict -- /bin/true
bad 2 'a closed descriptor' 'not open' -p p.yaml --log-fd 77 -- /bin/true
bad 2 'no number' 'not x' -p p.yaml --log-fd x -- /bin/true
bad 127 'a command that is nowhere' 'not found' -p p.yaml -- no-such-command-anywhere
bad 127 'a path that is nowhere' 'not found' -p p.yaml -- /no/such/command
bad 126 'a file that is not executable' 'not an executable' -p p.yaml -- ./p.yaml
bad 126 'a folder' 'not an executable' -p p.yaml -- /
BUCKLER_INIT=$T/absent bad 125 'a shim that is not there' 'BUCKLER_INIT' -p p.yaml -- /bin/true
BUCKLER_INIT=$T/p.yaml bad 125 'a shim that is no program' 'BUCKLER_INIT' -p p.yaml -- /bin/true

unset BUCKLER_INIT
if [ -x "$SHIM" ]; then
	export BUCKLER_INIT="$SHIM"
	cat >real.yaml <<'YAML'
version: 1
processes: []
YAML
	run "$BUCKLER" run -p real.yaml -- /bin/sh -c 'exit 7'
	status 7 'the real shim: the status of the command'
	run "$BUCKLER" run -p real.yaml -- /bin/sh -c '/bin/true; echo "after $?"'
	out '^after 126$' 'the real shim: a child that no rule allows is refused'
	run "$BUCKLER" run -m off -p real.yaml -- /bin/sh -c '/bin/true; echo "after $?"'
	out '^after 0$' 'the real shim: --mode off lets it go'
	run /bin/sh -c 'cd /proc/$$/fd; echo *'
	mv out bare
	run "$BUCKLER" run -p real.yaml -- /bin/sh -c 'cd /proc/$$/fd; echo *'
	is "$(cat out)" "$(cat bare)" 'the real shim: the command has the descriptors that it would have and no more'
else
	skip 4 'buckler-init is not built'
fi

done_testing
