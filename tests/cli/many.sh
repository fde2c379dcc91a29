#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2012,SC2016,SC2086,SC2154 # $opts are words; lib.sh sets the rest
# Several installers on one line, and directories for outputs.
# tests: ops/job/inputs ops/input/peek
# slow: 8 s
. "$(dirname "$0")/lib.sh"

opts="$k --no-hooks --no-cache"
make_sample a
make_sample b --version 525.85.07 -- --compress xz
make_sample c --kind guest
mkdir in to
mv a.run b.run c.run in
for n in a b c; do
    run $opts in/$n.run -o want-$n.run
done

# --- each as if it were alone ------------------------------------------------------------

expect_status 'three' 0 $opts in/a.run in/b.run in/c.run
for n in a b c; do
    check "three: $n" cmp want-$n.run $n-custom.run
    says "three: $n has its report" "installer  $n.run" out
    says "three: $n was written" "wrote      $n-custom.run" out
done
says 'three: it is said' 'patched    3 installers' out
check 'three: in their order' sh -c 'test "$(sed -n "s/^installer  \(.\).run.*/\1/p" out | tr -d "\n")" = abc'
rm -f ./*-custom.run
expect_status 'the verb' 0 patch $opts in/*.run --json
check 'JSON: all went well' json_is out '"\(.ok) \(.exit) \(.jobs | length)"' 'true 0 3'
check 'JSON: which, and what became of them' json_is out '.jobs | map("\(.run)>\(.output) \(.ok)") | join(" ")' \
    'in/a.run>a-custom.run true in/b.run>b-custom.run true in/c.run>c-custom.run true'
run $opts in/a.run --json -n
check 'JSON: one has none of that' json_is out '"\(has("jobs")) \(has("run"))"' 'false false'

# --- where to ------------------------------------------------------------------------------

rm -f ./*-custom.run
for o in to to/ "$work/to" ./to/.; do
    rm -f to/*
    expect_status "-o $o" 0 $opts in/a.run in/b.run -o $o
    check "-o $o: both" cmp want-a.run to/a-custom.run
    check "-o $o: both" cmp want-b.run to/b-custom.run
    rm -f to/*
    expect_status "-o $o, one" 0 $opts in/a.run -o $o
    check "-o $o, one: there" cmp want-a.run to/a-custom.run
done
check 'nothing came here' test -z "$(ls ./*-custom.run 2> /dev/null)"
says 'the command is that of the file' 'sh ./to/./a-custom.run' out
expect_status '-o, again' 1 $opts in/a.run -o to
says '-o, again: it is there' "exists already; -f replaces it"
expect_status '-o, again with -f' 0 $opts -f in/a.run -o to
expect_status '-o DIR/ that is not there' 4 $opts in/a.run -o none/
says '-o DIR/ that is not there: says so' "there is no directory 'none/'"
refute '-o DIR/ that is not there: none is made' test -e none
expect_status '-o FILE/' 4 $opts in/a.run -o in/a.run/

# --- one fails ------------------------------------------------------------------------------

rm -f to/*
echo 'no installer' > in/bad.run
expect_status 'the first fails' 1 $opts in/bad.run in/a.run -o to
says 'the first fails: said when it happened' 'bad.run'
says 'the first fails: said at the end' "gridpatch: 1 of 2 installers could not be patched: 'in/bad.run'"
check 'the first fails: at the end' sh -c 'tail -n 1 err | grep -q "1 of 2"'
check 'the first fails: the second is right' cmp want-a.run to/a-custom.run
rm -f to/*
expect_status 'two of three fail' 1 $opts in/bad.run in/a.run in/b.run -o to --set vgpu-vfio-mdev-types --json=r.json
says 'two of three fail: which' "2 of 3 installers could not be patched: 'in/bad.run', 'in/a.run'"
check 'two of three fail: the third is written' test -e to/b-custom.run
check 'JSON: each with its end' json_is r.json '"\(.exit) \(.reason) " + (.jobs | map("\(.run) \(.exit) \(.reason)") | join(" "))' \
    '1 no in/bad.run 3 malformed in/a.run 1 hunk in/b.run 0 null'
rm -f to/*
echo mine > to/a-custom.run
expect_status 'an output that is there' 1 $opts in/a.run in/b.run -o to
check 'an output that is there stays' test "$(cat to/a-custom.run)" = mine
check 'the other one is made' cmp want-b.run to/b-custom.run
expect_status '-f' 0 $opts in/a.run in/b.run -o to -f
check '-f replaces it' cmp want-a.run to/a-custom.run
rm -f to/*
expect_status '-n' 0 $opts in/a.run in/b.run -o to -n
check '-n writes nothing' test -z "$(ls to)"
says '-n says what it would' 'dry run    to/b-custom.run would be written' out
says '-n: the end' 'patched    2 installers, in a dry run' out
expect_status '-q' 0 $opts in/a.run in/b.run -o to -q
check '-q is silent' test ! -s out

# --- what cannot be, before anything --------------------------------------------------------

rm -rf to && mkdir to
ln -s a.run in/link.run
mkdir two && cp in/a.run two/a.run
# before WHAT TEXT ARG…: a usage error, and no output.
before() {
    what=$1 text=$2
    shift 2
    expect_status "$what" 2 $opts "$@"
    says "$what: says so" "$text"
    check "$what: nothing was written" test -z "$(find to . -maxdepth 1 -name '*-custom.run')"
}
before 'one file for two' "-o 'x.run' is one output, and there are 2 installers" in/a.run in/b.run -o x.run
before 'standard output for two' "-o '-' is one output, and there are 2 installers" in/a.run in/b.run -o -
before 'a lock for two' '--lock is about one installer, and there are 2' in/a.run in/b.run --lock l
before 'a lock to write for two' '--write-lock is about one installer, and there are 2' in/a.run in/b.run --write-lock l
before 'the same twice' "'in/a.run' is given twice" in/b.run in/a.run in/a.run
before 'the same twice, by another way' "'in/../in/a.run' is given twice" in/a.run in/../in/a.run -o to
before 'two with one name' "'in/a.run' and 'two/a.run' would both become './a-custom.run'" in/a.run two/a.run -o .
for names in 'in/a.run gone.run' 'gone.run in/a.run' 'in/a.run in/b.run gone.zip' 'in/a.run gone'; do
    expect_status "one that is not there: $names" 4 $opts $names
    says "$names: says so" "cannot open 'gone"
    check "$names: nothing was written" test -z "$(find . -maxdepth 1 -name '*-custom.run')"
done
echo text > in/x.patch
before 'a patch behind it' "'in/x.patch' is neither an installer nor kernel headers" in/a.run in/x.patch
cp in/b.run in/b
expect_status 'a name without .run' 0 $opts in/a.run in/b -n
before 'a report in the place of an output' 'both write' in/a.run in/b.run -o to --json=to/b-custom.run
refute 'no report is left' test -e to/b-custom.run
expect_status 'a link beside its file' 0 $opts in/a.run in/link.run -o to
check 'a link beside its file: both' cmp to/a-custom.run to/link-custom.run
cp want-a.run to/a-custom.run
cp want-a.run to/b.run
expect_status 'an output in the place of another input' 2 $opts -f in/a.run to/a-custom.run -o to
check 'an output in the place of another input: it lives' cmp want-a.run to/a-custom.run

# --- what has installers in it ----------------------------------------------------------------

mkdir z && cp in/a.run z/NVIDIA-Linux-x86_64-460.73.02-vgpu-kvm.run && cp in/b.run z/NVIDIA-Linux-x86_64-525.85.07-vgpu-kvm.run
cp in/c.run z/NVIDIA-Linux-x86_64-460.73.02-grid.run
for v in 460.73.02 525.85.07; do
    python3 "$fx/portal.py" good z-$v.zip z/NVIDIA-Linux-x86_64-$v-vgpu-kvm.run z/NVIDIA-Linux-x86_64-460.73.02-grid.run
done
cp z-460.73.02.zip same.zip
cp z-525.85.07.zip noname
rm -rf to && mkdir to
old=NVIDIA-Linux-x86_64-460.73.02-vgpu-kvm new=NVIDIA-Linux-x86_64-525.85.07-vgpu-kvm
expect_status 'zips, and a pipe' 0 $opts z-460.73.02.zip noname in/c.run -o to --json=z.json
check 'zips: the first' cmp want-a.run to/$old-custom.run
check 'zips: the second, whose own name is none' cmp want-b.run to/$new-custom.run
check 'zips: in JSON as they were named' json_is z.json '.jobs | map(.run) | join(" ")' 'z-460.73.02.zip noname in/c.run'
rm -f to/*
expect_status 'a path into one' 0 $opts in/c.run z-460.73.02.zip/Host_Drivers/$old.run -o to
check 'a path into one: by the name of its last part' cmp want-a.run to/$old-custom.run
rm -f to/*
before 'two zips with one installer' "'z-460.73.02.zip' and 'same.zip' would both become 'to/$old-custom.run'" z-460.73.02.zip same.zip -o to
before 'a zip and a path into it' 'would both become' z-460.73.02.zip z-460.73.02.zip/Host_Drivers/$old.run -o to -f
before 'standard input twice' "'-' is given twice" - - -o to
before 'the output of a zip is a report' 'both write' z-460.73.02.zip noname -o to --json=to/$new-custom.run
"$GRIDPATCH" $opts in/c.run - -o to < in/a.run > out 2> err
check 'standard input as the second' cmp want-a.run to/a-custom.run
cp want-b.run to/a-custom.run
"$GRIDPATCH" $opts -f - to/a-custom.run -o . < in/a.run > out 2> err
check 'standard input, and what would have the same name: exit 1' test $? -eq 1
says 'standard input: what it became is not written twice' "'./a-custom.run' is what an installer before 'to/a-custom.run' became"
rm -f a-custom.run
cp want-b.run a-custom.run
ln -s a-custom.run waits.run
"$GRIDPATCH" $opts -f - waits.run -o . < in/a.run > out 2> err
check 'standard input writes over no input that waits' cmp want-b.run a-custom.run
says 'standard input writes over no input that waits: says so' "would write over the input 'waits.run'"
rm -f a-custom.run waits.run
head -c 3000 z-460.73.02.zip > cut.zip
rm -f to/*
expect_status 'a zip that is cut off' 1 $opts cut.zip in/b.run -o to
check 'a zip that is cut off keeps no other from its turn' cmp want-b.run to/b-custom.run

# --- NAME-custom.run as the input --------------------------------------------------------------

cp want-a.run N-custom.run
expect_status 'our own output' 2 $opts N-custom.run
says 'our own output: a name is proposed' "'N-custom.run' is an output of gridpatch, and its own would have the same name; give another one: -o N-custom-2.run"
echo > N-custom-2.run
run $opts -f N-custom.run
says 'our own output: one that is free' '-o N-custom-3.run'
expect_status 'our own output, into its directory' 2 $opts -f N-custom.run -o .
says 'our own output, into its directory: a name is proposed' 'give another one: -o ./N-custom-3.run'
expect_status 'our own output, of several' 2 $opts -f in/b.run N-custom.run
says 'our own output, of several: a name is proposed' 'give it alone, with another one: -o N-custom-3.run'
check 'our own output: it lives' cmp want-a.run N-custom.run
expect_status 'our own output, elsewhere' 0 $opts N-custom.run -o to
check 'our own output, elsewhere: by its own name' test -e to/N-custom.run

# --- headers between them, --build, progress, signals --------------------------------------------

if headers_here; then
    rm -f to/*
    expect_status 'headers among them' 0 --no-hooks --no-cache --allow unknown,blocked in/c.run "$headers" in/a.run -o to -n
    check 'headers among them: both are judged by them' test "$(grep -c "^kernel  *$release: " out)" = 2
    says 'headers among them: two' 'patched    2 installers' out
    expect_status '--build' 1 --no-hooks --no-cache --allow unknown,blocked --build "--headers=$headers" in/a.run in/c.run -o to --json=b.json
    check '--build: each has its own' json_is b.json '.jobs | map(.build.cells | length) | join(" ")' '1 1'
    check '--build: nothing is written' test -z "$(ls to)"
else
    skip 'headers' 'none here'
fi
run $opts in/a.run in/b.run -o to -f --progress json
check '--progress: of both' test "$(grep '"phase":"write"' err | grep -c '"eta":0.0')" -ge 2

rm -f to/*
sh "$fx/sample.sh" big
head -c 6000000 /dev/urandom > big/blob
sh "$fx/mkrun.sh" --compress xz --xz-args '-0' big in/big.run
"$GRIDPATCH" $opts --repack full in/a.run in/big.run in/b.run -o to > out 2> err &
pid=$!
i=0
while [ $i -lt 400 ] && [ ! -e to/a-custom.run ]; do
    sleep 0.02
    i=$((i + 1))
done
kill -TERM $pid
wait $pid
check 'a signal ends all: it died of it' test $? -eq 143
check 'a signal ends all: what was done is done' sh ./to/a-custom.run --check
check 'a signal ends all: and no more' test "$(ls -A to)" = a-custom.run

finish
