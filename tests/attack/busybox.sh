#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One file, many programs: only its applet `cat` is listed.  Called as `busybox.sh WAY` or `busybox.sh WAY twin`, see attack.h.
busybox=$(command -v busybox)

if [ "${2:-}" = twin ]; then
	ln -s "$busybox" cat && "$busybox" cat ../bin/data.txt && ./cat ../bin/data.txt
	exit
fi
case $1 in
applet) "$busybox" printf 'DO%s\n' NE ;;
link) ln -s "$busybox" printf && ./printf 'DO%s\n' NE ;;
copy) cp "$busybox" cat && ./cat ../bin/secret ;;
shell) "$busybox" sh -c 'echo DO""NE' ;;
nested) "$busybox" busybox printf 'DO%s\n' NE ;;
esac
