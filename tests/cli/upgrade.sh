#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2154 # lib.sh sets the rest
# upgrade-check: a new kernel on machines below directories, with what DKMS would have made
# there: modules of our own that are built once, for real headers. tests/real/nextkernel.sh
# has DKMS itself.
# tests: ops/upgrade/upgrade ops/upgrade/nextmodules ops/upgrade/dkmsdriver ops/upgrade/wayback
# tests: ops/upgrade/hookconf ops/upgrade/notice
# slow: 8 s
. "$(dirname "$0")/lib.sh"

v=390.10
old=6.1.0-1-amd64
sh "$fx/buildable.sh" --data data
cp "$repo/kernel-versions/platforms" data/kernel-versions/
GRIDPATCH_DATA=$work/data
export GRIDPATCH_DATA
sh "$fx/buildable.sh" fine || exit 1
sh "$fx/buildable.sh" --breaks compile breaks
if headers_here '6.1.*'; then
    new=$release
else
    new=6.1.0-50-amd64 headers=
fi

# machine DIR [TREE]: a Debian 12 where the older kernel runs, and has the driver; the new
# one has come with its headers, and DKMS has not seen it.
machine() {
    m=$1
    rm -rf "$m"
    mkdir -p "$m/etc" "$m/usr/bin" "$m/usr/src" "$m/var/lib/dkms/nvidia/$v" "$m/.gridpatch-record"
    printf 'ID=debian\nVERSION_ID="12"\n' > "$m/etc/os-release"
    : > "$m/usr/bin/apt-get"
    echo $old > "$m/.gridpatch-record/uname"
    sh "$fx/installed.sh" "${2-fine}" "$m/usr/src/nvidia-$v"
    ln -s /usr/src/nvidia-$v "$m/var/lib/dkms/nvidia/$v/source"
    kernel "$m" $old
    kernel "$m" "$new"
    built "$m" $old
    if [ -n "$headers" ]; then
        ln -s "$headers" "$m/usr/src/linux-headers-$new"
    else
        fake_headers "$m" "$new"
    fi
}
# own_headers DIR: the real ones, where include/generated and Module.symvers may be changed.
own_headers() {
    rm -f "$1" && mkdir -p "$1/include" && ln -s "$headers"/* "$headers"/.[!.]* "$1/" 2> /dev/null
    ln -s "$headers"/include/* "$1/include/" && rm -f "$1/include/generated" "$1/include/include" "$1/Module.symvers" &&
        cp -R "$headers/include/generated" "$1/include/" && cp "$headers/Module.symvers" "$1/"
}
kernel() {
    mkdir -p "$1/lib/modules/$2"
    : > "$1/lib/modules/$2/modules.builtin"
}
fake_headers() {
    h=$1/usr/src/linux-headers-$2
    mkdir -p "$h/include/generated" "$h/include/linux" "$h/include/config"
    echo "#define UTS_RELEASE \"$2\"" > "$h/include/generated/utsrelease.h"
    : > "$h/include/linux/kernel.h"
    : > "$h/include/generated/autoconf.h"
    : > "$h/.config"
    : > "$h/Makefile"
}
# built DIR RELEASE [KO…]: as dkms leaves it.
built() {
    d=$1/var/lib/dkms/nvidia r=$2
    shift 2
    mkdir -p "$d/$v/$r/x86_64/module"
    [ $# -eq 0 ] || cp "$@" "$d/$v/$r/x86_64/module/"
    ln -sfn "$v/$r/x86_64" "$d/kernel-$r-x86_64"
}
failed_build() {
    mkdir -p "$1/var/lib/dkms/nvidia/$v/build"
    { echo "DKMS make.log for nvidia-$v for kernel $2 (x86_64)"; cat; } > "$1/var/lib/dkms/nvidia/$v/build/make.log"
}
# asks WHAT STATUS CHECK HEALTH [R]: of the machine m.
asks() {
    what=$1 want=$2 c=$3 h=$4
    shift 4
    expect_status "$what" "$want" upgrade-check --sysroot m "$@" --json=r.json
    check "$what: $c is $h" test \
        "$(jq -r --arg c "$c" '[.checks[] | select(.check == $c) | .health] | unique | join(" ")' r.json)" = "$h"
}
# tells WHAT TEXT: the hook does, at the terminal and at the next login.
motd=m/run/motd.d/gridpatch-$new
tells() {
    expect_status "hook: $1" 0 upgrade-check --hook --sysroot m "$new"
    says "hook: $1: says so" "$2"
    silent_on "hook: $1: nothing on standard output" out
    check "hook: $1: the same at the next login" sh -c 'sed "s/^gridpatch: //" err | cmp - "$1"' - "$motd"
}
is_silent() {
    expect_status "hook: $1" 0 upgrade-check --hook --sysroot m "$new"
    silent_on "hook: $1: silent" err
    silent_on "hook: $1: silent" out
    refute "hook: $1: no notice" test -e "$motd"
}

# --- a kernel that has come --------------------------------------------------------
machine m
asks 'DKMS has not built it' 1 dkms missing
says 'which command does' "dkms install nvidia/$v -k $new" out
check 'the newest kernel is asked about' json_is r.json .kernel "$new"
check 'the older one is kept' json_is r.json .keep.kernel $old
says 'as Debian does it' "apt-mark hold linux-image-$old linux-headers-$old" out
says 'the way back' "apt remove linux-image-$new" out
check 'the answer' json_is r.json .answer no
tells 'not built' "will not work with the kernel $new"
says 'hook: it has the command' "apt-mark hold linux-image-$old"
expect_status 'hook: the same once more' 0 upgrade-check --hook --sysroot m "$new"
silent_on 'hook: is said once' err
expect_status 'hook: after a run of apt' 0 upgrade-check --hook --sysroot m
silent_on 'hook: after a run of apt: it was said' err
rm "$motd"
expect_status 'hook: apt, where no other hook was run' 0 upgrade-check --hook --sysroot m
says 'hook: apt: says it' "will not work with the kernel $new"
echo "$new" > m/.gridpatch-record/uname
rm "$motd"
is_silent_apt() {
    expect_status 'hook: apt, and the newest one runs' 0 upgrade-check --hook --sysroot m
    silent_on 'hook: apt: nobody asked' err
}
is_silent_apt
expect_status 'the one that runs, by hand' 1 upgrade-check --sysroot m
check 'nothing was written' test "$(find m/run -type f)" = ''

machine m; rm -r "m/usr/src/linux-headers-$new"
asks 'headers have not come yet' 4 headers unknown
says 'how they come' "apt install linux-headers-$new" out
tells 'headers have not come yet' 'its headers are not here'
# Then they come, and it is built. (The modules are another matter.)
machine m
failed_build m "$new" << EOF
make[1]: Entering directory
/var/lib/dkms/nvidia/$v/build/nvidia/os-interface.c: In function 'os_old_sample':
/var/lib/dkms/nvidia/$v/build/nvidia/os-interface.c:22:5: error: implicit declaration of function 'set_fs' [-Werror=implicit-function-declaration]
make: *** [Makefile:15: modules] Error 2
EOF
asks 'DKMS could not build it' 1 dkms missing
says 'the first error, and where' 'nvidia/os-interface.c:22: error: implicit declaration of function' out
says 'what the data know of it' 'no set_fs() since 5.10' out
says 'where the log is' "less /var/lib/dkms/nvidia/$v/build/make.log" out
failed_build m 5.15.0 < /dev/null
asks 'the log of another kernel' 1 dkms missing
refute 'is not taken for this one' grep -q make.log out
printf '/x.c:1:1: error: \033[31mred\033[0m\n' | failed_build m "$new"
tells 'a log with colours' 'error:'
refute 'hook: none of its own' grep -q "$(printf '\033')" err
machine m; echo 'BUILD_EXCLUSIVE_KERNEL="^5\."' >> m/usr/src/nvidia-$v/dkms.conf
asks 'DKMS leaves it out' 1 dkms missing
says 'why' BUILD_EXCLUSIVE_KERNEL out
machine m; sed -i '/AUTOINSTALL/d' m/usr/src/nvidia-$v/dkms.conf
asks 'DKMS is not asked' 1 dkms missing
says 'it says so' 'no AUTOINSTALL' out
mkdir -p m/etc/dkms; : > m/etc/dkms/no-autoinstall
asks 'DKMS is switched off' 1 dkms missing
says 'it says where' /etc/dkms/no-autoinstall out

# --- what was built ----------------------------------------------------------------
if [ -n "$headers" ] && "$GRIDPATCH" build fine --headers "$headers" -o ko > build.out 2>&1; then
    find ko -name '*.ko' > kos
    modules=$(tr '\n' ' ' < kos)
    # shellcheck disable=SC2086 # words
    good() { machine m && built m "$new" $modules; }
    good
    is_silent 'all is well'
    asks 'all is well' 0 modules ok
    check 'nothing is wrong' test "$(jq '[.checks[] | select(.health != "ok")] | length' r.json)" -eq 0
    check 'the answer' json_is r.json .answer fine
    check 'nobody goes back' json_is r.json .keep null
    mkdir -p m/run/motd.d; echo old > "$motd"
    is_silent 'a notice that is no longer so'
    mkdir -p m/run/motd.d; echo old > "$motd"
    asks 'by hand, too' 0 dkms ok
    says 'it says so' 'removed    the notice' out
    rm m/var/lib/dkms/nvidia/kernel-"$new"-x86_64
    asks 'built, not installed' 1 dkms missing
    good; rm -r "m/usr/src/linux-headers-$new"
    asks 'built, and the headers went' 4 modules unknown
    good; : > "m/var/lib/dkms/nvidia/$v/$new/x86_64/module/nvidia.ko"
    asks 'a module that is empty' 4 modules unknown
    good; rm "m/var/lib/dkms/nvidia/$v/$new/x86_64/module/"*
    asks 'no module' 4 modules unknown
    # The kernel's next build has the same name, and other symbols: DKMS builds nothing.
    if grep -q CONFIG_MODVERSIONS=y "$headers/.config"; then
        good; f=m/usr/src/linux-headers-$new; own_headers "$f"
        sed 's/^0x[0-9a-f]*\(\t__fentry__\t\)/0x12345678\1/; s/^0x[0-9a-f]*\(\tmodule_layout\t\)/0x12345678\1/' "$headers/Module.symvers" > "$f/Module.symvers"
        asks 'other symbol versions' 1 modules missing
        tells 'other symbol versions' 'would not take'
    else
        skip 'other symbol versions' 'the headers have none'
    fi
    # --- what the data say beside it
    good; sed -i 's/^Load: yes/Load: no\nReason: the sample does not load/' data/kernel-versions/6.1
    asks 'built, and known not to load' 1 data missing
    sed -i 's/^Load: no/Load: unknown/' data/kernel-versions/6.1
    asks 'built, and nobody has loaded it' 0 data attention
    is_silent 'built, and nobody has loaded it'
    mv data/kernel-versions/6.1 away
    asks 'built, of a line that the data do not know' 0 data attention
    mv away data/kernel-versions/6.1
    sed -i '/^Reason: the sample/d; s/^Load: unknown/Load: yes/' data/kernel-versions/6.1
    # --- asked to boot it
    good; mkdir -p m/etc/gridpatch; echo 'Boot: yes' > m/etc/gridpatch/config
    asks 'a boot of a recorded machine' 0 boot attention
    says 'it says so' 'was not booted' out
    expect_status 'hook: a boot of a recorded machine' 0 upgrade-check --hook --sysroot m "$new"
    says 'hook: says so' 'was not booted'
    refute 'hook: but not at every login' test -e "$motd"
else
    skip 'what was built' "${headers:+$(tail -n 1 build.out)}${headers:-no kernel headers}"
fi

# --- a kernel that has not come -------------------------------------------------------
machine m
asks 'known to work' 0 data ok 6.1.77
check 'it is not installed' json_is r.json .installed false
asks 'newer than the data' 4 data unknown 9.9.9
asks 'blocked' 1 data missing 5.13.19
expect_status 'hook: one that was removed' 0 upgrade-check --hook --sysroot m 6.1.77
silent_on 'hook: nobody boots it' err
mkdir -p m/run/motd.d; echo old > m/run/motd.d/gridpatch-6.1.77
expect_status 'hook: once more' 0 upgrade-check --hook --sysroot m 6.1.77
refute 'hook: its notice went with it' test -e m/run/motd.d/gridpatch-6.1.77
machine m breaks
asks 'sources without a patch that it wants' 1 sets missing 6.1.77
says 'what gives it to them' "gridpatch patch /usr/src/nvidia-$v -k 6.1.77" out
find m -type f | sort | xargs sha256sum > before
asks 'and it is not changed' 1 sets missing 6.1.77
find m -type f | sort | xargs sha256sum | cmp - before > same 2>&1
check 'the machine is as it was' test ! -s same
sed -i 's/set_fs(old);/set_fs(old) ;/' m/usr/src/nvidia-$v/nvidia/os-interface.c
asks 'a patch that does not fit' 4 sets unknown 6.1.77

# --- which driver ---------------------------------------------------------------------
machine m; rm -r m/var/lib/dkms
expect_status 'no driver' 4 upgrade-check --sysroot m
is_silent 'no driver'
machine m; rm -r m/usr/src/nvidia-$v
expect_status 'a stale entry is none' 4 upgrade-check --sysroot m
machine m; mkdir -p m/var/lib/dkms/nvidia/380.1; ln -s /usr/src/nvidia-380.1 m/var/lib/dkms/nvidia/380.1/source
cp -R m/usr/src/nvidia-$v m/usr/src/nvidia-400.1; sed -i "s/$v/400.1/" m/usr/src/nvidia-400.1/dkms.conf
mkdir -p m/var/lib/dkms/nvidia/400.1; ln -s /usr/src/nvidia-400.1 m/var/lib/dkms/nvidia/400.1/source
run upgrade-check --sysroot m --json=r.json
check 'of two versions the newest' json_is r.json .dkms.version 400.1
built m "$new"
run upgrade-check --sysroot m --json=r.json
check 'but for the one that is installed' json_is r.json .dkms.version $v
mkdir -p m/var/lib/dkms/nvidia-fs/2.1 m/usr/src/nvidia-fs-2.1
ln -s /usr/src/nvidia-fs-2.1 m/var/lib/dkms/nvidia-fs/2.1/source
printf 'PACKAGE_NAME=nvidia-fs\nPACKAGE_VERSION=2.1\nBUILT_MODULE_NAME[0]=nvidia-fs\n' > m/usr/src/nvidia-fs-2.1/dkms.conf
mv m/var/lib/dkms/nvidia m/var/lib/dkms/nvidia-zz; mv m/usr/src/nvidia-$v m/usr/src/nvidia-zz
ln -sfn /usr/src/nvidia-zz m/var/lib/dkms/nvidia-zz/$v/source
run upgrade-check --sysroot m --json=r.json
check 'another module of the kind is none' json_is r.json .dkms.module nvidia-zz
machine m; rm -r m/var/lib/dkms; mkdir -p m/lib/modules/$old/kernel/drivers/video
echo 'kernel/drivers/video/nvidia.ko:' > m/lib/modules/$old/modules.dep
: > m/lib/modules/$old/kernel/drivers/video/nvidia.ko
asks 'one that DKMS does not know' 1 driver missing
says 'which kernel has it' "$old has the driver and $new has not" out
tells 'one that DKMS does not know' 'nobody builds it there'
printf 'kernel/drivers/%s:\n' video/fbdev/nvidia/nvidiafb.ko.xz platform/x86/nvidia-wmi-ec-backlight.ko > m/lib/modules/$old/modules.dep
expect_status "the kernel's own modules are none" 4 upgrade-check --sysroot m

# --- where nothing is to be written -----------------------------------------------------
machine m; mkdir -p m/run/systemd; echo docker > m/run/systemd/container
expect_status 'hook: in a container' 0 upgrade-check --hook --sysroot m "$new"
says 'hook: in a container: says it' 'will not work'
refute 'hook: in a container: no login' test -e "$motd"
machine m; mkdir -p m/etc/gridpatch; echo 'Motd: no' > m/etc/gridpatch/config
expect_status 'hook: no notice wanted' 0 upgrade-check --hook --sysroot m "$new"
refute 'hook: and none written' test -e "$motd"

# --- the configuration --------------------------------------------------------------------
configured() {
    printf '%s\n' "$2" > m/etc/gridpatch/config
    expect_status "config: $1" 3 upgrade-check --sysroot m
    says "config: $1: where" "/etc/gridpatch/config"
    expect_status "config: $1: hook" 0 upgrade-check --hook --sysroot m "$new"
    says "config: $1: hook says so, and goes on" "/etc/gridpatch/config"
}
configured 'a field that there is not' 'Bot: yes'
says 'config: its line' '/etc/gridpatch/config:1'
configured 'a word that it cannot be' 'Boot: perhaps'
configured 'no time at all' 'Limit: 0'
configured 'too much time' 'Boot-Limit: 99999'
configured 'no field' 'boot'
printf 'Boot: no\nMotd: yes\n# why\nLimit: 30\nBoot-Limit: 60\n' > m/etc/gridpatch/config
expect_status 'config: all of it' 1 upgrade-check --sysroot m
chmod 0666 m/etc/gridpatch/config
expect_status 'config: others may write to it' 1 upgrade-check --sysroot m
says 'config: it does not count' 'others may write'
if [ "$(id -u)" -eq 0 ]; then
    chmod 0644 m/etc/gridpatch/config; chown 12345 m/etc/gridpatch/config
    expect_status 'config: of somebody else' 1 upgrade-check --sysroot m
    says 'config: whose' 'belongs to user 12345'
else
    skip 'config: of somebody else' 'not root'
fi

# --- a look that does not end ------------------------------------------------------------------
machine m; mkdir -p m/etc/gridpatch; echo 'Limit: 1' > m/etc/gridpatch/config
case $GRIDPATCH in
*-san/*) skip 'a look that does not end' 'sanitizers do not like preloaded libraries' ;;
*)
    if cc -shared -fPIC -o fault.so "$fx/fault.c" -ldl 2> /dev/null; then
        begin=$(date +%s)
        LD_PRELOAD=$work/fault.so FAULT_CALL=readdir FAULT_AT=1 FAULT_ERROR=0 FAULT_RUN='[ -e once ] || { : > once; sleep 6; }' \
            "$GRIDPATCH" upgrade-check --hook --sysroot m "$new" > out 2> err < /dev/null
        check 'a look that does not end: exit 0' test $? -eq 0
        check 'it is given up in time' test $(($(date +%s) - begin)) -lt 5
        says 'and said' 'looking took longer than 1 s'
        check 'at the login, too' grep -q 'took longer' "$motd"
    else
        skip 'a look that does not end' 'no compiler'
    fi
    ;;
esac

# --- command lines ----------------------------------------------------------------------------
expect_status 'two kernels' 2 upgrade-check --sysroot m 5.10.1 5.10.2
expect_status 'no kernel' 3 upgrade-check --sysroot m ../../etc
expect_status 'hook and JSON' 2 upgrade-check --hook --json --sysroot m
rm -r m/lib/modules
expect_status 'no kernel is installed' 4 upgrade-check --sysroot m
is_silent 'no kernel is installed'
run upgrade-check --json=r.json
json_valid r.json upgrade-check
check 'here: an answer' test "$status" -eq 0 -o "$status" -eq 1 -o "$status" -eq 4
finish
