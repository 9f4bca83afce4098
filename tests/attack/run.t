#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every row of attacks.tsv: the control (it works without the shim), the verdict (what the shim makes of it, and the event),
# the twin (the same program's normal work is silent and the same).  Rows run as an unprivileged user, as root, or as both.
# Arguments: names of rows (default: all).
#
# With PLACE=gate (tests/attack/gate.t) the rows run where no process may listen or trace, as on AWS Lambda: buckler-init then takes the
# in-process gate.  With PLACE=trace (tests/attack/trace.t) none may listen, and it traces.  gate.tsv and trace.tsv say where that makes another
# verdict.  With PLACE=gvisor (tests/place/gvisor.t) they run inside of one, on a scene that was made outside: SCENE.
. "${0%/*}/../support/tap.sh"
. "$TOP/tests/support/server.sh"
. "$TOP/tests/attack/scene.sh"

NOBODY=65534
LIMIT=600
chmod 755 "$T"
if [ -n "${SCENE:-}" ]; then
	rmdir "$T"
	scene_take "$SCENE"
else
	scene_make
fi && server_start && scene_receiver || exit 2
trap 'scene_end; tap_end' EXIT
binfmt=$(scene_binfmt && echo yes)
[ -z "${binfmt}" ] || [ -e /proc/sys/fs/binfmt_misc/buckler-test ] || binfmt=

# --- running ---

# What is to be executed for a program of the table and its arguments.
command_of() {
	case $1 in
	*.js) command_words="$NODE $ATTACKS/$*" ;;
	*.py) command_words="/usr/bin/python3 $ATTACKS/$*" ;;
	*.sh) command_words="/bin/sh $ATTACKS/$*" ;;
	Load) command_words="$JAVA -Xshare:auto -XX:-UsePerfData -cp $T/lib $*" ;;
	static | identity-musl) command_words="$T/bin/$*" ;;
	*) command_words="$ATTACKS/$*" ;;
	esac
}

as() {
	if [ "${PLACE:-}" = gate ]; then
		shift
		"$ATTACKS/refuse" $NOBODY "$@"
	elif [ "$1" = resolver ]; then
		shift
		set -- unshare -mn /usr/bin/python3 "$ATTACKS/resolver.py" $NOBODY "$TOP" "$@"
		[ "${PLACE:-}" != trace ] || set -- "$ATTACKS/deaf" - "$@"
		"$@"
	elif [ "${PLACE:-}" = trace ]; then
		[ "$1" = user ] && id=$NOBODY || id=-
		shift
		"$ATTACKS/deaf" "$id" "$@"
	elif [ "$1" = user ] && [ "$(id -u)" -eq 0 ]; then
		shift
		setpriv --reuid=$NOBODY --regid=$NOBODY --clear-groups -- "$@"
	else
		shift
		"$@"
	fi
}

# try USER PARENT WORDS...: the exit status in $status, the output in $T/out and $T/err, the events in $T/log.
try() {
	user=$1 under=$2
	[ "${PLACE:-}" = gvisor ] && supervisor=$SHIM || supervisor="$BUCKLER run"	# which there takes most of the time
	shift 2
	scene_folder
	: >"$T/log"
	case $under in
	bare) as "$user" timeout -k 5 $LIMIT "$@" </dev/null >"$T/out" 2>"$T/err" ;;
	# A parent that is as much the user's own as the shim is.
	parent) as "$user" timeout -k 5 $LIMIT sh -c '"$@"; exit $?' parent "$@" </dev/null >"$T/out" 2>"$T/err" ;;
	*) as "$user" timeout -k 5 $LIMIT $supervisor --log-fd 9 -p "$T/policy/$under.bkl" -- "$@" </dev/null >"$T/out" 2>"$T/err" 9>"$T/log" ;;
	esac
	status=$?
	cd "$T" || exit 2
}

succeeded() {
	[ "$status" -eq 0 ] && { [ "$1" = twin ] || grep -Eq 'DONE|^loaded$|^answer 66$' "$T/out"; }
}

# A pattern for a path as one for its member of an event.
json_path() {
	printf '%s' "$1" | sed -e 's/^[^^]/[^"]*&/' -e 's/^^//' -e 's/^/"path":"/' -e 's/\$$/"/'
}

# An event of the log with these fields; "-" is any.
has_event() {
	grep -E "\"event\":\"$1\"" "$T/log" | grep -E "\"verdict\":\"$2\"" >"$T/events" || return 1
	[ "$3" = - ] || grep -Eq "$(json_path "$3")" "$T/events" || return 1
	[ "$4" = - ] || grep -q "\"technique\":\"$4\"" "$T/events"
}

events_but_start() {
	grep -v '"event":"start"' "$T/log"
}

tell() {
	tap_comment "status $status; stdout: $(head -c 300 "$T/out"); stderr: $(head -c 600 "$T/err")"
	tap_comment "events: $(events_but_start | head -c 1500)"
}

verdict_is() {
	case $1 in
	denied | killed | stopped)
		[ "$status" -ne 0 ] && [ "$status" -ne 124 ] && ! grep -q DONE "$T/out" || return 1
		[ "$2" = - ] && return 0
		has_event "$2" "$(printf '%s' "$1" | sed 's/stopped/(denied|killed)/')" "$3" "$4"
		;;
	detected) has_event "$2" '(alert|detected)' "$3" "$4" ;;
	*) succeeded attack ;;
	esac
}

check() {
	if "$@"; then
		tap_pass "$label"
	else
		tap_fail "$label"
		tell
	fi
}

# What the place makes of the row; the columns of gate.tsv, trace.tsv and gvisor.tsv: name, verdict, event, path, technique, why ("no twin: ..." where its normal work does not go there).
as_place() {
	[ "$PLACE" != gate ] || as_gate
	other=$(grep "^$name$tab" "$TOP/tests/attack/$PLACE.tsv") || return 0
	IFS="$tab" read -r _ verdict event path technique why <<-EOF
	$other
	EOF
	case $why in 'no twin: '*) twin= ;; esac
}

as_gate() {
	users=
	case ,$needs, in
	*,user,*) users=' user' ;;
	esac
}

# The place itself refuses what the attack needs: without buckler, too.
place_refuses() {
	[ "$status" -ne 0 ] && [ "$status" -ne 124 ] && ! grep -q DONE "$T/out"
}

try_row() {
	if [ "$verdict" = place ]; then
		label="$name as $user: the place refuses it"
		# shellcheck disable=SC2086
		try "$user" "$bare" $command_words
		check place_refuses
		return
	fi
	case $verdict in
	unavailable | lost)		# which the start event says: unavailable, detected
		tap_comment "$name: $verdict here: $why"
		return
		;;
	esac
	if [ "$verdict" = hangs ]; then
		label="$name as $user: the place itself hangs in it"
		LIMIT=10
		# shellcheck disable=SC2086
		try "$user" "$bare" $command_words
		LIMIT=600
		check [ "$status" -eq 124 ]
		return
	fi
	label="$name as $user: control"
	# shellcheck disable=SC2086
	try "$user" "$bare" $command_words
	check succeeded attack
	[ -x "$BUCKLER" ] && [ -x "$SHIM" ] || return
	label="$name as $user: $verdict"
	# shellcheck disable=SC2086
	try "$user" "$policy" $command_words
	check verdict_is "$verdict" "$event" "$path" "$technique"

	[ "$twin" ] || return 0
	# shellcheck disable=SC2086
	try "$user" bare $command_words twin
	label="$name as $user: the twin works"
	check succeeded twin
	mv "$T/out" "$T/out.bare"
	# shellcheck disable=SC2086
	try "$user" "$policy" $command_words twin
	label="$name as $user: the twin works as well under the policy, without an event"
	check twin_is_silent
}

twin_is_silent() {
	succeeded twin && cmp "$T/out" "$T/out.bare" >/dev/null && [ -z "$(events_but_start)" ] &&
		[ "$(grep -c '"event":"start"' "$T/log")" -eq 1 ]
}

wanted() {
	[ -z "$rows" ] && return
	for row in $rows; do
		[ "$row" = "$name" ] && return
	done
	return 1
}

# Some places let nobody make a user name space, a chroot among them (kernel: create_user_ns() and current_chrooted()).
namespaces_can_be_made() {
	as user unshare --user true 2>/dev/null
}

capable() {
	[ "$(id -u)" -eq 0 ] && [ $((0x$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status) >> 21 & 1)) -eq 1 ]
}

# --- the table ---

rows=$*
tab=$(printf '\t')
while IFS="$tab" read -r name program _ section needs policy verdict event path technique _; do
	[ "$name" = name ] && continue
	wanted || continue
	# shellcheck disable=SC2086
	command_of $program
	bare=bare
	twin=yes
	users=
	for need in $(echo "$needs" | tr , ' '); do
		case $need in
		user) users="$users user" ;;
		root) if capable; then users="$users root"; else tap_comment "$name: only root with all capabilities can try this"; fi ;;
		binfmt) if [ "$binfmt" ]; then users=user; else tap_comment "$name: only root with all capabilities can try this"; fi ;;
		resolver)
			if ! capable; then
				tap_comment "$name: only root can make a network of its own"
			elif unshare -mn true 2>/dev/null; then
				users=resolver
			else
				skip 4 "$name: no mounts and network of its own can be made here, as in a chroot"
			fi
			;;
		parent) bare=parent ;;
		userns)
			if [ "${PLACE:-}" != gate ] && ! namespaces_can_be_made; then
				users=$(echo "$users" | sed 's/user//')
				skip 4 "$name as user: no user name space can be made here, as in a chroot"
			fi
			;;
		x86_64) [ "$(uname -m)" = x86_64 ] || { users=; break; } ;;
		esac
	done
	[ -z "${PLACE:-}" ] || as_place
	for user in $users; do
		try_row
	done
done <"$TOP/tests/attack/attacks.tsv"
[ -x "$SHIM" ] || tap_fail 'buckler-init is built'
done_testing
