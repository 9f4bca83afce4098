# SPDX-License-Identifier: Apache-2.0
cat <(echo psub) | tr a-z A-Z
for i in 1 2 3; do (echo "$i"); done | wc -l
env -i /usr/bin/env
env -i FOO=bar /bin/sh -c 'echo $FOO'
/lib64/ld-linux-x86-64.so.2 /bin/echo loader
seq 50 | xargs -P8 -n1 /bin/echo | sort -n | tail -1
/bin/echo "$(seq 1 20000 | tr '\n' ' ')" | wc -c
/nonexistent 2>/dev/null; echo $?
/etc/hostname 2>/dev/null; echo $?
/tmp 2>/dev/null; echo $?
busybox sh -c 'echo bb | busybox cat'
trap 'echo trap' EXIT
