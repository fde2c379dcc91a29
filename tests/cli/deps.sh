#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2154 # lib.sh sets the rest
# AUTODEPS=0: without something that the program is made from make stops before it compiles,
# and says the one command; without something that only tests want it goes on.
# no-san: make works here
. "$(dirname "$0")/lib.sh"
command -v make > /dev/null || { skip 'make without a library' 'make is missing'; finish; }
tree_here || exit 1
check 'with all of it' mk
# lacking PATTERN…: a compiler that has none of these headers.
lacking() {
    { echo '#!/bin/sh' && echo 'text=$(cat)'; for p; do echo "case \$text in *'$p'*) exit 1 ;; esac"; done; } > cc
    # shellcheck disable=SC2016 # the compiler's
    echo 'echo "$text" | cc "$@"' >> cc && chmod 0755 cc
}
# The compiler of make itself is not this one: it would say so too late.
without() { CC=$work/cc mk; }
lacking archive.h
refute 'without libarchive' without
refute 'nothing is compiled' grep -q ' CC ' out
if command -v apt-get > /dev/null; then
    check 'the last word is the command' sh -c 'grep -v "^make" err | tail -n 1 |
        grep -qx "as root: apt-get install --no-install-recommends libarchive-dev"'
    lacking archive.h json-c/json.h
    refute 'without two' without
    says 'it is one command still' 'install --no-install-recommends libarchive-dev libjson-c-dev' err
fi
mkdir bin
# Of others: their own names, with programs that are not asked for anything.
for tool in sh cut pkg-config echo gcc make cat cc head; do
    ln -s "$(command -v $tool || command -v true)" bin/$tool
done
for pair in dnf:libarchive-devel:'dnf install' pacman:libarchive:'pacman -S --needed'; do
    manager=${pair%%:*} && rest=${pair#*:}
    ln -s /bin/true "bin/$manager"
    lacking archive.h
    PATH=$work/bin CC=$work/cc AUTODEPS=1 "$work/bin/sh" tree/tools/packaging/deps.sh build > out 2> err
    check "$manager: that is the end" test $? -eq 1
    says "$manager: its name and its command" "as root: ${rest#*:} ${rest%%:*}" err
    rm "bin/$manager"
done

# A long wait: apt-get that fails until its lists are there, and a second that is short.
mkdir slow
# shellcheck disable=SC2016 # the stand-ins'
{
    printf '#!/bin/sh\n[ "$1" = 10 ] || exec %s "$@"\nexec %s 0.1\n' "$(command -v sleep)" "$(command -v sleep)" > slow/sleep
    printf '#!/bin/sh\necho "$@" >> %s/asked\nsleep 0.5\ncase $1 in update) : > lists ;; *) test -e lists ;; esac\n' "$work" > slow/apt-get
    printf '#!/bin/sh\nexit 1\n' > slow/dpkg-query
}
chmod 0755 slow/*
PATH=$work/slow:$PATH CC=$work/cc AUTODEPS=1 sh tree/tools/packaging/deps.sh build > out 2> err
check 'it installs' test $? -eq 0
check 'lists first, when it has none' test "$(cut -d ' ' -f 1 asked | tr '\n' ' ')" = 'install update install '
check 'what it waits for, and how long' grep -qx '  still waiting for apt-get install, 20 s' out
check 'the lists, too' grep -q '^  still waiting for apt-get update, ' out
rm -f lists asked
printf '#!/bin/sh\necho no network >&2\nexit 100\n' > slow/apt-get
PATH=$work/slow:$PATH CC=$work/cc AUTODEPS=1 sh tree/tools/packaging/deps.sh build > out 2> err
check 'an apt-get that fails is no success' test $? -eq 100
says 'with what it says' 'no network' err
finish
