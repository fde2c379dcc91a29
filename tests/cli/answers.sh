#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2154,SC2046 # lib.sh sets the rest
# What conftest.sh found out is kept for the next build, and never another answer than
# without: each module is compared with that of --no-cache, byte by byte.
# tests: ops/proof/answers ops/proof/headersum
# slow: 60 s
. "$(dirname "$0")/lib.sh"

if ! headers_here; then
    skip 'answers' 'no kernel headers here'
    finish
fi
sh "$fx/buildable.sh" --data data --line "$(echo "$release" | cut -d. -f1,2)" || exit 1
GRIDPATCH_DATA=$work/data TMPDIR=$work/scratch XDG_CACHE_HOME=$work/cache CCACHE_DISABLE=1
export GRIDPATCH_DATA TMPDIR XDG_CACHE_HOME CCACHE_DISABLE
cache=$work/cache/gridpatch
mkdir scratch

# A driver that asks four things of a kernel, in the way of the real ones: is there a
# member, what says a header, the configuration, and Module.symvers. What it was told is
# a text in nvidia.ko.
sh "$fx/buildable.sh" tree || exit 1
cat > tree/kernel/conftest.sh << 'END'
#!/bin/sh
# The sample's: CC OUTPUT compile_tests CFLAGS NAME
cd "$(dirname "$0")" || exit 1
[ "$3" = compile_tests ] || exit 0
case $5 in
header) text="#include \"$2/include/generated/sample.h\"
    int x[SAMPLE_ANSWER == 1 ? 1 : -1];" ;;
config) text="#include \"$2/include/generated/autoconf.h\"
    int x[CONFIG_SAMPLE == 1 ? 1 : -1];" ;;
flag) text="int x[SAMPLE_FLAG == 1 ? 1 : -1];" ;;
own) text="#include \"common/inc/nv-sample.h\"
    int x[NV_SAMPLE == 1 ? 1 : -1];" ;;
symbol)
    grep -q "	sample_symbol	" "$2/Module.symvers" && echo "#define NV_symbol 1" || echo "#define NV_symbol 0"
    exit 0 ;;
*) exit 1 ;;
esac
echo "$text" > conftest$$.c
$1 $4 -I. -c conftest$$.c > /dev/null 2>&1
rm conftest$$.c
if [ -f conftest$$.o ]; then echo "#define NV_$5 1"; rm conftest$$.o; else echo "#define NV_$5 0"; fi
END
cat >> tree/kernel/Kbuild << 'END'
NV_CONFTEST_CFLAGS := -DSAMPLE_FLAG=1
NV_TESTS := header config flag own symbol
$(obj)/conftest/compile-tests/%.h: $(src)/conftest.sh
	@mkdir -p $(obj)/conftest/compile-tests
	@echo "  CONFTEST: $*"
	@/bin/sh $(src)/conftest.sh "$(CC)" $(NV_KERNEL_OUTPUT) compile_tests '$(NV_CONFTEST_CFLAGS)' $* > $@
$(obj)/conftest/functions.h: $(addprefix $(obj)/conftest/compile-tests/,$(addsuffix .h,$(NV_TESTS)))
	@cat $^ > $@
$(obj)/nvidia/os-interface.o: | $(obj)/conftest/functions.h
END
sed -i 's|M=$(CURDIR)|M=$(CURDIR) NV_KERNEL_OUTPUT=$(KERNEL_OUTPUT)|' tree/kernel/Makefile
echo '#define NV_SAMPLE 1' > tree/kernel/common/inc/nv-sample.h
cat >> tree/kernel/nvidia/os-interface.c << 'END'
#include "conftest/functions.h"
#include <linux/stringify.h>
MODULE_INFO(sample, "answers " __stringify(NV_header NV_config NV_flag NV_own NV_symbol));
END
sed -i 's|^ccflags-y += |&-I$(src) |' tree/kernel/Kbuild

other_release h "$release"
h=$work/h
echo '#define SAMPLE_ANSWER 1' > h/include/generated/sample.h
own() { cat "$1" > own.new && rm "$1" && mv own.new "$1"; } # a file in place of the link
own h/include/generated/autoconf.h
echo '#define CONFIG_SAMPLE 1' >> h/include/generated/autoconf.h
own h/Module.symvers
printf '0x12345678\tsample_symbol\tvmlinux\tEXPORT_SYMBOL\t\n' >> h/Module.symvers
sleep 4 # what has just been changed is not trusted

# build OUT [option]…: one build; ko and log are its files.
build() {
    place=$1
    shift
    rm -rf "$place"
    run build tree --headers "$h" --modules nvidia -o "$place" "$@"
    ko=$place/$release/nvidia.ko log=$place/$release/build.log
}
asked() { grep -q '^ *CONFTEST:' "$log"; }
answers() { strings -a "$ko" | sed -n 's/^sample=answers //p'; }
# compared WHAT [option]…: this build, and that without a cache, are the same; the last
# one that is asked about is this build.
compared() {
    this=$1
    shift
    build plain --no-cache "$@"
    check "$this: without a cache it builds" test "$status" -eq 0
    check "$this: without a cache everything is asked" asked
    want=$(answers)
    build made "$@"
    check "$this: it builds" test "$status" -eq 0
    check "$this: the same bytes ($want)" cmp plain/"$release"/nvidia.ko "$ko"
}

# --- the second time ----------------------------------------------------------------
build first --no-cache
check '--no-cache keeps nothing' test ! -e "$cache"
compared 'the first time'
check 'it knows all' test "$want" = '1 1 1 1 1'
check 'the first time it asks' asked
check 'something is kept' test "$(ls "$cache" | grep -c '\.conftest$')" -eq 1
check 'only the owner may look into it' test "$(stat -c %a "$cache" "$cache"/* | sort -u | tr '\n' ' ')" = '600 700 '
compared 'the second time'
refute 'the second time nothing is asked' asked
GRIDPATCH_CONFINE=watch compared 'without a namespace'
refute 'nothing is asked' asked
run build tree --headers "$h" --modules nvidia -v
says 'with -v it is said' "conftest's answers are those of an earlier build"
printf '/* another */\n' >> tree/kernel/nvidia/nv-frontend.c
compared 'a source that no test sees'
refute 'is not asked about' asked
rm -rf "$cache"
build made
check 'a cache that was deleted is made anew' asked
good=$(ls "$cache"/*.conftest)
cp "$good" good.conftest

# --- what the answers depend on (tests/unit/ops/proof/test_answers.c has all of it) ---
touch -r h/include/generated/sample.h stamp
echo '#define SAMPLE_ANSWER 2' > h/include/generated/sample.h
touch -r stamp h/include/generated/sample.h
compared 'a header of the same size and time'
check 'it is asked' asked
check 'the answer is right' test "$(answers)" = '0 1 1 1 1'
echo '#define SAMPLE_ANSWER 1' > h/include/generated/sample.h
sed -i 's/SAMPLE_FLAG=1/SAMPLE_FLAG=3/' tree/kernel/Kbuild
compared 'flags'
check 'are asked about' asked
check 'the answer of flags is right' test "$(answers)" = '1 1 0 1 1'
sed -i 's/SAMPLE_FLAG=3/SAMPLE_FLAG=1/' tree/kernel/Kbuild
build plain --no-cache
gcc=$(command -v "$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ ]*\) .*/\1/p' "$headers/.config")" || command -v gcc)
build made --cc "$gcc -DSAMPLE_WORD"
check 'another compiler is asked' asked
sleep 3
printf x | dd of="$good" bs=1 seek=$(($(stat -c %s "$good") - 3)) conv=notrunc 2> /dev/null
build made
check 'an altered entry: everything is asked' asked
check 'the same bytes' cmp plain/"$release"/nvidia.ko "$ko"
check 'and it is made anew' cmp good.conftest "$good"

# --- two at once, a full disk, bounds ------------------------------------------------------
sleep 4
rm -rf "$cache"
"$GRIDPATCH" build tree --headers "$h" --modules nvidia -q -o two-1 > /dev/null 2>&1 &
"$GRIDPATCH" build tree --headers "$h" --modules nvidia -q -o two-2 > /dev/null 2>&1
wait $!
check 'two at once: both are right' sh -c 'cmp "$0" two-1/*/nvidia.ko && cmp "$0" two-2/*/nvidia.ko' plain/"$release"/nvidia.ko
check 'and one whole entry is left' cmp good.conftest "$good"
check 'and nothing half written' test -z "$(ls -A "$cache" | grep -vE '^[0-9a-f]{64}[.](conftest|headers)$')"
if unshare -m true 2> /dev/null; then
    mkdir small
    unshare -m sh -c 'mount -t tmpfs -o size=64k,mode=0700 none small && mkdir -m 0700 small/gridpatch
        cat /dev/zero > small/fill 2> /dev/null
        XDG_CACHE_HOME=$PWD/small "$0" build tree --headers h --modules nvidia -o full > out 2> err
        echo $? > code; ls -A small/gridpatch > left' "$GRIDPATCH"
    check 'a full disk: it builds' grep -qx 0 code
    check 'the same bytes' cmp plain/"$release"/nvidia.ko full/"$release"/nvidia.ko
    check 'and there is no entry' test ! -s left
else
    skip 'a full disk' 'no mount namespace'
fi
rm "$good"
for i in 1 2 3; do
    truncate -s 30M "$cache/$i.conftest"
    touch -d "2020-01-0$i" "$cache/$i.conftest"
done
build made
check 'too much: the oldest went' test ! -e "$cache/1.conftest" -a -e "$cache/3.conftest" -a -e "$good"
# A build that fails has perhaps not asked everything.
rm -rf "$cache"
sleep 4
echo '#error no' >> tree/kernel/nvidia/nv-frontend.c
build made
check 'a build that fails' test "$status" -eq 1
check 'keeps nothing' test -z "$(ls "$cache" | grep conftest)"
check 'nothing of a scratch is left' test -z "$(ls -A scratch)"
finish
