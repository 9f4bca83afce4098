#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Usage: sh tests/place/kernel.sh
# The Lambda box on Linux 5.10, which AWS Lambda's machines had when this was written: Debian 11's kernel for clouds in QEMU, without
# hardware support.  A minute.  Not a part of check.sh: that kernel (21 MB) comes from the package mirror that apt is configured with,
# and a mirror need not have Debian 11 for ever.  Needs qemu-system-x86 and cpio.
. "${0%/*}/../support/tap.sh"
KERNEL=$TOP/build/kernel/vmlinuz
SUITE=bullseye

command -v qemu-system-x86_64 >/dev/null && command -v cpio >/dev/null || skip_all 'qemu-system-x86 and cpio are not here'

# From the same mirror as this system's own packages, with lists of its own: nothing of the system's configuration is touched.
fetch_kernel() {
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1)
	mkdir -p apt/lists/partial apt/cache/archives/partial
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $SUITE main" >apt/sources.list
	set -- -q -o Dir::Etc::sourcelist="$T/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists="$T/apt/lists" \
		-o Dir::Cache="$T/apt/cache" -o APT::Sandbox::User=root
	apt-get "$@" update && package=$(apt-cache "$@" depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-5\.10.*\)/\1/p') &&
		(cd apt && apt-get "$@" download "$package" && dpkg-deb -x linux-image-*.deb kernel) &&
		mkdir -p "${KERNEL%/*}" && cp apt/kernel/boot/vmlinuz-* "$KERNEL"
}
if [ ! -e "$KERNEL" ]; then
	fetch_kernel >fetch.log 2>&1 || tap_comment "$(tail -3 fetch.log)"
	[ -e "$KERNEL" ] || skip_all "the mirror has no kernel of $SUITE"
fi

# A root folder with what the tests need, and no more.
mkdir -p root/usr/bin root/usr/lib/x86_64-linux-gnu root/usr/lib64 root/etc root/proc root/sys root/dev root/tmp root/mnt root/root root/t/gate \
	root/t/watch root/t/task
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
try() {
	echo "=== $1"
	task/box --opt "$2" --task task -- /opt/buckler-init -- /bin/sh -c "$3" 2>&1
}
echo			# behind what the firmware wrote
echo "=== kernel"
$b uname -r
echo "=== limits"
task/box --opt watch --task task -- /var/task/limits
for m in watch gate; do
	try $m-twin $m 'true; sleep 0.5; true; echo fine'
	try $m-unlisted $m '/usr/bin/timeout 3 sleep 2 && echo DONE'
done
try gate-past gate '/var/task/past /usr/bin/sleep 4'
try gate-past-unlisted gate '/var/task/past /usr/bin/timeout 4 sleep 3'
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
events() {		# event, verdict, path, mechanism
	section "$1" | grep '^{' | /usr/bin/python3 -c 'import json, sys
for line in sys.stdin:
    e = json.loads(line)["buckler"]
    print(e["event"], e.get("verdict", ""), e.get("path", ""), e["mechanism"])'
}
like "$(section kernel)" '^5\.10\.' 'the kernel is that one'
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
like "$(section gate-past-unlisted)" '^ended$' 'past the gate, unlisted: it is ended'
like "$(events gate-past-unlisted)" '^exec killed /usr/bin/timeout watch$' 'past the gate, unlisted: it is reported'
done_testing
