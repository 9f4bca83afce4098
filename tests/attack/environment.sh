#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A variable by which foreign code gets into a listed program.  Called as `environment.sh NAME` or `environment.sh NAME twin`, see
# attack.h: the twin starts the same program with variables that everyone sets.
name=$1 twin=${2:-}
here=$(pwd)
evil=$here/../lib/evil.so
program=../bin/good-program

case $name in
LD_PRELOAD | LD_AUDIT) value=$evil; set -- "$program" ;;
LD_LIBRARY_PATH) value=$here/../lib/evil; set -- ../bin/good-linked ;;
NODE_OPTIONS) value="--require $here/../lib/evil.js"; set -- "$NODE" ../bin/tool.js report ;;
NODE_PATH) value=$here/../lib/evil; set -- "$NODE" ../bin/tool-module.js report ;;
PYTHONPATH) value=$here/../lib/evil; set -- python3 ../bin/tool.py report ;;
PYTHONSTARTUP) value=$here/../lib/evil/sitecustomize.py; set -- python3 -i ;;
PYTHONINSPECT) value=1; set -- python3 ../bin/tool.py report ;;
RUBYOPT) value="-r$here/../lib/evil.rb"; set -- ruby ../bin/tool.rb report ;;
PERL5OPT) value="-I$here/../lib/evil -mEvil"; set -- perl ../bin/tool.pl report ;;
PERL5LIB) value=$here/../lib/evil; set -- perl ../bin/tool-module.pl report ;;
JAVA_TOOL_OPTIONS) value="-agentpath:$evil"; set -- java -version ;;
BASH_ENV) value=$here/../lib/evil.sh; set -- bash ../bin/tool.bash report ;;
esac

if [ "$twin" ]; then
	LANG=C.UTF-8 HOME=/nonexistent "$@" </dev/null 2>/dev/null
	[ $? -lt 60 ] && echo 'normal work done'
	exit
fi
export "$name=$value"
output=$("$@" </dev/null 2>&1)
printf '%s\n' "$output"
case $output in *DONE*) exit 0 ;; esac
exit 1
