#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2002,SC2015,SC2086,SC2094,SC2154 # $k is words; lib.sh sets the rest
# The portal's .zip, and standard input, where an installer may stand: the same bytes come
# out as with the installer itself (unzip judges which those are), whatever the verb, and
# nothing is left. Bad ones are refused.
# tests: ops/input/archive ops/input/input ops/input/name ops/input/portal ops/input/spool
# tests: ops/run/given
# slow: 8 s
. "$(dirname "$0")/lib.sh"

if ! command -v python3 > /dev/null || ! command -v unzip > /dev/null; then
    skip portal 'no python3, or no unzip'
    finish
fi
zip_of() { python3 "$fx/portal.py" "$@" || not_ok "the .zip $2"; }

base=NVIDIA-Linux-x86_64-460.73.02-vgpu-kvm
make_sample $base
make_sample NVIDIA-Linux-x86_64-460.73.02-grid --kind guest
host=$base.run
guest=NVIDIA-Linux-x86_64-460.73.02-grid.run
member=Host_Drivers/$host
mkdir tmp out.d
TMPDIR=$work/tmp
export TMPDIR
zip_of good g.zip $host $guest
opts="$k --no-hooks --no-cache"

# nothing_left WHAT
nothing_left() {
    check "$1: nothing is left" test -z "$(find tmp out.d -mindepth 1)"
    rm -rf tmp out.d
    mkdir tmp out.d
}

# --- the same bytes -----------------------------------------------------------------------

unzip -qp g.zip $member > theirs
check 'unzip has the installer that we made' cmp theirs $host
run $opts $host -o plain.run
for how in good stored zip64 mac; do
    zip_of $how $how.zip $host $guest
    expect_status "$how.zip" 0 $opts $how.zip
    says "$how.zip: it is said which one" "input      taken from $how.zip: $member" out
    check "$how.zip: the output is named after it, and has the same bytes" cmp plain.run $base-custom.run
    rm -f $base-custom.run
done
expect_status 'a path into the .zip' 0 $opts good.zip/$member -o out.d/out.run --json=r.json
check 'it gives the same bytes' cmp plain.run out.d/out.run
check 'JSON: the path' json_is r.json .input.path good.zip/$member
check 'JSON: the archive' json_is r.json .input.container good.zip
check 'JSON: the member' json_is r.json .input.member $member
rm out.d/out.run
nothing_left 'patch'
expect_status '--member with a path' 0 $opts good.zip --member $member -n
expect_status '--member with a name' 0 info good.zip --member $guest
says 'it is the one that was named' 'guest' out
expect_status '--member as a shell completes it' 0 info good.zip --member ./Host_Drivers//$host
expect_status '--member that climbs' 2 info good.zip --member ../good.zip
expect_status '--member that is not there' 2 info good.zip --member x.run
says 'it is named' "'good.zip' has no member 'x.run'"
expect_status 'a path to what is not there' 2 info good.zip/x.run
expect_status '--member and a path' 2 info good.zip/$member --member x
expect_status '--member of what is no .zip' 2 info $host --member x
expect_status 'a document' 3 info good.zip --member 460.73.02-460.73.01-release-notes.pdf
says 'it is known' 'is a PDF document'
mkdir d
cp good.zip d/
expect_status 'a .zip elsewhere: the output is here' 0 $opts d/good.zip
check 'it is' cmp plain.run $base-custom.run
rm $base-custom.run

# --- every verb ---------------------------------------------------------------------------

run info $host
sed 1d out > want
run info good.zip
sed 1,2d out > got
check 'info says the same' cmp want got
run info good.zip --json
check 'info --json: the input' json_is out .input.member $member
run info $host --json
check 'info --json of a file: no member' json_is out .input.member null
expect_status verify 0 verify good.zip --json=r.json
expect_status extract 0 extract good.zip -C out.d/x --json=r.json
mkdir t
(cd t && unrun ../$host x)
check 'extract: the same files' diff -r t/x out.d/x
rm -r out.d/x
expect_status select 0 select good.zip $k --json=r.json
check 'select --json: the input' json_is r.json .input.path good.zip/$member
run lint-set --from good.zip drm-pdev
says 'lint-set: the driver is known by its own sum' "$(sha256sum < $host | cut -c-64)" out
nothing_left 'verbs'
if headers_here; then
    expect_status 'build: its make fails, and it was tried' 1 build good.zip --no-hooks --headers "$headers" --allow blocked --json=r.json
    check 'build: its name in the cell' json_is r.json '.cells[0].driver.file' good.zip/$member
    check 'build: its name in the command that repeats it' grep -q "good.zip/$member" r.json
    expect_status 'matrix --emit' 0 matrix good.zip --no-hooks "$headers" --emit lines
    says 'matrix --emit: its name' "good.zip/$member" out
    says 'matrix --emit: whence, beside the commands' 'taken from good.zip'
    refute 'matrix --emit: nothing but commands' grep -v '^gridpatch matrix' out
    expect_status 'patch --build' 1 --no-hooks --no-cache good.zip --headers "$headers" --allow blocked --build -o out.d/x
    nothing_left 'builds'
else
    skip builds 'no kernel headers'
fi

# --- locks, outputs over inputs ---------------------------------------------------------------

expect_status '--write-lock' 0 $opts good.zip -n --write-lock g.lock
expect_status 'the lock fits the installer itself' 0 $opts $host --lock g.lock -o out.d/out.run
check 'and the bytes are the same' cmp plain.run out.d/out.run
expect_status '-o that is the .zip' 2 $opts good.zip -f -o good.zip
says 'it is said' "would write over the input 'good.zip'"
expect_status '-o that is the .zip of a path' 2 $opts good.zip/$member -f -o good.zip
expect_status '--json that is the .zip' 2 info good.zip/$member --json=good.zip
expect_status '--write-lock that is the .zip' 2 $opts good.zip -f --write-lock good.zip -o out.d/x
check 'the .zip is as it was' cmp good.zip d/good.zip
rm out.d/out.run
nothing_left 'locks'

# --- which one ----------------------------------------------------------------------------

cp $host ${base}-aie.run
zip_of two two.zip $host ${base}-aie.run
expect_status 'two for the host' 2 info two.zip
says 'both are named' "('$member', 'Host_Drivers/${base}-aie.run')"
expect_status 'one of them' 0 info two.zip --member ${base}-aie.run
zip_of guest guest.zip $guest
expect_status 'only for guests' 2 info guest.zip
says 'it is said what to do' 'no driver for the host, only for guests'
expect_status 'that one by its name' 0 info guest.zip --member $guest
zip_of plain plain.zip $host
expect_status 'one without folders' 0 info plain.zip

# --- what is wrong ------------------------------------------------------------------------

# refused HOW TEXT
refused() {
    zip_of "$1" "$1.zip" $host $guest
    for verb in "$opts -o out.d/out.run" info verify 'extract -C out.d/x'; do
        run $verb "$1.zip"
        [ "$status" -eq 3 ] && [ "$(grep -c '^gridpatch: ' err)" -eq 1 ] && grep -qF -- "$2" err ||
            not_ok "$1.zip: $verb: exit $status, or not said: $2"
    done
    nothing_left "$1.zip: refused, $2"
}
refused empty 'is empty: the download did not work'
refused method 'cannot be unpacked here: Unsupported ZIP compression method (9: deflation-64-bit); unpack it by another tool'
refused none 'no .run installer in it'
refused esxi 'is for VMware ESXi'
refused inner 'archives within it are not looked into'
refused html 'is an HTML page'
refused nested 'is itself an archive'
refused encrypted 'is encrypted'
refused twice 'has two members'
refused leaves 'climbs out of the tree'
refused absolute 'absolute path'
refused cut 'cut off zip'
refused flip 'bad CRC'
refused longer 'wrong size'
refused shorter 'wrong size'
refused bomb 'which no installer in a file of'
refused many 'more than 10000 members'
zip_of link link.zip $host
expect_status 'a symbolic link' 3 info link.zip
expect_status 'a symbolic link by its name' 3 info link.zip --member $host
says 'it is said' 'not a regular file'
rm -f many.zip

# --- standard input -----------------------------------------------------------------------

# piped STATUS ARG…: with $input on standard input.
piped() {
    want=$1
    shift
    cat "$input" | "$GRIDPATCH" "$@" > out 2> err
    status=$?
    check "$input | gridpatch $*: exit $want" test $status -eq "$want"
}
input=$host
piped 0 $opts - -o out.d/out.run
check 'a pipe: the same bytes' cmp plain.run out.d/out.run
rm out.d/out.run
piped 0 $opts -
says 'it is said' 'input      taken from standard input' out
check 'the output has the name that the stub says' cmp plain.run $base-custom.run
rm $base-custom.run
piped 0 $opts - -o -
check 'in a pipe' cmp plain.run out
piped 0 info -
piped 0 verify -
piped 0 extract - -C out.d/x
check 'extract: the same files' diff -r t/x out.d/x
rm -r out.d/x
piped 0 select - $k
input=good.zip
piped 0 $opts - --json=r.json
json_valid r.json "patch"
check 'a .zip in a pipe: the same bytes' cmp plain.run $base-custom.run
check 'its name' json_is r.json .input.path -/$member
rm $base-custom.run
: > empty
input=empty
piped 3 info -
says 'nothing comes' 'is empty'
expect_status '/dev/null' 3 info -
head -c 10000 $host > short
input=short
piped 3 info -
nothing_left 'pipes'
cp $host same.run
"$GRIDPATCH" $opts - -f -o same.run < same.run > out 2> err
check 'the output is what standard input is: exit 2' test $? -eq 2
check 'it is as it was' cmp $host same.run
python3 "$fx/terminal.py" raw "$GRIDPATCH" info -
check 'a terminal: exit 2' test $? -eq 2
says 'it is said' 'that is a terminal' raw

# --- signals, room ------------------------------------------------------------------------

mkfifo never
"$GRIDPATCH" info - < never > out 2> err &
pid=$!
exec 9> never
head -c 100000 /dev/zero >&9
sleep 0.3
kill -TERM $pid
wait $pid 2> /dev/null
check 'SIGTERM while standard input is waited for' test $? -eq 143
exec 9>&-
nothing_left 'SIGTERM'

# A full disk, a disk that cannot be written: at each write of the one that spools.
cc=${CC:-cc}
if $cc -shared -fPIC -O1 -w -o fault.so "$fx/fault.c" -ldl 2> /dev/null && ! nm -D "$GRIDPATCH" | grep -q __asan; then
    for input in good.zip pipe; do
        set -- info good.zip
        [ $input = good.zip ] || set -- info -
        LD_PRELOAD=$work/fault.so FAULT_CALL=write FAULT_AT=1 FAULT_ERROR=28 FAULT_ON=y "$GRIDPATCH" "$@" \
            < $host > out 2> err
        check "$input, a full disk: exit 4" test $? -eq 4
        says "$input, a full disk: it is said where" "cannot write a temporary file in '$work/tmp'"
        LD_PRELOAD=$work/fault.so FAULT_CALL=read FAULT_AT=1 FAULT_ERROR=5 FAULT_ON=y "$GRIDPATCH" "$@" \
            < $host > out 2> err
        check "$input, an input that cannot be read: exit 4" test $? -eq 4
    done
    nothing_left 'faults'
else
    skip 'a full disk' 'no compiler, or a sanitizer build'
fi
TMPDIR=$work/nowhere run info good.zip
check 'no temporary directory: exit 4' test "$status" -eq 4

finish
