#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Static programs in the Lambda box: the gate loads them itself.  They do what they do without it, also what they ask about themselves; what a policy
# does not allow is refused; what cannot be loaded is not started; what comes past the gate is ended.
. "${0%/*}/../support/tap.sh"
. "$TOP/tests/place/box.sh"
gate_in_opt
cp "$TOP/build/place/past" task
gcc -O1 -static -pthread -o task/glibc "$PLACE/gate/musl.c" 2>compiled || tap_comment "$(cat compiled)"
gcc -O1 -static-pie -pthread -o task/pie "$PLACE/gate/musl.c" 2>compiled || tap_comment "$(cat compiled)"
musl-gcc -O1 -static -o task/musl "$PLACE/gate/musl.c"
cp "$PLACE/gate/self.go" .
# With the C library (cgo) it is a dynamic program whose stacks are as small.
for cgo in 0 1; do
	GO111MODULE=off GOCACHE=$T/go-cache CGO_ENABLED=$cgo go build -o task/go-$cgo self.go
done
# Position-independent without it, it needs the loader alone.
GO111MODULE=off GOCACHE=$T/go-cache CGO_ENABLED=0 go build -buildmode=pie -o task/go-pie self.go
gcc -O1 -static-pie -w -o task/opens "$PLACE/gate/opens.c" 2>compiled || tap_comment "$(cat compiled)"
gcc -O1 -static -nostdlib -nostartfiles -fno-stack-protector -o task/plain "$PLACE/gate/strange.c"
gcc -O1 -static -nostdlib -nostartfiles -fno-stack-protector -Wl,-N -o task/writable "$PLACE/gate/strange.c" 2>compiled
gcc -O1 -static -nostdlib -nostartfiles -fno-stack-protector -Wl,-z,execstack -o task/stack "$PLACE/gate/strange.c" 2>compiled
printf '#!/usr/bin/busybox sh\necho "$0 $1 $(readlink /proc/self/exe)"; /usr/bin/id >/dev/null 2>&1 && echo done || echo refused\n' >task/script
printf '#!/var/task/script\n' >task/nested
chmod 755 task/script task/nested
cp task/plain task/dark
# What has no descriptions of functions gets a table.
"$BUCKLER" gate-table -q -o sites.bkt task/musl
cp sites.bkt opt
allow_all >all.yaml
cat >few.yaml <<'YAML'
version: 1
processes:
  - path: /var/task/*
  - path: /usr/bin/dash
  - path: /usr/bin/busybox
    applet: sh
  - path: /usr/bin/busybox
    applet: "true"
  - path: /usr/bin/busybox
    applet: readlink
  - path: /usr/bin/echo
    parent: /var/task/go-0
  - path: /usr/bin/env
    parent: /usr/bin/dash
generated_code: deny
network:
  connect: [{address: 127.0.0.1}]
YAML
sed 's/^generated_code: deny/generated_code: allow/' few.yaml >code.yaml
{ cat code.yaml; echo 'mode: alert'; } >alert.yaml
for name in all few code alert; do
	"$BUCKLER" compile -q $name.yaml -o opt/$name.bkl || tap_fail "$name.yaml"
done
chmod -R a+rX .
chmod 711 task/dark

bare() {
	run "$BOX" --task task -- "$@"
}
gated() {		# POLICY CMD...
	policy=$1
	shift
	run "$BOX" --opt opt --task task -- /opt/buckler-init -p "/opt/$policy.bkl" -- "$@"
}
# Of glibc without a table sendto, of musl close in posix_spawn have no room for a jump, which the start tells.
events() {
	grep '"buckler":' err | grep -v '"event":"start"' | grep -v '1 system call instruction .* no jump fits there' | grep -v '"event":"summary"' | sed 's/.*"event":"\([a-z]*\)".*"verdict":"\([a-z]*\)".*/\1 \2/' | sort -u
}

# --- normal work ---

same() {		# LABEL CMD...: as the function itself, and below a shell that has the gate
	label=$1
	shift
	bare "$@"
	cp out wanted
	ok "$label: the control works" [ -s wanted ]
	gated all "$@"
	is "$(cat out)" "$(cat wanted)" "$label: the same"
	is "$(events)" '' "$label: nothing is said"
	ok "$label: by the gate" grep -q '"mechanism":"gate+watch"' err
	gated all /bin/sh -c '"$0" "$@"; exit $?' "$@"
	is "$(cat out)" "$(cat wanted)" "$label, as a child: the same"
	is "$(events)" '' "$label, as a child: nothing is said"
}
for program in glibc pie musl go-0 go-1 go-pie plain; do
	same $program /var/task/$program
done
same busybox /usr/bin/busybox sh -c 'echo "$0"; for i in 1 2 3; do true | cat /proc/self/cmdline; done; readlink /proc/self/exe; (exit 3) || echo $?'
same 'what it asks of the link itself' /usr/bin/busybox sh -c 'busybox stat -c %F /proc/self/exe; busybox stat -L -c %F /proc/self/exe'
bare /var/task/script one
like "$(cat out)" '^/var/task/script one /usr/bin/busybox' 'a script of a static interpreter: control'
gated all /bin/sh -c '/var/task/script one'
like "$(cat out)" '^/var/task/script one /usr/bin/busybox' 'a script of a static interpreter: the same'
is "$(events)" '' 'a script of a static interpreter: nothing is said'

bare /var/task/opens
is "$(cat out)" done 'a static program that loads a library: control'
gated few /var/task/opens
is "$(cat out)" done 'a static program that loads a library: the same'
is "$(events)" '' 'a static program that loads a library: the library is not taken for it'
run "$BOX" --opt opt --task task -- /usr/bin/env LD_PRELOAD=/usr/lib/x86_64-linux-gnu/libresolv.so.2 \
	/opt/buckler-init -p /opt/all.bkl -- /usr/bin/busybox sh -c 'echo "$LD_PRELOAD"; exec busybox sh -c "echo \$LD_PRELOAD"'
is "$(cat out)" "$(printf '%s\n' /usr/lib/x86_64-linux-gnu/libresolv.so.2 /usr/lib/x86_64-linux-gnu/libresolv.so.2)" \
	"the function's own LD_PRELOAD stays as it was"

# --- what is not allowed ---

refused() {		# LABEL PROGRAM WHAT EVENT
	bare "$2" $3
	like "$(cat out)" 'done' "$1: the control works"
	gated few "$2" $3
	like "$(cat out)" '^refused$' "$1: refused"
	like "$(events)" "^$4 denied$" "$1: with an event"
}
for program in glibc pie musl; do
	for attack in exec fork syscall; do
		refused "$program, $attack" /var/task/$program $attack exec
	done
	refused "$program, mem" /var/task/$program mem syscall
	refused "$program, code" /var/task/$program code code
done
for program in go-0 go-1 go-pie; do
	for attack in exec raw; do
		refused "$program, $attack" /var/task/$program $attack exec
	done
	refused "$program, mem" /var/task/$program mem syscall
	refused "$program, code" /var/task/$program code code
	refused "$program, connect" /var/task/$program connect connect
done
bare /var/task/script
like "$(cat out)" 'done$' 'a script of a static interpreter: the control works'
gated few /bin/sh -c /var/task/script
like "$(cat out)" 'refused$' 'a script of a static interpreter: what it starts is refused'
gated few /bin/sh -c 'busybox true && echo ran; busybox ls / && echo ran; /var/task/go-0 again'
is "$(cat out)" "$(printf 'ran\nagain, as go-0')" 'applets of a static program are told apart'
is "$(events)" 'exec denied' 'with an event'
gated few /var/task/go-0
like "$(cat out)" 'requests that failed: 0' 'a rule for the children of a static program lets them go'
is "$(events)" '' 'silently'
gated few /bin/sh -c '/usr/bin/echo of others; echo "$?"'
is "$(cat out)" 126 'and not those of others'
gated few /bin/sh -c '/usr/bin/env true; echo "$?"; env /bin/sh -c "exec env true"; echo "$?"'
like "$(cat out)" '^(126|127) ?' 'the parent is the image that makes the call'
for program in /tmp/copy /proc/self/fd/9; do
	gated few /bin/sh -c "cat /var/task/plain >/tmp/copy; chmod 755 /tmp/copy; exec 9</tmp/copy; rm -f /tmp/gone; $program; echo \$?"
	unlike "$(cat out)" done "unlisted, as $program: not started"
done

# --- what cannot be loaded ---

for program in writable stack; do
	bare /var/task/$program
	is "$(cat out)" done "$program: the control works"
	gated few /bin/sh -c "/var/task/$program; echo \$?"
	is "$(cat out)" 126 "$program: not started"
	ok "$program: and why" grep -q 'the gate cannot load it' err
done
bare /var/task/nested
like "$(cat out)" 'done$' 'a script whose interpreter is a script: the control works'
gated code /bin/sh -c '/var/task/nested; echo $?'
is "$(cat out)" 126 'a script whose interpreter is a script: not started'
ok 'a script whose interpreter is a script: and why' grep -q 'interpreter of a script, and a script itself' err
bare /var/task/dark
is "$(cat out)" done 'a file that cannot be read: the control works'
gated code /bin/sh -c '/var/task/dark; echo $?'
is "$(cat out)" 126 'a file that cannot be read: not started'
ok 'a file that cannot be read: and why' grep -q 'it cannot be read' err
head -c 60000 task/glibc >task/cut
chmod 755 task/cut
gated few /var/task/cut
status 125 'a file that is cut short, as the function: refused'
ok 'a file that is cut short, as the function: with the event, and why' grep -q '"event":"exec","verdict":"killed".*no static program that can be loaded' err
gated few /bin/sh -c '/var/task/cut; echo $?'
is "$(cat out)" 125 'a file that is cut short, as a child: not started'
gated few /opt/buckler-gate.so
unlike "$(cat err)" '"verdict":"allowed"' 'the gate is no program of its own'
ok 'and says so' grep -Eq 'no program of its own|no rule names it|cannot' err

# A layer that was unpacked without its files' modes.
chmod 644 opt/buckler-gate.so
gated few /bin/sh -c '/var/task/plain; echo $?'
is "$(cat out)" 126 'a gate that is not executable: a static program is not started'
ok 'a gate that is not executable: and why' grep -q 'buckler-gate.so is not executable' err
gated few /var/task/plain
is "$(sed -n 's/.*"event":"start".*"mechanism":"\([^"]*\)".*/\1/p' err)" watch 'a gate that is not executable: none for a static function'
chmod 755 opt/buckler-gate.so

# --- past the gate ---

bare /var/task/past /usr/bin/busybox sleep 0
is "$(cat out)" DONE 'a static program, started past the gate: control'
gated code /bin/sh -c '/var/task/past /var/task/glibc exec; /var/task/past /usr/bin/busybox sleep 20'
like "$(cat out)" '(ended|failed)$' 'an unlisted applet, started past the gate: it is ended'
like "$(events)" 'exec killed' 'and reported'
gated code /bin/sh -c '/var/task/past /usr/bin/busybox sh -c "while true; do true; done"'
is "$(cat out)" ended 'a listed static program, started past the gate: it is ended'
ok 'and why' grep -q 'the gate is not in it' err
gated alert /bin/sh -c '/var/task/past -g /opt/buckler-gate.so /usr/bin/busybox sleep 0'
is "$(cat out)" DONE 'an unlisted applet, which the gate is made to load: control, where nothing is enforced'
gated code /bin/sh -c '/var/task/past -g /opt/buckler-gate.so /usr/bin/busybox sleep 20'
is "$(cat out)" ended 'an unlisted applet, which the gate is made to load: it is ended'
like "$(events)" 'exec killed' 'and reported'
ok 'by its own name' grep -q '"verdict":"killed".*"path":"/usr/bin/busybox"' err
done_testing
