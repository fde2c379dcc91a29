#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2046,SC2086,SC2154 # $k and $opts are words; lib.sh sets the rest
# fetch-hooks, without the network. With GRIDPATCH_TEST_VGPU_UNLOCK=DIR, a copy
# of DualCoder/vgpu_unlock, also that right files are taken.
# tests: ops/driver/fetch
. "$(dirname "$0")/lib.sh"

sh "$fx/hooks.sh" wrong
expect_status 'other contents' 1 fetch-hooks --from wrong --to to
says 'the file is named' 'vgpu_unlock_hooks.c'
says 'it says why' 'SHA-256'
refute 'nothing was written' test -e to
mkdir empty
expect_status 'an empty directory' 4 fetch-hooks --from empty --to to
expect_status 'no such directory' 4 fetch-hooks --from absent --to to
mkdir ldonly
cp wrong/kern.ld ldonly
expect_status 'only kern.ld' 4 fetch-hooks --from ldonly --to to
says 'what is missing is named' 'vgpu_unlock_hooks.c'
tar -czf wrong.tar.gz wrong
expect_status 'a tarball with other contents' 1 fetch-hooks --from wrong.tar.gz --to to
tar -cf empty.tar empty
expect_status 'a tarball without them' 4 fetch-hooks --from empty.tar --to to
echo text > text
expect_status 'a tarball that is none' 3 fetch-hooks --from text --to to
: > nothing
expect_status 'an empty file' 3 fetch-hooks --from nothing --to to
head -c 300 wrong.tar.gz > cut.tar.gz
expect_status 'a tarball cut off' 3 fetch-hooks --from cut.tar.gz --to to
refute 'still nothing was written' test -e to
expect_status '--newer-table with other contents' 1 fetch-hooks --from wrong --to to --newer-table
# Without git.
mkdir bin
status=$(PATH=$work/bin "$GRIDPATCH" fetch-hooks --to to > out 2> err; echo $?)
check 'no git: exit 4' test "$status" -eq 4
says 'it says how to get it' 'apt-get install git'
says 'and the way without' '--from'
# What git says counts, and what it brings is looked at.
printf '#!/bin/sh\necho "fatal: no net" >&2\nexit 128\n' > bin/git && chmod +x bin/git
status=$(PATH=$work/bin:$PATH "$GRIDPATCH" fetch-hooks --to to > out 2> err; echo $?)
check 'git fails: exit 4' test "$status" -eq 4
says 'what it said' 'fatal: no net'
printf '#!/bin/sh\ncp "$WRONG"/* .\n' > bin/git
status=$(WRONG=$work/wrong PATH=$work/bin:$PATH "$GRIDPATCH" fetch-hooks --to to > out 2> err; echo $?)
check 'git brings other contents: exit 1' test "$status" -eq 1
refute 'nothing was written then either' test -e to
expect_status 'an argument' 2 fetch-hooks x
expect_status 'an option of patch' 2 fetch-hooks --hooks x
expect_status '--json' 1 fetch-hooks --json --from wrong --to to
check '--json is JSON' json_ok out
check 'json: exit' json_is out .exit 1
check 'json: nothing written' json_is out '.written | length' 0
expect_status '--json=FILE' 1 fetch-hooks --json=f.json --from wrong --to to
check '--json=FILE is JSON' json_ok f.json
expect_status '-q' 1 fetch-hooks -q --from wrong --to to
silent_on '-q: nothing on stdout' out
expect_status '-v' 1 fetch-hooks -v --from wrong --to to

real=${GRIDPATCH_TEST_VGPU_UNLOCK:-}
if [ -f "$real/vgpu_unlock_hooks.c" ]; then
    expect_status 'the real copy' 0 fetch-hooks --from "$real" --to to
    check 'the hooks are there' cmp "$real/vgpu_unlock_hooks.c" to/vgpu_unlock_hooks.c
    check 'so is kern.ld' cmp "$real/kern.ld" to/kern.ld
    says 'it says what it wrote' 'wrote      to/vgpu_unlock_hooks.c' out
    expect_status 'again' 0 fetch-hooks --from "$real" --to to
    make_sample good
    expect_status 'patch with it' 0 $k --hooks to good.run -n
    says 'it is a known copy' 'known copy, older table constant' out
    mkdir -p pack/x nold
    cp "$real/vgpu_unlock_hooks.c" nold
    expect_status 'the real copy without kern.ld' 4 fetch-hooks --from nold --to to4
    refute 'nothing was written then' test -e to4
    mkdir half
    cp "$real/vgpu_unlock_hooks.c" half
    echo x > half/kern.ld
    expect_status 'the real copy with another kern.ld' 1 fetch-hooks --from half --to to4
    refute 'not even the right file was written' test -e to4
    mkdir -p pack/x
    cp "$real/vgpu_unlock_hooks.c" "$real/kern.ld" pack/x
    tar -czf real.tar.gz -C pack x
    expect_status 'the real copy as a tarball' 0 fetch-hooks --from real.tar.gz --to to2
    says 'without the patch, which is said' 'vgpu_unlock_hooks-510.patch was left out'
    check 'the same files' cmp to/vgpu_unlock_hooks.c to2/vgpu_unlock_hooks.c
    if [ "$(id -u)" -ne 0 ] || ! command -v setpriv > /dev/null; then
        skip 'the default place' 'needs root and setpriv, so that it is not /opt'
    else
        mkdir xdg
        chown 65534:65534 xdg
        cp "$GRIDPATCH" gridpatch.copy
        cp -R pack/x readable
        chmod -R a+rX gridpatch.copy readable
        XDG_DATA_HOME=$work/xdg setpriv --reuid 65534 --regid 65534 --clear-groups \
            ./gridpatch.copy fetch-hooks --from readable > out 2> err
        check 'the default place is $XDG_DATA_HOME/gridpatch/vgpu_unlock' \
            cmp to/kern.ld xdg/gridpatch/vgpu_unlock/kern.ld
    fi
    if [ -f "$real/vgpu_unlock_hooks-510.patch" ] || [ -f "$real/patches/vgpu_unlock_hooks-510.patch" ]; then
        expect_status '--newer-table' 0 fetch-hooks --from "$real" --to to3 --newer-table
        check 'the patch is there' test -f to3/vgpu_unlock_hooks-510.patch
        expect_status 'and without the word' 0 fetch-hooks --from "$real" --to to5
        check 'it comes, too' test -f to5/vgpu_unlock_hooks-510.patch
        make_sample n16 --version 535.161.05
        expect_status 'vGPU 16 with what was fetched' 0 -k 6.1.80 --hooks to5 n16.run -n
        says 'needs no option' 'known copy, newer table constant' out
        cp -R pack/x other
        echo x > other/vgpu_unlock_hooks-510.patch
        expect_status 'a patch that is not the known one' 0 fetch-hooks --from other --to to6
        says 'is left out' 'vgpu_unlock_hooks-510.patch was left out: vgpu_unlock_hooks-510.patch is not the known one'
        refute 'and not written' test -e to6/vgpu_unlock_hooks-510.patch
        expect_status 'with the word it is a failure' 1 fetch-hooks --from other --to to7 --newer-table
        refute 'that writes nothing' test -e to7
    else
        skip '--newer-table' 'the copy has no vgpu_unlock_hooks-510.patch'
    fi
else
    skip 'the real copy' 'GRIDPATCH_TEST_VGPU_UNLOCK names no directory with vgpu_unlock_hooks.c'
fi
finish
