#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# buckler logs: events in logs of every form, filters, counts, forms of output, a file that grows.  tests/cli/logs/ holds one run of one
# function as it stands in the logs of each service, the lines of the function and of its children between the events.
. "${0%/*}/../support/tap.sh"

logs=$TOP/tests/cli/logs
plain=$logs/plain.log
escape=$(printf '\033')

# What every form must give: number, event, verdict, path, arguments.
cat >facts.py <<'PY'
import json, sys
for line in open(sys.argv[1]):
    e = json.loads(line)
    print(e["seq"], e["event"], e.get("verdict", "-"), e.get("path"), json.dumps(e.get("argv")), e.get("count", "-"))
PY
cat >wanted <<'FACTS'
1 start - /usr/bin/dash null -
2 exec denied /usr/bin/head ["head", "-1"] -
3 exec denied /usr/bin/id ["/usr/bin/id", "-u"] -
4 environment denied LD_PRELOAD=/tmp/x.so null -
5 exec denied /usr/bin/id ["/usr/bin/id", "a\u001b[2Jb\nc\u202e"] -
6 summary denied /usr/bin/id ["/usr/bin/id", "-u"] 8
7 summary denied /usr/bin/head ["head", "-1"] 1
FACTS

# --- forms ---

facts() {
	run "$BUCKLER" logs --format json "$@"
	python3 "$T/facts.py" "$T/out" >"$T/got"
}

for log in "$logs"/*; do
	name=${log##*/}
	facts "$log"
	is "$(cat got)" "$(cat wanted)" "$name: its events"
	silent err "$name: nothing was lost"
	case $name in cloudwatch-console.csv | kubernetes.log) ;; *)	# a record of CSV, and a line whose stamp comes last, have their own
		like "$(sed -n 2p out)" '"time":"2026-11-24T13:55:01' "$name: the time" ;;
	esac
	case $name in azure-appinsights* | azure-query* | google* | *subscription*)
		like "$(sed -n 2p out)" '"function":"thumbnailer"' "$name: the name of the function" ;;
	esac
	sed 's/$/\r/' "$log" >crlf
	facts crlf
	is "$(cat got)" "$(cat wanted)" "$name with CR LF"
done
facts "$logs/cloudwatch-filter.json"
like "$(cat out)" '"stream":"2026/11/24/\[\$LATEST\]0b5c' 'CloudWatch: the stream'
{ echo 'Starting ...'; cat "$logs/google.json" "$logs/azure-appinsights.jsonl"; } >mixed
run "$BUCKLER" logs --format json mixed
is "$(wc -l <out | tr -d ' ')" 14 'logs of two services in one file'
run sh -c 'cat "$2" | "$1" logs --format json' - "$BUCKLER" "$plain"
is "$(wc -l <out | tr -d ' ')" 7 'standard input'
run "$BUCKLER" logs --format json "$plain" "$logs/google.json"
is "$(sed -n 's/.*"file":"\([^"]*\)","line":\([0-9]*\).*/\1:\2/p' out | sed -n '2p;8p')" "$plain:3
$logs/google.json:45" 'the line is that of its own file'

# Live: the forms that the shim writes itself.
printf 'version: 1\nprocesses: []\n' >none.yaml
for form in lambda google azure plain; do
	BUCKLER_LOG_FORM=$form "$BUCKLER" run -p none.yaml -- /bin/sh -c '/bin/true' >live 2>&1
	facts live
	like "$(cat got)" '^2 exec denied /usr/bin/true' "$form: what the shim writes"
done

# A line's counter is that of the policy's function.
printf 'version: 1\nfunction: thumb*\nprocesses: []\n' >named.yaml
BUCKLER_LOG_FORM=lambda "$BUCKLER" run -p named.yaml -- /bin/sh -c '/bin/true' >live 2>&1
like "$(cat live)" '"_aws":\{.*"Dimensions":\[\["function"\]\].*"Name":"denied".*"function":"thumb\*","denied":1,"buckler":' 'on Lambda a line carries a metric'
facts live
like "$(cat got)" '^2 exec denied /usr/bin/true' 'and is an event as before'

# More than the shim writes at once: what is left out is counted, also where the function ends before there is time for a line.
run "$BUCKLER" run -p none.yaml --log-fd 3 -- /usr/bin/python3 -c '
import subprocess
for i in range(600):
    try: subprocess.call(["/usr/bin/true", str(i)])
    except PermissionError: pass' 3>many
like "$(tail -n 1 many)" '"event":"dropped","count":[1-9]' 'the last line says that some were left out'
lost=$(sed -n 's/.*"event":"dropped","count":\([0-9]*\).*/\1/p' many | awk '{ n += $1 } END { print n }')
is "$(($(grep -c '"event":"exec"' many) + lost))" 600 'with those that were written they are all'
run "$BUCKLER" logs many
err "^buckler: $lost events are missing" 'logs sees the gap'
err "^buckler: $lost lines were left out by the shim" 'and says what the shim said'

# --- the table ---

run "$BUCKLER" logs "$plain"
status 0 'status 0'
out '^TIME \(UTC\) +FUNCTION +VERDICT +EVENT +WHAT' 'the head of the table'
out '^2026-11-24 13:55:01 -  +denied  exec +/usr/bin/id -u \(no rule names it, by /usr/bin/dash\)$' 'a row'
out 'start +/usr/bin/dash, mechanism notify .*processes=enforced' 'the start event says what is enforced'
out '8 more times: /usr/bin/id -u' 'a summary says what it sums up'
unlike "$(cat out)" "$escape" 'no colour where no terminal is'
terminal() {
	env "$@" TERM=xterm script -qec "stty cols 100; '$BUCKLER' logs '$plain'" /dev/null </dev/null >"$T/out" 2>"$T/err"
}
terminal COLORTERM=
like "$(cat out)" "$escape\\[31mdenied" 'colour on a terminal'
ok 'and rows that fit in its columns' python3 -c '
import re
rows = re.sub("\x1b\\[[0-9;]*m", "", open("out", newline="").read()).split("\r\n")
assert len(rows) >= 8 and max(map(len, rows)) == 100, [(len(r), r) for r in rows]'
terminal NO_COLOR=1
unlike "$(cat out)" "$escape" 'NO_COLOR'

# --- what must not reach a terminal ---

python3 - <<'PY'
import json
evil = "\x1b[2J\x9b31m\u202e\x07\u061c\u2066x\r\n"
def event(seq, **more):
    return json.dumps({"timestamp": "2026-11-24T13:55:01.123Z", "message": evil, "buckler":
        {"v": 1, "seq": seq, "event": "exec", "verdict": "denied", "pid": 1, **more}}, ensure_ascii=False)
names = ("path", "parent", "note", "reason", "technique", "address", "domain", "mechanism", "policy", "interpreter")
with open("evil", "w") as f:
    print(event(1, argv=["a" + evil, "=cmd|'/c calc'!A0"], **{n: evil for n in names}), file=f)
    print(json.dumps({"logGroup": evil + "\0", "logStream": evil, "timestamp": evil, "message": event(2, path="=1+1")}), file=f)
with open("nul", "w") as f:
    print(json.dumps({"logGroup": "/aws/lambda/f", "logEvents": [{"message": "\0 a NUL of the function"}, {"message": event(1, path="/x")}]}), file=f)
    print(event(2, path="/x\0y").replace("\0", "\\u0000"), file=f)
PY
for form in text json csv ocsf; do
	run "$BUCKLER" logs --format $form evil
	is "$(grep -c -e 2J out)" 2 "$form: both events"
	ok "$form: no control character, nothing that turns text" python3 -c '
import sys, unicodedata
text = open(sys.argv[1], newline="").read().replace("\r\n", "\n")
assert not [c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf")], text' out
done
run "$BUCKLER" logs --summary evil
unlike "$(cat out)" "$escape" 'the same for the summary'
run "$BUCKLER" logs "missing$escape[2J"
status 2 'a file that is not there: status 2'
unlike "$(cat err)" "$escape" 'its name comes to the terminal without escapes'
run "$BUCKLER" logs --format json nul
is "$(wc -l <out | tr -d ' ')" 1 'a NUL that the function wrote hides no event beside it'
err '1 line looks like an event' 'a name with a NUL is none'
run "$BUCKLER" logs --format csv evil
out "\"'=1\\+1\"" 'CSV: nothing that a spreadsheet computes'

# --- filters ---

numbers() {
	run "$BUCKLER" logs --format json "$@"
	sed -n 's/.*"seq":\([0-9]*\).*/\1/p' out | tr '\n' ' '
}
is "$(numbers --verdict denied "$plain")" '2 3 4 5 6 7 ' '--verdict'
is "$(numbers --verdict killed,alert "$plain")" '' '--verdict with a list'
is "$(numbers --event start,environment "$plain")" '1 4 ' '--event'
is "$(numbers --event exec "$plain")" '2 3 5 6 7 ' '--event: a summary belongs to what it sums up'
is "$(numbers --section environment "$plain")" '4 ' '--section'
is "$(numbers --section processes "$plain")" '2 3 5 6 7 ' '--section: summaries too'
is "$(numbers --path /usr/bin/id "$plain")" '3 5 6 ' '--path'
is "$(numbers --path '/usr/**' --event start "$plain")" '1 ' '--path with a pattern, and another filter'
is "$(numbers --function 'thumb*' "$logs/google.json")" '1 2 3 4 5 6 7 ' '--function'
is "$(numbers --function other "$logs/google.json")" '' '--function of another name'
is "$(numbers --since 2026-11-24T13:55:01.250Z "$plain")" '5 6 7 ' '--since'
is "$(numbers --until 2026-11-24T14:55:01.150+01:00 "$plain")" '1 2 ' '--until, with a zone'
is "$(numbers --since '2026-11-24 13:55' --until 2026-11-25 "$plain")" '1 2 3 4 5 6 7 ' '--since and --until as people write them'
is "$(numbers --since 2026-11-25 "$plain")" '' '--since a day later'
BUCKLER_LOG_FORM=lambda "$BUCKLER" run -p none.yaml -- /bin/true 2>now
is "$(numbers --since 1h now)" '1 ' '--since an hour ago'
is "$(numbers --until 1h now)" '' '--until an hour ago'
BUCKLER_LOG_FORM=azure "$BUCKLER" run -p none.yaml -- /bin/true 2>untimed
is "$(numbers --since 1h untimed)" '' 'an event without a time is left out'
err '1 event without a time was left out' 'and counted'

# --- summary ---

run "$BUCKLER" logs --summary "$plain"
is "$(awk 'NR > 1 { print $1, $3, $4, $7 }' out)" '10 denied exec /usr/bin/id
2 denied exec /usr/bin/head
1 - start /usr/bin/dash
1 denied environment LD_PRELOAD=/tmp/x.so' '--summary: how often, most frequent first'
run "$BUCKLER" logs --summary --format json "$plain"
like "$(sed -n 1p out)" '"count":10,.*"first_time":"2026-11-24T13:55:01\.151Z","last_time":"2026-11-24T13:55:01\.305Z"' '--summary as JSON'
run "$BUCKLER" logs --summary --format csv "$plain"
like "$(sed -n 2p out)" '^"10",,"denied","exec","/usr/bin/id",' '--summary as CSV'
python3 - >many <<'PY'
import json
for i in range(1, 5001):
    print(json.dumps({"buckler": {"v": 1, "seq": i, "event": "exec", "verdict": "denied", "path": "/x/%d" % i}}))
PY
run "$BUCKLER" logs --summary --format json many
is "$(wc -l <out | tr -d ' ')" 4097 'a summary of bounded size'
out '"count":904,"path":"\(more kinds than are listed\)"' 'says what it does not list'

# --- CSV, OCSF ---

run "$BUCKLER" logs --format csv "$plain"
ok 'CSV as other programs read it' python3 -c '
import csv, json
rows = list(csv.DictReader(open("out", newline="")))
assert [r["seq"] for r in rows] == list("1234567"), rows
assert json.loads(rows[2]["argv"]) == ["/usr/bin/id", "-u"] and rows[2]["verdict"] == "denied", rows[2]
assert json.loads(rows[0]["sections"])["processes"] == "enforced", rows[0]'
python3 - >more <<'PY'
import json
def event(seq, **more):
    print(json.dumps({"timestamp": "2026-11-24T13:55:01.123Z", "message": "m", "buckler": {"v": 1, "seq": seq, "pid": 7, "ppid": 1, **more}}))
event(1, event="load", verdict="killed", section="libraries", path="/tmp/x.so", sha256="ab" * 32, technique="T1574.006", policy="0" * 16)
event(2, event="syscall", verdict="denied", path="bpf", technique="T1068", policy="0" * 16)
event(3, event="connect", verdict="alert", section="network.connect", address="192.0.2.1", port=443, domain="example.org")
event(4, event="code", verdict="learned", section="generated_code", path="/usr/bin/node")
event(5, event="dropped", count=3)
event(6, event="refused", note="the policy is damaged")
event(7, event="exit")
PY
# What OCSF 1.3.0 requires of these classes and of the objects in them (events/*.json, objects/*.json of the schema).
cat >ocsf.py <<'PY'
import json, sys
base = {"activity_id", "category_uid", "class_uid", "severity_id", "time", "type_uid", "metadata"}
classes = {1007: {"actor", "device", "process"}, 1005: {"actor", "device", "module"}, 2004: {"finding_info"}, 6002: {"app"}}
objects = {"metadata": {"product", "version"}, "product": {"vendor_name"}, "device": {"type_id"}, "module": {"load_type_id"},
    "file": {"name", "type_id"}, "finding_info": {"uid", "title"}, "api": {"operation"}}
some = {"process": {"pid", "uid"}, "actor": {"process", "user"}, "device": {"name", "hostname", "ip", "uid"}, "policy": {"name", "uid"}}
activities = {1007: {1}, 1005: {1}, 2004: {1}, 6002: {3, 4, 99}}
def walk(name, value):
    if isinstance(value, list):
        for item in value:
            walk({"hashes": "fingerprint", "evidences": "evidence"}.get(name, name), item)
    if isinstance(value, dict):
        lacks = objects.get(name, set()) - set(value)
        assert not lacks, (name, lacks, value)
        assert name not in some or some[name] & set(value), (name, value)
        assert name != "fingerprint" or {"algorithm_id", "value"} <= set(value), value
        assert name != "evidence" or value, value
        for key, inner in value.items():
            if key != "unmapped":
                walk({"parent_process": "process", "app": "product"}.get(key, key), inner)
seen = []
for line in open(sys.argv[1]):
    e = json.loads(line)
    lacks = (base | classes[e["class_uid"]]) - set(e)
    assert not lacks, (lacks, e)
    assert e["type_uid"] == e["class_uid"] * 100 + e["activity_id"] and e["category_uid"] == e["class_uid"] // 1000, e
    assert e["activity_id"] in activities[e["class_uid"]] and e["metadata"]["version"] == "1.3.0", e
    assert ("action_id" in e) == ("security_control" in e["metadata"]["profiles"]) and isinstance(e["time"], int), e
    if "attacks" in e and "finding_info" in e:
        assert e["finding_info"]["attacks"] == e["attacks"], e
    walk("", e)
    seen.append((e["class_uid"], e["severity_id"], e.get("action_id"), e.get("disposition_id")))
print(seen)
PY
run "$BUCKLER" logs --format ocsf more
ok 'OCSF: what the schema requires' python3 ocsf.py out
is "$(python3 ocsf.py out)" '[(1005, 5, 2, 2), (2004, 4, 2, 2), (2004, 3, 1, 19), (2004, 1, 1, 17), (6002, 3, None, None), (6002, 4, None, None), (6002, 4, None, None)]' \
	'OCSF: classes, severities, actions, dispositions'
out '"sub_technique":\{"uid":"T1574.006"\}' 'OCSF: the technique'
out '"dst_endpoint":\{"ip":"192\.0\.2\.1","hostname":"example\.org","port":443\}' 'OCSF: a destination'
run "$BUCKLER" logs --format ocsf "$logs/google.json"
ok 'OCSF: the sample, too' python3 ocsf.py out
out '"device":\{"type_id":99,"type":"Serverless function","name":"thumbnailer"' 'OCSF: the function'
out '"cmd_line":"/usr/bin/id -u"' 'OCSF: the command line'

# --- what does not fit together ---

grep -v '"seq":4,' "$plain" >gap
run "$BUCKLER" logs gap
err '^buckler: 1 event is missing' 'a number that never came'
cat "$plain" "$plain" >twice
run "$BUCKLER" logs --format json twice
is "$(wc -l <out | tr -d ' ')" 7 'overlapping exports: each event once'
err '7 lines are there twice' 'and said so'
# The function writes the next number itself, before the shim does.
awk '{ print } /"seq":3,/ { sub(/"seq":3,/, "\"seq\":4,"); sub(/"path":"[^"]*"/, "\"path\":\"/harmless\""); print }' "$plain" >forged
run "$BUCKLER" logs forged
out 'environment .*SUSPECT' 'two events with one number: marked'
err '1 event is suspect' 'and counted'
# A number that is past.
{ cat "$plain"; sed -n 's/"seq":2,/"seq":1,/; s/denied/alert/gp' "$plain" | sed -n 1p; } >past
run "$BUCKLER" logs --format json past
out '"suspect":' 'a number that is past: marked'
sed 's/"verdict":"denied"/"verdict":"blessed"/' "$plain" >unknown
run "$BUCKLER" logs unknown
status 0 'events that cannot be read: status 0'
err '6 lines look like events' 'but they are counted'
head -c 100000 /dev/urandom >noise
run "$BUCKLER" logs noise
status 0 'noise: status 0'
silent out 'noise: no table'
err '^buckler: no event in' 'noise: said so'
{ head -c 3000000 /dev/zero | tr '\0' x; sed -n 3p "$plain"; cat "$logs/google.json"; } >long
run "$BUCKLER" logs --format json long
is "$(wc -l <out | tr -d ' ')" 8 'an event at the end of a line of 3 MB, and those behind it'
err '1 line or entry is longer' 'the rest is counted'
gzip <"$plain" >packed.gz
run "$BUCKLER" logs packed.gz
status 2 'a compressed file: status 2'
err 'zcat' 'and what to do'
for order in LE BE; do
	bom='\377\376'
	[ $order = LE ] || bom='\376\377'
	{ printf '%b' "$bom"; iconv -f UTF-8 -t UTF-16$order <"$plain"; } >"utf16$order"
	run "$BUCKLER" logs "utf16$order"
	status 2 "UTF-16 $order: status 2"
	silent out "UTF-16 $order: nothing shown"
	err "utf16$order is UTF-16.*iconv" "UTF-16 $order: named, and what to do"
	run sh -c '"$1" logs <"$2"' - "$BUCKLER" "utf16$order"
	err 'standard input is UTF-16' "UTF-16 $order: on standard input"
done
run "$BUCKLER" logs "$T"
status 2 'a folder: status 2'
run "$BUCKLER" logs missing "$plain"
status 2 'one of two files is not there: status 2'
out '/usr/bin/id' 'the other is shown'
for wrong in '--verdict blessed' '--event x' '--section x' '--since yesterday' '--until 99x' '--format xml' '--follow' '--follow -' "--follow $plain $plain" \
	"--summary --format ocsf $plain" "--summary --follow $plain"; do
	# shellcheck disable=SC2086
	run "$BUCKLER" logs $wrong
	status 2 "wrong use: $(echo "$wrong" | cut -c1-30): status 2"
	silent out 'and nothing shown'
done
"$BUCKLER" logs "$plain" >/dev/full 2>err
is $? 2 'a full disk behind standard output: status 2'
for full in text json csv ocsf; do
	"$BUCKLER" logs --format "$full" "$plain" >/dev/full 2>err
	is $? 2 "a full disk, $full: status 2"
	is "$(cat err)" 'buckler: error: standard output: No space left on device' "a full disk, $full: the reason, once"
done

# --- a file that grows ---

shown() {	# until $1 lines are there, at most 10 s
	for _ in $(seq 100); do
		[ "$(wc -l <followed)" -ge "$1" ] && break
		sleep 0.1
	done
	wc -l <followed | tr -d ' '
}
sed -n 1,3p "$plain" >growing
"$BUCKLER" logs --follow --format json growing >followed 2>followed.err &
pid=$!
is "$(shown 2)" 2 '--follow: what is there'
line=$(sed -n 5p "$plain")
printf '%s' "${line%???}" >>growing
printf '%s\n' "${line#"${line%???}"}" >>growing
is "$(shown 3)" 3 '--follow: a line that comes in two parts'
grep '"seq":1,' "$plain" | sed 's/"policy":"b9/"policy":"c0/' >growing.new
mv growing growing.1
echo 'written to the old file after it was moved' >>growing.1
mv growing.new growing
is "$(shown 4)" 4 '--follow: a file that is replaced'
like "$(sed -n 4p followed)" '"line":1}' 'whose lines are counted anew'
grep '"seq":1,' "$plain" | sed 's/"policy":"b9/"policy":"d0/; s/ with ptrace verification//g' >shorter
cat shorter >growing
is "$(shown 5)" 5 '--follow: a file that is truncated'
kill -TERM $pid
wait $pid
is $? 0 '--follow ends with 0 on SIGTERM'
is "$(cat followed.err)" '' 'and nothing was lost'

done_testing
