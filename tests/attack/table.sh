#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints attacks.tsv as a table in Markdown: what the README says about protection is what the tests prove.  The last columns are
# what trace.t, tests/place/gvisor.t and gate.t prove of the tracer on Linux, in gVisor, and of the in-process gate: the same where they are empty, "place"
# where the place itself refuses what the attack needs, "-" where the attack needs root (gate).
tab=$(printf '\t')
echo '| attack | section | verdict | event | technique | trace | gVisor | gate |'
echo '| --- | --- | --- | --- | --- | --- | --- | --- |'
sed 1d "${0%/*}/attacks.tsv" | sort -s -t "$tab" -k 3,3n | awk -F "$tab" -v folder="${0%/*}" '
function cell(text) { return text == "-" ? "" : text }
BEGIN {
	while ((getline <(folder "/gate.tsv")) > 0)
		gate[$1] = $2
	while ((getline <(folder "/trace.tsv")) > 0)
		trace[$1] = $2
	while ((getline <(folder "/gvisor.tsv")) > 0)
		gvisor[$1] = $2
}
{
	gsub(/\|/, "\\|")
	other = "," $5 "," !~ /,user,/ ? "-" : gate[$1]
	print "| " $11 " | " $4 " | " $7 " | " cell($8) " | " cell($10) " | " trace[$1] " | " gvisor[$1] " | " other " |"
}'
