#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2086,SC2154 # $k is words; lib.sh sets the rest
# What people give for an installer and is none: it is named for what it is, with what to
# do, by every verb, and nothing is left.
# tests: core/payload/filetype ops/input/input
# slow: 4 s
. "$(dirname "$0")/lib.sh"

make_sample good
mkdir out.d

# wrong FILE TEXT [VERB]: of each verb but this exit 3, one line that has the name and
# the text. (verify looks into what is packed, or an ELF file, for a module.)
wrong() {
    before=$failed
    for verb in "$k --no-hooks -o out.d/out.run" info verify 'extract -C out.d/x' "select $k" \
        "build --no-hooks --headers $headers"; do
        case $verb in
        build*) [ -n "$headers" ] || continue ;;
        "${3-none}"*) continue ;;
        esac
        run $verb "$1"
        if [ "$status" -ne 3 ] || [ "$(grep -c '^gridpatch: ' err)" -ne 1 ] || ! grep -qF -- "'$1'" err ||
            ! grep -qF -- "$2" err; then
            not_ok "$1: $verb: exit $status, or it does not say '$2'"
        fi
    done
    [ -z "$(ls -A out.d)" ] || not_ok "$1: something is left"
    [ "$failed" -ne "$before" ] || ok "$1: $2"
}
headers_here || headers=

# --- downloads that are no downloads ------------------------------------------------------

printf '<!DOCTYPE html>\n<html lang="en"><head><title>Log in</title></head></html>\n' > login.run
wrong login.run 'is an HTML page, most likely the portal'
printf '\357\273\277\r\n  <HTML><BODY>302 Found</BODY></HTML>\n' > moved.run
wrong moved.run 'is an HTML page'
printf '<?xml version="1.0"?>\n<!-- x --><html xmlns="http://www.w3.org/1999/xhtml"/>\n' > xhtml.run
wrong xhtml.run 'is an HTML page'
printf '<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>\n' > denied.run
wrong denied.run 'is an XML or JSON text'
printf '{"error":"expired"}\n' > expired.run
wrong expired.run 'is an XML or JSON text'
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:%064d\nsize 12345\n' 0 > lfs.run
wrong lfs.run "'git lfs pull' gets it"
: > empty.run
wrong empty.run 'is empty: the download did not work'
head -c $(($(stat -c %s good.run) / 2)) good.run > half.run
wrong half.run 'cut off'
head -c 3000 good.run > stub.run
wrong stub.run 'cut off'

# --- other systems' -----------------------------------------------------------------------

{ printf 'MZ\220\0\003'; head -c 500 /dev/zero; } > 462.31_grid_win10_64bit.exe
wrong 462.31_grid_win10_64bit.exe 'is a program or an installer for Windows: give the Linux host'
{ printf '\320\317\021\340\241\261\032\341'; head -c 500 /dev/zero; } > license.msi
wrong license.msi 'is a program or an installer for Windows'
{ printf 'MSCF'; head -c 500 /dev/zero; } > driver.cab
wrong driver.cab 'is a program or an installer for Windows'
{ printf '!<arch>\ndescriptor.xml  0 0 0 0 0 `\n'; head -c 500 /dev/zero; } > NVIDIA.vib
wrong NVIDIA.vib 'is a package for VMware ESXi'
{ head -c 32769 /dev/zero; printf 'CD001'; head -c 2000 /dev/zero; } > xen.iso
wrong xen.iso 'is an image of a CD'

# --- archives -----------------------------------------------------------------------------

tar -cf good.tar good.run
gzip -c good.tar > good.tgz
xz -c good.tar > good.tar.xz
wrong good.tar 'unpack it (tar -xf)'
wrong good.tgz 'unpack it (tar -xf)' verify
wrong good.tar.xz 'unpack it (tar -xf)' verify
printf '7z\274\257\047\034\0\004' > good.7z
wrong good.7z 'is a 7z or RAR archive'
printf 'Rar!\032\007\001\000' > good.rar
wrong good.rar 'is a 7z or RAR archive'
cat > makeself.run << 'END'
#!/bin/sh
# This script was generated using Makeself 2.4.5
# The license covering this archive and its contents, if any, is wholly independent of the Makeself license (GPL)

ORIG_UMASK=`umask`
CRCsum="3907529404"
MD5="da1ff4d14ec5b6bb6ee54e5a4b4a2ce6"
label="Some tool"
script="./setup.sh"
targetdir="tool"
filesizes="1234"
END
wrong makeself.run 'is a makeself archive, but not a .run installer of NVIDIA'
sh "$fx/mkrun.sh" "$fx" other.run || not_ok 'an installer of something else'
wrong other.run "no '.manifest' in it" extract

# --- other things -------------------------------------------------------------------------

printf '%%PDF-1.7\n' > guide.run
wrong guide.run 'is a PDF document'
cp "$(command -v cat)" elf.run
wrong elf.run 'is an ELF file' verify
printf -- '--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n' > fix.patch
wrong fix.patch "did you mean 'gridpatch apply', or --patches?"
printf 'From 1234567890123456789012345678901234567890 Mon Sep 17 00:00:00 2001\nSubject: x\n\n---\ndiff --git a/x b/x\n' > 0001.patch
wrong 0001.patch "did you mean 'gridpatch apply', or --patches?"
echo 'some text' > notes.run
wrong notes.run "not a .run installer: no '#!' line"
head -c 70000 /dev/zero > zeros.run
wrong zeros.run "not a .run installer: no '#!' line"

# --- directories, guests ------------------------------------------------------------------

mkdir many
cp good.run many/a.run
cp good.run many/b.run
for verb in info verify "$k" "extract -C out.d/x" "select $k"; do
    run $verb many
    check "${verb%% *} of a directory of installers: exit 2" test "$status" -eq 2
    says 'they are named' "is a directory with 2 installers in it: give one of them ('a.run', 'b.run')"
done
make_sample guest --kind guest
sh "$fx/hooks.sh" hooks
expect_status 'hooks for a guest driver' 0 $k --hooks hooks guest.run -n
says 'it is said' 'a guest driver has nothing that hooks could unlock'

finish
