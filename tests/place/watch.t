#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The watch, in the Lambda box: what is not allowed is found, ended and reported; what is allowed, forks, and processes that are not ours go on
# in silence.  Attacks that outlive an invocation, each with its control and its twin.
. "${0%/*}/../support/tap.sh"
. "$TOP/tests/place/box.sh"

mkdir opt task
cp "$SHIM" opt
cp "$TOP/build/place/persist" "$TOP/build/place/past" task
printf '#include <stdlib.h>\n#include <unistd.h>\nint main(int argc, char **argv) { return (int)sleep(argc > 1 ? (unsigned)atoi(argv[1]) : 1); }\n' >sleeper.c
${CC:-gcc} -static -o task/static sleeper.c
cp /usr/bin/sleep task/renamed
printf 'int answer(void) { return 42; }\n' >library.c
${CC:-gcc} -shared -fPIC -o task/library.so library.c
cp "$PLACE/client/function.py" task
cat >policy.yaml <<'YAML'
version: 1
main: /usr/bin/dash
processes:
  - path: /usr/bin/sleep
    args: ["*"]
  - path: /usr/bin/python3*
    args: ["/var/task/*", "..."]
  - path: /usr/bin/true
  - path: /usr/bin/cp
  - path: /usr/bin/cat
libraries: [/usr/lib/**]
YAML
for mode in enforce alert; do
	{ cat policy.yaml; echo "mode: $mode"; } >$mode.yaml
	"$BUCKLER" compile -q $mode.yaml -o opt/$mode.bkl
done
cat >task/load.py <<'PY'
import ctypes, os, shutil, sys, time
if sys.argv[1] == "drop":
    shutil.copy("/var/task/library.so", "/tmp/library.so")
    ctypes.CDLL("/tmp/library.so")
    time.sleep(int(sys.argv[2]))
    print("DONE")
elif sys.argv[1] == "memory":
    fd = os.memfd_create("dropped")
    os.write(fd, open("/usr/bin/sleep", "rb").read())
    if os.fork() == 0:
        os.execve(fd, ["sleep", sys.argv[2]], {})
    if os.wait()[1] == 0:
        print("DONE")
elif sys.argv[1] == "fork":
    for _ in range(20):
        if os.fork() == 0:
            time.sleep(0.2)
            os._exit(0)
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
    print("forked")
PY
chmod -R a+rX .

# box SCRIPT: runs it in the box as the function; without: the same without the shim.
box() {
	run "$BOX" --opt opt --task task -- /opt/buckler-init -p "/opt/${mode:-enforce}.bkl" -- /bin/sh -c "$1"
}
bare() {
	run "$BOX" --opt opt --task task -- /bin/sh -c "$1"
}
events() {		# event, verdict, path of each line but the first
	grep '"buckler":' err | /usr/bin/python3 -c 'import json, sys
for line in sys.stdin:
    e = json.loads(line)["buckler"]
    if e["event"] != "start":
        print(e["event"], e["verdict"], e.get("path", ""), e["mechanism"])'
}
mode=enforce

box 'true'
is "$(sed -n 's/.*"mechanism":"\([a-z+]*\)".*"processes":"\([a-z]*\)","libraries":"\([a-z]*\)","generated_code":"\([a-z]*\)".*/\1 \2 \3 \4/p' err)" \
	'watch detected detected absent' 'the start event: mechanism and sections'

# NAME PATH SCRIPT: the script prints DONE after as many seconds as stand for SECONDS, unless what it starts is ended.
killed() {
	bare "$(printf '%s' "$3" | sed 's/SECONDS/0/g')"
	out '^DONE$' "$1: control"
	box "$(printf '%s' "$3" | sed 's/SECONDS/20/g')"
	unlike "$(cat out)" '^DONE$' "$1: it is ended"
	like "$(events)" "^${4:-exec} killed $2 watch\$" "$1: it is reported"
}
killed 'an unlisted program' /usr/bin/timeout '/usr/bin/timeout 30 sleep SECONDS && echo DONE'
killed 'a listed program with other arguments' '/usr/bin/python3\.[0-9]*' '/usr/bin/python3 -c "import time; time.sleep(SECONDS)" && echo DONE'
killed 'a copy under another name' /tmp/true 'cp /usr/bin/sleep /tmp/true; /tmp/true SECONDS && echo DONE'
killed 'a static program, dropped' /tmp/dropped 'cp /var/task/static /tmp/dropped; /tmp/dropped SECONDS && echo DONE'
killed 'a static program elsewhere' /var/task/static '/var/task/static SECONDS && echo DONE'
killed 'a memory file' '/memfd:dropped \(deleted\)' '/usr/bin/python3 /var/task/load.py memory SECONDS'
killed 'a library in /tmp' /tmp/library.so '/usr/bin/python3 /var/task/load.py drop SECONDS' load
killed 'an exec over a child' /usr/bin/timeout '(exec /usr/bin/timeout 30 sleep SECONDS) && echo DONE'

# The twins.
box 'for i in 1 2 3 4 5; do true; done; sleep 0.3; cp /usr/bin/true /tmp/x; cat /var/task/load.py >/dev/null; sleep 0.3; echo fine'
out '^fine$' 'what is listed runs'
is "$(events)" '' 'in silence'
box '/usr/bin/python3 /var/task/load.py fork'
out '^forked$' 'forks are no execs'
is "$(events)" '' 'in silence'
# More images than are remembered, beside forks of the function itself, whose arguments no rule lists.
box 'loop() { i=0; while [ $i -lt 1500 ]; do /usr/bin/true || echo "not $?"; i=$((i + 1)); done; }
loop & loop & loop & loop & loop & loop & wait; echo fine'
is "$(cat out)" fine 'thousands of listed programs run beside forks of the function'
is "$(events)" '' 'in silence'
run "$BOX" --opt opt --task task -- /bin/sh -c '(/var/task/renamed 2; echo extension) & exec 3>&-; sleep 0.05; (exec /opt/buckler-init -p /opt/enforce.bkl -- /bin/sh -c "sleep 0.5"); wait'
out '^extension$' 'what was there before, and is no child of ours, is left alone'
is "$(events)" '' 'in silence'

mode=alert
box '(/usr/bin/timeout 30 sleep 3 && echo DONE) & /usr/bin/python3 /var/task/load.py drop 3; wait'
is "$(grep -c '^DONE$' out)" 2 'mode alert: nothing is ended'
is "$(events | sort)" "exec alert /usr/bin/timeout watch
load alert /tmp/library.so watch" 'mode alert: each is told once'
mode=enforce

# The main process itself becomes another program.
bare 'exec /usr/bin/timeout 2 sleep 0'
status 0 'exec over the main process: control'
box 'exec /usr/bin/timeout 30 sleep 20'
status 126 'exec over the main process: it is ended, and the shim says so'
like "$(events)" '^exec killed /usr/bin/timeout watch$' 'exec over the main process: it is reported'

# Attacks that outlive an invocation.
cat >persist.yaml <<'YAML'
version: 1
main: /usr/bin/python3*
processes:
  - path: /usr/bin/echo
  - path: /var/task/persist
    args: ["*", "twin"]
YAML
"$BUCKLER" compile -q persist.yaml -o opt/persist.bkl
chmod -R a+rX .
invoke() {		# EVENT FOLDER CMD... : the answers up to an attack's success, and the events
	# The last one takes a while: when all are answered, the platform ends everything at once, and an event is to be written before.
	printf '%s\n{"name": "after"}\n{"run": ["/var/task/persist", "later", "twin"]}\n' "$1" >events.in
	folder=$2
	shift 2
	run /usr/bin/python3 "$PLACE/runtime_api.py" --until "$success" events.in answers "$BOX" --opt "$folder" --task task -- "$@"
}
# ATTACK LABEL FOLDER: it does not come to it, and the function goes on.
persists_not() {
	[ "$1" = response ] && success=evil || success=DONE
	invoke "{\"run\": [\"/var/task/persist\", \"$1\", \"20\"]}" "$3" /opt/buckler-init -p /opt/persist.bkl -- /usr/bin/python3 /var/task/function.py
	unlike "$(cat answers)" 'DONE|"evil"' "$2: it does not come to it"
	like "$(cat answers)" '^id-2 response \{"hello":"after"' "$2: the function goes on"
}
persists_quietly() {	# ATTACK LABEL FOLDER: the twin
	invoke "{\"run\": [\"/var/task/persist\", \"$1\", \"twin\"]}" "$3" /opt/buckler-init -p /opt/persist.bkl -- /usr/bin/python3 /var/task/function.py
	like "$(cat answers)" '^id-1 .*worked' "$2: twin"
	is "$(events)" '' "$2: twin in silence"
}
for attack in next response swap rewrite daemon; do
	[ $attack = response ] && success=evil || success=DONE
	invoke "{\"run\": [\"/var/task/persist\", \"$attack\", \"0\"]}" opt /usr/bin/python3 /var/task/function.py
	like "$(cat answers)" 'DONE|"evil"' "$attack: control"
	persists_not $attack $attack opt
	like "$(events)" '^exec killed /var/task/persist watch$' "$attack: it is reported"
	persists_quietly $attack $attack opt
done

# With the gate in front: what comes past it is still found.
if [ -e "${SHIM%/*}/buckler-gate.so" ]; then
	mkdir gated
	cp "$SHIM" "${SHIM%/*}/buckler-gate.so" gated
	printf '%s\n' 'version: 1' 'main: /usr/bin/dash' 'processes: [/var/task/past, /usr/bin/sleep]' 'generated_code: allow' >past.yaml
	"$BUCKLER" compile -q past.yaml -o gated/past.bkl
	chmod -R a+rX .
	gated() {
		run "$BOX" --opt gated --task task -- /opt/buckler-init -p /opt/past.bkl -- /bin/sh -c "$1"
	}
	bare '/var/task/past /usr/bin/sleep 0'
	out '^DONE$' 'a listed program, started past the gate: control'
	gated '/var/task/past /usr/bin/sleep 20'
	out '^ended$' 'a listed program, started past the gate: it is ended'
	like "$(events)" '^exec killed /usr/bin/sleep watch$' 'a listed program, started past the gate: it is reported'
	err 'the gate is not in it' 'a listed program, started past the gate: and why'
	bare '/var/task/past /usr/bin/timeout 30 sleep 0'
	out '^DONE$' 'an unlisted program, started past the gate: control'
	gated '/var/task/past /usr/bin/timeout 30 sleep 20'
	out '^(ended|failed)$' 'an unlisted program, started past the gate: it is ended, or what it started is'
	like "$(events)" '^exec killed /usr/bin/timeout watch$' 'an unlisted program, started past the gate: it is reported'
	# The attacks that outlive an invocation do not begin.
	"$BUCKLER" compile -q persist.yaml -o gated/persist.bkl
	chmod -R a+rX .
	for attack in next response swap rewrite daemon; do
		persists_not $attack "$attack, gate" gated
		is "$(events)" 'exec denied /var/task/persist gate+watch' "$attack, gate: it is reported"
	done
	persists_quietly next gate gated
	gated 'sleep 2; /usr/bin/sleep 1 & wait; echo fine'
	out '^fine$' 'what is started through the gate goes on'
	is "$(events)" '' 'in silence'
fi

# doctor says the same of such a place.
cp "$BUCKLER" opt
run "$BOX" --opt opt -- /opt/buckler doctor
out '^mechanism  watch: ' 'doctor: the mechanism'
out '^  processes +detected' 'doctor: what it gives'

done_testing
