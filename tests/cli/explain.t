#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# buckler explain: verdict, rule, reason, and how names are resolved.
. "${0%/*}/../support/tap.sh"

T=$(realpath "$T")
mkdir bin lib
cp /bin/true bin/tool
cp /bin/true bin/other
ln -s tool bin/alias
printf '#!%s/bin/interp -u  \necho\n' "$T" >bin/script
cp /bin/true bin/interp
chmod 755 bin/script
hash=$(sha256sum bin/other | cut -d' ' -f1)
printf 'lib' >lib/a.so

cat >p.yaml <<YAML
version: 1
main: $T/bin/other
processes:
  - path: $T/bin/tool
    args: ["/tmp/*", "-v"]
  - path: $T/bin/other
    sha256: $hash
  - path: /opt/sh
    shell: "curl -L {url} | cat"
  - path: /opt/child
    parent: /opt/mother
  - path: $T/bin/interp
    args: ["-u", "$T/bin/script", "..."]
  - $T/bin/script
  - path: /opt/banned
    action: deny
libraries:
  - $T/lib/**
generated_code: deny
environment: [LD_LIBRARY_PATH]
YAML
run "$BUCKLER" check p.yaml
status 0 'the policy of this test is sound'

# Row: status, verdict, name, then what to ask.
row() {
	row_status=$1 row_verdict=$2 row_name=$3
	shift 3
	run "$BUCKLER" explain p.yaml "$@"
	status "$row_status" "$row_name: status $row_status"
	out "^$row_verdict " "$row_name: $row_verdict"
	silent err "$row_name: nothing on standard error"
}

row 0 allowed 'arguments that fit' exec "$T/bin/tool" /tmp/x -v
out "^  rule +p\\.yaml line 4: allow $T/bin/tool" 'the rule and its line'
row 1 denied 'arguments that do not fit' exec "$T/bin/tool" /etc/x -v
out "^  nearest +p\\.yaml line 4: " 'the nearest rule and its line'
out '^  why +.*argument' 'the reason speaks of arguments'
row 1 denied 'an option in the place of a value' exec "$T/bin/tool" -x -v
row 0 allowed 'through a symbolic link' exec "$T/bin/alias" /tmp/x -v
out "^  note +$T/bin/alias is $T/bin/tool here" 'the link is named'
row 0 allowed 'a relative name' exec bin/tool /tmp/x -v
PATH="$T/bin:$PATH" run "$BUCKLER" explain p.yaml exec tool /tmp/x -v
status 0 'a name in PATH: status 0'
out "note +tool is $T/bin/tool here" 'a name in PATH: said'
out '^  argv +"tool" "/tmp/x" "-v"$' 'the vector is shown as it was asked'

row 0 allowed 'the hash is computed where a rule asks' exec "$T/bin/other"
out "^  sha256 +$hash" 'and shown'
row 1 denied 'another hash' --sha256 0000000000000000000000000000000000000000000000000000000000000000 exec "$T/bin/other"
out '^  why +.*(sha256|hash|content)' 'the reason speaks of the hash'
row 1 denied 'an unknown program' exec /opt/unknown
out 'note +/opt/unknown is not here' 'a file that is not here: said'
row 1 denied 'a rule that denies' exec /opt/banned
out '^  rule +p\.yaml line 15: deny /opt/banned' 'the rule that denies'

row 0 allowed 'a shell line of the template' exec /opt/sh -c 'curl -L http://a/b | cat'
row 1 denied 'a shell line with more in it' exec /opt/sh -c 'curl -L http://a/b; id | cat'
out '^  nearest +p\.yaml line 8: .*shell: "curl -L \{url\} \| cat"' 'the template is shown'

row 0 allowed 'a parent that fits' --parent /opt/mother exec /opt/child
row 1 denied 'another parent' --parent /opt/father exec /opt/child
out '^  why +.*(parent|another program)' 'the reason speaks of the parent'
row 0 allowed 'options between verb and program' exec --parent /opt/mother /opt/child
row 1 denied 'options behind the program are its own' exec /opt/child --parent /opt/mother

row 0 allowed 'the main process' --main exec "$T/bin/other"
row 1 denied 'another main process' --main exec /opt/unknown

row 0 allowed 'a script is judged with its interpreter' exec "$T/bin/script" a b
out "argv +\"$T/bin/interp\" \"-u\" \"$T/bin/script\" \"a\" \"b\"" 'its vector is what the kernel makes of it'
out "note +.*script of $T/bin/interp" 'its first line is said'
row 1 denied 'a script of an unknown interpreter' --script /opt/python exec /opt/app.py
out '^  by +/opt/python' 'the interpreter is shown'

row 0 allowed 'a library' load "$T/lib/a.so"
row 1 denied 'a library elsewhere' load /tmp/evil.so
row 1 denied 'generated code' code
row 0 allowed 'a variable of the list' env LD_LIBRARY_PATH=/x
row 1 denied 'a variable that injects' env LD_PRELOAD=/tmp/evil.so
row 0 allowed 'a variable that brings no code' env FOO=1
out '^  why +it is not held back: it brings no code' 'and why'
row 0 allowed 'PATH' env PATH=/x
row 0 allowed 'a section that is absent' open /etc/passwd
unlike "$(cat out)" "in any place" "an absent section needs no mechanism"

row 1 denied 'nothing is resolved where that is asked' --no-resolve exec "$T/bin/alias" /tmp/x -v

sed 's/^version: 1/version: 1\nmode: alert/' p.yaml >alert.yaml
run "$BUCKLER" explain alert.yaml exec /opt/unknown
status 1 'alert: status 1'
out '^alert ' 'alert: the verdict'
sed 's/^version: 1/version: 1\nmode: learn/' p.yaml >learn.yaml
run "$BUCKLER" explain learn.yaml exec /opt/unknown
status 1 'learn: status 1'
out '^learned ' 'learn: the verdict'

run "$BUCKLER" explain --format json p.yaml exec "$T/bin/tool" /etc/x -v
status 1 'json: the same status'
ok 'json: verdict, nearest rule, line' jq -e '.verdict == "denied" and .nearest.line == 4 and .argv[1] == "/etc/x"
	and .section == "processes" and .mode == "enforce"' out
run "$BUCKLER" explain --format json p.yaml exec bin/tool /tmp/x -v
ok 'json: the rule that allows, notes' jq -e '.verdict == "allowed" and .rule.line == 4 and (.notes | length) == 1' out

"$BUCKLER" compile -q p.yaml -o p.bkl
run "$BUCKLER" explain p.bkl exec "$T/bin/tool" /tmp/x -v
status 0 'a compiled policy answers the same'
out '^  rule +p\.bkl line 4' 'with the line of its text'

bad() {
	bad_name=$1 bad_text=$2
	shift 2
	run "$BUCKLER" explain "$@"
	status 2 "$bad_name: status 2"
	silent out "$bad_name: no verdict"
	err "$bad_text" "$bad_name: says so"
}
bad 'nothing' 'name the policy'
bad 'no question' 'exec, load, code, env, open, connect or listen' p.yaml
bad 'unknown question' 'not dance' p.yaml dance
bad 'no program' 'nothing was named behind exec' p.yaml exec
bad 'too many words' 'too many words behind load' p.yaml load a b
bad 'a program that is nowhere' 'not found in PATH' p.yaml exec no-such-program-anywhere
bad 'a short hash' '64 hex digits' p.yaml --sha256 12 exec /bin/sh
bad 'no file for the hash' 'sha256 HEX' p.yaml --hash exec /opt/unknown
bad 'no policy' 'absent\.yaml' absent.yaml code
bad 'a relative name unresolved' 'absolute' p.yaml --no-resolve exec tool

# --- files ---

cat >files.yaml <<'YAML'
version: 1
files:
  write: ["/tmp/**", "/var/**"]
  read: {deny: [/etc/shadow]}
  code: ["/tmp/cache/*.pyc"]
YAML
files() {
	files_wanted=$1 files_name=$2
	shift 2
	run env LAMBDA_TASK_ROOT=/var/task "$BUCKLER" explain files.yaml open "$@"
	out "$files_wanted" "$files_name"
}
files '^allowed' 'a file below a listed folder' --write /tmp/absent/x
files '^denied.*files\.code' 'a name of code there' --write /tmp/absent/x.py
files '^allowed' 'one that is listed as code' --write /tmp/cache/x.pyc
files "the function's own code" 'the task root' --write /var/task/x
files 'environment of a process' 'an environment' /proc/1/environ
files '^denied' 'a file that a rule forbids' /etc/shadow
files '^allowed' 'another' /etc/passwd

# --- files that are not there yet: judged where the kernel would make them ---

mkdir -p way/real/sub way/out
ln -s ../out/dangle way/real/dg
ln -s dg way/real/dg2
ln -s ../out way/real/folder
ln -s loop way/real/loop
printf 'version: 1\nfiles:\n  write: ["%s/way/real/**"]\n' "$T" >new.yaml
new() {
	run "$BUCKLER" explain new.yaml open --write "$2"
	out "^$1 open $3 " "a new file: $2"
}
new allowed "$T/way/real/n1" "$T/way/real/n1"
new allowed "$T/way/real/absent/n2" "$T/way/real/absent/n2"
new allowed "$T/way/real/sub/../n3" "$T/way/real/n3"
new denied "$T/way/real/dg" "$T/way/out/dangle"
new denied "$T/way/real/dg2" "$T/way/out/dangle"
new denied "$T/way/real/folder/n4" "$T/way/out/n4"
new denied "$T/way/real/folder/absent/n5" "$T/way/out/absent/n5"
new denied "$T/way/real/../out/n9" "$T/way/out/n9"
new allowed way/real/n6 "$T/way/real/n6"
new denied n7 "$T/n7"
new denied ./n8/ "$T/n8"
new allowed "$T/way/out/../real/n10" "$T/way/real/n10"
new denied "/n11" "/n11"
out '^  note +/n11 is not here yet' 'that it is not here is said'
run "$BUCKLER" explain new.yaml open --write way/real/loop
status 2 'a link that leads to itself: status 2'
run "$BUCKLER" explain new.yaml open --write "$T/way/real/absent/../../out/n12"
status 2 '.. behind what is not there: status 2'
err 'nothing can be made there' 'and why'
run "$BUCKLER" explain new.yaml --no-resolve open --write "$T/way/real/dg"
out "^allowed open $T/way/real/dg " 'nothing is looked up where that is asked'

# --- unix sockets: found as the shim finds them ---

mkdir -p sock/run
: >sock/run/a.sock
ln -s run sock/link
ln -s run/a.sock sock/a
cat >unix.yaml <<YAML
version: 1
network:
  connect: [{unix: "$T/sock/run/*"}, {unix: "@bus"}]
  listen: [{unix: "$T/sock/run/*"}]
YAML
unix() {
	unix_wanted=$1
	shift
	run "$BUCKLER" explain unix.yaml "$@"
	out "^$unix_wanted " "unix: $*"
}
unix "allowed connect $T/sock/run/a.sock" connect "$T/sock/run/a.sock"
unix "allowed connect $T/sock/run/a.sock" connect "$T/sock/link/a.sock"
unix "allowed connect $T/sock/run/a.sock" connect "$T/sock/a"
unix "allowed connect $T/sock/run/a.sock" connect sock/a
unix "denied connect $T/sock/link/none" connect "$T/sock/link/none"
unix "denied connect $T/sock/a" --no-resolve connect "$T/sock/a"
unix 'allowed connect @bus' connect @bus
unix 'denied connect @Bus/1' connect @Bus/1
unix "allowed listen $T/sock/run/new" listen sock/link/new
unix "denied listen $T/sock/a" listen sock/a
unix "denied listen $T/sock/new" listen "$T/sock/run/../new"

# --- what the rules do not say of the network ---

cat >net.yaml <<'YAML'
version: 1
network:
  connect: [{domain: localhost, port: 80}, {address: 10.0.0.1}, {address: 10.0.0.2, action: deny}]
YAML
cat >nonames.yaml <<'YAML'
version: 1
network:
  connect: [{address: 10.0.0.1}]
YAML
net() {
	run "$BUCKLER" explain "$@"
	out '^denied ' "net: $*: denied"
}
net net.yaml connect 127.0.0.1 80
out '^  note +the rule for the domain localhost allows it where /etc/hosts' 'a name may have the address'
net net.yaml connect 127.0.0.1 81
unlike "$(cat out)" 'the rule for the domain' 'not for another port'
net net.yaml connect 10.0.0.2 80
unlike "$(cat out)" 'the rule for the domain' 'not where a rule forbids'
net net.yaml connect 169.254.169.254 80
unlike "$(cat out)" 'the rule for the domain' 'not for a metadata service'
net nonames.yaml connect 127.0.0.1 80
silent err 'no rule with a name'
unlike "$(cat out)" 'the rule for the domain' 'no rule with a name: no note of one'
run "$BUCKLER" explain net.yaml connect 10.0.0.1 80
unlike "$(cat out)" 'the rule for the domain' 'not where it is allowed'
net net.yaml connect netlink
out '^  note +netlink for routing' 'routing netlink is let through'
net net.yaml connect packet
unlike "$(cat out)" 'netlink' 'another family has no such note'

# A link's name counts beside the program's own, as it does for the shim: one that allows where no rule names the program, one that forbids always.
ln -s tool bin/tool-link
printf 'version: 1\nmain: /usr/bin/dash\nprocesses: [%s/bin/tool-link]\n' "$T" >link.yaml
printf 'version: 1\nmain: /usr/bin/dash\nprocesses: {allow: [%s/bin/tool], deny: [%s/bin/tool-link]}\n' "$T" "$T" >nolink.yaml
for row in 'link tool-link 0' 'link tool 1' 'nolink tool-link 1' 'nolink tool 0'; do
	# shellcheck disable=SC2086
	set -- $row
	run "$BUCKLER" explain "$1.yaml" exec "$T/bin/$2"
	status "$3" "$1.yaml, $2: the verdict"
	run "$BUCKLER" run -p "$1.yaml" --log-fd 3 -- /usr/bin/dash -c "$T/bin/$2 && exit 0; exit 1" 3>events
	status "$3" "$1.yaml, $2: and the shim's"
	ok 'an event names the link' [ "$3" = 0 -o "$2" = tool -o "$(grep -c "\"called\":\"$T/bin/tool-link\"" events)" = 1 ]
done

# A script of a script: the shim judges what the kernel makes of the chain, and so does explain.
printf '#!/bin/sh\n:\n' >bin/first
printf '#!%s/bin/first\n' "$T" >bin/second
chmod 755 bin/first bin/second
sh=$(realpath /bin/sh)
printf 'version: 1\nmain: %s\nprocesses:\n  - {path: %s, args: [%s/bin/first, %s/bin/second]}\n' "$sh" "$sh" "$T" "$T" >chain.yaml
cp bin/second bin/other-second
for row in 'second 0' 'other-second 1'; do
	# shellcheck disable=SC2086
	set -- $row
	run "$BUCKLER" explain chain.yaml exec "$T/bin/$1"
	status "$2" "a chain of scripts, $1: the verdict"
	run "$BUCKLER" run -p chain.yaml -- "$sh" -c "$T/bin/$1 && exit 0; exit 1"
	status "$2" "a chain of scripts, $1: and the shim's"
	ok 'an event only where it is refused' [ "$(grep -c '"event":"exec"' err)" = "$2" ]
done

# Whether the function can change a script is not known here.
printf 'version: 1\nprocesses: [%s/bin/first]\n' "$T" >script.yaml
run "$BUCKLER" explain script.yaml exec "$T/bin/first"
status 1 'a script that the function could change needs its interpreter'
out 'note +that the function can change the script is assumed: --unchangeable asks' 'and that this is assumed is said'
run "$BUCKLER" explain --unchangeable script.yaml exec "$T/bin/first"
status 0 'one that it cannot does not'
ok 'and no more is said of it' [ "$(grep -c assumed out)" = 0 ]

done_testing
