# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# A network of the test's own, with nothing but a loopback device: sourced first, it runs the test once more inside.
if [ "${BUCKLER_TEST_NET:-}" != inside ]; then
	export BUCKLER_TEST_NET=inside
	for spaces in -mn -Urmn; do
		unshare $spaces true 2>/dev/null && exec unshare $spaces sh "$0" "$@"
	done
	echo '1..0 # SKIP neither root nor a user name space: no network of its own'
	exit 0
fi
ip link set lo up 2>/dev/null || /usr/bin/python3 - <<'PY'
import fcntl, socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
fcntl.ioctl(s, 0x8914, struct.pack("16sh", b"lo", 0x49))
PY
