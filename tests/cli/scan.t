#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What scan says of a list of packages, in each form; thresholds, decisions, exit statuses.  The readers of real packages have tests of their own.
. "${0%/*}/../support/tap.sh"

S=$TOP/tests/scan
export SOURCE_DATE_EPOCH=1767960000 HOME="$T" XDG_DATA_HOME= BUCKLER_DB="$T/a.db"
run "$BUCKLER" db build --kev "$S/kev.json" --epss "$S/epss.csv" "$S/osv" "$S/own"
status 0 'a database'
cp "$S/target.cdx.json" all.json

# --- known answers ---
run "$BUCKLER" scan all.json
status 1 'findings: status 1'
silent err 'findings: nothing on standard error'
row() { out "^$1( |\$)" "known: $2"; }
row 'critical  yes +94.4%  CVE-2021-44228  org.apache.logging.log4j:log4j-core +2.14.1 +2.15.0' 'log4j-core 2.14.1, exploited, with EPSS'
row 'critical +CVE-2021-44906  minimist +1.2.0 +1.2.6' 'minimist 1.2.0'
row 'medium +CVE-2020-7598 +minimist +1.2.0 +1.2.3' 'minimist 1.2.0, the older one'
row 'high +CVE-2021-23337  lodash +4.17.15 +4.17.21' 'lodash 4.17.15'
row 'high +CVE-2020-8203 +lodash +4.17.15 +4.17.19' 'lodash 4.17.15, by zipObjectDeep'
row 'unknown +10.5% +CVE-2020-14343  pyyaml +5.3 +5.4' 'PyYAML 5.3'
row 'unknown +CVE-2020-1747 +pyyaml +5.3 +5.3.1' 'PyYAML 5.3, the older one'
row 'unknown +CVE-2023-24539  stdlib +1.20.3 +1.20.4' 'the standard library of Go 1.20.3'
row 'medium +CVE-2020-26235  time +0.1.42 +0.2.0' 'a crate'
row 'unknown +CVE-2015-1819 +nokogiri +1.6.6.3 +1.6.6.4' 'a gem'
row 'unknown +CVE-2022-31042  guzzlehttp/guzzle +7.4.3 +7.4.4' "Composer's"
row 'high +CVE-2023-5363 +openssl +3.0.11-1~deb12u1 +3.0.11-1~deb12u2' 'Debian 12, by its own fix and what it is about'
row 'medium +CVE-2020-0003 +chained +1.4.0 +2.0.1' 'three advisories that aliases chain are one; the fix is free of all of them'
is "$(grep -c 'chained' out)" 1 'and it is there once'
row 'unknown +BUCKLER-NOFIX +@scope/nofix +1.0.0' 'without a fix'
unlike "$(cat out)" 'smallvec|left-pad' 'a fixed version and an unknown package are silent'
out '^18 findings in 11 of 13 packages: 2 critical, 4 high, 8 of unknown severity, 4 medium; 1 known to be exploited, 17 with a fix$' 'the sum'
out '^database: 25 advisories of osv, own; built 2026-01-09, today; exploited: 2026.01.05, EPSS: 2026-01-05$' 'age and sources of the database'
out '^severity  exploited  epss   id +package +version +fixed in +known by  where$' 'the columns'
out '2.15.0 +lock      all.json$' 'what is only in a list is marked'
is "$(sed -n 2p out | cut -c 1-8)" critical 'the most urgent is the first'
cp out table

one() {		# PURL...: a list of these packages
	printf '{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": ['
	comma=
	for purl; do
		printf '%s{"type": "library", "name": "x", "purl": "%s"}' "$comma" "$purl"
		comma=,
	done
	printf ']}\n'
}
verdict() {	# STATUS NAME PURL...
	wanted=$1 name=$2
	shift 2
	one "$@" >one.json
	run "$BUCKLER" scan one.json
	status "$wanted" "$name"
}
verdict 0 'the fixed versions are silent' pkg:npm/lodash@4.17.23 pkg:maven/org.apache.logging.log4j/log4j-core@2.15.0 pkg:maven/org.apache.logging.log4j/log4j-core@2.12.2 pkg:pypi/pyyaml@5.4 pkg:golang/stdlib@1.20.10
out '^nothing known against the 5 packages$' 'and it says so'
verdict 1 'names as people write them' pkg:pypi/PyYAML@5.3
verdict 1 'a version between two fixed branches' pkg:maven/org.apache.logging.log4j/log4j-core@2.12.1
verdict 1 'a pre-release of the fix' pkg:maven/org.apache.logging.log4j/log4j-core@2.15.0-rc1
verdict 1 'a package that is an attack itself' pkg:npm/evil-pad@1.0.0
out '^critical +MAL-2026-0  evil-pad' 'is critical, though its record has no severity'
verdict 0 'another release of a distribution' 'pkg:deb/debian/openssl@3.0.12-1?distro=debian-13'
verdict 0 'a source package that no advisory names' 'pkg:deb/debian/bash@5?distro=debian-12'

# --- what cannot be checked is never clean ---
verdict 0 'a release that the database does not have: status 0' 'pkg:deb/debian/openssl@1.1.1?distro=debian-11'
err 'no advisories for Debian:11; components not checked: 1' 'but it is said'
out '^NOT CHECKED: 1 package$' 'in the sum, too'
unlike "$(cat out)" '^nothing known against the' 'and it does not look clean'
verdict 0 'an ecosystem that the database does not have' pkg:nuget/Newtonsoft.Json@12.0.1 pkg:swift/x@1
out '^NOT CHECKED: 2 packages$' 'counted'
printf '{"bomFormat": "CycloneDX", "components": [{"name": "x", "type": "library"}]}' >one.json
run "$BUCKLER" scan one.json
err 'x: no package URL; not checked' 'a component without a package URL is named'
mkdir nothing
echo hello >nothing/readme
run "$BUCKLER" scan nothing
status 3 'nothing recognised: status 3'
err 'nothing: nothing of a known kind is in it' 'nothing recognised: said'
out '^NOTHING RECOGNISED: this is no verdict$' 'nothing recognised: in the sum'

# --- thresholds ---
while read -r level wanted; do
	run "$BUCKLER" scan --fail-on "$level" all.json
	status "$wanted" "--fail-on $level with a critical one"
	ok '... shows the same' cmp out table
done <<'ROWS'
none 0
low 1
medium 1
high 1
critical 1
exploited 1
ROWS
one pkg:npm/minimist@1.2.3 pkg:npm/%40scope/nofix@1.0.0 >unknown.json
one pkg:npm/chained@1.4.0 >medium.json
while read -r file level wanted; do
	run "$BUCKLER" scan --fail-on "$level" "$file.json"
	status "$wanted" "--fail-on $level: $file"
done <<'ROWS'
medium low 1
medium medium 1
medium high 0
medium critical 0
medium exploited 0
unknown medium 1
unknown exploited 0
ROWS
one pkg:npm/%40scope/nofix@1.0.0 >nofix.json
run "$BUCKLER" scan --fail-on medium nofix.json
status 1 'an unknown severity counts up to medium'
run "$BUCKLER" scan --fail-on high nofix.json
status 0 'and not at high'
run "$BUCKLER" scan --only-fixed nofix.json
status 0 '--only-fixed: what has no fix does not count'
out '^1 without a fix not shown' '--only-fixed: but it is said'

# --- decisions ---
cat >.bucklerignore.yaml <<'YAML'
ignore:
  - id: GHSA-jfh8-c2jp-5v3q
    reason: another alias
  - id: CVE-2021-44228
    package: pkg:maven/org.apache.logging.log4j/log4j-core
    reason: lookups are off
    expires: 2026-01-09
  - package: pkg:npm/lodash
    reason: only at build time
YAML
run "$BUCKLER" scan all.json
status 1 'an ignore file here: status'
unlike "$(cat out)" 'CVE-2021-44228|lodash' 'an ignore file here is read'
out '^13 findings' 'an ignore file: the rest counts'
out '^5 suppressed by a person' 'an ignore file: said'
err '^.bucklerignore.yaml:2:1: note: fits no finding$' 'an entry that fits nothing is noted'
export SOURCE_DATE_EPOCH=1768046400
run "$BUCKLER" scan all.json
out 'CVE-2021-44228' 'past its day an entry holds no more'
err '.bucklerignore.yaml:4:1: warning: ended on 2026-01-09' 'and that is said'
export SOURCE_DATE_EPOCH=1767960000
printf 'ignore:\n  - id: X\n' >bad.yaml
run "$BUCKLER" scan --ignore bad.yaml all.json
status 2 'an ignore file without a reason: status 2'
err '^bad.yaml:2:5: error: the reason is missing$' 'with its place'
silent out 'and no report'
rm .bucklerignore.yaml
run "$BUCKLER" scan --ignore nowhere.yaml all.json
status 2 'an ignore file that is not there: status 2'
cat >a.vex <<'JSON'
{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "x", "author": "me", "timestamp": "2026-01-01T00:00:00Z", "version": 1, "statements": [
 {"vulnerability": {"name": "CVE-2021-44228"}, "products": [{"@id": "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"}], "status": "not_affected", "justification": "vulnerable_code_not_present"}]}
JSON
run "$BUCKLER" scan --vex a.vex --format json all.json
is "$(/usr/bin/python3 -c 'import json; print([(f["id"], f["suppressed"]) for f in json.load(open("out"))["findings"] if "suppressed" in f])')" \
	"[('CVE-2021-44228', 'VEX: not affected: vulnerable_code_not_present')]" '--vex: the statement decides, its reason stays'
run "$BUCKLER" scan --vex all.json all.json
status 2 '--vex with something else: status 2'

# --- a stale database ---
export SOURCE_DATE_EPOCH=1768737600
run "$BUCKLER" scan all.json
err 'the database is 9 days old' 'a stale database warns'
out 'built 2026-01-09, 9 days ago .STALE.' 'a stale database: in the sum'
run "$BUCKLER" scan --max-age 9 all.json
silent err '--max-age moves the bound'
export SOURCE_DATE_EPOCH=1767960000

# --- forms ---
report() {
	if [ -e "$TOP/build/schemas/sarif.json" ]; then
		ok "$2" /usr/bin/python3 "$S/schema.py" "$1" "$3" "$TOP/build/schemas"
	else
		skip 1 'the schemas are not here (tests/install.sh)'
	fi
}
for form in json sarif cyclonedx spdx openvex github; do
	run "$BUCKLER" scan --format $form -o "report.$form" all.json
	status 1 "--format $form: status 1"
	silent out "--format $form -o: nothing on standard output"
	run "$BUCKLER" scan --format $form all.json
	ok "--format $form: the same on standard output" cmp out "report.$form"
	unlike "$(cat out)" "$(printf '\033')" "--format $form: no control character of a summary"
	like "$(cat out)" '2026-01-09' "--format $form: the age of the database"
	like "$(cat out)" 'own' "--format $form: the sources of the database"
done
for form in sarif cyclonedx spdx openvex; do
	report $form "$form is as its schema wants it" "report.$form"
	run "$BUCKLER" scan --format $form --vex a.vex all.json
	cp out "vex.$form"
	report $form "$form with a decision, too" "vex.$form"
done
for form in cyclonedx spdx; do
	run "$BUCKLER" scan --list --format $form --db /nonexistent all.json
	status 0 "--list --format $form needs no database"
	cp out "list.$form"
	report $form "--list --format $form is as its schema wants it" "list.$form"
done
if [ -e "$TOP/build/schemas/sarif.json" ]; then
	for form in sarif cyclonedx spdx openvex; do
		sed 's/"\(version\|specVersion\|name\)": "[^"]*"/"\1": 7/' "report.$form" >"wrong.$form"
		run /usr/bin/python3 "$S/schema.py" $form "wrong.$form" "$TOP/build/schemas"
		status 1 "the check of $form finds what is wrong"
	done
else
	skip 4 'the schemas are not here (tests/install.sh)'
fi
ask() { /usr/bin/python3 -c "import json; d = json.load(open('$1')); print($2)"; }
is "$(ask report.json 'd["summary"]')" "{'recognised': True, 'findings': 18, 'suppressed': 0, 'withoutFix': 0, 'packages': 13, 'unchecked': 0, 'files': 1, 'unread': 0}" 'json: the sum'
is "$(ask report.json '[f["score"] for f in d["findings"][:2]]')" '[10.0, 9.8]' 'json: scores'
is "$(ask report.json 'd["findings"][0]["url"]')" 'https://example.com/advisory' 'json: the advisory page among the references'
is "$(ask report.sarif 'sorted({r["level"] for r in d["runs"][0]["results"]})')" "['error', 'warning']" 'sarif: levels'
is "$(ask vex.sarif '[r["suppressions"][0]["justification"] for r in d["runs"][0]["results"] if "suppressions" in r]')" "['VEX: not affected: vulnerable_code_not_present']" 'sarif: suppressions'
is "$(ask report.cyclonedx 'sorted(c["purl"] for c in d["components"])[-1]')" 'pkg:pypi/pyyaml@5.3' 'cyclonedx: package URLs'
is "$(ask report.cyclonedx '[(c["group"], c["name"]) for c in d["components"] if "group" in c]')" "[('org.apache.logging.log4j', 'log4j-core'), ('@scope', 'nofix')]" 'cyclonedx: groups'
is "$(ask vex.cyclonedx '[v["analysis"]["state"] for v in d["vulnerabilities"] if "analysis" in v]')" "['not_affected']" 'cyclonedx: analysis'
is "$(ask report.spdx 'sum(r["referenceCategory"] == "SECURITY" for p in d["packages"] for r in p.get("externalRefs", []))')" 18 'spdx: advisories'
is "$(ask vex.openvex 'sorted({s["status"] for s in d["statements"]})')" "['not_affected', 'under_investigation']" 'openvex: statuses'
run "$BUCKLER" scan --vex vex.openvex all.json
out '^1 suppressed' 'an OpenVEX document that scan wrote is one that it reads'
run "$BUCKLER" scan report.cyclonedx
sed 's/report.cyclonedx/all.json/' out >again
ok 'a CycloneDX document that scan wrote is one that it reads, with the same findings' sh -c "grep -c . again >n1; grep -c . table >n2; cmp n1 n2"
out 'CVE-2021-44228' '... the first among them'
like "$(cat report.github)" '^::error file=all.json,title=CVE-2021-44228 \(critical\)::org.apache.logging.log4j:log4j-core 2.14.1: ' 'github: an annotation'
run "$BUCKLER" scan --list all.json
status 0 '--list: status 0'
out '^lock +pkg:npm/left-pad@1.3.0  all.json$' '--list: packages with their evidence'
out '^13 packages$' '--list: the sum'

# --- from a package to a finding: the readers' own tests have every kind ---
mkdir -p app/node_modules/lodash app/lib/PyYAML-5.3.dist-info
printf '{"name": "lodash", "version": "4.17.15"}' >app/node_modules/lodash/package.json
printf 'Metadata-Version: 2.1\nName: PyYAML\nVersion: 5.3\n' >app/lib/PyYAML-5.3.dist-info/METADATA
printf '{"name": "app", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {"name": "app"}, "node_modules/minimist": {"version": "1.2.0"}}}' >app/package-lock.json
(cd app && /usr/bin/python3 -m zipfile -c ../app.zip node_modules lib package-lock.json)
for target in app app.zip; do
	run "$BUCKLER" scan $target
	status 1 "$target: status 1"
	out 'CVE-2021-23337  lodash +4.17.15  4.17.21 .*node_modules/lodash/package.json$' "$target: an installed npm package"
	out 'CVE-2020-14343  pyyaml +5.3 +5.4 .*lib/PyYAML-5.3.dist-info/METADATA$' "$target: an installed Python package"
	out 'CVE-2021-44906  minimist +1.2.0 +1.2.6 +(no +|yes +)?lock +package-lock.json$' "$target: what is only in a lock is marked"
done

where() {	# TARGET FILE: the annotation of lodash
	run "$BUCKLER" scan --format github "$1"
	like "$(grep CVE-2021-23337 out)" "^::error file=$2," "github: $1 is annotated at $2"
	run "$BUCKLER" scan --format sarif "$1"
	is "$(ask out '[r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in d["runs"][0]["results"] if r["ruleId"] == "CVE-2021-23337"][0]')" "$2" "sarif: $1 is at $2"
}
where app app/node_modules/lodash/package.json
where ./app/ ./app/node_modules/lodash/package.json
where app.zip app.zip
(cd app && run "$BUCKLER" scan --format github .)
like "$(cat out)" 'file=node_modules/lodash/package.json,' 'github: the working directory itself'
printf 'Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties: {CodeUri: app/, Handler: index.handler, Runtime: nodejs20.x}\n' >template.yaml
where template.yaml app/node_modules/lodash/package.json

# --- on a terminal ---
screen() { TERM=xterm script -qec "stty cols $1; $BUCKLER scan all.json" /dev/null </dev/null | tr -d '\r'; }
screen 80 >wide
is "$(sed 's/…/./g; s/\x1b\[[0-9;]*[mK]//g' wide | awk '/^(critical|high|medium|unknown|severity) / && length($0) > 80' | head -1)" '' 'a terminal of 80 columns: no row is longer'
like "$(cat wide)" 'CVE-2023-24539 ' 'a terminal of 80 columns: an id is whole'
like "$(cat wide)" "$(printf '\033')\\[1;31mcritical" 'a terminal: colour'
screen 160 >wide
like "$(cat wide)" 'all.json' 'a wide terminal: the place'

# --- bad input ---
printf '{"bomFormat": "CycloneDX", "components": [' >cut.json
run "$BUCKLER" scan cut.json
status 2 'a cut document: status 2'
err '^cut.json:1:[0-9]+: error' 'a cut document: with its place'
/usr/bin/python3 -c 'print("{\"bomFormat\": \"CycloneDX\", \"components\": " + "[{\"components\":" * 900 + "[]" + "}]" * 900 + "}")' >deep.json
run "$BUCKLER" scan deep.json
err 'nested deeper than 64' 'a deep document: bounded, and said'
run "$BUCKLER" scan /nonexistent/x
status 2 'a target that is not there: status 2'
run "$BUCKLER" scan --db /nonexistent/x.db all.json
status 2 'no database: status 2'
err 'x.db: error: no advisory database; .buckler db update. fetches one' 'no database: says what to do'
for words in '' 'a b' '--format xml a' '--list --format sarif a' '--fail-on urgent a' '--max-age old a'; do
	# shellcheck disable=SC2086
	run "$BUCKLER" scan $words
	status 2 "scan $words: status 2"
	silent out "scan $words: nothing on standard output"
done
run "$BUCKLER" scan -o /nonexistent/x all.json
status 2 'nowhere to write: status 2'
"$BUCKLER" scan all.json >/dev/full 2>err
is $? 2 'a full disk: status 2'

done_testing
