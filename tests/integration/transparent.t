#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A function cannot tell that buckler-init is there, and neither can who started it: status, signals, arguments, environment,
# descriptors, folder, limits, terminal, orphans, and being PID 1.
. "${0%/*}/../support/tap.sh"

[ -x "$SHIM" ] && [ -x "$BUCKLER" ] || { tap_fail 'buckler and buckler-init are built'; done_testing; }
cat >p.yaml <<'YAML'
version: 1
processes: ["/**"]
libraries: ["/**"]
generated_code: allow
YAML
"$BUCKLER" compile -q p.yaml -o p.bkl || exit 2
for program in state early threads beside; do
	gcc -std=gnu11 -D_GNU_SOURCE -pthread -o $program "$TOP/tests/integration/state/$program.c" || exit 2
done

# Runs without and with the shim, the same shell commands before it; $T/bare and $T/with are what it
# printed, into a file of the same name.
shim="$SHIM -p $T/p.bkl --"
both() {
	both_before=$1
	shift
	(eval "$both_before"; exec "$@") >given 2>/dev/null
	bare_status=$?
	mv given bare
	# shellcheck disable=SC2086
	(eval "$both_before"; exec $shim "$@") >given 2>/dev/null
	with_status=$?
	mv given with
}
same() {
	if [ "$bare_status" = "$with_status" ] && cmp -s bare with; then
		tap_pass "$1"
	else
		tap_fail "$1"
		tap_comment "status $bare_status and $with_status"
		tap_comment "$(diff bare with | head -20)"
	fi
}

# --- status ---

wrong=
n=0
while [ $n -le 255 ]; do
	# shellcheck disable=SC2086
	$shim sh -c "exit $n" 2>/dev/null
	status=$?
	[ $status -eq $n ] || wrong="$wrong $n:$status"
	n=$((n + 1))
done
is "$wrong" '' 'exit status 0 to 255'
wrong=
for s in 1 2 3 4 6 7 8 9 10 11 13 14 15 31; do
	# shellcheck disable=SC2086
	$shim sh -c "ulimit -c 0; kill -$s \$\$" 2>/dev/null
	status=$?
	[ $status -eq $((128 + s)) ] || wrong="$wrong $s:$status"
done
is "$wrong" '' 'death by a signal: 128 + its number'
# shellcheck disable=SC2086
run $shim ./no-such-program
status 127 'a program that is not there: 127'
# shellcheck disable=SC2086
run $shim no-such-program
status 127 'a program that is not in PATH: 127'
: >file
# shellcheck disable=SC2086
run $shim ./file
status 126 'a file that cannot be executed: 126'
# shellcheck disable=SC2086
run $shim "$T"
status 126 'a folder: 126'
run "$SHIM" -p ./no-such-policy -- true
status 125 'no policy: 125'
printf 'garbage' >bad.bkl
run "$SHIM" -p bad.bkl -- true
status 125 'a damaged policy: 125'

mkfifo pipe.bkl
run timeout 10 "$SHIM" -p pipe.bkl -- true
status 125 'a policy that is a pipe: 125, not a wait for its writer'
err 'not a regular file' 'and said so'
run "$SHIM" --log-fd 77 -p p.bkl -- true
status 125 'a log that is not open: 125'
err "not open: '77'" 'and said so'
# shellcheck disable=SC2086
run $shim ''
status 127 'an empty name: 127'

# --- what a process is given ---

both : ./state
same 'a process is given the same'
both : ./state '' ' ' '--' '-p' "$(printf 'a\nb\tc\033[31m\377\200')" '"quoted"' "$(head -c 100000 /dev/zero | tr '\0' x)"
same 'arguments: empty, odd bytes, 100,000 bytes'
both 'export "ODD=$(printf "a\nb\377")" EMPTY= NAME=value; unset HOME' ./state
same 'environment: odd bytes, empty, absent'
both : env -i ./state
same 'an empty environment'
(BUCKLER_MODE=alert BUCKLER_LOG_FORM=plain BUCKLER_X=1 $shim env) >out 2>/dev/null
unlike "$(cat out)" '^BUCKLER_' 'the names that begin with BUCKLER_ are not passed on'
both 'exec 3<p.yaml 7>>made 9<>file 12<&0 200>/dev/null; read -r l <&3' ./state
same 'descriptors: numbers, flags, positions'
both 'exec 0<&-' ./state
same 'no standard input'
both 'exec 0<&- 5<&-' ./state
same 'closed descriptors'
"$SHIM" --log-fd 9 -p p.bkl -- ./state 9>log >out
unlike "$(cat out)" '^descriptor 9 ' 'the descriptor of the log is not passed on'
like "$(cat log)" '"event":"start"' 'it got the start event'
both 'umask 027' ./state
same 'umask'
both 'mkdir -p deep/er; cd deep/er' "$T/state"
same 'working folder'
both 'trap "" HUP USR1 CHLD PIPE' ./state
same 'ignored signals'
both : ./state block ./state
same 'blocked signals of a child'
(exec ./state block ./state) >given 2>/dev/null
mv given bare
(exec ./state block "$SHIM" -p p.bkl -- ./state) >given 2>/dev/null
mv given with
ok 'blocked signals from outside' cmp bare with
both 'ulimit -n 64; ulimit -s 4096; ulimit -t 1000' ./state
same 'limits'
both : nice -n 5 ./state
same 'priority'
both : sh -c 'cat /proc/self/comm; readlink /proc/self/exe; tr "\0" " " </proc/self/cmdline; cat /proc/self/oom_score_adj'
same 'name, image, arguments in /proc'
if [ "$(id -u)" -eq 0 ]; then
	chmod 755 "$T"
	chmod 644 p.bkl
	both : setpriv --reuid=65534 --regid=65534 --clear-groups -- ./state
	same 'another user'
fi

# --- input and output ---

head -c 3000000 /dev/urandom >data
# shellcheck disable=SC2086
is "$(cat data | $shim cat 2>/dev/null | sha256sum)" "$(sha256sum <data)" 'three megabytes through pipes'
both : sh -c 'yes | head -3; echo to-error >&2; cat </dev/null'
same 'a pipe that is closed early'
# shellcheck disable=SC2086
is "$( ($shim yes; echo "status $?" >&2) 2>err | head -1; grep -o 'status [0-9]*' err)" "$(printf 'y\nstatus 141')" 'SIGPIPE of the function'

# --- signals from outside ---

for s in TERM INT HUP USR1 USR2 QUIT WINCH; do
	: >ready
	# A shell's background job ignores INT and QUIT, so perl sets what is expected.
	perl -e '$SIG{INT} = $SIG{QUIT} = "DEFAULT"; exec @ARGV' $shim perl -e '
		$SIG{$ARGV[0]} = sub { print "got $ARGV[0]\n"; exit 3 };
		open my $f, ">", "ready"; print $f 1; close $f;
		sleep 1 for 1 .. 10; exit 4' $s >out 2>err &
	pid=$!
	wait_for ready
	kill -$s $pid
	wait $pid
	is "$? $(cat out)" "3 got $s" "SIG$s reaches the function"
done
: >ready
$shim sh -c 'echo 1 >ready; exec sleep 10' 2>/dev/null &
pid=$!
wait_for ready
kill -TERM $pid
wait $pid
is $? 143 'a signal that the function does not catch: its death is the status'
: >ready
$shim sh -c 'echo 1 >ready; sleep 0.3; exit 5' 2>/dev/null &
pid=$!
wait_for ready
kill -STOP $pid
kill -CONT $pid
wait $pid
is $? 5 'stopped and continued'

# --- processes ---

cat >orphans <<'SH'
i=0
while [ $i -lt 20 ]; do
	(sh -c 'sleep 0.1 & exec true') &
	i=$((i + 1))
done
wait
sleep 0.5
grep -l '^State:.*zombie' /proc/[0-9]*/status 2>/dev/null | while read -r f; do
	grep -q "^PPid:.$PPID$" "$f" && echo zombie
done
echo done
SH
# shellcheck disable=SC2086
run $shim sh orphans
out '^done$' 'orphans: the function goes on'
unlike "$(cat out)" zombie 'orphans are reaped'
both : sh -c 'for i in 1 2 3; do sleep 0.01 & done; wait; echo $?; (exit 9) & wait $!; echo $?'
same 'children of the function are its own to wait for'
both : sh -c '(kill -9 $$); echo not reached'
same 'killed by its own child'

if [ "$(id -u)" -eq 0 ] && unshare -pf --mount-proc true 2>/dev/null; then
	# shellcheck disable=SC2086
	run unshare -pf --mount-proc $shim sh -c 'exit 7'
	status 7 'as PID 1: status'
	# shellcheck disable=SC2086
	run unshare -pf --mount-proc $shim sh -c 'kill -TERM $$'
	status 143 'as PID 1: death by a signal'
	# shellcheck disable=SC2086
	run unshare -pf --mount-proc $shim sh orphans
	out '^done$' 'as PID 1: orphans'
	unlike "$(cat out)" zombie 'as PID 1: orphans are reaped'
	# shellcheck disable=SC2086
	run unshare -pf --mount-proc $shim sh -c 'echo $PPID; kill -KILL 1; kill -STOP 1; echo alive'
	out '^1$' 'as PID 1: it is the parent'
	out '^alive$' 'as PID 1: it cannot be killed from within'
	: >ready
	# shellcheck disable=SC2086
	unshare -pf --mount-proc $shim perl -e '$SIG{TERM} = sub { exit 3 }; open my $f, ">", "ready"; print $f 1; close $f; sleep 1 for 1 .. 10' 2>/dev/null &
	pid=$!
	wait_for ready
	inner=$(cat "/proc/$pid/task/$pid/children")
	# shellcheck disable=SC2086
	kill -TERM $inner
	wait $pid
	is $? 3 'as PID 1: SIGTERM from outside reaches the function'
else
	tap_comment 'only root with all capabilities can be PID 1 here'
fi

# --- a process that gave up its user, where root has no right to look into it ---

if [ "$(id -u)" -eq 0 ] && setpriv --bounding-set -sys_ptrace --inh-caps -sys_ptrace setpriv --reuid=65534 --clear-groups true 2>/dev/null; then
	chmod 755 "$T"
	for mode in enforce alert learn; do
		run setpriv --bounding-set -sys_ptrace --inh-caps -sys_ptrace env BUCKLER_MODE=$mode "$SHIM" -p p.bkl -- \
			/bin/sh -c 'setpriv --reuid=65534 --regid=65534 --clear-groups /usr/bin/id -u; echo "status $?"'
		case $mode in
		enforce)
			unlike "$(cat out)" '^65534$' 'without CAP_SYS_PTRACE: what gave up its user executes nothing'
			err '"verdict":"denied".*another user now' 'and an event says why' ;;
		*)
			out '^65534$' "mode $mode: it does"
			err '"verdict":"(alert|learned)".*another user now' 'and an event says that it was not judged' ;;
		esac
	done
	run "$SHIM" -p p.bkl -- /bin/sh -c 'setpriv --reuid=65534 --regid=65534 --clear-groups /usr/bin/id -u'
	out '^65534$' 'with CAP_SYS_PTRACE: judged like any other'
else
	tap_comment 'only root can give up its user here'
fi

# --- terminal ---

script -qec "$T/state" /dev/null </dev/null 2>/dev/null | tr -d '\r' | grep -E '^(terminal|signal)' >bare
script -qec "$shim $T/state" /dev/null </dev/null 2>/dev/null | tr -d '\r' | grep -E '^(terminal|signal)' >with
ok 'on a terminal: descriptors and foreground' cmp bare with
is "$(grep -c 'foreground 1' with)" 3 'on a terminal: it is in the foreground'
cat >waits.pl <<'PL'
$SIG{INT} = sub { print "interrupted\n"; exit 3 };
$| = 1;
open my $ready, ">", "ready";
print $ready 1;
close $ready;
sleep 1 for 1 .. 10;
exit 4;
PL
# noflsh: else the terminal throws away what is written while it handles the key.  The trap is for script's own shell: with
# SHELL unset that is a dash, which the key would end before it can say the status.
interrupt() {
	: >ready
	: >over
	{
		wait_for ready
		printf '\003'
		wait_for over
	} | script -qec "trap : INT; stty noflsh; $1 perl $T/waits.pl; echo status \$?; echo 1 >$T/over" /dev/null 2>/dev/null | tr -d '\r' | grep -E 'interrupted|status'
}
is "$(interrupt "$shim")" "$(interrupt '')" 'on a terminal: control-C interrupts the function'
like "$(interrupt "$shim")" '^status 3$' 'on a terminal: once, and its status arrives'

job() {
	/usr/bin/python3 "$TOP/tests/integration/state/job.py" "$@" 2>&1
}
# shellcheck disable=SC2086
is "$(job $shim)" "$(job)" 'on a terminal: control-Z, jobs, fg, control-C as an interactive shell sees them'
like "$(job)" '^control-Z: Stopped$' 'on a terminal: the shell says that a stopped job is'

# --- at rest ---

# Where nothing happens the shim keeps a page of state and one of stack.  Only root may look into it.
private_pages() {
	sed -n 's/^Private_Dirty: *\([0-9]*\) kB/\1/p' "/proc/$1/smaps_rollup"
}
if [ "$(id -u)" -eq 0 ]; then
	# shellcheck disable=SC2086
	$shim sleep 30 </dev/null >/dev/null 2>&1 &
	resting=$!
	tries=0
	until pages=$(private_pages $resting) && [ "${pages:-99}" -le 8 ] || [ $tries -gt 100 ]; do
		sleep 0.05
		tries=$((tries + 1))
	done
	is "$pages" 8 'at rest: two pages are its own'
	{ kill $resting; wait $resting; } 2>/dev/null
else
	skip 1 'at rest: only root may look into the shim'
fi

# --- the log must not get in the way ---

mkfifo pipe
exec 8<>pipe
# Fill it, nobody reads.
dd if=/dev/zero of=pipe bs=4096 count=16 oflag=nonblock 2>/dev/null
printf 'version: 1\nprocesses: []\n' >none.yaml
"$BUCKLER" compile -q none.yaml -o none.bkl
cat >denied.sh <<'SH'
i=0
while [ $i -lt 50 ]; do /usr/bin/true; i=$((i + 1)); done 2>/dev/null
exit 6
SH
run timeout 20 "$SHIM" --log-fd 8 -p none.bkl -- sh denied.sh
status 6 'a full log pipe does not hold the function up'
exec 8>&-
# shellcheck disable=SC2086
run sh -c "$shim sh -c 'exit 4' 2>&-"
status 4 'a closed standard error'
# What the kernel itself refuses is no event.
: >noexec
run "$SHIM" -p none.bkl -- /bin/sh -c './noexec'
status 126 'a file without execute permission'
ok 'makes no event' [ "$(grep -c '"event":"exec"' err)" = 0 ]

# A signal that comes while the function is being started, to it and the shim alike, ends both as it would end the function.
for signal in 2 15; do
	run timeout -s KILL 200 ./early 300 "$signal" "$SHIM" -p p.bkl -- /bin/sleep 100
	is "$(cat out)" 0 "signal $signal in the first millisecond of a start, 300 times: each ended by it"
done

# A filter that was here before kills the child before it can be supervised: that is told, and nothing waits for ever.
run timeout -s KILL 20 prlimit --stack=16384 "$SHIM" -p p.bkl -- /bin/true
status 125 'a child that cannot be started is not waited for'
err 'it ended before it could be supervised' 'and that is said'

# Threads of one process that all execute at once: one wins, as without the shim, and the shim goes on.
chmod 755 . && chmod a+rx threads
run timeout -s KILL 120 setpriv --reuid 65534 --regid 65534 --clear-groups "$SHIM" -p p.bkl -- "$T/threads" 3000 /usr/bin/true
is "$(cat out)" 3000 'three threads that execute at once, 3,000 times: each process ended well'

# Killed in the middle of that: no call stays in flight for ever.
printf 'version: 1\nprocesses: ["/**"]\n' >executed.yaml
"$BUCKLER" compile -q executed.yaml -o executed.bkl
run timeout -s KILL 120 "$SHIM" -p executed.bkl -- "$T/threads" 2500 /usr/bin/true kill
is "$(cat out)" 2500 'the same, killed meanwhile: each process ended, and so did the shim'

# A thread that maps code beside another whose execs fail.
printf 'not a program\n' >nothing
chmod +x nothing
library=$(ldd "$BUCKLER" | sed -n 's/.*=> \(.*libc\.so[^ ]*\) .*/\1/p')
run timeout -s KILL 60 "$SHIM" -p p.bkl -- "$T/beside" "$library" "$T/nothing"
is "$(cat out)" 0 'mappings beside execs that fail: none of them fails'

# The gate where the kernel has Landlock: a wall of the shim's own making would keep the gate from its ground.
if [ "$(uname -m)" = x86_64 ]; then
	printf 'version: 1\nprocesses: ["/**"]\nfiles: {write: ["/dev/**"]}\n' >walled.yaml
	"$BUCKLER" compile -q walled.yaml -o walled.bkl
	for policy in p none walled; do
		run timeout -s KILL 20 python3 "$TOP/tests/integration/state/refuse.py" "$SHIM" -p $policy.bkl -- /bin/sh -c 'exit 5'
		status 5 "the gate beside Landlock, as $(id -u), $policy.bkl"
		err '"mechanism":"gate' 'it is the gate'
	done
fi

# No descriptor for the signals' supervisor: the function does not run without one.
for n in 4 5 6 7 8 9; do
	(ulimit -n $n; exec timeout -k 10 0.3 "$SHIM" -p p.bkl -- /bin/sleep 20) >out 2>err
	given=$?
	case $given in
	124 | 125 | 126 | 127) tap_pass "with $n descriptors it starts and ends by a signal, or says that it cannot" ;;
	*) tap_fail "with $n descriptors: status $given" ;;
	esac
done

done_testing
