#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs all benchmarks and prints one report with the machine, the figures and the targets (bench/targets.tsv).
# Benchmarks measure and never judge: the exit status is 0, or 2 where the call was wrong or nothing is built.
set -u

usage="Usage: sh bench/run.sh [--quick] [--json | --readme] [--root] [BENCH...]
Runs the benchmarks (default: all of them) that 'make bench' built and prints one
report: each figure with its target and pass, unclear or missed. --quick: few rounds,
under a minute; --json: the figures as JSON; --readme: the table of README.md; --root:
keep the measured programs root where root calls it. BUILD is the build folder."

here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$here/../build}
all='gate hash call map connect files rules spawn start concurrent memory lambda scan scan_db'
quick='' json='' readme='' root='' chosen=''

for word; do
	case $word in
	--quick) quick=--quick ;;
	--json) json=1 ;;
	--readme) readme=1 ;;
	--root) root=--root ;;
	-h | --help) echo "$usage"; exit 0 ;;
	-*) echo "$usage" >&2; exit 2 ;;
	*) chosen="$chosen $word" ;;
	esac
done

scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
tsv=$scratch/figures.tsv
: >"$tsv"

if ! ls "$build"/bench/hash >/dev/null 2>&1; then
	echo "nothing is built in $build; run \`make bench\` first" >&2
	exit 2
fi

version_of() {
	command -v "$1" >/dev/null 2>&1 || { echo missing; return; }
	"$@" 2>&1 | sed -n '1s/^[^0-9]*\([0-9][0-9A-Za-z.~]*\).*/\1/p'
}

machine() {
	processor=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
	printf 'processor\t%s\n' "${processor:-$(uname -m)}"
	printf 'cores\t%s\n' "$(getconf _NPROCESSORS_ONLN)"
	printf 'kernel\t%s\n' "$(uname -srm)"
	printf 'virtual\t%s\n' "$(grep -q '^flags.* hypervisor' /proc/cpuinfo && echo yes || echo 'not known to be')"
	printf 'load\t%s\n' "$(cut -d ' ' -f 1-3 /proc/loadavg)"
	printf 'buckler-init\t%s\n' "$("$build/buckler-init" --version 2>&1 | head -n 1)"
	for peer in tini dumb-init catatonit bwrap runsc; do
		printf '%s\t%s\n' "$peer" "$(version_of $peer --version)"
	done
	printf 'strace\t%s\n' "$(version_of strace -V)"
}

run_all() {
	for name in ${chosen:-$all}; do
		if [ -x "$build/bench/$name" ]; then
			"$build/bench/$name" $quick $root --tsv "$tsv"
		else
			printf '%s\tnote\t-\t-\t0\tnot built\n' "$name" >>"$tsv"
			echo "$name: not built; run \`make bench\`"
		fi
	done
}

# Nearer to the target than two standard errors is "unclear" (so is what had too few rounds to tell): more rounds or a quieter machine would tell.
# Reads the figures, then the targets: what it is, figure (median), the same from the least disturbed rounds, target, unit, verdict.
targets() {
	awk -F '\t' '
	FNR == NR {
		figure[$1 "\t" $2 "\t" $3 "\t" $4] = $5
		if (!(($1 "\t" $2) in base))
			base[$1 "\t" $2] = $3
		next
	}
	/^#/ || NF < 7 { next }
	{
		key = $1 "\t" $2 "\t" $3 "\t" $4
		has = key in figure
		mine = $1 "\t" $2 "\t" $3 "\tleast"
		bare = $1 "\t" $2 "\t" base[$1 "\t" $2] "\tleast"
		least = "-"
		if (mine in figure && bare in figure && $4 == "over")
			least = sprintf("%.4g", figure[mine] - figure[bare])
		if (mine in figure && bare in figure && $4 == "ratio")
			least = sprintf("%.4g", figure[mine] / figure[bare])
		blind = ($4 == "over" || $4 == "ratio") && !((key " +-") in figure)
		noise = blind ? 0 : 2 * figure[key " +-"]
		verdict = !has ? "not measured" : blind ? "unclear" : figure[key] + noise <= $5 + 0 ? "pass" : figure[key] - noise > $5 + 0 ? "missed" : "unclear"
		printf "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", $7, has ? sprintf("%.4g", figure[key]) : "-", least, $5, $6, verdict, $8
	}' "$tsv" "$here/targets.tsv"
}

# Of the machine only what a reader can compare with.
if [ -n "$readme" ]; then
	run_all >/dev/null
	printf 'Measured on %s%s processors (%s), Linux %s.\n\n| figure | target | measured | |\n| --- | --- | --- | --- |\n' \
		"$(grep -q '^flags.* hypervisor' /proc/cpuinfo && echo 'a virtual machine with ')" "$(getconf _NPROCESSORS_ONLN)" \
		"$(uname -m)" "$(uname -r | cut -d . -f 1,2)"
	targets | awk -F '\t' '$7 == "readme" { printf "| %s | %s %s | " ($2 >= 100 || $2 <= -100 ? "%.0f" : "%.3g") " %s | %s |\n", $1, $4, $5, $2, $5, $6 }'
	exit 0
fi

if [ -z "$json" ]; then
	machine | awk -F '\t' '{ printf "%-14s%s\n", $1, $2 }'
	echo
	run_all
	printf '\n%-74s %10s %10s %10s\n' 'targets ("least": from the least disturbed round of each side)' median least 'at most'
	targets | awk -F '\t' '{ printf "%-12s  %-60s %10s %10s %10s %s\n", $6, $1, $2, $3, $4, $5 }'
	targets | awk -F '\t' '{ n[$6]++ } END { printf "\n%d pass, %d unclear, %d missed, %d not measured\n", n["pass"], n["unclear"], n["missed"], n["not measured"] }'
	exit 0
fi

machine >"$scratch/machine"
run_all >/dev/null
targets >"$scratch/targets"
awk -F '\t' '
function text(s) { gsub(/\\/, "\\\\", s); gsub(/"/, "\\\"", s); gsub(/[\001-\037]/, " ", s); return "\"" s "\"" }
function number(s) { return s == "-" ? "null" : s }
function open_part(name) { printf "%s\n  %s: [", part++ ? "\n  ]," : "", text(name); first = 1 }
function item(s) { printf "%s\n    %s", first ? "" : ",", s; first = 0 }
BEGIN { printf "{" }
FNR == 1 { open_part(FILENAME ~ /machine$/ ? "machine" : FILENAME ~ /targets$/ ? "targets" : "figures") }
FILENAME ~ /machine$/ { item("{\"name\": " text($1) ", \"value\": " text($2) "}"); next }
FILENAME ~ /targets$/ {
	item("{\"what\": " text($1) ", \"median\": " number($2) ", \"least\": " number($3) ", \"target\": " $4 ", \"unit\": " text($5) ", \"verdict\": " text($6) "}")
	next
}
{ item("{\"bench\": " text($1) ", \"case\": " text($2) ", \"contender\": " text($3) ", \"metric\": " text($4) ", \"value\": " $5 ", \"unit\": " text($6) "}") }
END { print "\n  ]\n}" }
' "$scratch/machine" "$tsv" "$scratch/targets"
exit 0
