#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The gate is not seen: in the Lambda box programs do what they do without it.  Everything is allowed by the policy, so nothing may be
# said but the start event; then what it refuses, what it cannot get into, and a gate that is damaged.
. "${0%/*}/../support/tap.sh"
. "$TOP/tests/place/box.sh"
gate_in_opt
cp "$TOP"/tests/place/gate/* task
allow_all >all.yaml
cat >one.yaml <<'YAML'
version: 1
processes:
  - path: /usr/bin/true
  - path: /usr/bin/busybox
    applet: "true"
libraries: [/usr/lib/**]
generated_code: deny
YAML
{ cat one.yaml; echo 'unsupported: refuse'; } >refuse.yaml
sed 's,^processes:,&\n  - path: /usr/bin/dash,' one.yaml >musl.yaml
for name in all one refuse musl; do
	"$BUCKLER" compile -q $name.yaml -o opt/$name.bkl || tap_fail "$name.yaml"
done
gcc -O1 -o task/tight task/tight.c
gcc -O1 -DNUMBER=39 -o task/fixed task/tight.c
gcc -O1 -DNUMBER=2 -o task/opens task/tight.c
gcc -O1 -shared -fPIC -o task/libtight.so task/tight.c
id=-Wl,--build-id=0x00112233445566778899aabbccddeeff00112233
gcc -O1 $id -o task/genuine task/forged.c
gcc -O1 $id -DFORGED -o task/forged task/forged.c
gcc -O1 -DOBJECT -shared -o task/border.so task/border.c
gcc -O1 -o task/border task/border.c
javac -d task "$TOP/tests/place/gate/Children.java"
musl-gcc -O1 -o task/musl task/musl.c
gcc -O1 -o task/locks task/locks.c
chmod -R a+rX .

# gated POLICY CMD...: as on the platform; output in $T/out, the log in $T/err
gated() {
	policy=$1
	shift
	run "$BOX" --opt opt --task task -- /opt/buckler-init -p "/opt/$policy.bkl" -- "$@"
}

# The same output as bare, no event but the start.
same() {
	label=$1
	shift
	run "$BOX" --task task -- "$@"
	cp out bare
	ok "$label: the control works" [ -s bare ]
	gated all "$@"
	is "$(cat out)" "$(cat bare)" "$label: the same"
	is "$(grep '"buckler":' err | grep -v '"event":"start"')" '' "$label: nothing is said"
	ok "$label: by the gate" grep -q '"mechanism":"gate' err
}

same python /usr/bin/python3 /var/task/children.py
for round in 1 2 3 4; do
	same "node $round" /usr/bin/node /var/task/children.js
done
same java /usr/bin/java -XX:-UsePerfData -cp /var/task Children
same ruby /usr/bin/ruby /var/task/children.rb
same perl /usr/bin/perl /var/task/children.pl
same bash /bin/bash /var/task/children.bash
same dash /bin/dash /var/task/tools.sh
same 'record locks' /var/task/locks
is "$(tr '\n' ' ' <out)" 'locked 1 mapped 1 locked 1 mapped 1 unlocked 1 ' 'they are kept'

gated one /bin/sh -c '/usr/bin/true; echo "true $?"; /bin/ls; echo "ls $?"; env -i /bin/ls; echo "env $?"'
is "$(cat out)" "$(printf 'true 0\nls 126\nenv 126')" 'what no rule lists is refused as the kernel would'
ok 'with an event' grep -q '"event":"exec","verdict":"denied".*"path":"/usr/bin/ls"' err
gated one /bin/sh -c 'busybox true; echo $?'
is "$(cat out)" 0 'a listed static program runs'
gated refuse /bin/sh -c 'busybox true; echo $?'
is "$(cat out)" 0 'also where the policy insists on enforcement: the gate loads it'
gated all /var/task/musl
ok 'a C library that cannot be covered is named' grep -q 'does not cover this program' err

# A call that no jump fits is told where it may be one that matters: in the main process, and what is loaded there.
gaps() {
	grep -v '"event":"start"' err | sed -n 's/.*"event":"exec","verdict":"\([a-z]*\)".*"path":"\([^"]*\)".*"note":"\([0-9]*\) system call instruction of \([^"]*\): not led through the gate.*/\1 \2 \3 \4/p'
}
for name in tight opens; do
	gated all /var/task/$name
	is "$(cat out)" 'works' "$name: it runs"
	is "$(gaps)" "alert /var/task/$name 1 /var/task/$name" "$name: what is not led through the gate is told"
	is "$(grep -c '"buckler":' err)" 2 "$name: once, and nothing else"
	gated refuse /var/task/$name
	is "$(cat out)" '' "$name: it does not run where the policy insists"
	is "$(gaps)" "killed /var/task/$name 1 /var/task/$name" "$name: with the reason"
done
gated refuse /var/task/fixed
is "$(cat out)" 'works' 'a number that does not matter: it runs'
is "$(gaps)" '' 'a number that does not matter: nothing is told'
gated all /bin/sh -c '/var/task/tight; :'
is "$(cat out) $(gaps)" 'works ' 'a child: nothing is told'
gated all /usr/bin/python3 -c 'import ctypes; ctypes.CDLL("/var/task/libtight.so"); print("loaded")'
is "$(cat out) $(gaps)" 'loaded alert /usr/bin/python3.11 1 /var/task/libtight.so' 'a library that is loaded: told'

# By chance of the layout none is lost: the finder must not see the jumps of other sites.
for round in $(seq 40); do
	gated all /usr/bin/curl --version
	grep '"buckler":' err | grep -v '"event":"start"'
done >lost
is "$(cat lost)" '' 'forty starts with many libraries: every call is led through the gate'

# musl describes no frames: a table, which wrap makes, says where its calls are.
"$BUCKLER" wrap --layer -p all.yaml -o layer.zip --objects /lib/ld-musl-x86_64.so.1 --objects task/musl || tap_fail 'wrap'
/usr/bin/python3 -m zipfile -e layer.zip layer
cp layer/buckler/sites.bkt opt/sites.bkt
chmod a+r opt/sites.bkt
same 'musl, with its table' /var/task/musl
for attack in exec fork syscall mem code; do
	run "$BOX" --task task -- /var/task/musl $attack
	like "$(cat out)" 'done$' "musl, $attack: the control works"
	gated musl /var/task/musl $attack
	like "$(cat out)" '^refused$' "musl, $attack: refused"
	ok "musl, $attack: with an event" grep -q '"verdict":"denied"' err
done
same 'bash, beside that table' /bin/bash /var/task/children.bash
rm opt/sites.bkt

# A table knows objects by a build id, which whoever makes one can forge: one that is not what the table says is read by the gate itself.
"$BUCKLER" gate-table -q -o opt/sites.bkt task/genuine || tap_fail 'gate-table'
chmod a+r opt/sites.bkt
for name in genuine forged; do
	run "$BOX" --task task -- /var/task/$name
	is "$(cat out)" 'done' "$name: the control works"
	gated one /var/task/$name
	is "$(cat out)" 'refused' "$name: its call is led through the gate"
	like "$(cat err)" '"event":"syscall","verdict":"denied"' "$name: with an event"
done
like "$(cat err)" '"note":"its site table says what its code does not: it is not used"' 'forged: so is the table'
gated one /var/task/genuine
unlike "$(cat err)" 'its site table' 'genuine: nothing is said of it'
rm opt/sites.bkt
run "$BOX" --task task -- /var/task/border /var/task/border.so
is "$(cat out)" 'whole' 'a part of an object, beside data: the control works'
gated all /var/task/border /var/task/border.so
is "$(cat out)" 'whole' 'nothing in front of what was mapped is written'
is "$(gaps)" 'alert /var/task/border 1 /var/task/border.so' 'what cannot be led is told'

gated refuse /usr/bin/busybox true
status 0 'a static function is loaded, too'
printf '#!/usr/bin/busybox sh\ntrue\n' >task/static-script
chmod 755 task/static-script
gated refuse /var/task/static-script
status 125 'a function that is a script of a static program has no gate: refused where the policy insists'

printf 'not an object' >opt/buckler-gate.so
gated one /bin/sh -c 'sleep 20; echo ran'
status 125 'a damaged gate: the function is ended'
is "$(cat out)" '' 'before it has done anything'
ok 'with the reason' grep -q '"event":"refused".*gate did not start' err
done_testing
