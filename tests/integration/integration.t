#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Real functions of real runtimes, each through the whole story: it runs bare, it is learned, it runs under what was learned with other
# requests and nobody notices, and an injection through its own hole works bare and is stopped under the policy.
# Arguments: names of folders (default: all).
. "${0%/*}/../support/tap.sh"
. "$TOP/tests/support/server.sh"

# The source tree may be closed to other users: everything that they run is copied.
HERE=$T/functions
NOBODY=65534
NODE=$(readlink -f "$(command -v node)")
export GIT_CONFIG_NOSYSTEM=1 HOME=/nonexistent
chmod 755 "$T"
server_start
trap 'server_end; tap_end' EXIT

copies() {
	mkdir functions shim
	cp -R "$TOP"/tests/integration/. functions
	chmod -R a+rX functions
	[ ! -x "$TOP/build/node/bin/node" ] || { cp "$TOP/build/node/bin/node" shim/node; NODE=$T/shim/node; }
	cp "$BUCKLER" "$SHIM" shim 2>/dev/null || return 0
	BUCKLER=$T/shim/${BUCKLER##*/} SHIM=$T/shim/${SHIM##*/}
}

build() {
	mkdir -p built/java
	javac -d built/java "$HERE/java/Function.java"
	gcc -std=gnu11 -O1 -Wall -o built/c "$HERE/c/function.c"
	musl-gcc -std=gnu11 -O1 -static -o built/musl "$HERE/c/function.c"
	GOCACHE=$T/go-cache CGO_ENABLED=0 go build -o built/go "$HERE/go/function.go"
	rm -rf go-cache
}

inputs() {
	mkdir in
	printf 'first line\nsecond line\nthe third line\n' >in/text
	echo DONE >in/secret
	convert rose: in/picture.png
	git init -q -b main in/repository
	git -C in/repository -c user.name=somebody -c user.email=somebody@example.org commit -q --allow-empty -m 'a commit'
	[ "$(id -u)" -ne 0 ] || chown -R $NOBODY:$NOBODY in
}

command_of() {
	case $1 in
	node) echo "$NODE $HERE/node/function.js" ;;
	python) echo "/usr/bin/python3 $HERE/python/function.py" ;;
	java) echo "java -cp $T/built/java Function" ;;
	ruby) echo "ruby $HERE/ruby/function.rb" ;;
	bash) echo "bash $HERE/bash/function.bash" ;;
	*) echo "$T/built/$1" ;;
	esac
}

# try WORDS...: as an unprivileged user in an empty folder beside in/.
try() {
	chmod -R u+rwx w 2>/dev/null
	rm -rf w
	mkdir w
	chmod 1777 w
	: >log
	chmod 666 log
	if [ "$(id -u)" -eq 0 ]; then
		set -- setpriv --reuid=$NOBODY --regid=$NOBODY --clear-groups -- "$@"
	fi
	(cd w && exec "$@" </dev/null >"$T/out" 2>"$T/err" 9>"$T/log")
	status=$?
}

tell() {
	tap_comment "status $status; stdout: $(head -c 500 out); stderr: $(head -c 1000 err)"
	tap_comment "events: $(grep -v '"event":"start"' log | head -c 1500)"
}

expect() {
	expect_name=$1
	shift
	if "$@"; then
		tap_pass "$expect_name"
	else
		tap_fail "$expect_name"
		tell
	fi
}

worked() { [ "$status" -eq 0 ] && cmp -s out "$1"; }
attacked() { grep -q DONE out; }
quiet() { [ "$(grep -c '"event":"start"' log)" -eq 1 ] && ! grep -v '"event":"start"' log >/dev/null; }
stopped() { ! grep -q DONE out && grep '"event":"exec"' log | grep -q '"verdict":"denied"'; }

story() {
	name=$1
	command=$(command_of "$name")
	requests=$HERE/$name
	mkdir -p policies
	chmod 777 policies

	# shellcheck disable=SC2086
	try $command "$requests/learn"
	expect "$name: works bare" test "$status" -eq 0 -a -s out
	mv out bare.learn
	# shellcheck disable=SC2086
	try $command "$requests/other"
	expect "$name: works bare with other requests" test "$status" -eq 0 -a -s out
	mv out bare.other
	# shellcheck disable=SC2086
	try $command "$requests/attack"
	expect "$name: the injection works bare" attacked
	mv out bare.attack

	[ -x "$BUCKLER" ] && [ -x "$SHIM" ] || return
	# shellcheck disable=SC2086
	try "$BUCKLER" learn -o "$T/policies/$name.yaml" -- $command "$requests/learn"
	expect "$name: works while it is learned" worked bare.learn
	expect "$name: a policy was learned" test -s "policies/$name.yaml"
	# shellcheck disable=SC2086
	try "$BUCKLER" run --log-fd 9 -p "$T/policies/$name.yaml" -- $command "$requests/learn"
	expect "$name: the learned policy fits its own run" worked bare.learn
	expect "$name: without an event" quiet
	# shellcheck disable=SC2086
	try "$BUCKLER" run --log-fd 9 -p "$T/policies/$name.yaml" -- $command "$requests/other"
	expect "$name: other requests are answered as well" worked bare.other
	expect "$name: other requests cause no event" quiet
	# shellcheck disable=SC2086
	try "$BUCKLER" run --log-fd 9 -p "$T/policies/$name.yaml" -- $command "$requests/attack"
	expect "$name: the injection is stopped, with an event" stopped
}

copies && build && inputs || exit 2
for name in ${*:-node python java ruby bash c go musl}; do
	story "$name"
done
[ -x "$SHIM" ] || tap_fail 'buckler-init is built'
done_testing
