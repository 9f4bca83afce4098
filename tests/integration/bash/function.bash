#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Requests that are answered by pipelines, one of them built as text.  Called with a file of requests, one a line.
set -euo pipefail

archive() {
	printf '%s\n' "$2" >"$1"
	tar -cf - "$1" | gzip -n >"$1.tar.gz"
	gzip -dc "$1.tar.gz" | tar -xOf -
}

fetch() {
	eval "curl --silent $SERVER/$1"
}

count() {
	bash -c "cat ../in/text | grep -c $1"
}

while IFS='|' read -r action first second; do
	printf '%s: ' "$action"
	"$action" "$first" "$second"
done <"$1"
