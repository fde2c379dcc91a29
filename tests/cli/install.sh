#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2154 # lib.sh sets the rest
# make install, upgrade, uninstall, in a DESTDIR. The program itself is compiled
# by make from a tree that has objects of another PREFIX already.
# slow: 14 s
# no-san: make and cp work here, and the program says its version
. "$(dirname "$0")/lib.sh"
if ! command -v make > /dev/null; then
    skip 'make install' 'make is missing'
    finish
fi
tree_here || exit 1
# below DIR: everything in it, sorted.
below() { (cd "$1" && find . | LC_ALL=C sort); }
data_of() { strings -a "$1" | grep -E '^/[^%]*share/gridpatch$'; }

# --- install ----------------------------------------------------------------------
check 'make, for the usual PREFIX' mk PREFIX=/usr/local
check 'install for another' mk install DESTDIR="$work/dest" PREFIX=/opt/one
if command -v strings > /dev/null; then
    check 'the program knows the PREFIX it was given' test "$(data_of dest/opt/one/bin/gridpatch)" = /opt/one/share/gridpatch
    check 'and again another' mk install DESTDIR="$work/other" PREFIX=/opt/two/
    check 'it knows that one' test "$(data_of other/opt/two/bin/gridpatch)" = /opt/two/share/gridpatch
    check 'nothing is compiled without need' mk install DESTDIR="$work/other" PREFIX=/opt/two/
    refute 'not even one file' grep -q ' CC ' out
else
    skip 'the PREFIX in the program' 'strings is missing'
fi
# An object that somebody removed is made again.
obj=tree/$build/tools/base/utf8.o
rm -f "$obj"
check 'make after an object was removed' mk PREFIX=/opt/two
check 'makes it' test -f "$obj"

cat > want << 'EOF'
opt/one/bin/gridpatch 755
opt/one/share/bash-completion/completions/gridpatch 644
opt/one/share/fish/vendor_completions.d/gridpatch.fish 644
opt/one/share/gridpatch/kernel-versions/5.12 644
opt/one/share/gridpatch/patches/pfn-valid/series 644
opt/one/share/gridpatch/schema/junit.xsd 644
opt/one/share/man/man1/gridpatch.1 644
opt/one/share/man/man1/gridpatch-patch.1 644
opt/one/share/man/man5/gridpatch-kernel-versions.5 644
opt/one/share/man/man7/gridpatch-walk.7 644
opt/one/share/zsh/site-functions/_gridpatch 644
EOF
while read -r f mode; do
    check "$f has mode $mode" test "$(stat -c %a "dest/$f" 2>&1)" = "$mode"
done < want
cat > beside.py << 'EOF'
import json, pathlib, sys, warnings
warnings.simplefilter("ignore")
import jsonschema
for schema in sorted(pathlib.Path(sys.argv[1]).resolve().glob("*.schema.json")):
    own = json.loads(schema.read_text(encoding="utf-8"))
    resolver = jsonschema.RefResolver(schema.as_uri(), own)
    words = own["properties"] if "properties" in own else {}
    for word in words.values():
        if "$ref" in word:
            resolver.resolve(word["$ref"])
    if schema.name == "select.schema.json":
        jsonschema.Draft202012Validator(own, resolver=resolver).validate(json.load(open(sys.argv[2])))
EOF
check 'all schemas are there' test "$(ls dest/opt/one/share/gridpatch/schema/ | grep -c 'schema.json$')" -eq "$(ls "$repo"/tools/data/*.schema.json | wc -l)"
if find_schema_python; then
    run select --driver 460.73.02 -k 5.10.0-32-amd64 --json=select.json
    check 'a schema finds the shared one beside it' $python beside.py dest/opt/one/share/gridpatch/schema select.json
else
    skip 'schemas that lie beside each other' 'python3-jsonschema is missing'
fi
for d in kernel-versions patches; do
    check "all of $d is there" diff -r -x 'README*' "tree/$d" "dest/opt/one/share/gridpatch/$d"
    refute "$d: its page for contributors is not" test -e "dest/opt/one/share/gridpatch/$d/README.md"
done
check 'the list names every file, and itself' sh -c '
    (cd dest && find . ! -type d | sed "s|^\.||" | LC_ALL=C sort) > files
    grep -v "/\$" dest/opt/one/share/gridpatch/installed | LC_ALL=C sort | diff files -'
mv dest moved
HOME=$work/home moved/opt/one/bin/gridpatch select --driver 460.73.02 -k 5.4.0 --explain > out 2> err
check 'it runs where it lies, with the data beside it' test $? -eq 0
mv moved dest
(umask 077 && mk install DESTDIR="$work/mask" PREFIX=/usr KERNEL_HOOKS=none)
check 'a umask does not hide it' test "$(stat -c %a mask/usr/share/gridpatch/patches)" = 755

# --- hooks for new kernels ----------------------------------------------------------
check 'install, with hooks' mk install DESTDIR="$work/hooks" PREFIX=/usr
hooks='etc/kernel/postinst.d/zz-gridpatch etc/kernel/header_postinst.d/zz-gridpatch etc/kernel/postrm.d/zz-gridpatch'
for f in $hooks usr/lib/kernel/install.d/95-gridpatch.install; do
    check "$f has mode 755" test "$(stat -c %a "hooks/$f" 2>&1)" = 755
    check "$f names the program" grep -qx "gridpatch='/usr/bin/gridpatch'" "hooks/$f"
done
refute 'none for a PREFIX of any other kind' test -e dest/etc
if command -v run-parts > /dev/null; then
    touch hooks/etc/kernel/postinst.d/dkms && chmod 0755 hooks/etc/kernel/postinst.d/dkms
    run-parts --test hooks/etc/kernel/postinst.d | sed 's|.*/||' > order
    check 'run-parts runs it behind dkms' test "$(tr '\n' ' ' < order)" = 'dkms zz-gridpatch '
else
    skip 'the order of hooks' 'no run-parts'
fi
# hooked NAME WORD…: with a program that writes down what it is given, and fails.
printf '#!/bin/sh\necho "$*" >> %s\nexit 3\n' "$work/given" > fails
chmod 0755 fails
hooked() {
    sed "s|/usr/bin/gridpatch|$work/fails|" "hooks/$1" > "$work/hook" && rm -f given && : > given
    shift
    sh "$work/hook" "$@" > out 2>&1
}
check 'a hook never fails' hooked etc/kernel/postinst.d/zz-gridpatch 6.1.0-50-amd64 /boot/vmlinuz
check 'it asks about the kernel that came' test "$(cat given)" = 'upgrade-check --hook 6.1.0-50-amd64'
check 'nor without a kernel' hooked etc/kernel/postinst.d/zz-gridpatch
check 'then nothing is asked' test ! -s given
check 'kernel-install: add' hooked usr/lib/kernel/install.d/95-gridpatch.install add 6.1.0-50-amd64 /boot/x /boot/vmlinuz
check 'it asks, too' test "$(cat given)" = 'upgrade-check --hook 6.1.0-50-amd64'
check 'kernel-install: something else' hooked usr/lib/kernel/install.d/95-gridpatch.install inspect 6.1.0-50-amd64
check 'nobody asks' test ! -s given
sed 's|/usr/bin/gridpatch|/nowhere/gridpatch|' hooks/etc/kernel/postinst.d/zz-gridpatch > hook
check 'a hook whose program went' sh hook 6.1.0-50-amd64
if command -v apt-config > /dev/null; then
    sed "s|/usr/bin/gridpatch|$work/fails|g" hooks/etc/apt/apt.conf.d/90gridpatch > apt.conf
    : > given
    check 'apt reads its part' sh -c 'apt-config -c apt.conf dump DPkg::Post-Invoke --format "%v%n" | grep fails > command'
    check 'and what it would run does not fail' sh ./command
    check 'it asks about no kernel by name' test "$(cat given)" = 'upgrade-check --hook'
else
    skip "apt's part" 'no apt-config'
fi
# The spec names each file, and rpmbuild stops at one that it does not name.
check 'install, for rpm' mk install DESTDIR="$work/rpm" PREFIX=/usr KERNEL_HOOKS=rpm
(cd rpm && find . ! -type d ! -name installed) | sed 's/^\.//' | LC_ALL=C sort > there
awk '/^%files/ { on = 1; next } on && /^\/|^%{_/ { print }' "$repo/tools/packaging/rpm/gridpatch.spec" |
    sed 's|%{_bindir}|/usr/bin|; s|%{_datadir}|/usr/share|; s|%{_mandir}|/usr/share/man|' > globs
# shellcheck disable=SC2254 # patterns
while read -r path; do
    while read -r glob; do
        case $path in $glob | $glob/*) continue 2 ;; esac
    done < globs
    echo "$path"
done < there > unnamed
check 'there is something to name' grep -q fish there
check 'the spec names all of it' diff /dev/null unnamed
check 'a PREFIX of the administrator' mk install DESTDIR="$work/local" PREFIX=/usr/local
check 'has that of kernel-install in /etc' test -x local/etc/kernel/install.d/95-gridpatch.install
check 'without hooks' mk install DESTDIR="$work/local" PREFIX=/usr/local KERNEL_HOOKS=none
refute 'those of before go' test -e local/etc
check 'some, for a PREFIX of any kind' mk install DESTDIR="$work/local" PREFIX=/opt/x KERNEL_HOOKS=debian
check 'they are there' grep -q /opt/x/bin/gridpatch local/etc/kernel/postinst.d/zz-gridpatch
refute 'of the others none' test -e local/etc/kernel/install.d
refute 'for a word that is none' mk install DESTDIR="$work/local" PREFIX=/opt/x KERNEL_HOOKS=suse
refute 'for a path that no script can name' mk install DESTDIR="$work/local" "PREFIX=/opt/x'y" KERNEL_HOOKS=debian
touch local/etc/kernel/postinst.d/other
check 'uninstall, with hooks' mk uninstall DESTDIR="$work/local" PREFIX=/opt/x
find local/etc ! -type d > have
check 'leaves what is of others' test "$(cat have)" = local/etc/kernel/postinst.d/other

# --- upgrade ----------------------------------------------------------------------
echo own > dest/opt/one/share/gridpatch/kernel-versions/own
echo own > dest/opt/one/bin/other
rm -r tree/kernel-versions/5.12 tree/patches/pfn-valid
mkdir tree/patches/new-set tree/kernel-versions/5.12
: > tree/patches/new-set/series
: > tree/kernel-versions/5.12/now-a-folder
check 'upgrade' mk install DESTDIR="$work/dest" PREFIX=/opt/one
refute 'what the new version has not is gone' test -e dest/opt/one/share/gridpatch/patches/pfn-valid
check 'a file became a folder' test -f dest/opt/one/share/gridpatch/kernel-versions/5.12/now-a-folder
check 'what is new is there' test -f dest/opt/one/share/gridpatch/patches/new-set/series
check 'files of others stay' test -f dest/opt/one/share/gridpatch/kernel-versions/own -a -f dest/opt/one/bin/other
check 'the list is of the new version' sh -c '! grep -q pfn-valid dest/opt/one/share/gridpatch/installed'
# One that ends half way: the next one still knows what the version before it made.
rm -rf tree/patches/new-set
mv tree/tools/completion/gridpatch.bash page
refute 'an upgrade that fails' mk install DESTDIR="$work/dest" PREFIX=/opt/one
mv page tree/tools/completion/gridpatch.bash
check 'is made up for by the next' mk install DESTDIR="$work/dest" PREFIX=/opt/one
refute 'nothing is left of it' test -e dest/opt/one/share/gridpatch/patches/new-set
# Versions before the list, which had one page, and a completion for bash.
listless() { rm -r "$1/share/gridpatch/installed" "$1"/share/man/man[57] "$1"/share/man/man1/gridpatch-*.1 "$1/share/zsh" "$1/share/fish"; }
listless mask/usr
mkdir mask/usr/share/gridpatch/patches/old-set
: > mask/usr/share/gridpatch/patches/old-set/series
check 'upgrade from a version without a list' mk install DESTDIR="$work/mask" PREFIX=/usr KERNEL_HOOKS=none
refute 'its files go, too' test -e mask/usr/share/gridpatch/patches/old-set
check 'uninstall after it' mk uninstall DESTDIR="$work/mask" PREFIX=/usr
check 'leaves nothing, no folder either' test -z "$(find mask -mindepth 1)"
check 'a version without a list' mk install DESTDIR="$work/mask" PREFIX=/usr KERNEL_HOOKS=none
listless mask/usr
echo own > mask/usr/bin/other
check 'uninstall without an upgrade' mk uninstall DESTDIR="$work/mask" PREFIX=/usr
printf '%s\n' . ./usr ./usr/bin ./usr/bin/other > want
below mask > have
check 'leaves what others have' diff want have
# Without a DESTDIR folders are the system's.
check 'one that is not below a DESTDIR' mk install PREFIX="$work/real/usr"
listless real/usr
check 'upgrade' mk install DESTDIR=/ PREFIX="$work/real/usr"
check 'uninstall' mk uninstall PREFIX="$work/real/usr"
printf '%s\n' . ./usr ./usr/bin ./usr/share ./usr/share/bash-completion ./usr/share/bash-completion/completions \
    ./usr/share/man ./usr/share/man/man1 > want
below real > have
check 'leaves the folders' diff want have
rm -rf real

rm dest/opt/one/share/gridpatch/kernel-versions/own
# --- uninstall --------------------------------------------------------------------
check 'uninstall' mk uninstall DESTDIR="$work/dest" PREFIX=/opt/one
printf '%s\n' . ./opt ./opt/one ./opt/one/bin ./opt/one/bin/other > want
below dest > have
check 'leaves nothing but what others have' diff want have
mkdir -p again/usr/share/man/man1
echo page > again/usr/share/man/other
below again > want
check 'install into what is there' mk install DESTDIR="$work/again" PREFIX=/usr
# A list that somebody has edited.
echo keep > again/keep
mkdir again/empty
printf '%s\n' /keep /empty/ /usr/../keep /usr/share/../../keep >> again/usr/share/gridpatch/installed
check 'uninstall' mk uninstall DESTDIR="$work/again" PREFIX=/usr
check 'nothing outside of PREFIX is touched' sh -c 'rm again/keep && rmdir again/empty'
below again > have
check 'folders that were there stay, empty or not' diff want have
check 'uninstall once more' mk uninstall DESTDIR="$work/again" PREFIX=/usr
says 'says that there is nothing' 'nothing of gridpatch' out
check 'a PREFIX with a blank' mk install DESTDIR="$work/again" 'PREFIX=/opt/a b'
check 'it is there' test -x 'again/opt/a b/bin/gridpatch'
check 'and goes again' mk uninstall DESTDIR="$work/again" 'PREFIX=/opt/a b'
below again > have
check 'all of it' diff want have
finish
