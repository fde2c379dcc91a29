#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2015,SC2154,SC2016,SC2086 # lib.sh sets the rest; lists are words; check counts
# proof.sh: `gridpatch matrix` and `build` over real drivers and real headers: what
# the data claim against what comes out, the reports against each other and against
# their schemas, the hooks in a real nvidia.ko, and a failure as a user meets it.
#
#   GRIDPATCH            the program
#   GRIDPATCH_REAL_CACHE where downloads are kept
#   GRIDPATCH_REAL_KEEP  set: leave the scratch directory
#
# Five builds of nvidia.ko: four minutes on two cores that do nothing else.
set -eu
export LC_ALL=C
umask 022

here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
data=$(cd "$here/../../tools/data" && pwd)
unset GRIDPATCH_HOOKS

old=460.106.00
new=470.256.02

if tool=$(lacks make gcc nm objcopy dpkg-deb xz gzip jq modinfo); then
    skip "proof: no $tool"
    finish
    exit
fi

# --- drivers and headers -------------------------------------------------------

# driver PACKAGE VERSION
driver() {
    sh "$here/fetch.sh" "$cache" "$1" "$2" > deb 2> deb.err || return 1
    sh "$here/tree.sh" "$(cat deb)" "$2" "$work/NVIDIA-Linux-x86_64-$2" > deb.err 2>&1
}

for d in nvidia-tesla-460-kernel-source/$old nvidia-tesla-470-kernel-source/$new; do
    if ! driver "${d%/*}" "${d#*/}"; then
        skip "proof: driver ${d#*/}: $(tail -n 1 deb.err)"
        finish
        exit
    fi
done
# Of the older one an installer is all there is.
sh "$fx/mkrun.sh" --compress gzip --comp-args -1 --version-string $old NVIDIA-Linux-x86_64-$old $old.run
rm -rf NVIDIA-Linux-x86_64-$old
tree=NVIDIA-Linux-x86_64-$new
sum_of $tree > tree.sum

for line in 5.10 6.1; do
    if ! sh "$here/headers.sh" "$cache" $line > found 2> found.err; then
        skip "proof: headers of $line: $(tail -n 1 found.err)"
        finish
        exit
    fi
    read -r "release_${line%.*}" build_dir _ < found
    ln -s "$build_dir" h$line
done
sh "$fx/hooks.sh" hooks

# --- a grid ----------------------------------------------------------------------

# Nothing may be left where cells are built.
mkdir scratch
TMPDIR=$work/scratch
export TMPDIR

# field JSON DRIVER RELEASE FILTER: of that cell.
field() {
    jq -r --arg d "$2" --arg r "$3" ".cells[] | select(.driver.version == \$d and .kernel.release == \$r) | $4" "$1"
}

# want_classes: what kernel-versions says of each pair: blocked, or it builds.
want_classes() {
    for h in h5.10 h6.1; do
        verdict $old $h $old.run
    done
    for h in h5.10 h6.1; do
        verdict $new $h --driver $new --kind general
    done
}

# verdict VERSION HEADERS ARG…: the arguments are what select is asked of.
verdict() {
    v=$1 h=$2
    shift 2
    "$GRIDPATCH" select "$@" --headers "$h" --json=sel.json > sel.out 2>&1 || :
    jq -r --arg v "$v" '[$v, .selection.cells[0].kernel.release,
        if .selection.cells[0].verdict == "blocked" then "blocked" else "ok" end] | join(" ")' sel.json
}

rc=0
"$GRIDPATCH" matrix $old.run $tree --headers h5.10 --headers h6.1 --modules nvidia -j2 \
    --hooks hooks --allow hooks --output kept --keep-logs logs \
    --json=m.json --junit m.xml --html m.html --markdown m.md > m.out 2> m.err < /dev/null || rc=$?
check 'the grid: exit status 0' test $rc -eq 0 || sed 's/^/#   /' m.out m.err
want_classes > want.claims
jq -r '.cells[] | [.driver.version, .kernel.release, .class] | join(" ")' m.json > got
check 'the classes are what kernel-versions says' diff want.claims got || :
printf '%s\n' "$old $release_5 ok" "$old $release_6 blocked" "$new $release_5 ok" "$new $release_6 ok" > known
check 'and what is known of these two' diff known got || :
check 'it says why one is blocked' test "$(field m.json $old "$release_6" '.reasons + [.error] | map(strings) | join(" ") | length')" -gt 40 || :
check 'nothing is left of the cells' test -z "$(ls -A scratch)" || :
sum_of $tree | cmp -s - tree.sum && pass 'the tree is as it was' || fail 'the tree is as it was'
check "$old on 5.10: the set is named" test "$(field m.json $old "$release_5" '.sets | index("pfn-valid") != null')" = true || :
check '5.10: that its compiler is not here is said, or it is here' sh -c '
    cc=$(jq -r ".cells[] | select(.kernel.release == \"$1\" and .class == \"ok\") | .compiler" "$0" | sort -u)
    case $cc in *" 10."*) ;; *) jq -r ".cells[] | select(.kernel.release == \"$1\") | .reasons[]" "$0" | grep "kernel was built with gcc" ;; esac' \
    m.json "$release_5" || :

# --- the modules -----------------------------------------------------------------

for pair in $old/5 $new/5 $new/6; do
    version=${pair%/*}
    eval "release=\$release_${pair#*/}"
    ko=kept/$version/$release/nvidia.ko
    check "$ko: its version, by modinfo" test "$(modinfo -F version "$ko")" = "$version" || :
    check "$ko: its kernel, by modinfo" test "$(modinfo -F vermagic "$ko" | cut -d' ' -f1)" = "$release" || :
    check "$ko: both symbols of the hooks, by nm" unlocked "$ko" || :
    check "$ko: the cell says that there are hooks" test "$(field m.json $version "$release" .hooks_integrated)" = true || :
    check "$ko: the log is kept" grep -q 'nvidia.ko' "logs/$version-$release.log" || :
done
ko=kept/$new/$release_6/nvidia.ko
check 'verify: the hooks have all of the blob' \
    "$GRIDPATCH" verify "$ko" $tree/kernel/nvidia/nv-kernel.o_binary --headers h6.1 --driver $new --expect-hooks || :
check_says_no 'verify: not for the other kernel' "$GRIDPATCH" verify "$ko" --headers h5.10
mkdir bare
if objcopy --redefine-sym vgpu_unlock_nv_kern_rodata_beg=beg --redefine-sym vgpu_unlock_nv_kern_rodata_end=end \
    "$ko" bare/nvidia.ko; then
    check_says_no 'verify: symbols of the hooks are gone' "$GRIDPATCH" verify bare/nvidia.ko --expect-hooks
fi
rm -rf bare
check 'no module of the blocked one' test ! -e "kept/$old/$release_6" || :

# --- the reports -----------------------------------------------------------------

# Debian's own python has the module; another one may come first.
if /usr/bin/python3 -c 'import jsonschema; jsonschema.Draft202012Validator' 2> /dev/null; then
    check 'JSON: as the schema says' /usr/bin/python3 "$here/../fx/valid.py" "$data" matrix=m.json || :
else
    skip 'JSON: the schema: no python3-jsonschema'
fi
count() { jq "[.cells[] | select(.class | IN($1))] | length" m.json; }
if command -v xmllint > /dev/null; then
    check 'JUnit: as the XSD says' xmllint --noout --nonet --schema "$data/junit.xsd" m.xml || :
    check 'JUnit: as many as in the JSON' test "$(jq '.cells | length' m.json) $(count '"hunk", "compile", "modpost", "verify"') $(
        count '"environment", "timeout", "cancelled"') $(count '"blocked", "unknown"')" = \
        "$(xmllint --xpath 'concat(/*/@tests, " ", /*/@failures, " ", /*/@errors, " ", count(//skipped))' m.xml)" || :
    jq -r '.cells[] | [.driver.version, .kernel.release, .class] | join(" ")' m.json | while read -r d r class; do
        t="//testcase[starts-with(../@name, '$d ') and starts-with(@name, '$r ')]"
        printf '%s %s %s=' "$d" "$r" "$class"
        xmllint --xpath "concat(count($t), ' ', $t//property[@name='class']/@value, ' ', substring-before($t/skipped/@message, ':'))" m.xml
        echo
    done | sed '/^$/d' > got
    sed 's/.* \(.*\)=.*/1 \1 \1/; s/ ok ok$/ ok /' got > want
    check 'JUnit: cell by cell as the JSON' sh -c 'test -s got; sed "s/.*=//" got | diff want -' || :
    check 'HTML: well-formed' xmllint --noout --nonet m.html || :
    check 'HTML: a row for each driver' test "$(xmllint --xpath 'count(//table/tbody/tr)' m.html)" = 2 || :
fi
for f in m.html m.md m.out; do
    check "$f: names every driver and kernel" sh -c 'for w in "$@"; do grep -qF -- "$w" "$0" || { echo "no $w"; exit 1; }; done' \
        $f $old $new "$release_5" "$release_6" || :
done

# --- a failure, as a user meets it -------------------------------------------------

rc=0
"$GRIDPATCH" matrix $old.run --headers h5.10 --modules nvidia -j2 --no-set pfn-valid \
    --json=f.json --junit f.xml --markdown f.md \
    > f.out 2> f.err < /dev/null || rc=$?
check 'without pfn-valid: exit status 1' test $rc -eq 1 || sed 's/^/#   /' f.out f.err
check 'without pfn-valid: the class' test "$(jq -r '.cells[].class' f.json)" = modpost || :
check 'the symbol is named' grep -q rcu_read_unlock_strict f.out || :
check 'and the set that has to do with it' test "$(jq -r '.cells[].fact | contains("pfn-valid")' f.json)" = true || :
check 'in the Markdown, too' grep -q 'Known: .*pfn-valid' f.md || :
check 'and in the log, by its own words' sh -c 'jq -r ".cells[].log_tail" f.json | grep "GPL-only symbol .rcu_read_unlock_strict"' || :
[ ! -x "$(command -v xmllint)" ] ||
    check 'JUnit: the failure' test "$(xmllint --xpath 'concat(//failure/@type, " ", contains(//failure/@message, "rcu_read_unlock_strict"))' f.xml)" = 'modpost true' || :
# Its words are the shell's: only the program's name stands for another path.
mkdir bin
ln -s "$GRIDPATCH" bin/gridpatch
jq -r '.cells[].repeat' f.json > again.sh
rc=0
PATH=$work/bin:$PATH sh -c "$(cat again.sh) -j2 --json=r.json" > r.out 2> r.err < /dev/null || rc=$?
check 'the command of the report: the same status' test $rc -eq 1 || sed 's/^/#   /' again.sh r.out r.err
same='.cells[] | [.class, .driver.version, .kernel.release, .error, .fact, .sets, .modules]'
check 'the command of the report: the same cell' sh -c 'test "$(jq -c "$0" f.json)" = "$(jq -c "$0" r.json)"' "$same" || :
check 'the set is named to the user' grep -q 'known: .*pfn-valid' r.out || :
check 'nothing is left of all that' test -z "$(ls -A scratch)" || :
finish
