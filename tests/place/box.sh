# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034
# What the tests in the Lambda box share: sourced behind tap.sh; skips all where no box can be made.
PLACE=$TOP/tests/place
BOX=$TOP/build/place/box

[ "$(id -u)" -eq 0 ] || skip_all 'only root can make the box'
# pivot_root(2): the root that is left must be a mount.
mountpoint -q / || skip_all 'the box needs a root folder that is a mount, which that of a chroot is not'

# A policy under which everything is judged, and allowed.
allow_all() {
	cat <<'YAML'
version: 1
processes: [/**]
libraries: [/**]
generated_code: allow
environment: [GIT_EXEC_PATH]
files: {write: [/**], read: {deny: [/nonexistent]}, code: [/**]}
network:
  connect: [{address: 0.0.0.0/0}, {address: "::/0"}, {unix: "/**"}, {unix: "@**"}, {domain: "**"}]
  listen: [{address: 0.0.0.0/0}, {address: "::/0"}, {unix: "/**"}, {unix: "@**"}]
YAML
}

# The gate, beside the shim in opt; programs in task.
gate_in_opt() {
	GATE=${SHIM%/*}/buckler-gate.so
	[ -e "$GATE" ] || skip_all 'the gate is for x86-64'
	mkdir opt task
	cp "$SHIM" "$GATE" opt
}
