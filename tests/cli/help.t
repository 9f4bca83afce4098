#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The table of commands, help screens, wrong use.
. "${0%/*}/../support/tap.sh"

# At most 24 lines of 80 columns, so that a screen holds it.
fits() {
	awk 'length($0) > 80 { print "too long: " $0; bad = 1 } END { if (NR > 24) { print NR " lines"; bad = 1 } exit bad }' "$1"
}

run "$BUCKLER"
status 2 'no command: status 2'
silent out 'no command: nothing on standard output'
err '^Usage: buckler COMMAND' 'no command: the help on standard error'

for word in --help -h help; do
	run "$BUCKLER" "$word"
	status 0 "$word: status 0"
	silent err "$word: nothing on standard error"
	ok "$word fits a screen" fits "$T/out"
done
commands=$(sed -n 's/^  \([a-z][a-z-]*\)  .*/\1/p' "$T/out")
for name in learn run check compile show explain diff replay doctor wrap gate-table logs scan db; do
	ok "$name is in the list" sh -c 'printf "%s\n" "$1" | grep -qx "$2"' - "$commands" "$name"
done

for name in $commands; do
	run "$BUCKLER" "$name" --help
	status 0 "$name --help: status 0"
	silent err "$name --help: nothing on standard error"
	ok "$name --help fits a screen" fits "$T/out"
	out "^Usage: buckler $name" "$name --help says how it is called"
	out "^Example: .*buckler $name" "$name --help has an example"
	out 'Exit status' "$name --help names its exit statuses"
	cp "$T/out" "$T/long"
	run "$BUCKLER" "$name" -h
	ok "$name -h is the same" cmp "$T/out" "$T/long"
	run "$BUCKLER" help "$name"
	ok "help $name is the same" cmp "$T/out" "$T/long"
	run "$BUCKLER" "$name" --no-such-option
	status 2 "$name --no-such-option: status 2"
	silent out "$name --no-such-option: nothing on standard output"
	err '--no-such-option' "$name names the unknown option"
	err "buckler $name --help" "$name names its help"
done

run "$BUCKLER" --version
status 0 '--version: status 0'
out '^buckler [0-9]+\.[0-9]+\.[0-9]+$' '--version prints the version'

run "$BUCKLER" chek
status 2 'unknown command: status 2'
silent out 'unknown command: nothing on standard output'
err 'did you mean check' 'unknown command: the nearest is named'
run "$BUCKLER" frobnicate-everything-that-there-is-in-this-world
status 2 'far from every command: status 2'
err 'buckler --help' 'far from every command: the list is named'
run "$BUCKLER" "$(printf 'a\033[2Jb')"
ok 'control characters do not reach the terminal' sh -c '! grep -q "$(printf "\033")" "$1"' - "$T/err"
run "$BUCKLER" help frobnicate
status 2 'help about an unknown command: status 2'

"$BUCKLER" --help >/dev/full 2>"$T/err"
is $? 2 'a full disk behind standard output: status 2'
err 'standard output: No space left' 'a full disk is named'
"$BUCKLER" check --help >/dev/full 2>"$T/err"
is $? 2 'the same for the help of a command'

done_testing
