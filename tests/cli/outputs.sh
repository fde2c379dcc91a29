#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2086,SC2154 # the words of a verb are words; lib.sh sets the rest
# No report, lock or installer takes the place of what a command reads, whether the
# command names the file or a directory that has it.
. "$(dirname "$0")/lib.sh"

make_sample s
mkdir h h/include h/include/generated h/include/linux h/include/config
echo '#define UTS_RELEASE "5.13.1"' > h/include/generated/utsrelease.h
printf 'VERSION = 5\nPATCHLEVEL = 13\nSUBLEVEL = 1\n' > h/Makefile
for f in .config Module.symvers include/config/auto.conf include/generated/autoconf.h include/linux/kernel.h; do
    echo "CONFIG_X=y # $f" > "h/$f"
done
# Of two halves, as Debian has them: one names the other.
mkdir common common/include common/include/linux o
cp -R h/include h/.config o
rm -r o/include/linux
cp h/include/linux/kernel.h common/include/linux
cp h/Makefile common
echo "include $work/common/Makefile" > o/Makefile
sh "$fx/hooks.sh" hk
mkdir own
printf -- '--- /dev/null\n+++ b/kernel/added\n@@ -0,0 +1 @@\n+new\n' > own/y.patch
echo y.patch > own/series
echo 'a patch' > hk/vgpu_unlock_hooks-510.patch
mkdir ser my my/kernel-versions my/patches tt in
printf -- '--- a/f\n+++ b/f\n@@ -1 +1 @@\n-old\n+new\n' | tee ser/x.patch > f.patch
echo x.patch > ser/series
printf 'Kernel: 7.9\nStatus: supported\nChanges: none\n' > my/kernel-versions/7.9
echo old > tt/f
echo '# none' > list
echo '{ "of": "somebody else" }' > s/kernel/foreign.json
ln -s "$work/h" link
sum() { find s s.run h common o hk ser my tt f.patch list -type f -exec sha256sum {} + | sort; }
sum > before
ln s.run ko.ko

# refused WHAT ARG…: told before the work, and nothing has changed.
refused() {
    what=$1
    shift
    expect_status "$what" 2 "$@"
    says "$what: says so" ' the input '
    sum > after
    check "$what: all is as it was" cmp before after
    cp after before
}

# --- what lies in a directory ---------------------------------------------------------
refused 'headers' select --driver 535 --headers h --json=h/.config
refused 'headers, through a link' select --driver 535 --headers link --json=h/include/../.config
refused 'headers, and a link' select --driver 535 --headers h --json=link/.config
refused 'headers: a new name' select --driver 535 --headers h --json=h/new.json
refused 'headers that stand among the words' matrix s.run h --json=h/include/new.json
refused 'the other half of headers' select --driver 535 --headers o --json=common/Makefile
refused 'and among the words' build s.run o --json=common/new.json
refused 'headers of modules' verify ko.ko --headers h --json=h/Module.symvers
refused 'headers: --junit' matrix s.run --headers h --junit h/.config
refused 'headers: --html' matrix s.run --headers h --html h/.config
refused 'headers: --markdown' matrix s.run --headers h --markdown h/.config
refused 'headers: -o' patch s.run --headers h --no-hooks -f -o h/.config
refused 'headers: --write-lock' patch s.run --headers h --no-hooks -f -o out.run --write-lock h/.config
refused 'hooks' patch $k s.run --hooks hk -n --json=hk/kern.ld
GRIDPATCH_HOOKS=$work/hk refused 'hooks that were found' patch $k s.run -n --json=hk/kern.ld
refused 'the patch beside them' patch $k s.run --hooks hk -n --json=hk/vgpu_unlock_hooks-510.patch
refused 'hooks that are fetched' fetch-hooks --from hk --to in --json=hk/kern.ld
refused 'patches' patch $k s.run --no-hooks --patches ser -n --json=ser/series
refused 'patches: -o' patch $k s.run --no-hooks --patches ser -f -o ser/x.patch
refused 'data' select --driver 535 $k --data my --json=my/kernel-versions/7.9
GRIDPATCH_DATA=$work/my refused 'data of a variable' support --json=my/kernel-versions/7.9
refused 'a tree' select s $k --json=s/.manifest
refused 'somebody elses JSON in a tree' select s $k --json=s/kernel/foreign.json
refused 'a tree, and headers' matrix s --headers h --json=s/kernel/Kbuild
refused 'a tree: --html' matrix s --headers h --html s/kernel/Kbuild
refused 'a tree to look at sets with' lint-set --from s --json=s/.manifest
refused 'a directory to work in' apply -d tt -p1 f.patch --json=tt/f
(cd tt && "$GRIDPATCH" apply -p1 ../f.patch --json=f 2> /dev/null)
check 'the one where one stands' test $? -eq 2 -a "$(cat tt/f)" = old
refused 'a series that is applied' apply -d tt ser --json=ser/series
refute 'no output is there' test -e out.run

# --- what is allowed --------------------------------------------------------------------
for again in '' ', again'; do
    expect_status "a report in a tree$again" 0 select s -k 5.12.9 --json=s/report.json
    expect_status "all of them$again" 0 matrix s h --json=s/m.json --html s/m.html --junit s/m.xml --markdown s/m.md
    expect_status "beside kernel-versions$again" 0 select --driver 460.73.02 $k --data my --json=my/report.json
    expect_status "an installer, and its lock$again" 0 $k -f --no-hooks s.run --patches own --no-set all \
        -o own/out.run --write-lock own/lock
done
: > s/empty
expect_status 'an empty file' 0 select s -k 5.12.9 --json=s/empty
expect_status 'a report where work is done' 0 apply -d tt -p1 f.patch --json=tt/report.json
expect_status 'and again' 0 apply -d tt -p1 f.patch --json=tt/report.json
check 'the patch was applied' test "$(cat tt/f)" = new
sum > before

# --- files that are named ---------------------------------------------------------------
cp s/m.json a.json
cp a.json keep.json
for o in --html --junit --markdown; do
    expect_status "--merge: $o of an input" 2 matrix --merge a.json $o a.json
    refused "--expect: $o" matrix s.run h --expect list $o list
done
refused '--expect: --json' matrix s.run h --expect list --json=list
check 'it is as it was' cmp a.json keep.json
expect_status '--merge: --json may' 0 matrix --merge a.json --json=a.json
expect_status '--resume: --json may' 0 matrix s h --resume a.json --json=a.json
expect_status '--resume: --html may not' 2 matrix s h --resume a.json --json=a.json --html a.json
refused 'a patch: -o' $k s.run --no-hooks -f --patches f.patch -o f.patch
refused 'a patch: --write-lock' $k s.run --no-hooks -f --patches f.patch -o out.run --write-lock f.patch
finish
