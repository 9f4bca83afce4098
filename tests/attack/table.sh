#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints attacks.tsv as a table in Markdown: what the README says about protection is what the tests prove.
tab=$(printf '\t')
echo '| attack | section | verdict | event | technique |'
echo '| --- | --- | --- | --- | --- |'
sed 1d "${0%/*}/attacks.tsv" | sort -s -t "$tab" -k 3,3n | awk -F "$tab" '{
	gsub(/\|/, "\\|")
	print "| " $11 " | " $4 " | " $7 " | " ($8 == "-" ? "" : $8) " | " ($10 == "-" ? "" : $10) " |"
}'
