#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2154 # lib.sh sets the rest
# README's pictures: a run, and the page of a matrix, both of samples of our own. That of the
# run says what gridpatch says. `make pictures` (PICTURES=DIR) makes both anew; that of the
# page needs kernel headers, a compiler and Chromium.
# tests: ops/proof/matrix
# slow: 5 s
. "$(dirname "$0")/lib.sh"

if ! command -v python3 > /dev/null; then
    skip 'pictures' 'python3 is missing'
    finish
fi
kept=$repo/.github/pictures
name=NVIDIA-Linux-x86_64-460.73.02-vgpu-kvm

# --- a run ----------------------------------------------------------------------
make_sample $name --version 460.73.02
sh "$fx/hooks.sh" vgpu_unlock
run $name.run -k 5.12.9 --hooks vgpu_unlock
check 'a run' test "$status" -eq 0
{
    echo "\$ gridpatch $name.run -k 5.12.9 --hooks vgpu_unlock"
    cat out
} > run.txt
check 'a picture of it' python3 "$fx/picture.py" text run.txt run.svg
# words FILE: of the picture, without the sets and the size, which the data decide.
words() { sed -n 's|^<text [^>]*>\(.*\)</text>$|\1|p' "$1" | sed 's/, [0-9.]* kB$//' | awk '/^sets / { on = 1; next } /^[a-z$]/ { on = 0 } !on'; }
words run.svg > now
check 'it has all lines' test "$(wc -l < now)" -ge 7
if command -v xmllint > /dev/null; then
    check 'it is well-formed' xmllint --noout --nonet run.svg
fi

# --- the page of a matrix ---------------------------------------------------------
matrix_picture() {
    line=$(echo "$release" | cut -d. -f1,2)
    sh "$fx/buildable.sh" --data data --line "$line" || return 1
    sh "$fx/buildable.sh" --version 390.10 --breaks compile a && sh "$fx/mkrun.sh" a 390.10.run > /dev/null
    sh "$fx/buildable.sh" --version 390.20 b && sh "$fx/mkrun.sh" b 390.20.run > /dev/null
    sh "$fx/buildable.sh" --version 390.30 --breaks modpost c && sh "$fx/mkrun.sh" c 390.30.run > /dev/null
    mkdir earlier kernels
    sh "$fx/buildable.sh" --version 390.30 d && sh "$fx/mkrun.sh" d earlier/390.30.run > /dev/null
    newer=$((${release%%.*} + 1)).0.0-1-amd64
    ln -s "$headers" "kernels/$release"
    for other in 5.13.0-9-amd64 5.14.0-9-amd64 $newer; do
        other_release "kernels/$other" "$other"
    done
    GRIDPATCH_DATA=$work/data "$GRIDPATCH" matrix -q 390.10.run 390.20.run earlier/390.30.run kernels \
        --no-set sample-set-fs --json=earlier.json
    GRIDPATCH_DATA=$work/data "$GRIDPATCH" matrix -q 390.*.run kernels --json=now.json
    # Whose machine it was is nobody's business.
    jq --arg host "Debian GNU/Linux, Linux $release, x86_64" '.hosts = [$host]' now.json > page.json
    "$GRIDPATCH" matrix -q --merge page.json --baseline earlier.json --html page.html
    python3 "$fx/picture.py" page page.html matrix.png
}

if [ -n "${PICTURES-}" ]; then
    mkdir -p "$PICTURES"
    cp run.svg "$PICTURES/"
    if ! command -v chromedriver > /dev/null || ! command -v chromium > /dev/null || ! command -v jq > /dev/null; then
        skip 'the picture of the page' 'chromium, chromedriver (chromium-driver) or jq is missing'
    elif ! headers_here; then
        skip 'the picture of the page' 'no kernel headers here'
    else
        check 'the picture of the page' matrix_picture
        check 'is there' cp matrix.png "$PICTURES/"
    fi
fi

# --- what README shows --------------------------------------------------------------
check 'the picture of a run is what gridpatch says (make pictures)' sh -c 'diff now - >&2' << EOF
$(words "$kept/run.svg")
EOF
for f in run.svg matrix.png; do
    check "$f: README shows it" grep -qF "(.github/pictures/$f)" "$repo/README.md"
    check "$f: is small" test "$(wc -c < "$kept/$f")" -lt 100000
done
# IHDR: 1280 pixels wide, 8 bits, a palette. (PNG, third edition, 11.2.1)
check 'the page: is a picture' test "$(od -An -tx1 -N20 "$kept/matrix.png" | tr -d ' \n')" = 89504e470d0a1a0a0000000d4948445200000500
finish
