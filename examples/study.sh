# What the studies of the examples share; sourced by them. ask NAME STATISTIC … prints an answer, keeps it and its
# plot, and compares it with the expected one.
set -eu
tacit=${TACIT:-tacit}
out=${1:-$name-study}
mkdir -p "$out"
lab=$(mktemp -d)/$name
mkdir "$lab"
cp -R "$here/charter.yaml" "$here/owners" "$lab"
trap '"$tacit" lab down "$lab" >/dev/null 2>&1; rm -rf "${lab%/*}"' EXIT
trap 'exit 130' INT TERM
"$tacit" lab up "$lab" >/dev/null

ask() {
	answer=$1
	shift
	"$tacit" stats "$@" --lab "$lab" >"$out/$answer.txt"
	cat "$out/$answer.txt"
	if cmp -s "$out/$answer.txt" "$here/expected/study/$answer.txt"; then
		echo "= the expected answer: that over all rows together"
	else
		echo "This is not the expected answer, which is in $here/expected/study/$answer.txt" >&2
		exit 1
	fi
	echo
}
