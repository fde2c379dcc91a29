#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2086,SC2154 # $grid is words; lib.sh sets the rest
# matrix --since: what has not changed is not built again, and what has is. A compiler
# that counts says which.
# tests: ops/proof/since core/proof/cellinput
# slow: 60 s
. "$(dirname "$0")/lib.sh"

if ! headers_here; then
    skip 'matrix --since' 'no kernel headers here'
    finish
fi
if ! command -v jq > /dev/null; then
    skip 'matrix --since' 'jq is missing'
    finish
fi
line=$(echo "$release" | cut -d. -f1,2)
sh "$fx/buildable.sh" --data data --line "$line" || exit 1
cp -R data/patches/sample-set-fs data/patches/another
mv data/patches/another/sample-set-fs.patch data/patches/another/another.patch
echo another.patch > data/patches/another/series
sh "$fx/hooks.sh" hooks
GRIDPATCH_DATA=$work/data TMPDIR=$work/scratch
export GRIDPATCH_DATA TMPDIR
mkdir scratch
# One host driver, which needs the set and gets hooks.
sh "$fx/buildable.sh" --version 390.10 --kind host --breaks compile a && sh "$fx/mkrun.sh" a a.run > /dev/null
other_release h "$release"
# A file of our own in the place of a link.
own() { cp -L "$1" own.tmp && rm "$1" && mv own.tmp "$1"; }
for f in .config Module.symvers include/generated/autoconf.h include/generated/timeconst.h; do
    [ ! -e h/$f ] || own h/$f
done
cat > cc << EOF
#!/bin/sh
case " \$* " in *' -c '*) echo x >> "$work/calls" ;; esac
exec gcc "\$@"
EOF
chmod +x cc
mkdir mine
cat > mine/mine.patch << 'EOF'
--- a/kernel/nvidia-uvm/uvm.c
+++ b/kernel/nvidia-uvm/uvm.c
@@ -1,2 +1,3 @@
 #include "nv-linux.h"
+/* mine */
 int nvidia_sample(void);
EOF
echo mine.patch > mine/series
grid="a.run --headers h --hooks hooks --patches mine --cc $work/cc"
calls() { if [ -e calls ]; then wc -l < calls; else echo 0; fi; }
# What changed in the last two seconds has no stat that could be believed.
sleep 3

expect_status 'a first run, with the report not there yet' 0 matrix $grid --since base.json --json=base.json
check 'it compiles' test "$(calls)" -gt 2
check 'it says what decided it' json_is base.json '[.cells[0].inputs[] | split(" ")[0]] | unique | join(" ")' \
    'compiler driver headers hooks options patches program rules set'
check 'and which sets had a part' json_is base.json '[.cells[0].inputs[] | select(startswith("set ")) | split(" ")[1]] | join(" ")' sample-set-fs
check 'headers have their stat, too' test "$(jq -r '.cells[0].inputs[] | select(startswith("headers "))' base.json | wc -w)" -eq 3
date=$(jq -r '.cells[0].built' base.json)
check 'and when it was built' test "$(date -u -d "$date" +%Y-%m-%dT%H:%M:%SZ)" = "$date"

# kept WHAT [ARG…], again WHAT [ARG…]: by base.json, nothing is compiled, or something is.
once() {
    what=$1
    shift
    rm -f calls
    expect_status "$what" 0 matrix $grid --since base.json --json=x.json "$@"
}
kept() {
    once "$@"
    check "$what: nothing is compiled" test "$(calls)" -eq 0
    check "$what: the report says so" json_is x.json '.cells[0] | "\(.class) \(.unchanged) \(.built)"' "ok true $date"
}
again() {
    once "$@"
    check "$what: it is built" test "$(calls)" -gt 2
    check "$what: the report says so" json_is x.json '.cells[0] | "\(.class) \(.unchanged)"' 'ok false'
}

# --- nothing changed ----------------------------------------------------------------
kept 'unchanged' --html x.html --junit x.xml --markdown x.md
says 'the line says so' "on $release (unchanged since $date)" out
says 'the last line says so' '1 ok, 0 failed; 1 unchanged' out
says 'HTML says so' '✔ ok, unchanged' x.html
says 'and since when' "<dt>unchanged since</dt><dd>$date</dd>" x.html
says 'JUnit says so' "<property name=\"unchanged-since\" value=\"$date\"/>" x.xml
says 'Markdown says so' 'ok, unchanged |' x.md
if command -v xmllint > /dev/null; then
    check 'JUnit is as its schema' xmllint --noout --nonet --schema "$repo/tools/data/junit.xsd" x.xml
fi
if command -v strace > /dev/null && strace -f -o trace -e trace=execve true 2> /dev/null; then
    strace -f -o trace -e trace=execve "$GRIDPATCH" matrix $grid --since base.json -q
    check 'no make is started' sh -c 'grep -q gcc trace && ! grep -q "\"make\", \"" trace'
    strace -f -o trace -e trace=openat "$GRIDPATCH" matrix $grid --since base.json -q
    check 'and no header is read' sh -c '! grep -q timeconst.h trace'
else
    skip 'what is started' 'strace does not work here'
fi
mv x.json second.json
expect_status 'by a report that was answered itself' 0 matrix $grid --since second.json --json=x.json
check 'the date is that of the build' json_is x.json '.cells[0] | "\(.unchanged) \(.built)"' "true $date"
rm -f calls
expect_status 'one file for both' 0 matrix $grid --since second.json --json=second.json
check 'nothing is compiled' test "$(calls)" -eq 0
mkdir moved && mv a.run moved/
expect_status 'the driver lies elsewhere' 0 matrix moved/a.run ${grid#a.run} --since base.json --json=x.json
check 'it is not built, and the command is for the new place' json_is x.json '.cells[0] | "\(.unchanged) \(.driver.file) \(.repeat | split(" ")[2])"' 'true moved/a.run moved/a.run'
mv moved/a.run a.run
touch h/include/generated/autoconf.h a.run
kept 'touched, not changed'
echo more > data/patches/another/more.patch
sed -i 's/^Description:.*/Description: other words/' data/patches/another/another.patch
kept 'a set that has no part in it'

# --- each thing by itself -------------------------------------------------------------
again 'everything is asked for' --all
cp -p a.run kept.run
printf x >> a.run
rm -f calls
run matrix $grid --since base.json --json=x.json
refute 'another driver: not answered' json_is x.json '.cells[0].unchanged' true
mv kept.run a.run
patch=data/patches/sample-set-fs/sample-set-fs.patch
sed -i 's/^Description:.*/Description: it changes/' $patch
again 'a set that has a part in it'
sed -i 's/^Description:.*/Description: os-interface: no set_fs()/' $patch
kept 'as it was'
echo '# more' >> data/kernel-versions/$line
again 'the rules'
sed -i '$d' data/kernel-versions/$line
echo '/* more */' >> hooks/vgpu_unlock_hooks.c
again 'the hooks'
sed -i '$d' hooks/vgpu_unlock_hooks.c
sed -i 's/mine \*/mime */' mine/mine.patch
again "the user's patches"
sed -i 's/mime \*/mine */' mine/mine.patch
echo '/* more */' >> h/include/generated/autoconf.h
again 'autoconf.h'
sed -i '$d' h/include/generated/autoconf.h
# The same length, the same time of change: only the ctime tells.
if [ -e h/include/generated/timeconst.h ]; then
    cp -p h/include/generated/timeconst.h kept.h
    sed -i 's/Automatically/automatically/' h/include/generated/timeconst.h
    touch -r kept.h h/include/generated/timeconst.h
    refute 'a header is another one' cmp -s kept.h h/include/generated/timeconst.h
    again 'a header with an old time'
    cat kept.h > h/include/generated/timeconst.h
fi
tail -n 1 h/Module.symvers > last
sed -i '$d' h/Module.symvers
again 'Module.symvers'
cat last >> h/Module.symvers
echo '# more' >> cc
again 'the compiler'
sed -i '$d' cc
kept 'all is as it was'
again 'an option' --modules nvidia,nvidia-uvm
SOURCE_DATE_EPOCH=1700000000 again 'the environment'
unset SOURCE_DATE_EPOCH
mkdir -p other/build && cp "$GRIDPATCH" other/build/gridpatch && echo >> other/build/gridpatch
rm -f calls
other/build/gridpatch matrix $grid --since base.json --json=x.json > out 2> err
check 'another gridpatch: it is built' test "$(calls)" -gt 2

# --- what failed ----------------------------------------------------------------------
expect_status 'one that fails' 1 matrix a.run --headers h --no-hooks --cc "$work/cc" --no-set all --json=bad.json
rm -f calls
expect_status 'the same inputs fail the same way' 1 matrix a.run --headers h --no-hooks --cc "$work/cc" --no-set all --since bad.json --json=x.json
check 'without being built' json_is x.json '.cells[0] | "\(.class) \(.unchanged)"' 'compile true'
check 'nothing was compiled' test "$(calls)" -eq 0
sed -i 's/^Description:.*/Description: any words/' data/patches/another/another.patch
expect_status 'a set that might help is another one' 1 matrix a.run --headers h --no-hooks --cc "$work/cc" --no-set all --since bad.json --json=x.json
check 'then it is built' json_is x.json '.cells[0] | "\(.class) \(.unchanged)"' 'compile false'
for class in timeout environment cancelled boot; do
    jq ".cells[0].class = \"$class\"" base.json > was.json
    cp was.json base.$class
done
mv base.json good.json
mv base.timeout base.json
again 'one that timed out'
mv base.environment base.json
again 'one that the machine failed'
mv good.json base.json

# --- reports that are none ---------------------------------------------------------------
# broken WHAT JQ
broken() {
    jq "$2" base.json > broken.json
    cp broken.json keep.json
    expect_status "$1" 3 matrix $grid --since broken.json --json=broken.json
    check "$1: it stays" cmp broken.json keep.json
}
broken 'sums that are none' '.cells[0].inputs[0] = "program 123"'
broken 'sums with more behind them' '.cells[0].inputs[0] += "x"'
broken 'sums of nobody knows what' '.cells[0].inputs[0] |= sub("program"; "colour")'
broken 'sums that are no list' '.cells[0].inputs = "program"'
broken 'a sum that is a number' '.cells[0].inputs[0] = 7'
broken 'a date that is none' '.cells[0].built = "yesterday"'
broken 'a flag that is none' '.cells[0].unchanged = "yes"'
head -c 300 base.json > cut.json
expect_status 'a report that is cut' 3 matrix $grid --since cut.json
jq 'del(.cells[0].inputs, .cells[0].built, .cells[0].unchanged)' base.json > old.json
rm -f calls
expect_status 'a report of an older gridpatch' 0 matrix $grid --since old.json
check 'says nothing of what decided it: it is built' test "$(calls)" -gt 2
jq '.cells[0].inputs |= map(select(startswith("headers") | not))' base.json > less.json
rm -f calls
expect_status 'a report that lacks a sum' 0 matrix $grid --since less.json
check 'is not believed' test "$(calls)" -gt 2

# --- what does not go with it -----------------------------------------------------------
for words in '--resume base.json' '--emit lines' '--output kept' '--boot'; do
    expect_status "with $words" 2 matrix $grid --since base.json $words
done
expect_status 'with --merge' 2 matrix --merge base.json --since base.json
expect_status '--all alone' 2 matrix $grid --all
check 'nothing is left' test -z "$(ls -A scratch)"
finish
