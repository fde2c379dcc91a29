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
finish
