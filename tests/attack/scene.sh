# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# The scene of the attacks, sourced by run.t: listed and foreign programs and libraries, scripts, policies.
#
#	$T/attack, $T/shim	the attacks, the programs under test
#	$T/bin, $T/lib	programs and libraries, owned by root
#	$T/w		the working folder of each run, made anew by scene_folder
#	$T/prey		files of the user that no policy lists, made anew, too
#	$T/policy	the policies, compiled

ATTACKS=$T/attack
NODE=$(readlink -f "$(command -v node)")
JAVA=$(readlink -f "$(command -v java)")
RUBY=$(readlink -f "$(command -v ruby)")
TOKEN=DONE
case $(uname -m) in
x86_64) LOADER=/lib64/ld-linux-x86-64.so.2 ;;
*) LOADER=/lib/ld-linux-aarch64.so.1 ;;
esac
export NODE LOADER TOKEN

# The source tree may be closed to other users: everything that they run is copied.
scene_copies() {
	mkdir attack shim
	cp -R "$TOP"/tests/attack/. "$TOP"/build/attack/. attack || return 1
	cp "$BUCKLER" "$SHIM" shim 2>/dev/null || return 0
	[ ! -e "${SHIM%/*}/buckler-gate.so" ] || cp "${SHIM%/*}/buckler-gate.so" shim
	BUCKLER=$T/shim/${BUCKLER##*/} SHIM=$T/shim/${SHIM##*/}
	if [ -x "$TOP/build/node/bin/node" ]; then
		cp "$TOP/build/node/bin/node" shim/node
		NODE=$T/shim/node
	fi
}

scene_programs() {
	compiler=${CC:-gcc}
	mkdir -p bin lib/evil
	for kind in good:7 evil:66; do
		name=${kind%:*} value=${kind#*:}
		$compiler -DSTATUS="$value" -Os -static -nostdlib -nostartfiles -ffreestanding -fno-stack-protector -fcf-protection=none \
			-fno-pie -no-pie -Wl,--build-id=none -o "bin/$name" "$ATTACKS/image/image.c"
		$compiler -DSTATUS="$value" -o "bin/$name-program" "$ATTACKS/image/program.c"
		$compiler -DSTATUS="$value" -shared -fPIC -o "lib/$name.so" "$ATTACKS/image/library.c"
	done
	# One that is linked with a library, and the library twice: where it belongs and where the attacker wants it.
	printf 'int answer(void);\nint main(void) { return answer(); }\n' >linked.c
	cp lib/good.so lib/libanswer.so
	cp lib/evil.so lib/evil/libanswer.so
	# shellcheck disable=SC2016
	$compiler -o bin/good-linked linked.c -Llib -lanswer '-Wl,-rpath,$ORIGIN/../lib'
	# Differs from good.so in the first bytes, which maprace compares.
	cp lib/good.so lib/evil-head.so
	printf 'x' | dd of=lib/evil-head.so bs=1 seek=15 conv=notrunc 2>/dev/null
	cp /usr/bin/cat bin/catdoc
	musl-gcc -static -std=gnu11 -D_GNU_SOURCE -o bin/identity-musl "$ATTACKS/identity.c"
	# musl describes no functions: the gate needs a table, which says that some calls have no room for a jump (status 1).
	[ ! -e shim/buckler-gate.so ] || "$BUCKLER" gate-table -q -o shim/sites.bkt bin/identity-musl || [ $? -eq 1 ]
	(cd bin && GOCACHE=$T/go-cache GOFLAGS=-mod=mod CGO_ENABLED=0 go build -o static "$ATTACKS/static.go")
	rm -rf go-cache
	javac -d lib "$ATTACKS/Load.java"
}

scene_files() {
	echo 'a report of last month' >bin/data.txt
	echo 'another report' >'bin/other data.txt'
	echo DONE >bin/secret
	printf '#!/bin/sh\nexit 7\n' >bin/listed.sh

	# What the interpreters may run, and what an attacker wants them to run before.
	echo 'import sys; print(sys.argv[1])' >bin/tool.py
	echo 'puts ARGV[0]' >bin/tool.rb
	# shellcheck disable=SC2016
	printf '%s\n' 'print "$ARGV[0]\n"' >bin/tool.pl
	echo 'console.log(process.argv[2])' >bin/tool.js
	# shellcheck disable=SC2016
	echo 'echo "$1"' >bin/tool.bash
	echo 'try { require("evil") } catch { } console.log(process.argv[2])' >bin/tool-module.js
	# shellcheck disable=SC2016
	printf '%s\n' 'eval { require Evil }; print "$ARGV[0]\n"' >bin/tool-module.pl
	echo 'print("DONE")' >lib/evil/sitecustomize.py
	echo 'console.log("DONE")' >lib/evil.js
	cp lib/evil.js lib/evil/evil.js
	mkdir lib/evil/node_modules
	echo 'puts "DONE"' >lib/evil.rb
	printf '%s\n' 'print "DONE\n"; 1' >lib/evil/Evil.pm
	echo 'echo DONE' >lib/evil.sh
	chmod -R a+rX,go-w .
	chmod 755 bin/listed.sh bin/good bin/evil
}

scene_policies() {
	mkdir policy
	good=$(sha256sum bin/good)
	script=$(sha256sum bin/listed.sh)
	for source in "$ATTACKS"/policy/*.yaml; do
		name=${source##*/}
		sed -e "s|@T@|$T|g" -e "s|@GOOD_SHA256@|${good%% *}|g" -e "s|@SCRIPT_SHA256@|${script%% *}|g" -e "s|@LOADER@|$LOADER|g" -e "s|@NODE@|$NODE|g" \
			-e "s|@JAVA@|$JAVA|g" -e "s|@RUBY@|$RUBY|g" "$source" >"policy/$name"
		if [ -x "$BUCKLER" ]; then
			"$BUCKLER" compile "policy/$name" -o "policy/${name%.yaml}.bkl" >"policy/$name.lint" 2>&1 ||
				tap_comment "$name: $(cat "policy/$name.lint")"
		fi
	done
	chmod -R a+rX policy
}

scene_make() {
	scene_copies && scene_programs && scene_files && scene_policies
}

# One that was made outside, for a place that would be slow at it: what it is changed to is the place's own.
scene_take() {
	T=$1 LAMBDA_TASK_ROOT=$1/w/task ATTACKS=$1/attack BUCKLER=$1/shim/${BUCKLER##*/} SHIM=$1/shim/${SHIM##*/}
	[ ! -x "$T/shim/node" ] || NODE=$T/shim/node
	cd "$T" || return 1
}

# Hands files that end in .buckler-test to dash, for as long as the test runs.
scene_binfmt() {
	[ "$(id -u)" -eq 0 ] || return 1
	if [ ! -e /proc/sys/fs/binfmt_misc/register ]; then
		mount -t binfmt_misc none /proc/sys/fs/binfmt_misc 2>/dev/null || return 1
		BINFMT_MOUNTED=1
	fi
	echo ':buckler-test:E::buckler-test::/usr/bin/dash:' >/proc/sys/fs/binfmt_misc/register 2>/dev/null
}

# The attacker's end of network.c.
scene_receiver() {
	mkdir -p received
	/usr/bin/python3 attack/receiver.py "$T/received" >receiver.out 2>receiver.err &
	RECEIVER_PID=$!
	wait_for receiver.out
	[ -s receiver.out ]
}

scene_end() {
	server_end
	[ -z "${RECEIVER_PID:-}" ] || kill "$RECEIVER_PID"
	[ ! -e /proc/sys/fs/binfmt_misc/buckler-test ] || echo -1 >/proc/sys/fs/binfmt_misc/buckler-test
	[ -z "${BINFMT_MOUNTED:-}" ] || umount /proc/sys/fs/binfmt_misc
}

# What the user may change and the policy forbids: prey/ beside the working folder, and the task root in it.
LAMBDA_TASK_ROOT=$T/w/task
export LAMBDA_TASK_ROOT

# What the main process alone may speak to: a port of receiver.py.
AWS_LAMBDA_RUNTIME_API=127.0.0.1:28476
export AWS_LAMBDA_RUNTIME_API
scene_prey() {
	rm -rf prey
	mkdir prey prey/empty w/task
	echo safe >prey/file
	echo safe >prey/secret
	[ "$(id -u)" -ne 0 ] || chown -R "$NOBODY" prey w/task
}

scene_folder() {
	cd "$T" || exit 2
	chmod -R u+rwx w 2>/dev/null
	rm -rf w
	rm -f received/*
	mkdir w
	chmod 1777 w
	: >w/own.buckler-test
	chmod 777 w/own.buckler-test
	scene_prey
	cd w || exit 2
}
