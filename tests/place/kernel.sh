#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Usage: sh tests/place/kernel.sh
# Fetches the kernel of kernel.t into build/kernel: Linux 5.10, which AWS Lambda's machines had when this was written, as Debian 11's for
# clouds (12 MB), from the mirror that apt is configured with.  A mirror need not have Debian 11 for ever: without it this system's own
# kernel for clouds is taken, and kernel.t says which one it was.
set -eu
cd "$(dirname "$0")/../.."
KERNEL=$PWD/build/kernel/vmlinuz
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
cd "$T"

# The options of apt for a suite of the same mirror with lists of its own: nothing of the system's configuration is touched.
old_suite() {
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1)
	mkdir -p apt/lists/partial apt/cache/archives/partial
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror bullseye main" >apt/sources.list
	echo "-o Dir::Etc::sourcelist=$T/apt/sources.list -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists=$T/apt/lists"
	echo "-o Dir::Cache=$T/apt/cache -o Acquire::http::Timeout=30"
}

# fetch OPTION... : the newest kernel for clouds, its image to $KERNEL
fetch() {
	package=$(apt-cache "$@" depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
	[ -n "$package" ] && apt-get -q -o APT::Sandbox::User=root "$@" download "$package" && dpkg-deb -x linux-image-*.deb kernel &&
		mkdir -p "${KERNEL%/*}" && cp kernel/boot/vmlinuz-* "$KERNEL"
}

options=$(old_suite)
# shellcheck disable=SC2086
if apt-get -q $options update >log 2>&1 && fetch $options >>log 2>&1; then exit 0; fi
fetch >>log 2>&1 || { tail -5 log >&2; exit 1; }
