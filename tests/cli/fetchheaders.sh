#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2012,SC2016,SC2034,SC2046,SC2086,SC2154 # lib.sh sets and uses the rest
# --fetch-headers: headers of a kernel by apt, from an archive of our own that an apt with a
# configuration of its own has, and by a stand-in for dnf; what comes out is judged by
# dpkg-deb and cpio. The network is not used.
# tests: ops/fetch/fetchheaders ops/fetch/apt ops/fetch/dnf ops/fetch/plan ops/fetch/kept
# tests: ops/fetch/unpacked ops/input/packagefiles ops/input/unpack
# slow: 60 s
. "$(dirname "$0")/lib.sh"

if ! command -v apt-get > /dev/null || ! command -v dpkg-deb > /dev/null; then
    skip 'headers by apt' 'this is no Debian'
    finish
fi
if ! command -v jq > /dev/null || ! command -v python3 > /dev/null; then
    skip 'headers by apt' 'jq or python3 is missing'
    finish
fi
umask 022
debs=$fx/headerdebs.sh
# 5.13 is blocked: an answer that takes no time.
sh "$fx/buildable.sh" --data data && sh "$fx/buildable.sh" a && sh "$fx/mkrun.sh" a a.run > /dev/null
GRIDPATCH_DATA=$work/data TMPDIR=$work/scratch XDG_CACHE_HOME=$work/cache
export GRIDPATCH_DATA TMPDIR XDG_CACHE_HOME
mkdir scratch
left_nothing() { [ -z "$(ls -A "$work/scratch")" ]; }
kept() { ls "$work/cache/gridpatch/headers" 2> /dev/null | wc -l; }

# --- an archive, and an apt that knows nothing else ------------------------------
sh "$debs" new repo
for r in 5.13.0-8-amd64 5.13.0-10-amd64 5.13.0-10-cloud-amd64 5.13.0-9-rt-amd64; do sh "$debs" kernel repo $r 5.13.9-1; done
# The newest has lost a part.
sh "$debs" kernel repo 5.13.0-12-amd64 5.13.9-2 && rm repo/linux-headers-5.13.0-12-common_*
sh "$debs" index repo
# apt_of NAME SOURCE: NAME.conf, and the lists of that source.
apt_of() {
    mkdir -p "apt-$1/state/lists/partial" "apt-$1/cache/archives/partial" "apt-$1/none"
    : > "apt-$1/state/status"
    echo "$2" > "apt-$1/sources.list"
    cat > "$1.conf" << END
Dir::Etc::sourcelist "$work/apt-$1/sources.list";
Dir::Etc::sourceparts "$work/apt-$1/none";
Dir::Etc::preferences "$work/apt-$1/none/preferences";
Dir::Etc::preferencesparts "$work/apt-$1/none";
Dir::State "$work/apt-$1/state";
Dir::State::status "$work/apt-$1/state/status";
Dir::Cache "$work/apt-$1/cache";
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
Acquire::Languages "none";
END
    APT_CONFIG=$work/$1.conf apt-get -qq update > update.log 2>&1 || cat update.log
}
apt_of own "deb [trusted=yes] copy:$work/repo ./"
APT_CONFIG=$work/own.conf
export APT_CONFIG
# What gridpatch asks apt for, and what apt has to say of it.
mkdir bin
cat > bin/apt-get << END
#!/bin/sh
echo "\$*" >> "$work/calls"
$(command -v apt-get) "\$@" 2> "$work/said"
rc=\$?
cat "$work/said" >> "$work/warned"
cat "$work/said" >&2
exit \$rc
END
chmod 0755 bin bin/apt-get
PATH=$work/bin:$PATH
: > calls
: > warned

# --- the newest of a line ---------------------------------------------------------
fetched() { jq -r ".fetched[0]$1" m.json; }
expect_status 'the newest 5.13' 0 matrix a.run --fetch-headers debian:5.13 --json=m.json
says 'it says so' 'headers    of debian:5.13: 5.13.0-10-amd64, fetched by apt-get, 3 packages' out
check 'the report: what was wanted' test "$(fetched .wanted)" = debian:5.13
check 'the report: and what came' test "$(fetched .exact)" = debian:5.13.0-10-amd64
check 'the report: not from the cache' test "$(fetched .cached)" = false
check 'the cell is of these headers' test "$(jq -r '.cells[0].kernel.headers' m.json)" = "$(fetched .headers)"
check 'the cell is judged' test "$(jq -r '.cells[0].class' m.json)" = blocked
(cd repo && sha256sum linux-headers-5.13.0-10-amd64_* linux-headers-5.13.0-10-common_* linux-kbuild-5.13_*) |
    sed 's/^\([0-9a-f]*\)  \([^_]*\)_\([^_]*\)_.*/\2 \3 \1/' | sort > want
fetched '.packages[] | "\(.name) \(.version) \(.sha256)"' | sort > got
check 'the packages, by the sums of their files' diff want got
dir=$(fetched .headers)
root=${dir%/usr/src/*}
mkdir want.d
for f in repo/linux-headers-5.13.0-10-amd64_* repo/linux-headers-5.13.0-10-common_* repo/linux-kbuild-5.13_*; do
    dpkg-deb -x "$f" want.d
done
# What is no header is not there; an absolute link is meant within.
rm -r want.d/usr/share want.d/lib
ln -sfn include want.d/usr/src/linux-headers-5.13.0-10-common/absolute
check 'the files are those of dpkg-deb' diff -r --no-dereference want.d "$root"
(cd want.d && find . -type f -printf '%p %T@ %m\n' | sort) > want
(cd "$root" && find . -type f -printf '%p %T@ %m\n' | sort) > got
check 'so are their times, and who may execute' diff want got
check 'no script of a package ran' left_nothing
check 'one is kept' test "$(kept)" -eq 1
if [ "$(id -u)" -eq 0 ] && getent passwd _apt > /dev/null; then
    refute 'apt has its own user download' grep -q unsandboxed warned
else
    skip 'apt has its own user download' 'not as root'
fi

# --- the second time ----------------------------------------------------------------
mv repo gone
: > calls
expect_status 'again, and the archive is gone' 0 matrix a.run --fetch-headers debian:5.13 --json=m.json
says 'it says so, too' 'debian:5.13: 5.13.0-10-amd64, fetched by an earlier run' out
check 'from the cache' test "$(fetched .cached)" = true
check 'the same directory' test "$(fetched .headers)" = "$dir"
refute 'nothing is downloaded' grep -q download calls
expect_status 'without the cache there is none' 4 matrix a.run --fetch-headers debian:5.13 --no-cache
says 'what apt says' 'apt-get download failed: E: '
check 'nothing is left' left_nothing
mv gone repo
expect_status 'without the cache' 0 matrix a.run --fetch-headers debian:5.13 --no-cache --json=m.json
refute 'it is in no cache then' sh -c 'case $1 in */cache/*) ;; *) exit 1 ;; esac' - "$(fetched .headers)"
refute 'and gone afterwards' test -e "$(fetched .headers)"
check 'nothing is left then either' left_nothing
# Somebody was there.
echo more >> "$dir/include/generated/autoconf.h"
expect_status 'headers that were changed' 0 matrix a.run --fetch-headers debian:5.13 --json=m.json
check 'are fetched anew' test "$(fetched .cached)" = false
check 'and are as they were' diff -r --no-dereference want.d "$root"
rm "$dir/Module.symvers"
expect_status 'headers of which something is missing' 0 matrix a.run --fetch-headers debian:5.13 --json=m.json
check 'are whole again' test -f "$dir/Module.symvers"
check 'still one is kept' test "$(kept)" -eq 1

# --- other words ----------------------------------------------------------------------
expect_status 'several, one by its whole name' 0 matrix a.run --fetch-headers debian:5.13.0-8 \
    --fetch-headers debian:5.13.0-10-cloud-amd64 --json=m.json
check 'their releases' test "$(jq -c '[.fetched[].release]' m.json)" = '["5.13.0-8-amd64","5.13.0-10-cloud-amd64"]'
check 'a cell of each' test "$(jq -c '[.cells[].kernel.release] | sort' m.json)" = '["5.13.0-10-cloud-amd64","5.13.0-8-amd64"]'
expect_status 'with other headers' 0 matrix a.run "$dir" --fetch-headers debian:5.13.0-8 --json=m.json
check 'both' test "$(jq '.cells | length' m.json)" -eq 2
expect_status 'build' 1 build a.run --fetch-headers debian:5.13 --json=m.json
check 'build: its report has them, too' test "$(fetched .release)" = 5.13.0-10-amd64
expect_status '--emit' 0 matrix a.run --fetch-headers debian:5.13 --emit lines
check '--emit names the kernel, whatever is the newest later' \
    grep -qx 'gridpatch matrix a.run --fetch-headers debian:5.13.0-10-amd64 --shard 1/1 --json=matrix-1.json' out
expect_status 'the emitted line' 0 $(sed 's/^gridpatch //' out)
says 'is of the same kernel' '5.13.0-10-amd64, fetched by an earlier run' out
expect_status '-k of another kernel' 2 matrix a.run -k 5.12.9 --fetch-headers debian:5.13
for w in '' debian debian: debian:newest gentoo:5.13 'debian:5.13 x' debian:../x; do
    expect_status "'$w'" 2 matrix a.run --fetch-headers "$w"
done
expect_status 'a distribution that is mistyped' 2 matrix a.run --fetch-headers debin:5.13
says 'which one was meant' "did you mean 'debian'?"
expect_status '--merge' 2 matrix --merge m.json --fetch-headers debian:5.13

# --- what cannot be had ------------------------------------------------------------------
expect_status 'no such kernel' 4 matrix a.run --fetch-headers debian:6.99 --json=m.json
says 'the nearest are named' 'apt has no headers of a kernel 6.99 of Debian here: there is 5.13.0-12-amd64, 5.13.0-10-amd64, 5.13.0-8-amd64'
expect_status 'a kernel of which a part is missing' 4 matrix a.run --fetch-headers debian:5.13.0-12-amd64
expect_status 'another distribution' 4 matrix a.run --fetch-headers ubuntu:5.13
says 'what apt is set up for' 'apt has no archive of Ubuntu here: it is set up for Debian'
mkdir empty
mkdir -p apt-none/state/lists/partial
sed "s|apt-own|apt-none|" own.conf > none.conf
mkdir -p apt-none/cache/archives/partial apt-none/none && : > apt-none/state/status && cp apt-own/sources.list apt-none/
APT_CONFIG=$work/none.conf expect_status 'no lists yet' 4 matrix a.run --fetch-headers debian:5.13
says 'what to do' "run 'apt-get update' as root first"
status=$(PATH=$work/empty "$GRIDPATCH" matrix a.run --fetch-headers debian:5.13 > out 2> err; echo $?)
check 'no apt: exit 4' test "$status" -eq 4
says 'no apt: what to do' "'apt-get' is missing"
status=$(PATH=$work/empty "$GRIDPATCH" matrix a.run --fetch-headers fedora:5.13 > out 2> err; echo $?)
check 'no dnf: exit 4' test "$status" -eq 4
says 'no dnf: what to do' 'give --headers DIR'

# --- what is not as the archive says -------------------------------------------------------
n=$(kept)
cp -R repo other
cp other/linux-headers-5.13.0-8-common_* swapped.deb
cp other/linux-kbuild-5.13_* other/linux-headers-5.13.0-8-common_*
APT_CONFIG=$work/own.conf
mv repo good && mv other repo
expect_status 'another file than the list has' 4 matrix a.run --fetch-headers debian:5.13.0-8 --no-cache
says 'apt sees it' 'apt-get download failed: E: '
rm -r repo && mv good repo
# Nobody has signed this one; apt was told to read it, and not to trust it.
apt_of unsigned "deb [allow-insecure=yes] file:$work/repo ./"
APT_CONFIG=$work/unsigned.conf
expect_status 'an archive that is not signed' 4 matrix a.run --fetch-headers debian:5.13 --no-cache
says 'apt does not take it' 'apt-get download failed: E: '
check 'nothing is left of any of them' left_nothing
check 'and nothing more is kept' test "$(kept)" -eq "$n"

# --- packages that would write elsewhere ------------------------------------------------------
# bad NAME WORD…: a flavour's package whose data has, of its headers, more: PATH, PATH@TARGET (a
# link), PATH=TARGET (a hard link).
bad() {
    name=$1
    shift
    rm -rf "repo-$name" && sh "$debs" new "repo-$name" && sh "$debs" kernel "repo-$name" 5.13.0-10-amd64 5.13.9-1
    file=$(ls "repo-$name"/linux-headers-5.13.0-10-amd64_*)
    python3 - "$file" "$@" << 'END'
import io, subprocess, sys, tarfile
path, words = sys.argv[1], sys.argv[2:]
def member(name): return subprocess.run(["ar", "p", path, name], check=True, capture_output=True).stdout
old = tarfile.open(fileobj=io.BytesIO(member("data.tar.gz")))
out = io.BytesIO()
with tarfile.open(fileobj=out, mode="w:gz") as t:
    for m in old:
        t.addfile(m, old.extractfile(m) if m.isreg() else None)
    for word in words:
        name = word.split("@")[0].split("=")[0]
        i = tarfile.TarInfo("./" + name)
        if "@" in word:
            i.type, i.linkname = tarfile.SYMTYPE, word.split("@")[1]
        elif "=" in word:
            i.type, i.linkname = tarfile.LNKTYPE, "./" + word.split("=")[1]
        else:
            i.size = 5
        t.addfile(i, io.BytesIO(b"mine\n") if i.size else None)
parts = [("debian-binary", b"2.0\n"), ("control.tar.gz", member("control.tar.gz")), ("data.tar.gz", out.getvalue())]
with open(path, "wb") as f:
    f.write(b"!<arch>\n")
    for name, data in parts:
        f.write(b"%-16s%-12d%-6d%-6d%-8o%-10d`\n" % (name.encode(), 0, 0, 0, 0o100644, len(data)) + data + b"\n" * (len(data) % 2))
END
    sh "$debs" index "repo-$name"
    apt_of "$name" "deb [trusted=yes] file:$work/repo-$name ./"
    APT_CONFIG=$work/$name.conf
}
if command -v ar > /dev/null; then
    h=usr/src/linux-headers-5.13.0-10-amd64
    n=$(kept)
    bad good "$h/more" "$h/again=$h/more" "$h/up@../../lib/linux-kbuild-5.13" "$h/root@/"
    expect_status 'more that is fine' 0 matrix a.run --fetch-headers debian:5.13 --json=m.json
    dir=$(fetched .headers)
    check 'a hard link' test "$dir/more" -ef "$dir/again"
    check 'an absolute link stays within' test "$(readlink -f "$dir/root")" = "$(readlink -f "${dir%/usr/src/*}")"
    bad out "$h/out@../../../../etc"
    expect_status 'a link that leads out' 3 matrix a.run --fetch-headers debian:5.13
    says 'it is named' "its link '$h/out' leads out of the package, to '../../../../etc'"
    bad through "$h/d@../../lib" "$h/d/linux-kbuild-5.13/mine"
    expect_status 'a file behind a link' 3 matrix a.run --fetch-headers debian:5.13
    says 'it is named, too' "its file '$h/d/linux-kbuild-5.13/mine' would lie behind a link"
    # By the text it leads to usr; over the link it would be two above the root.
    bad over "$h/l@/" "$h/e@l/../../../x"
    expect_status 'a link over another one' 0 matrix a.run --fetch-headers debian:5.13 --json=m.json
    dir=$(fetched .headers)
    root=${dir%/usr/src/*}
    check 'leads to where the text does' test "$(readlink -m "$dir/e")" = "$(readlink -f "$root")/usr/x"
    bad dots "usr/src/../../../mine"
    expect_status 'a name that leads out' 3 matrix a.run --fetch-headers debian:5.13
    bad hard "$h/x=etc/passwd"
    expect_status 'a hard link to nothing' 3 matrix a.run --fetch-headers debian:5.13
    bad twice "$h/Makefile/x"
    expect_status 'a file and a directory' 3 matrix a.run --fetch-headers debian:5.13
    check 'nothing is left of them' left_nothing
    check 'two are kept' test "$(kept)" -eq $((n + 2))
    check 'none is half there' test -z "$(find cache/gridpatch/headers -maxdepth 1 -name '.*')"
else
    skip 'packages that would write elsewhere' 'ar is missing'
fi

# --- no more than so many --------------------------------------------------------------------
rm -rf many && sh "$debs" new many
words=
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13; do
    sh "$debs" kernel many 5.13.0-$i-amd64 5.13.9-1
    words="$words --fetch-headers debian:5.13.0-$i-amd64"
done
sh "$debs" index many
apt_of many "deb [trusted=yes] file:$work/many ./"
APT_CONFIG=$work/many.conf
expect_status 'thirteen at once' 0 matrix a.run $words --json=m.json
check 'all are there' test "$(jq '.cells | length' m.json)" -eq 13
expect_status 'another one' 0 matrix a.run --fetch-headers debian:5.13.0-13-amd64 --json=m.json
bad last "usr/src/linux-headers-5.13.0-10-amd64/last"
expect_status 'and one that is new' 0 matrix a.run --fetch-headers debian:5.13 --json=m.json
check 'twelve are kept' test "$(kept)" -eq 12
check 'the newest among them' test -d "$(fetched .headers)"

# --- dnf: a stand-in, real packages, and the real rpmkeys ------------------------------------------
unset APT_CONFIG
if command -v rpmbuild > /dev/null && command -v rpmsign > /dev/null && command -v rpmkeys > /dev/null &&
    command -v gpg > /dev/null && command -v rpm2cpio > /dev/null && command -v cpio > /dev/null; then
    cat > bin/dnf << 'END'
#!/bin/sh
# dnf 4 ends each line by itself, and dnf 5 does not.
echo "$*" >> "$WORK/calls"
for last; do :; done
case " $* " in
*' repoquery '*)
    [ -e "$WORK/rpms" ] || { echo 'Error: Failed to download metadata for repo' >&2; exit 1; }
    [ "$last" = kernel-devel ] || exit 1
    cd "$WORK/rpms" || exit 1
    for f in *.rpm; do echo "${f%.rpm}"; echo; done
    ;;
*' download '*)
    while [ "$1" != --destdir ]; do shift; done
    [ -f "$WORK/rpms/$last.rpm" ] || { echo "Error: No package $last available." >&2; exit 1; }
    cp "$WORK/rpms/$last.rpm" "$2"
    ;;
*) exit 9 ;;
esac
END
    chmod 0755 bin/dnf
    WORK=$work
    export WORK
    mkdir -m 0700 gpg
    undo='gpgconf --homedir "$work/gpg" --kill all' # its agent
    GNUPGHOME=$work/gpg
    export GNUPGHOME
    gpg -q --batch --passphrase '' --quick-gen-key sample@example.org rsa2048 sign never > gpg.log 2>&1
    gpg -q --batch --armor --export > key.asc
    printf '%%_dbpath %s\n%%_gpg_name sample@example.org\n%%__gpg %s\n' "$work/rpmdb" "$(command -v gpg)" > home/.rpmmacros
    mkdir rpmdb rpms
    rpmkeys --import key.asc
    # rpm RELEASE SIGN
    rpm() {
        rm -rf tree.d && mkdir -p tree.d/usr/src/kernels tree.d/usr/share/doc
        sh "$debs" small "tree.d/usr/src/kernels/$1" "$1"
        ln -s "/usr/src/kernels/$1/include" "tree.d/usr/src/kernels/$1/absolute"
        echo doc > tree.d/usr/share/doc/doc
        rest=${1#*-}
        cat > sample.spec << END
Name: kernel-devel
Version: ${1%%-*}
Release: ${rest%.x86_64}
Summary: sample
License: MIT
AutoReqProv: no
%define __os_install_post %{nil}
%description
sample
%install
cp -Rp $work/tree.d/. %{buildroot}
%post
touch $work/scratch/ran
%files
/usr
END
        rpmbuild -bb --quiet --target x86_64 --define "_topdir $work/rpmbuild" --define '_build_id_links none' sample.spec > rpm.log 2>&1
        mv rpmbuild/RPMS/x86_64/*.rpm rpms/
        [ -z "${2-}" ] || rpmsign --addsign "rpms/kernel-devel-$1.rpm" > rpm.log 2>&1
    }
    rpm 5.13.5-300.fc34.x86_64 signed
    rpm 5.13.12-200.fc34.x86_64 signed
    rpm 5.13.6-200.fc34.x86_64
    rm -r cache
    : > calls
    expect_status 'dnf: the newest 5.13' 0 matrix a.run --fetch-headers fedora:5.13 --json=m.json
    says 'dnf: it says so' 'headers    of fedora:5.13: 5.13.12-200.fc34.x86_64, fetched by dnf, 1 package' out
    check 'dnf: the package, by the sum of its file' test "$(fetched '.packages[0] | "\(.name) \(.version) \(.sha256)"')" = \
        "kernel-devel 5.13.12-200.fc34.x86_64 $(sha256sum < rpms/kernel-devel-5.13.12-200.fc34.x86_64.rpm | cut -c -64)"
    mkdir want.r
    (cd want.r && rpm2cpio ../rpms/kernel-devel-5.13.12-200.fc34.x86_64.rpm | cpio -id --quiet)
    rm -r want.r/usr/share
    ln -sfn include want.r/usr/src/kernels/5.13.12-200.fc34.x86_64/absolute
    dir=$(fetched .headers)
    check 'dnf: the files are those of cpio' diff -r --no-dereference want.r "${dir%/usr/src/*}"
    check 'dnf: no script of a package ran' left_nothing
    expect_status 'dnf: again' 0 matrix a.run --fetch-headers fedora:5.13 --json=m.json
    check 'dnf: from the cache' test "$(fetched .cached)" = true
    check 'dnf: it was downloaded once' test "$(grep -c download calls)" -eq 1
    expect_status 'dnf: a package that nobody signed' 1 matrix a.run --fetch-headers fedora:5.13.6
    says 'dnf: it is not taken' 'not signed by a key that rpm knows here'
    expect_status 'dnf: no such kernel' 4 matrix a.run --fetch-headers fedora:6.99
    says 'dnf: the nearest are named' \
        'there is 5.13.12-200.fc34.x86_64, 5.13.6-200.fc34.x86_64, 5.13.5-300.fc34.x86_64'
    expect_status 'dnf: another distribution' 4 matrix a.run --fetch-headers rhel:5.14
    says 'dnf: it has none' 'dnf has no headers of a kernel 5.14 of RHEL here: there is none'
    mv rpms gone
    : > calls
    expect_status 'dnf: by its whole name, without the network' 0 matrix a.run --fetch-headers fedora:5.13.12-200.fc34.x86_64
    check 'dnf: nobody was asked' test ! -s calls
    expect_status 'dnf: it fails' 4 matrix a.run --fetch-headers fedora:5.13
    says 'dnf: what it says' 'dnf repoquery failed: Error: Failed to download metadata for repo'
    mv gone rpms
    rm -r rpmdb && mkdir rpmdb
    expect_status 'dnf: a key that rpm does not know' 1 matrix a.run --fetch-headers fedora:5.13.5
    says 'dnf: what to do' 'rpmkeys --import'
    check 'dnf: nothing is left' left_nothing
else
    skip 'dnf' "rpm's tools, gpg or cpio are missing"
fi

# --- real headers, packed anew -----------------------------------------------------------------
if headers_here '*-amd64' && [ -L "$headers/scripts" ] && [ -d "${headers%-amd64}-common" ]; then
    abi=${release%-amd64}
    mkdir -p real real.d/DEBIAN real.d/usr/src real.d/usr/lib
    cp -Rp "$headers" "/usr/src/linux-headers-$abi-common" real.d/usr/src/
    cp -Rp "$(readlink -f "$headers/scripts/..")" real.d/usr/lib/
    printf 'Package: linux-headers-%s\nVersion: 1\nArchitecture: amd64\nMaintainer: N <n@example.org>\nDescription: d\n' \
        "$release" > real.d/DEBIAN/control
    dpkg-deb --root-owner-group -Zgzip -z1 -b real.d real > /dev/null
    rm -r real.d
    sh "$debs" index real
    apt_of real "deb [trusted=yes] file:$work/real ./"
    APT_CONFIG=$work/real.conf
    sh "$fx/buildable.sh" --data data --line "$(echo "$release" | cut -d. -f1,2)"
    expect_status 'a driver is built with what was fetched' 0 matrix a.run --fetch-headers "debian:$release" --json=m.json
    check 'it says so' test "$(jq -r '.cells[0].class' m.json)" = ok
    check 'nothing of it is left' left_nothing
else
    skip 'a driver is built with what was fetched' "no headers of Debian's here"
fi

finish
