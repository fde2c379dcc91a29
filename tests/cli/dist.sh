#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2154 # lib.sh sets the rest
# make dist: the same bytes from two folders, whoever made them and when, and from what it
# packed; and what the program says of itself.
# no-san: make, git and tar work here
. "$(dirname "$0")/lib.sh"
for tool in make git tar gzip; do
    command -v $tool > /dev/null || { skip 'make dist' "$tool is missing"; finish; }
done
unset MAKEFLAGS MAKELEVEL SUDO_UID SUDO_GID DESTDIR PREFIX
GIT_CONFIG_GLOBAL=$work/gitconfig
export GIT_CONFIG_GLOBAL
git config --global --add safe.directory '*'
dist() { make -C "$1" dist > out 2> err < /dev/null; }
version() { sh "$1/tools/packaging/version.sh" "$2"; }

# A commit of the files as they are here, in a repository of the test's own.
mkdir one && (cd "$repo" && tar --exclude='./build*' --exclude=./dist --exclude=./.git -cf - .) | tar -xf - -C one
git -C one init -q
printf '%s\n' "\$Format:%H %ct\$" > one/tools/packaging/commit
git -C one add -A
GIT_COMMITTER_DATE='2026-11-30T12:00:00Z' git -C one -c user.name=t -c user.email=t@t.t commit -q -m one
(umask 077 && git clone -q one two && find two -exec touch -h -d 2001-02-03 {} +)
check 'make dist' dist one
name=gridpatch-$(version one program) data=gridpatch-data-$(version one data)
check 'the program is in it' sh -c 'tar -tzf "$0" | grep -qx "$1/Makefile"' "one/dist/$name.tar.gz" "$name"
refute 'of building nothing' sh -c 'tar -tzf "$0" | grep -E "^[^/]*/(build|dist|\.git/)"' "one/dist/$name.tar.gz"
if [ "$(id -u)" -eq 0 ] && command -v setpriv > /dev/null; then
    chown -R 65534:65534 two
    check 'somewhere else, as somebody else' sh -c 'umask 077; setpriv --reuid 65534 --regid 65534 --clear-groups \
        env HOME=/nowhere TZ=Asia/Tokyo make -C two dist' 
else
    check 'somewhere else' sh -c 'umask 077; TZ=Asia/Tokyo make -C two dist'
fi
for f in "$name" "$data"; do
    check "$f: the same bytes" cmp "one/dist/$f.tar.gz" "two/dist/$f.tar.gz"
    tar -xzf "one/dist/$f.tar.gz"
done
check 'what was unpacked knows its commit' test "$(version "$name" commit)" = "$(git -C one rev-parse --short=12 HEAD)"
check 'and packs the same' sh -c 'make -C "$0" dist && cmp "$0/dist/$0.tar.gz" "one/dist/$0.tar.gz"' "$name"
check 'the data, too' cmp "$name/dist/$data.tar.gz" "one/dist/$data.tar.gz"
for d in kernel-versions patches; do
    check "all of $d is in the data's" diff -r "one/$d" "$data/$d"
done
refute 'the program is not' test -e "$data/tools/cmd"
check 'within a repository of others' sh -c 'git init -q other && git -C other -c user.name=t -c user.email=t@t.t commit -q --allow-empty -m x &&
    cp -R two other/ && rm -rf other/two/.git && test -z "$(sh other/two/tools/packaging/version.sh commit)"'
echo '# more' >> one/Makefile
check 'what is not committed' test "$(version one commit)" = "$(git -C one rev-parse --short=12 HEAD)-changed"
check 'is not packed' dist one
says 'and that is said' 'what is not committed is left out' err
check 'so the bytes stay' cmp "one/dist/$name.tar.gz" "$name/dist/$name.tar.gz"

# --- what the program says --------------------------------------------------------
run --version
check '--version: two lines' test "$(wc -l < out)" -eq 2
check 'the program, and its commit' grep -qxE "gridpatch $(version "$repo" program)( \([0-9a-f]{12}(-changed)?\))?" out
check 'the day of the data' grep -qx "data of $(version "$repo" data | tr . -)" out
check 'NEWS begins with this version' grep -q "^gridpatch $(version "$repo" program), " "$repo/tools/NEWS"
number=$(version "$repo" program)
check "packagers unpack this version" grep -qxF "    tar -xzf gridpatch-$number.tar.gz" "$repo/tools/packaging/README.md"
for f in .github/actions/matrix/action.yml tools/man/gridpatch-ci.7; do
    check "$f: the action of this version" grep -q " uses: OWNER/gridpatch/.github/actions/matrix@v$number\$" "$repo/$f"
done
finish
