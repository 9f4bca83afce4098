# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
cd /tmp || exit 1
export HOME=/tmp
echo a | cat | wc -c
git init -q r 2>/dev/null && cd r && git config user.email a@b && git config user.name n && echo x >f && git add f && git commit -qm message && git gc -q && git log --format=%s && cd ..
printf '#include <stdio.h>\nint main(void) { puts("compiled"); }\n' >c.c && gcc -pipe -O1 -o c c.c && ./c
printf 'all: a b\na b:\n\t@echo $@\n' >makefile && make -j2 | sort
tar czf t.tgz c.c && tar tzf t.tgz
printf '#!/bin/sh\necho script "$@"\n' >s && chmod +x s && ./s 1 2
printf '#!/usr/bin/env python3\nprint("env")\n' >p && chmod +x p && ./p
