#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The essential on an older kernel, so that nothing leans on a newer one: the Lambda box with watch and gate, and notify, in QEMU without
# hardware support, on what kernel.sh fetched.
. "${0%/*}/../support/tap.sh"
KERNEL=$TOP/build/kernel/vmlinuz

[ "$(uname -m)" = x86_64 ] || skip_all 'the kernel is for x86-64'
command -v qemu-system-x86_64 >/dev/null && command -v cpio >/dev/null || skip_all 'qemu-system-x86 and cpio are not here'
[ -e "$KERNEL" ] || skip_all 'no kernel was fetched: sh tests/place/kernel.sh'

# A root folder with what the tests need, and no more.
mkdir -p root/usr/bin root/usr/lib/x86_64-linux-gnu root/usr/lib64 root/etc root/proc root/sys root/dev root/tmp root/mnt root/root root/t/gate \
	root/t/watch root/t/task root/t/notify
(cd root && ln -s usr/bin bin && ln -s usr/bin sbin && ln -s usr/lib lib && ln -s usr/lib64 lib64)
cp /usr/bin/busybox /usr/bin/dash /usr/bin/sleep /usr/bin/timeout /usr/bin/true root/usr/bin
ln -s dash root/usr/bin/sh
echo root:x:0:0::/root:/bin/sh >root/etc/passwd
cp -L /lib64/ld-linux-x86-64.so.2 /usr/lib/x86_64-linux-gnu/libc.so.6 root/usr/lib/x86_64-linux-gnu
ln -s ../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 root/usr/lib64/ld-linux-x86-64.so.2
for name in box limits past; do
	cp "$TOP/build/place/$name" root/t/task
done
printf '%s\n' 'version: 1' 'main: /usr/bin/dash' 'processes: [/var/task/past, /usr/bin/sleep, /usr/bin/true]' 'generated_code: allow' \
	'libraries: [/usr/lib/**]' >policy.yaml
"$BUCKLER" compile -q policy.yaml -o policy.bkl
printf '%s\n' 'version: 1' 'main: /usr/bin/dash' 'processes: [/usr/bin/true, /usr/bin/busybox, /t/task/kernel]' 'generated_code: deny' \
	'libraries: [/usr/lib/**]' 'files: {write: [/tmp/**, /dev/null], code: []}' \
	'network: {connect: [{address: 127.0.0.1, port: 7}]}' >notify.yaml
"$BUCKLER" compile -q notify.yaml -o root/t/notify/policy.bkl
cp "$SHIM" root/t/notify
cp "$TOP/build/attack/kernel" root/t/task
cp "$SHIM" policy.bkl root/t/watch
cp "$SHIM" "${SHIM%/*}/buckler-gate.so" policy.bkl root/t/gate

# The first root is the archive, which cannot be left behind by pivot_root(2): all moves to another.
cat >root/init <<'SH'
#!/usr/bin/busybox sh
/usr/bin/busybox mount -t tmpfs new /mnt
cd /
/usr/bin/busybox cp -a bin usr sbin lib lib64 etc proc sys dev tmp root t second /mnt/
/usr/bin/busybox mkdir /mnt/mnt
exec /usr/bin/busybox switch_root /mnt /second
SH
cat >root/second <<'SH'
#!/usr/bin/busybox sh
b=/usr/bin/busybox
$b mount -t proc proc /proc
$b mount -t devtmpfs dev /dev
cd /t
# Into a file first: the console is a serial line, and what it cannot take at once the shim leaves out.
try() {
	echo "=== $1"
	task/box --opt "$2" --task task -- /opt/buckler-init -- /bin/sh -c "$3" >/said 2>&1
	$b cat /said
}
echo			# behind what the firmware wrote
echo "=== kernel"
$b uname -r
echo "=== limits"
task/box --opt watch --task task -- /var/task/limits
for m in watch gate; do
	try $m-twin $m 'true; sleep 0.5; true; echo fine'
	try $m-unlisted $m '/usr/bin/timeout 30 sleep 20 && echo DONE'
done
try gate-past gate '/var/task/past /usr/bin/sleep 20'
try gate-past-unlisted gate '/var/task/past /usr/bin/timeout 30 sleep 20'
$b ifconfig lo up
all='echo 1 >/tmp/file; echo 2 >/root/file; /usr/bin/timeout 1 true; /t/task/kernel io_uring; for port in 7 8; do busybox nc 127.0.0.1 $port </dev/null; done; busybox cat /tmp/file /root/file'
for m in bare notify; do
	echo "=== $m"
	$b rm -f /tmp/file /root/file
	if [ $m = bare ]; then set --; else set -- notify/buckler-init -p notify/policy.bkl --; fi
	"$@" /usr/bin/dash -c "$all" >/said 2>&1
	$b cat /said
done
echo "=== end"
$b poweroff -f
SH
chmod 755 root/init root/second
chmod -R a+rX root
(cd root && find . | cpio -o -H newc --quiet | gzip -1) >archive.gz
timeout 300 qemu-system-x86_64 -accel tcg -cpu max -m 512 -nographic -no-reboot -kernel "$KERNEL" -initrd archive.gz \
	-append 'console=ttyS0 quiet panic=-1' </dev/null 2>&1 | tr -d '\r' >console

section() {
	awk -v name="$1" '/^=== / { on = $2 == name; next } on' console | grep -v '^\['
}
# What a program writes in pieces may have an event of the shim's between them: it need not begin the line.
events() {		# event, verdict, path, mechanism
	section "$1" | sed -n 's/^.*\({"timestamp":.*}\)$/\1/p' | /usr/bin/python3 -c 'import json, sys
for line in sys.stdin:
    e = json.loads(line)["buckler"]
    print(e["event"], e.get("verdict", ""), e.get("path", ""), e["mechanism"])'
}
version=$(section kernel | head -n 1)
like "$version" '^(5\.10|6\.1)\.' 'the kernel runs'
case $version in 5.10.*) ;; *) tap_comment "not on 5.10, which the mirror did not have, but on $version" ;; esac
is "$(section limits | grep -c '^not ok')" 0 'the box has its limits there'
ok 'they were tried' [ "$(section limits | grep -c '^ok')" -gt 40 ]
for mechanism in watch gate; do
	like "$(section $mechanism-twin)" '^fine$' "$mechanism: what is listed runs"
	is "$(events $mechanism-twin | wc -l)" 1 "$mechanism: in silence"
	unlike "$(section $mechanism-unlisted)" '^DONE$' "$mechanism: what is not listed does not"
done
like "$(events watch-twin)" '^start .* watch$' 'watch: the start event says so'
like "$(events gate-twin)" '^start .* gate\+watch$' 'gate: the start event says so'
like "$(events watch-unlisted)" '^exec killed /usr/bin/timeout watch$' 'watch: it is ended and reported'
like "$(events gate-unlisted)" '^exec denied /usr/bin/timeout gate\+watch$' 'gate: it is denied and reported'
like "$(section gate-past)" '^ended$' 'past the gate: it is ended'
like "$(events gate-past)" '^exec killed /usr/bin/sleep watch$' 'past the gate: it is reported'
like "$(section gate-past-unlisted)" '^(ended|failed)$' 'past the gate, unlisted: it is ended, or what it started is'
like "$(events gate-past-unlisted)" '^exec killed /usr/bin/timeout watch$' 'past the gate, unlisted: it is reported'
like "$(section bare)" '^DONE$' 'notify: what the control does, a system call'
like "$(section bare)" '^2$' 'notify: what the control does, a file'
unlike "$(section bare)" 'Permission denied' 'notify: what the control does, a program, a connection'
is "$(events notify)" 'start  /usr/bin/dash notify
write denied /root/file notify
exec denied /usr/bin/timeout notify
syscall denied io_uring_setup notify
connect denied  notify' 'notify: what is not listed is refused, nothing else'
unlike "$(section notify)" '^(DONE|2)$' 'notify: it did not happen'
# Before Landlock what the function must open itself (FIFOs) is judged before the call only; for files.code that is no matter.
case $version in 5.*) wall=detected ;; *) wall='(detected|enforced)' ;; esac
like "$(section notify)" "\"files.write\":\"$wall\".*\"files.code\":\"enforced\"" "notify: the start event says what of files is enforced, and files.write is $wall"
like "$(section notify)" '^1$' 'notify: what is listed is done'
done_testing
