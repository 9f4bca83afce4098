#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The man pages: well formed, and true where a program can tell.
. "${0%/*}/../support/tap.sh"

pages="buckler.1 buckler-scan.1 buckler-init.1 buckler-policy.5 buckler-events.7"
if command -v mandoc >/dev/null; then
	for page in $pages; do
		is "$(mandoc -Tlint -W warning "$TOP/doc/$page" 2>/dev/null)" '' "$page is well formed"
	done
else
	skip 5 'mandoc is not here'
fi

# Each policy that the page shows is one.
awk '/^\.Bd -literal/ { n++; next } /^\.Ed/ { on = 0 } /^version: 1/ { on = 1 } on { print > ("example" n ".yaml") }' "$TOP/doc/buckler-policy.5"
ok 'the page shows policies' [ -s example1.yaml ]
for example in example*.yaml; do
	run "$BUCKLER" check "$example"
	status 0 "$example of buckler-policy(5) is a good policy"
done

# The rows of the shell templates' table.
cat >shell.yaml <<'YAML'
version: 1
processes:
  - path: /opt/sh
    shell: "curl --silent -L {url} | ./bin/catdoc -"
YAML
sed -n 's/^\.It Li "\(curl.*\)" Ta \(allowed\|refused\)$/\2 \1/p' "$TOP/doc/buckler-policy.5" | sed 's/\\(dq/"/g' >rows
is "$(wc -l <rows | tr -d ' ')" 5 'the table of templates has its rows'
while read -r wanted line; do
	run "$BUCKLER" explain --no-resolve shell.yaml exec /opt/sh -c "$line"
	case $wanted in
	allowed) status 0 "as the page says: $line: allowed" ;;
	*)       status 1 "as the page says: $line: refused" ;;
	esac
done <rows

# The rows of the patterns' table.
sed -n '/^\.It Em pattern/,/^\.El/s/^\.It Li \(.*\) Ta \(.*\) Ta \(.*\)$/\1 \2 \3/p' "$TOP/doc/buckler-policy.5" >rows
ok 'the table of patterns has its rows' [ "$(wc -l <rows)" -ge 4 ]
while read -r pattern yes no; do
	printf 'version: 1\nprocesses:\n  - path: /bin/x\n    args: ["%s"]\n' "$pattern" >pattern.yaml
	run "$BUCKLER" explain --no-resolve pattern.yaml exec /bin/x "$yes"
	status 0 "as the page says: $pattern matches $yes"
	run "$BUCKLER" explain --no-resolve pattern.yaml exec /bin/x "$no"
	status 1 "as the page says: $pattern does not match $no"
done <rows

# Every long option that a help screen explains stands in the page, for the commands that the page describes in full.
for name in learn run check compile show explain diff replay doctor wrap gate-table logs; do
	run "$BUCKLER" "$name" --help
	sed -n 's/^ \{2,6\}\(-[a-zA-Z], \)\{0,1\}\(--[a-z][a-z0-9-]*\).*/\2/p' out | sort -u | grep -v -e '^--help$' >options
	while read -r option; do
		ok "buckler.1 has $name $option" grep -q -e "Fl \\\\-${option#--}\\>" "$TOP/doc/buckler.1"
	done <options
done
for name in scan db; do
	run "$BUCKLER" "$name" --help
	sed -n 's/^ \{2,6\}\(-[a-zA-Z], \)\{0,1\}\(--[a-z][a-z0-9-]*\).*/\2/p' out | sort -u | grep -v -e '^--help$' >options
	while read -r option; do
		ok "buckler-scan.1 has $name $option" grep -q -e "Fl \\\\-${option#--}\\>" "$TOP/doc/buckler-scan.1"
	done <options
done

# The ignore file that the page shows is one.
sed -n '/^\.Bd -literal -offset indent/,/^\.Ed/p' "$TOP/doc/buckler-scan.1" | grep -v '^\.' >ignore.yaml
printf '{"bomFormat": "CycloneDX", "components": [{"purl": "pkg:npm/a@1"}]}' >list.json
run "$BUCKLER" db build -o a.db "$TOP/tests/scan/own"
run "$BUCKLER" scan --db a.db --ignore ignore.yaml list.json
status 0 'the ignore file of buckler-scan(1) is one'
err 'ignore.yaml:2:.*note: fits no finding' 'and it is read'

# Each call that is refused without a rule stands in the page (those that a policy judges do not).
sed -n 's/^CALL(\([a-z0-9_]*\), *-\{0,1\}[0-9]*, *-\{0,1\}[0-9]*, *\([A-Z_]*\),.*/\1 \2/p' "$TOP/core/filter_table.h" |
	grep -v -E ' (EXEC|MAP|PROTECT|SHMAT|OPEN|OPENAT|WRITE|LINK|SOCKET|CONNECT|SENDTO|RECVFROM|RECVMSG|LISTEN)$' >calls
sed -n '/^\.Ss Refused calls/,/^\.Sh ENVIRONMENT/p' "$TOP/doc/buckler-init.1" >refused
ok 'the table of refused calls was read' [ "$(wc -l <calls)" -ge 70 ]
while read -r call check; do
	ok "buckler-init.1 has $call" grep -q -w -e "$call" refused
done <calls

if [ -x "$SHIM" ]; then
	run "$SHIM" --help
	status 0 'the shim has a help screen'
	out '^Policies are made with buckler' 'to its last line, on standard output'
	is "$(wc -c <err | tr -d ' ')" 0 'and nothing on standard error'
	run "$SHIM" --version
	out '^buckler-init [0-9]' 'its version is on standard output, too'
	grep -ohE -e '--[a-z][a-z0-9-]*' out err | sed 's/^[^-]*//' | sort -u | grep -v -e '^--help$' >options
	while read -r option; do
		ok "buckler-init.1 has $option" grep -q -e "Fl \\\\-${option#--}\\>" "$TOP/doc/buckler-init.1"
	done <options
fi

done_testing
