#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Usage: sh tests/deps.sh BUILD
# Which folder may use which: read from the dependency files that the compiler wrote under BUILD, printed as TAP.  The
# table is the one of ARCHITECTURE.md.
set -u
cd "${0%/*}/.." || exit 2
build=${1:-build}

count=0 failed=0
none() {		# NAME FINDINGS: there are none
	count=$((count + 1))
	if [ -z "$2" ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		printf '%s\n' "$2" | sort -u | sed 's/^/# /'
		failed=$((failed + 1))
	fi
}

# The project's own files that the sources of a folder read.  A dependency file names a source and its headers.
used_by() {
	find "$build" -path "*/$1/*.d" -exec cat {} + 2>/dev/null | tr -s ' \\\n' '\n' | grep -v ':$' | grep -v '\.o$' | grep -v '^/'
}

may_use() {
	folder=$1
	shift
	allowed=$(printf '%s|' "$folder" "$@")
	none "$folder/ uses only: $folder${1:+ }$*" "$(used_by "$folder" | grep -Ev "^(${allowed%|})/" | sed "s,^,$folder/ reads ,")"
}

# Each folder was built, or the check would say nothing.
not_built() {
	for folder in core base lang learn scan pack chart cli shim gate; do
		[ -n "$(used_by $folder)" ] || echo "no dependency file of $folder/ below $build; run make first"
	done
}
none 'the dependency files are there' "$(not_built)"

may_use core
may_use base
may_use lang core base
may_use learn core base lang
may_use scan base
may_use pack base
may_use chart core base gate
none 'chart/ uses only what is pure of gate/' "$(used_by chart | grep '^gate/' | grep -Ev '^gate/(decode|extent|object|sites|table)\.h')"
may_use cli core base lang learn scan pack chart gate
none 'cli/ uses only what is pure of gate/' "$(used_by cli | grep '^gate/' | grep -Ev '^gate/(decode|extent|object|sites|table)\.h')"
may_use shim core
may_use gate core shim
none 'gate/ uses only sys.h, text.h, acts.h and arch/ of shim/' "$(used_by gate | grep '^shim/' | grep -Ev '^shim/(sys\.h|text\.h|acts\.h|arch/)')"

# core and shim are freestanding: what the compiler itself brings, and the kernel's headers.
foreign_headers() {
	for source in "$1"/*.c; do
		"${CC:-gcc}" -std=gnu11 -I. -ffreestanding -M "$source" 2>&1
	done | tr -s ' \\\n' '\n' | grep '^/' |
		grep -Ev '^/usr/lib/(gcc|llvm)[^ ]*/include/|^/usr/include/(linux|asm-generic|[a-z0-9_]*-linux-gnu/asm)/' |
		sed "s,^,$1/ reads ,"
}
for folder in core shim gate; do
	none "$folder/ reads no header of a C library" "$(foreign_headers $folder)"
done

# Undefined symbols of a folder's objects that match a pattern (-E) or do not (-Ev).
needs() {
	select=$1 pattern=$2
	shift 2
	for object in "$@"; do
		nm --undefined-only "$object" | awk '{ print $2 }' | grep "$select" -e "$pattern" | sed "s,^,$object needs ,"
	done
}
variables() {
	for object in "$build"/x86_64/core/*.o; do
		size -A "$object" | awk -v o="$object" '$1 ~ /^\.(data|bss)/ && $1 !~ /rel\.ro/ && $2 > 0 { print o ": " $1 " holds " $2 " bytes" }'
	done
}
none 'core/ holds no variable' "$(variables)"
none 'the gate needs nothing of a C library' "$(nm -D --undefined-only "$build/buckler-gate.so" | awk '{ print $NF }' | grep -Ev '^(environ|_r_debug|_dl_debug_addr)$')"
none 'the gate uses no vector register' "$(objdump -d "$build/buckler-gate.so" | grep -E '%([xyz]mm|mm|st)[0-9]?' | head -5)"
none 'core/ calls nothing but core' "$(needs -Ev '^bk_|^mem(cpy|set|cmp|move)$' "$build"/x86_64/core/*.o)"

prints='^(stdout|(v|f|vf)?printf|puts|putchar|perror|__v?f?printf_chk|errx?|warnx?)$'
none 'only cli/ prints' "$(needs -E "$prints" "$build"/host/core/*.o "$build"/host/base/*.o "$build"/host/lang/*.o "$build"/host/learn/*.o "$build"/host/scan/*.o "$build"/host/scan/*/*.o "$build"/host/pack/*.o "$build"/host/chart/*.o)"
# base.h: without memory the program ends; everything else is the caller's to say.
none 'only cli/ ends the program' "$(needs -E '^_?exit$' "$build"/host/core/*.o "$build"/host/lang/*.o "$build"/host/learn/*.o "$build"/host/scan/*.o "$build"/host/scan/*/*.o "$build"/host/pack/*.o "$build"/host/chart/*.o)"

echo "1..$count"
[ "$failed" -eq 0 ]
