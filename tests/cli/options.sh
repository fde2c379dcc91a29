#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2086,SC2154 # commands are words; lib.sh sets the rest
# A command line that cannot be right: what --json makes of it.
. "$(dirname "$0")/lib.sh"

# tells WHAT: out is one object with the verb, and with what is on standard error.
tells() {
    check "$1: exit 2" test "$status" -eq 2
    check "$1: one JSON object" json_is ../out '"\(.type) \(.ok) \(.exit) \(.reason)"' "gridpatch.$verb false 2 usage"
    check "$1: the error" test "$(json_is ../out '"gridpatch: " + .error' "$(cat ../err)" && echo same)" = same
}

mkdir here
cd here || exit 1
"$GRIDPATCH" help | sed -n '/^Verbs:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p' | grep -vx help > ../verbs
while read -r verb; do
    run $verb --json --no-such
    tells "$verb"
    # What comes after the mistake counts, too.
    run $verb --no-such --json x y
    tells "$verb, the other way round"
    run $verb --no-such x y
    check "$verb: nothing on standard output without it" test ! -s ../out
done < ../verbs
for words in 'patch' 'info' 'extract a b' 'verify a.run b.run' 'select' 'fetch-hooks a' 'apply' 'push a b' 'pop -a b' \
    'applied a' 'build' 'matrix' 'matrix --merge' 'matrix --emit lines' 'patch --allow all' 'push --fuzz x' 'matrix --shard 2/1'; do
    verb=${words%% *}
    run $words --json
    tells "$words"
done
verb="patch"
run nothing --json
tells 'no verb, no file'
run --help --json
check 'help is text' grep -q '^usage' ../out

# An argument that is empty names nothing: --patches '' once meant the root directory.
for words in 'patch --patches' 'patch --data' 'patch --headers' 'patch -k' 'patch --json' 'push -C' 'push -d' 'apply --rejects' \
    'fetch-hooks --to' 'fetch-hooks --from' 'lint-set --from' 'select --driver' 'patch --modules' 'build --modules'; do
    "$GRIDPATCH" help "${words%% *}" | grep -q -e " ${words#* }[ ,[]" -e 'also -d' || continue
    case $words in *--json) run x --json= ;; *) run $words '' ;; esac
    check "$words with nothing: exit 2" test "$status" -eq 2
    says "$words with nothing: says so" 'a name is missing' ../err
done

# Standard output that is to be an installer, or a report, is no place for it.
for words in 'patch -o - x' 'matrix --html - x' 'matrix --junit - --no-such'; do
    run $words --json
    check "$words: exit 2" test "$status" -eq 2
    check "$words: nothing on standard output" test ! -s ../out
done

# A file that stands may be an input, or what an earlier run found out.
echo mine > kept
cp kept r.json
for words in 'select --no-such' 'build' 'verify' 'matrix --merge' 'matrix --resume r.json x --junit r.json' 'patch r.json'; do
    run $words --json=r.json
    check "$words: exit 2" test "$status" -eq 2
    check "$words: the file is as it was" cmp kept r.json
done
# A report that is joined to others, of which one cannot be read.
echo '{"type":"gridpatch matrix","schema":1,"cells":[{"driver":"1.2","release":"5.1.0","class":"ok"}]}' > one.json
echo '{bad' > two.json
cp one.json kept.json
run matrix --merge one.json two.json --json=./one.json
check 'a bad report among others: exit 3' test "$status" -eq 3
check 'and the one to be replaced is as it was' cmp kept.json one.json
run matrix x --resume r.json --json=r.json --junit none/there.xml
check 'a report that cannot be written: exit 4' test "$status" -eq 4
check 'and the other is as it was' cmp kept r.json

# --- words that are mistyped, and words out of their place ---

# blames WORDS… -- WHAT: exit 2, and one line that begins so.
blames() {
    line=
    while [ "$1" != -- ]; do line="$line $1"; shift; done
    run $line
    check "$line: exit 2" test "$status" -eq 2
    check "$line: says what" test "$(cut -c1-${#2} ../err)" = "$2"
    check "$line: in one line" test "$(wc -l < ../err)" -eq 1
}
blames selct -- "gridpatch: 'selct' is neither a verb nor a file (did you mean 'select'?)"
blames -q selct x.run -- "gridpatch: 'selct' is neither a verb nor a file (did you mean 'select'?)"
blames frobnicate -- "gridpatch: 'frobnicate' is neither a verb nor a file; see"
blames help patc -- "gridpatch: no such verb 'patc' (did you mean 'patch'?)"
blames -k 6.1 select -- "gridpatch: the verb 'select' goes before its options"
blames select --kernal 6.1 -- "gridpatch: no such option here: '--kernal' (did you mean '--kernel'?)"
blames select --kernal=6.1 -- "gridpatch: no such option here: '--kernal=6.1' (did you mean '--kernel'?)"
blames patch --no-hook -- "gridpatch: no such option here: '--no-hook' (could be --no-hooks, --no-hooks-patch)"
blames patch --frobnicate -- "gridpatch: no such option here: '--frobnicate'; see"
# Of letters that stand together the one that is wrong, not the word before them.
blames select x -qX -- "gridpatch: no such option here: '-X'; see"
blames select x -Xq -- "gridpatch: no such option here: '-X'; see"
blames select --quiet=3 -- "gridpatch: no argument goes with '--quiet=3'; see"
blames patch --allow blokced -- "gridpatch: --allow: 'blokced' (did you mean 'blocked'?) is none of blocked"
blames select --driver 460.73.01 -k instaled -- "gridpatch: 'instaled' is not a kernel release (did you mean 'installed'?)"
blames select --driver 460.73.01 -k 5.10 --set std-header -- \
    "gridpatch: --set: there is no patch set 'std-header' (did you mean 'std-headers'?); there are:"
blames lint-set std-header -- "gridpatch: there is no patch set 'std-header' (did you mean 'std-headers'?); there are:"
blames select --driver 460.73.o1 -k 5.10 -- "gridpatch: '460.73.o1' is not a version number (did you mean '460.73.01'?)"
blames support --driver 53S -- "gridpatch: '53S' is not a version number (did you mean '535'?)"
run select --driver 53.161.05 -k 5.10
says 'a driver that is no vGPU release' "lists none of that number (did you mean '535.161.05'?)" ../err
run select --driver 16.44 -k 5.10
refute 'where releases are listed nothing is guessed' grep -q 'did you mean' ../err
run select --driver 534 -k 5.10
says 'a branch' "lists none of it (did you mean '535'?)" ../err
run select --driver 9999 -k 5.10
refute 'one that is near none' grep -q 'did you mean' ../err
run select --driver 460.73.01 --platform proxmx-8
check 'a platform that is mistyped: exit 1' test "$status" -eq 1
says 'and it is found' "platform 'proxmx-8' is not known (did you mean 'proxmox-8'?); known are:" ../err

# same WORDS -- OTHERS: one and the same answer.
same() {
    run ${1%% -- *}
    cp ../out ../first
    had=$status
    run ${1##* -- }
    check "$1: the same" test "$status" -eq "$had"
    check "$1: word by word" cmp ../first ../out
}
"$GRIDPATCH" --version > ../version
for words in -V version; do
    run $words
    check "$words: the version" cmp ../version ../out
done
same '-v select --driver 460.73.01 -k 5.10 -- select -v --driver 460.73.01 -k 5.10'
same '--json -q select --driver 460.73.01 -k 5.10 -- select --json -q --driver 460.73.01 -k 5.10'
same '--json=r2.json select --driver 460.73.01 -k 5.10 -- select --driver 460.73.01 -k 5.10'
check 'and the file is there' test -s r2.json
same '-h select -- help select'
same 'select help -- help select'
same '-q help select -- help select'
same 'select --dri 460.73.01 --exp -k 5.10 -- select --driver 460.73.01 --explain -k 5.10'
# A file of that name is a file.
echo x > version
run version
check 'a file named version is an input' test "$status" -eq 3
finish
