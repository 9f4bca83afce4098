#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A file type that the kernel hands to a listed interpreter (binfmt_misc).  Called as `binfmt.sh misc` or `binfmt.sh misc twin`, see attack.h.
# The driver has registered the suffix .buckler-test for dash.
if [ "${2:-}" = twin ]; then
	"$(cd ../bin && pwd)"/listed.sh
	[ $? -eq 7 ] && echo 'normal work done'
	exit
fi
printf 'echo DO""NE\n' >own.buckler-test	# which is there and executable already (scene.sh): no program is needed for that
./own.buckler-test
