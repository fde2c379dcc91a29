#!/bin/sh
# SPDX-License-Identifier: MIT
# newcomer.sh: three first ways, each in a fresh Debian 12 that has make and a compiler, with
# FULL set in a 13, too; all that is run there is read out of the page that tells the way:
#
#   README.md                  a sample is patched, and then a driver of your own
#   tools/packaging/README.md  a release becomes packages that are installed, and go again
#   gridpatch-ci(7)            an empty repository becomes a matrix of drivers by kernels
#
# No way has more than three commands. What they lead to is looked at by others than
# gridpatch: GNU patch, dpkg, xmllint, jq. Stand-ins are the driver, which builds; NVIDIA's
# and vgpu_unlock's files; the number of the kernel that runs; the machine of a CI.
#
#   GRIDPATCH            a program of the sources that are walked with
#   FULL                 set: Debian 13, too
#   GRIDPATCH_REAL_CACHE where roots are kept
#   GRIDPATCH_REAL_KEEP  set: leave the scratch directory and name it
# shellcheck disable=SC2013,SC2016,SC2154 # words; for other shells to expand; lib.sh and chroot.sh set the rest
set -eu
export LC_ALL=C
umask 022

here=$(cd "$(dirname "$0")" && pwd)
repo=$(cd "$here/../.." && pwd)
# shellcheck source=tests/real/lib.sh disable=SC1091
. "$here/lib.sh"
# shellcheck source=tests/real/chroot.sh disable=SC1091
. "$here/chroot.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES

leave() {
    skip "newcomer: $1"
    finish
    exit
}
can_chroot || leave 'no rights to chroot, or no debootstrap'
! tool=$(lacks gcc make patch tar gzip xz jq xmllint python3 awk) || leave "no $tool"

# The sources as a release has them.
sh "$repo/tools/packaging/dist.sh" stage gridpatch
check 'make dist' make -s -C gridpatch dist || { finish; exit 1; }

# --- a machine ------------------------------------------------------------------------

# fresh: root/, a copy of the suite's; all that is installed there is what a command or this
# asks for, and make compiles without optimizing.
fresh() {
    base=$(sh "$here/suite.sh" "$cache" "$suite" bare) || return 1
    rm -rf --one-file-system root
    cp -a --reflink=auto "$base" root
    cp -L /etc/resolv.conf root/etc/
    echo 'APT::Install-Recommends "false";' > root/etc/apt/apt.conf.d/90test
    kernel_is 6.1.0-44-amd64
}
with() { inside "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $*"; }

# go DIR COMMAND: in there, as root, who needs no sudo. What it said is in said.
go() {
    printf 'sudo() { "$@"; }\n%s\n' "$2" > root/walk/command
    rc=0
    inside "cd $1 && exec env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        CFLAGS=-O0 DEB_BUILD_OPTIONS=noopt LD_PRELOAD=/walk/uname.so GIT_AUTHOR_NAME=n GIT_AUTHOR_EMAIL=n@localhost \
        GIT_COMMITTER_NAME=n GIT_COMMITTER_EMAIL=n@localhost sh /walk/command" > said 2>&1 < /dev/null || rc=$?
}
# way PAGE EXAMPLE: its commands into the file way, a line each.
way() {
    sh "$fx/example.sh" "$repo/$1" "$2" | sed 's/ *# .*//; s/ *\(&&\|;\||\) */\n/g' | grep . > way || :
    who="$suite, $1"
    check "$who: it has commands, and not more than three" awk 'END { exit !(NR >= 1 && NR <= 3) }' way
}
# step DIR COMMAND
step() {
    go "$1" "$2"
    [ $rc -ne 0 ] || { pass "$who: $2"; return 0; }
    fail "$who: $2 (exit $rc)"
    tail -n 15 said | sed 's/^/#   /'
    return 1
}

# --- README.md ------------------------------------------------------------------------

# by_hand HOOKS: want/ as somebody with GNU patch makes it, with the sets that were named, and
# the hooks where vgpu_unlock's own page has its two lines put.
by_hand() {
    mkdir want/kernel/unlock
    cp "$1/vgpu_unlock_hooks.c" want/kernel/unlock/
    cp "$1/kern.ld" want/kernel/nvidia/
    for set in $(sed -n 's/^sets *\([^:]*\): .*/\1/p' said); do
        echo "$set" >> sets
        for p in $(sed 's/#.*//' "$repo/patches/$set/series"); do
            into=want
            ! grep -qx 'Scope: hooks' "$repo/patches/$set/$p" || into=want/kernel/unlock
            patch -d $into -p1 -F0 -s --no-backup-if-mismatch < "$repo/patches/$set/$p" || return 1
        done
    done
    sed -i '/#include "nv-time.h"/a #include "../unlock/vgpu_unlock_hooks.c"' want/kernel/nvidia/os-interface.c
    echo 'ldflags-y += -T $(src)/nvidia/kern.ld' >> want/kernel/nvidia/nvidia.Kbuild
    test -s sets
}
# as_by_hand: in got/ only the package's list and history are others, and DKMS is told more.
as_by_hand() {
    sed -i '/^# gridpatch: /d; /^BUILD_EXCLUSIVE_KERNEL=/d' got/kernel/dkms.conf
    diff -r -x .manifest -x pkg-history.txt want got
}
# same_list: what a strict reader says of the list, for files that came as well.
same_list() {
    python3 "$fx/manifest.py" want.old > said.old || :
    python3 "$fx/manifest.py" got > said.new || :
    diff said.old said.new
}
# patched RUN HOOKS: RUN's -custom.run has all of that in it.
patched() {
    rm -rf want want.old got sets
    custom=${1%.run}-custom.run
    check "$who: its own stub finds its sums right" sh "$custom" --check || return 0
    check "$who: and unpacks it" sh -c 'sh "$0" -x --target "$2/want" && sh "$1" -x --target "$2/got"' "$1" "$custom" "$PWD" || return 0
    cp -a want want.old
    check "$who: GNU patch takes the sets that it names" by_hand "$2" || return 0
    check "$who: and makes the same" as_by_hand || :
    check "$who: the list in it is as good as before" same_list || :
}

from_readme() {
    cp -a gridpatch root/root/gridpatch
    way README.md sample || return 0
    while read -r command <&3; do step /root/gridpatch "$command" || return 0; done 3< way
    demo=root/root/gridpatch/build/demo
    patched "$(find $demo -name '*-vgpu-kvm.run')" $demo/vgpu_unlock

    # What lies in the reader's folder, and would be fetched.
    mine=NVIDIA-Linux-x86_64-525.85.07-vgpu-kvm
    sh "$fx/sample.sh" --version 525.85.07 $mine
    sh "$fx/mkrun.sh" $mine root/root/gridpatch/$mine.run
    rm -rf $mine
    way README.md own || return 0
    while read -r command <&3; do
        case $command in
            *'gridpatch fetch-hooks') sh "$fx/hooks.sh" --table newer root/opt/vgpu_unlock ;;
            *) step /root/gridpatch "$command" || return 0 ;;
        esac
    done 3< way
    patched root/root/gridpatch/$mine.run root/opt/vgpu_unlock
    mv root/root/gridpatch/build built
}

# --- tools/packaging/README.md --------------------------------------------------------

packages='gridpatch gridpatch-data'
# left: files of the packages that are there.
left() {
    while read -r f; do
        [ ! -f "root$f" ] || echo "$f"
    done < listed
}
# judge_deb COMMAND: what dpkg says of it.
judge_deb() {
    case $1 in
        *deb-install)
            check "$who: dpkg has both installed" inside "dpkg-query -W -f '\${Status}\n' $packages > /status &&
                test \"\$(sort -u /status)\" = 'install ok installed'" || :
            check "$who: and every file whole" sh -c 'test -z "$(chroot root dpkg -V gridpatch gridpatch-data)"' || :
            check "$who: debian/tests/sample" inside 'mkdir /sample && cd /root/gridpatch-* &&
                AUTOPKGTEST_TMP=/sample sh tools/packaging/deb/tests/sample' || :
            chroot root dpkg -L gridpatch gridpatch-data > listed
            check "$who: there are files of theirs" test -n "$(left)" || :
            ;;
        'apt-get purge '*)
            check "$who: dpkg knows neither" sh -c '! chroot root dpkg-query -W gridpatch && ! chroot root dpkg-query -W gridpatch-data' || :
            check "$who: no file is left" test -z "$(left)" || :
            ;;
    esac
}
from_tarball() {
    cp gridpatch/dist/gridpatch-[0-9]*.tar.gz root/root/
    way tools/packaging/README.md deb || return 0
    while read -r command <&3; do
        step /root "$command" || return 0
        judge_deb "$command"
    done 3< way
}

# --- gridpatch-ci(7) ------------------------------------------------------------------

# cell JSON VERSION: what became of it on the one kernel.
cell() { jq -r --arg v "$2" --arg r "$release" '.cells[] | select(.driver.version == $v and .kernel.release == $r) | .class' "$1"; }
# shown HTML VERSION CLASS: a line of the page's table has both.
shown() {
    test "$(xmllint --xpath "count(//tr[contains(., '$2')][contains(., '$3')])" "$1")" -ge 1
}
# The runner: two drivers, one of which does not build, and headers; the repository, which is
# empty, and a clone of it.
ci_machine() {
    mkdir -p root/srv/drivers root/srv/headers root/walk
    for pair in '390.10 none' '390.20 compile'; do
        d=sample-${pair% *}
        sh "$fx/buildable.sh" --version "${pair% *}" --breaks "${pair#* }" "$d"
        sh "$fx/mkrun.sh" "$d" "root/srv/drivers/$d.run"
        rm -rf "$d"
    done
    cp "$fx/pipeline.py" root/walk/
    cp -a gridpatch root/walk/gridpatch
    # What README's way compiled is not compiled again.
    [ ! -d built ] || mv built root/walk/gridpatch/build
    with git bash python3-minimal python3-yaml linux-headers-amd64 &&
        inside 'ln -s /usr/src/linux-headers-*-amd64 /srv/headers/ && git init -q --bare /srv/repo.git &&
            git clone -q /srv/repo.git /root/repo'
}
from_nothing() {
    check "$suite: a machine for a CI" ci_machine || return 0
    release=$(basename root/srv/headers/* | sed 's/^linux-headers-//')
    way tools/man/gridpatch-ci.7 push || return 0
    mkdir -p root/root/repo/.github/workflows
    sh "$fx/example.sh" "$repo/tools/man/gridpatch-ci.7" action > root/root/repo/.github/workflows/drivers.yml
    while read -r command <&3; do step /root/repo "$command" || return 0; done 3< way
    # What came to the repository runs, as its CI would.
    go / 'git clone -q /srv/repo.git /walk/came && python3 /walk/pipeline.py github /walk/came/.github/workflows/drivers.yml \
        /walk/ci /walk/came /walk/gridpatch'
    check "$who: the job ran, and is red for the driver that does not build" grep -qx 'matrix failure' said || { tail -n 15 said; return 0; }
    report=root/walk/ci/artifacts/matrix
    check "$who: one driver builds" test "$(cell $report/matrix.json 390.10)" = ok || :
    check "$who: the other one does not" test "$(cell $report/matrix.json 390.20)" = compile || :
    check "$who: so says the page" sh -c 'xmllint --noout --nonet "$0"' $report/matrix.html || :
    check "$who: of the first" shown $report/matrix.html 390.10 ok || :
    check "$who: and the second" shown $report/matrix.html 390.20 compile || :
    check "$who: the summary has a table" grep -q '^| 390.20 | ' root/walk/ci/summary.md || :
}

suites=bookworm
[ -z "${FULL:-}" ] || suites='bookworm trixie'
for suite in $suites; do
    rm -rf built
    for from in readme tarball nothing; do
        began=$(date +%s)
        if ! fresh > fresh.log 2>&1; then
            skip "newcomer: no machine of $suite: $(tail -n 1 fresh.log)"
            break
        fi
        from_$from
        echo "# $suite, from $from: $(($(date +%s) - began)) s"
    done
done
rm -rf --one-file-system root
finish
