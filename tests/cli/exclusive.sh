#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2046,SC2086,SC2154 # lists are words; lib.sh sets the rest
# BUILD_EXCLUSIVE_KERNEL and select, compared as dkms does it, by bash's =~, for
# releases as distributions name them (tests/data/releases):
#   what select lets through DKMS lets through;
#   what select blocks DKMS leaves alone, where the whole line is blocked, or all of
#   RHEL's kernels of that line; DKMS may be the wider one where a part of it is.
# tests: ops/job/klines core/driver/dkmsconf
# no-san: bash and dkms are asked; releases.sh and sets.sh have the same verbs
. "$(dirname "$0")/lib.sh"

if ! command -v bash > /dev/null || ! command -v jq > /dev/null; then
    skip 'BUILD_EXCLUSIVE_KERNEL and select' 'no bash, or no jq'
    finish
fi
grep -v -e '^#' -e '^$' "$repo/tests/data/releases" > names
check 'there are 200 names, each once' sh -c 'test $(sort -u names | wc -l) -ge 200 && test $(sort names | uniq -d | wc -l) -eq 0'
# The lines of these names, and a RHEL kernel that could be any of its major release.
sed 's/^\([0-9]*\.[0-9]*\).*/\1/' names | sort -u > lines
printf '%s\n' 4.18.0-1.el8.x86_64 5.14.0-1.el9.x86_64 6.12.0-1.el10.x86_64 > rhel
ks=$(sed 's/^/-k /' names lines rhel)

# Reads "RELEASE<tab>VERDICT", twice.
cat > compare.bash << 'EOT'
. "$1" 2> /dev/null
declare -A verdict
while IFS=$'\t' read -r r v; do verdict[$r]=$v; done < "$2"
while IFS=$'\t' read -r r v; do
    got=in
    [[ ! $BUILD_EXCLUSIVE_KERNEL || $r =~ $BUILD_EXCLUSIVE_KERNEL ]] || got=out
    [ "$got" = in ] || out=$((out + 1))
    case $v:$got in
        blocked:out) continue ;;
        *:out) echo "$r is $v, and DKMS leaves it alone"; continue ;;
        blocked:in) ;;
        *) continue ;;
    esac
    [[ $r =~ ^([0-9]+\.[0-9]+) ]]
    line=${BASH_REMATCH[1]}
    [ "${verdict[$line]}" != blocked ] || echo "$r is blocked as all of $line, and DKMS builds"
    if [[ $r =~ ^[0-9]+\.[0-9]+\.0-.*\.(el[0-9]+)([._+-].*)?$ ]]; then
        [ "${verdict[$line.0-1.${BASH_REMATCH[1]}.x86_64]}" != blocked ] || echo "$r is blocked as all of RHEL's, and DKMS builds"
    fi
    wider=$((wider + 1))
done < "$2"
echo "${out:-0} left out, ${wider:-0} of which a part is blocked" >&2
EOT
# compare NAME: NAME.run as it comes, and NAME-o.run made of it.
compare() {
    run $few --no-hooks "$1.run" -o "$1-o.run"
    rm -rf made
    unrun "$1-o.run" made
    "$GRIDPATCH" select --json $ks "$1.run" 2> /dev/null |
        jq -r '.selection.cells[] | .kernel.release + "\t" + .verdict' > verdicts
    check "$1: select answers for all" test "$(wc -l < verdicts)" -eq "$(cat names lines rhel | wc -l)"
    bash compare.bash made/kernel/dkms.conf verdicts > differ 2> counts
    check "$1: DKMS and select agree ($(cat counts))" sh -c 'head -n 20 differ; test ! -s differ'
}
# exclusive RELEASE WANT: of made/.
cat > one.bash << 'EOT'
. made/kernel/dkms.conf 2> /dev/null
[[ ! $BUILD_EXCLUSIVE_KERNEL || $1 =~ $BUILD_EXCLUSIVE_KERNEL ]] && echo in || echo out
EOT
exclusive() { check "$1 is $2" test "$(bash one.bash "$1")" = "$2"; }

few='-k 5.4.203-1-pve'
for d in 450.80.02 460.39 525.85.07 535.161.05 580.105.06; do
    make_sample $d --version $d
    compare $d
done
# 5.13 is blocked for hosts alone.
exclusive 5.13.0-21-generic out
make_sample 470.256.01 --version 470.256.01 --kind general
compare 470.256.01
for r in 5.13 5.13.19 5.13.0-21-generic; do exclusive $r in; done
# 5.14 is blocked for R460 on RHEL 9 alone.
make_sample 460.73.02 --version 460.73.02
compare 460.73.02
for r in 5.14 5.14.0 5.14.21 5.14-rc1 5.14.0-rc7 5.14.0-1059-oem 5.14.21-arch1-1 5.14.0-0.bpo.2-amd64 5.14.0-200.el9uek.x86_64 \
    5.14.0-1.el9.elrepo.x86_64 5.14.1-1.el9.elrepo.x86_64 5.14.0-custom.e.el.elx 5.14.21-150400.24.100-default; do
    exclusive $r in
done
for r in 5.14.0-427.13.1.el9_4.x86_64 5.14.0-70.el9.x86_64 5.14.0-427.13.1.el9_4.x86_64+rt 5.14.0-1.el9 5.13.0-1.el9 6.1.0; do
    exclusive $r out
done

# --- dkms itself --------------------------------------------------------------

# ask_dkms RELEASE: what it answers for the kernel, with sources and states of its own.
ask_dkms() {
    sign_file=/nonexistent dkms build -m nvidia -v 460.73.02 -k "$1" -a x86_64 --kernelsourcedir "$work/no-headers" \
        --sourcetree "$work/src" --dkmstree "$work/state" > dkms.log 2>&1 < /dev/null
}
if command -v dkms > /dev/null && [ "$(id -u)" -eq 0 ]; then
    mkdir -p state no-headers/include src/nvidia-460.73.02
    : > no-headers/Makefile
    # The words that the installer puts in; nothing is built but the file that is asked for.
    sed -e 's/__VERSION_STRING/460.73.02/' -e 's/^MAKE.*/MAKE[0]="touch nvidia.ko"/' \
        -e 's,^__DKMS_MODULES,BUILT_MODULE_NAME[0]="nvidia"\nDEST_MODULE_LOCATION[0]="/kernel/drivers/video"\nCLEAN="true",' \
        made/kernel/dkms.conf > src/nvidia-460.73.02/dkms.conf
    check 'dkms add' dkms add -m nvidia -v 460.73.02 --sourcetree "$work/src" --dkmstree "$work/state"
    case $(dkms --version) in
        dkms[:-][12].*) excluded=9 ;; # 2.8.4 says "dkms:2.8"
        *) excluded=77 ;;
    esac
    for r in 6.1.0-50-amd64 5.14.0-427.13.1.el9_4.x86_64; do
        ask_dkms $r
        check "$(dkms --version): $r, status $excluded" test $? -eq $excluded
    done
    ask_dkms 5.14.0-1059-oem
    refute "5.14.0-1059-oem is not left out" test $? -eq $excluded
    check 'it was built, or tried' grep -qi 'build' dkms.log
else
    skip 'dkms itself' 'no dkms, or not root'
fi

# --- a part of a line ---------------------------------------------------------

mkdir -p own/kernel-versions
cat > own/kernel-versions/any << 'EOT'
Kernel: any

Driver: any
Release: >= 6.19
Status: blocked
Reason: new

Driver: any
Probe: header linux/no-such-header.h
Release: 6.17 - 6.18
Status: blocked
Reason: a header
EOT
cat > own/kernel-versions/5.14 << 'EOT'
Kernel: 5.14
Status: blocked
Changes: a test
Reason: a test

Driver: any
Rhel: >= 9.0
Status: supported
EOT
cat > own/kernel-versions/6.12 << 'EOT'
Kernel: 6.12
Status: supported
Changes: a test

Driver: any
Rhel: >= 10.1
Status: blocked
Reason: a test

Driver: any
Release: < 6.12.20
Status: blocked
Reason: a test
EOT
printf 'Kernel: 6.18\nStatus: untested\nChanges: a test\n' > own/kernel-versions/6.18
GRIDPATCH_DATA=$work/own
export GRIDPATCH_DATA
few='-k 5.14.0-70.el9.x86_64'
cp 580.105.06.run mine.run
compare mine
# One of the line's kernels goes on, whatever its rules say.
few='-k 5.14.0-1059-oem --allow blocked'
cp 580.105.06.run plain.run
run $few --no-hooks plain.run -o plain-o.run
rm -rf made
unrun plain-o.run made
for r in 5.14.0-427.13.1.el9_4.x86_64 5.14.0-1059-oem 5.14.21-arch1-1; do exclusive $r in; done
few='-k 6.12.30'
cp 580.105.06.run yours.run
compare yours
exclusive 5.14.0-427.13.1.el9_4.x86_64 in
exclusive 5.14.0-1059-oem out
exclusive 6.12.5 in
exclusive 6.12.0-55.9.1.el10_0.x86_64 in
exclusive 6.18.2 out
exclusive 9.9.9 out

# Headers say more than a name: what they let through in this run DKMS lets through.
mkdir -p h/include/linux h/include/generated h/include/config
echo 6.18.2 > h/include/config/kernel.release
echo '#define UTS_RELEASE "6.18.2"' > h/include/generated/utsrelease.h
: > h/include/generated/autoconf.h
: > h/include/linux/kernel.h
printf 'VERSION = 6\nPATCHLEVEL = 18\nSUBLEVEL = 2\nEXTRAVERSION =\n' > h/Makefile
expect_status 'its headers lift a block' 0 --headers h --no-hooks 580.105.06.run -o h.run
rm -rf made
unrun h.run made
exclusive 6.18.2 in
exclusive 6.17.5 out
run -k 6.12.30 -k 6.18.2 --allow blocked --no-hooks 580.105.06.run -o a.run
rm -rf made
unrun a.run made
exclusive 6.18.2 in
exclusive 6.17.5 out
run -k 6.12.30 --no-hooks 580.105.06.run -n --write-lock a.lock
check 'the lock has what DKMS may build for all the same' grep -q '^Dkms-Excludes:.*5\.14 .*not=^5\\\.14(' a.lock

finish
