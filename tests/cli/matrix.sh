#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2154,SC2016,SC2086,SC2009 # lib.sh sets the rest
# gridpatch matrix: drivers x kernels, killed, resumed, spread, joined.
# tests: ops/proof/matrix ops/proof/thishost core/proof/expect
# slow: 50 s
. "$(dirname "$0")/lib.sh"

if ! headers_here; then
    skip 'matrix' 'no kernel headers here'
    finish
fi
line=$(echo "$release" | cut -d. -f1,2)
sh "$fx/buildable.sh" --data data --line "$line" || exit 1
GRIDPATCH_DATA=$work/data TMPDIR=$work/scratch
export GRIDPATCH_DATA TMPDIR
mkdir scratch
left_nothing() { [ -z "$(ls -A "$work/scratch")" ]; }
classes() { jq -r '.cells[] | "\(.driver.version) \(.kernel.release) \(.class)"' "$1" | sort; }
if ! command -v jq > /dev/null; then
    skip 'matrix' 'jq is missing'
    finish
fi

# Three drivers: one needs the set, one cannot be linked, one is damaged; two kernels,
# of which one is blocked.
sh "$fx/buildable.sh" --version 390.10 --breaks compile a && sh "$fx/mkrun.sh" a a.run > /dev/null
sh "$fx/buildable.sh" --version 390.20 --breaks modpost b
head -c 3000 a.run > cut.run
other_release blocked 5.13.0-9-amd64
grid="a.run b --headers $headers --headers blocked --modules nvidia"

# --- a folder of headers ---------------------------------------------------------
other_release third 5.14.0-9-amd64
mkdir -p many/shared/include/linux many/empty many/modules-like && ln -s "$headers" many/1-here && ln -s ../blocked many/2-blocked
ln -s nowhere many/3-gone && ln -s ../../third many/modules-like/build && echo text > many/README
: > many/shared/include/linux/kernel.h
run matrix a.run b many --modules nvidia --emit github
jq -r '.include[].name' out | sort > named
check 'a folder stands for the headers in it' test "$(wc -l < named)" -eq 6
run matrix a.run b many/1-here many/2-blocked many/modules-like --modules nvidia --emit github
check 'and for nothing else' sh -c 'jq -r ".include[].name" out | sort | diff named -'
expect_status 'a folder without any' 4 matrix a.run many/empty --emit lines
says 'is named' "many/empty' is empty"
expect_status 'the half that flavours share' 4 matrix a.run many/shared --emit lines
says 'is named, too' "many/shared'"

# --- a whole grid ---------------------------------------------------------------
expect_status 'a grid' 1 matrix $grid --json=m.json --html m.html --junit m.xml --markdown m.md --keep-logs logs --output kept
check 'its classes' sh -c '[ "$(cat)" = "$0" ]' "390.10 $release ok
390.10 5.13.0-9-amd64 blocked
390.20 $release modpost
390.20 5.13.0-9-amd64 blocked" << EOF
$(jq -r '.cells[] | "\(.driver.version) \(.kernel.release) \(.class)"' m.json)
EOF
pretty=$(. /etc/os-release 2> /dev/null && echo "${PRETTY_NAME-}")
check 'and where it was done' json_is m.json '.hosts | join("|")' "${pretty:+$pretty, }$(uname -s) $(uname -r), $(uname -m)"
check 'a line per cell' test "$(grep -c '^\[[1-4]/4\] ' out)" -eq 4
says 'the last lines name the red cell' "1 failed, 2 blocked: 390.20 on $release [modpost]:" out
says 'and how to repeat it' "repeat: gridpatch build b --headers" out
for f in m.html m.xml m.md "logs/390.20-$release.log" "kept/390.10/$release/nvidia.ko"; do
    check "$f is there" test -s "$f"
done
check 'no module of a cell that failed' test ! -e "kept/390.20/$release/nvidia.ko"
check 'the scratch directory is gone' left_nothing
# What the report says repeats a cell does.
jq -r '.cells[] | select(.class == "modpost") | .repeat' m.json | sed "s|^gridpatch|$GRIDPATCH|" > again.sh
sh again.sh > again.out 2>&1
check 'the command of the report gives the same' grep -q kobject_create_and_add again.out

expect_status 'without the set' 1 matrix a.run --headers "$headers" --modules nvidia --no-set sample-set-fs
says 'what the data know of the error' 'known: patch set sample-set-fs is about' out
expect_status 'a cell that may fail' 0 matrix $grid --expect m.json --json=n.json -j1
check 'one at a time gives the same' sh -c '[ "$0" = "$1" ]' "$(classes m.json)" "$(classes n.json)"
expect_status 'nothing fails it' 0 matrix b --headers "$headers" --modules nvidia --fail-on none
expect_status 'a damaged installer among others' 1 matrix cut.run a.run --headers "$headers" --modules nvidia --json=d.json
check 'is its own cell alone' test "$(jq -r '[.cells[].class] | join(" ")' d.json)" = 'environment ok'
expect_status 'a damaged installer alone' 3 matrix cut.run --headers "$headers"
cp -R a x && mkdir y && cp a.run y/
expect_status 'two inputs of one name' 2 matrix a.run y/a.run --headers "$headers"
expect_status 'no such file' 4 matrix nowhere.run --headers "$headers"
expect_status 'a shard that is none' 2 matrix $grid --shard 3/2

# --- installed kernels ---------------------------------------------------------------
# Those without headers are no cells, and are not passed over in silence.
if unshare -m true 2> /dev/null; then
    mkdir -p lib/5.13.0-9-amd64 lib/4.18.0-nohdr
    ln -s "$work/blocked" lib/5.13.0-9-amd64/build
    # inst ARG…: gridpatch among these kernels
    inst() { unshare -m sh -c 'mkdir -p /lib/modules && mount --bind "$0/lib" /lib/modules && exec "$@"' "$work" "$GRIDPATCH" "$@" > out 2> err; }
    inst matrix a.run -k installed --json=i.json --html i.html --markdown i.md
    check 'installed kernels' test $? -eq 0
    check 'one is a cell' test "$(classes i.json)" = '390.10 5.13.0-9-amd64 blocked'
    says 'one has no headers' 'skipped    4.18.0-nohdr: no headers' out
    check 'also in JSON' json_is i.json '.skipped | join(" ")' '4.18.0-nohdr: no headers'
    for f in i.html i.md; do
        says "also in $f" '4.18.0-nohdr' $f
    done
    expect_status 'joined' 0 matrix --merge i.json m.json --fail-on none
    says 'it is still said' 'skipped    4.18.0-nohdr: no headers' out
    inst build a.run -k installed
    says 'build says it, too' 'skipped    4.18.0-nohdr: no headers' out
    inst select --driver 390.10 -k installed
    says 'and select' 'skipped    4.18.0-nohdr: no headers' out
    inst select --driver 390.10 -k 5.13.0-9-amd46
    says 'a kernel that is mistyped' "(did you mean '5.13.0-9-amd64'?)" out
    inst select --driver 390.10 -k 5.13.1
    refute 'a number is no mistake' grep -q 'did you mean' out
    inst matrix a.run -k 5.13.0-8-amd64 --json=e.json
    says 'a matrix says it, too' "there are no headers of this kernel (did you mean '5.13.0-9-amd64'?); give --headers DIR" out
    inst select --driver 390.10 -k installed --json
    check 'and its JSON' json_is out '.skipped | join(" ")' '4.18.0-nohdr: no headers'
else
    skip '-k installed' 'needs mount namespaces'
fi

# --- killed, and continued ---------------------------------------------------------
"$GRIDPATCH" matrix b a.run --headers "$headers" --modules nvidia -j1 --json=k.json > k.out 2>&1 < /dev/null &
pid=$!
n=0
while ! grep -q '^\[1/2\]' k.out 2> /dev/null && [ $n -lt 600 ]; do sleep 0.1; n=$((n + 1)); done
kill -KILL $pid
wait $pid 2> /dev/null
# make ends with the run that started it, and takes a moment; until then nobody can
# remove what it writes.
n=0
while ps -e -o args= | grep -v grep | grep -q "$work/scratch/" && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done
sleep 2
check 'a report of what was done' test "$(jq -r '[.cells[].class] | join(" ")' k.json)" = modpost
check 'it knows what is missing' test "$(jq -r '.planned | length' k.json)" -eq 2
check 'and where it was done' test "$(jq -r '.hosts | length' k.json)" -eq 1
jq '.hosts = ["elsewhere"]' k.json > moved.json && mv moved.json k.json
expect_status 'resumed' 1 matrix b a.run --headers "$headers" --modules nvidia --resume k.json --json=k.json
says 'the first is not built again' '(from the report)' out
check 'now all is there' test "$(jq -r '[.cells[].class] | join(" ")' k.json)" = 'modpost ok'
check 'and who did the first of it' json_is k.json '.hosts | "\(length) \(.[1])"' '2 elsewhere'
# Every run removes what dead ones left: at the latest the second one finds it all.
"$GRIDPATCH" matrix b --headers blocked -q > /dev/null 2>&1
check 'the killed run left nothing in the end' left_nothing

HANG=$$
export HANG
sleepers() { ps -e -o args= | grep -q "^sleep 98[67]\.$HANG\$"; }
sh "$fx/buildable.sh" --version 390.30 --breaks hang hang
"$GRIDPATCH" matrix b hang a.run --headers "$headers" --modules nvidia -j1 --json=c.json --html c.html > c.out 2>&1 < /dev/null &
pid=$!
n=0
while ! sleepers && [ $n -lt 600 ]; do sleep 0.1; n=$((n + 1)); done
kill -TERM $pid
wait $pid
check 'a signal ends it, as signals do' test $? -eq 143
check 'and what there is is reported' test "$(jq -r '[.cells[].class] | join(" ")' c.json)" = 'modpost cancelled cancelled'
check 'in all reports' test -s c.html
refute 'nothing runs on' sleepers
check 'nothing is left' left_nothing

# --- spread and joined -----------------------------------------------------------------
for i in 1 2 3; do
    # Cell 3 is red; nothing that another shard does is missing.
    expect_status "shard $i" $((i == 3)) matrix $grid --shard $i/3 --json=s$i.json --junit s$i.xml
    refute "shard $i: nothing is missing" grep -q missing out err s$i.xml
    check "shard $i: nor in its report" json_is s$i.json '"\(.missing | length) of \(.planned | length)"' '0 of 4'
done
check 'shards share the cells' test "$(jq -s 'map(.cells | length) | add' s1.json s2.json s3.json)" -eq 4
expect_status 'joined' 1 matrix --merge s3.json s1.json s2.json --json=j.json
check 'they are the whole' sh -c '[ "$0" = "$1" ]' "$(classes m.json)" "$(classes j.json)"
check 'in order' test "$(jq -c '[.cells[] | [.driver.version, .kernel.release]]' j.json)" = "$(jq -c '[.cells[] | [.driver.version, .kernel.release]]' m.json)"
expect_status 'one is missing' 1 matrix --merge s1.json s2.json
says 'it is named' "b $release" out
expect_status 'one comes twice' 1 matrix --merge s1.json s1.json s2.json s3.json
says 'it is said' twice out

run matrix $grid --emit github
check 'GitHub: one line of JSON, a job per cell' test "$(wc -l < out)-$(jq '.include | length' out)" = 1-4
run matrix $grid --emit gitlab
if python3 -c 'import yaml' 2> /dev/null; then
    check 'GitLab: YAML with a job per cell, and one that joins' python3 -c '
import sys, yaml
d = yaml.safe_load(open("out"))
jobs = [k for k in d if k != "stages"]
assert len(jobs) == 5, jobs
for k in jobs:
    assert d[k]["stage"] in d["stages"] and d[k]["script"]
assert d["report"]["artifacts"]["when"] == "always"'
else
    skip 'GitLab: YAML' 'python3-yaml is missing'
fi

# Two local workers, of which one dies in the middle of its first cell.
if command -v parallel > /dev/null && parallel --version 2> /dev/null | grep -q 'GNU parallel'; then
    mkdir bin workers
    cat > bin/gridpatch << EOF
#!/bin/sh
case "\$*" in
    *--shard\ 3/4*) [ -e "$work/died" ] || { touch "$work/died"; kill -9 \$\$; } ;;
esac
exec "$GRIDPATCH" "\$@"
EOF
    chmod +x bin/gridpatch
    "$GRIDPATCH" matrix $grid --emit lines > lines
    check 'a line per cell' test "$(wc -l < lines)" -eq 4
    PATH=$work/bin:$PATH parallel -j2 --joblog workers.log < lines > parallel.out 2>&1 || :
    check 'a worker died' test -e died
    expect_status 'its cell is missing' 1 matrix --merge matrix-*.json
    says 'by name' "b $release" out
    # Signal 9 is in the log of jobs: that line again.
    awk 'NR > 1 && ($7 == 137 || $8 == 9)' workers.log | cut -f 9- > again
    check 'the log of jobs knows which' test "$(wc -l < again)" -eq 1
    PATH=$work/bin:$PATH sh again > /dev/null 2>&1
    expect_status 'then all is there' 1 matrix --merge matrix-*.json --json=p.json
    check 'as in one run' sh -c '[ "$0" = "$1" ]' "$(classes m.json)" "$(classes p.json)"
else
    skip 'GNU parallel' 'it is missing'
fi
finish
