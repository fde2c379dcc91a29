#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2046,SC2086,SC2154 # $k is words; lib.sh sets the rest
# Names and labels from outside that would drive a terminal, turn a line round or
# begin one of their own: not in any report, and still true in JSON.
. "$(dirname "$0")/lib.sh"

if ! command -v python3 > /dev/null; then
    skip 'untrusted text' 'no python3'
    finish
fi

# Unicode's own data say what may not arrive; a line that begins with "forged" is
# one that a name made.
cat > judge.py << 'END'
import sys, unicodedata
for name in sys.argv[1:]:
    text = open(name, "rb").read().decode("utf-8", "strict")
    assert not any(l.startswith("forged") for l in text.split("\n")), name + ": a line of its own"
    for c in text:
        turns = unicodedata.bidirectional(c) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
        bad = unicodedata.category(c) in ("Cc", "Zl", "Zp") or turns or c in "\u200b\u200e\u200f\u061c\ufeff"
        assert c == "\n" or not bad, "%s: U+%04X" % (name, ord(c))
END
# clean WHAT FILE...: nothing of it is in these, and one of them says "evil".
clean() {
    what=$1
    shift
    check "$what: nothing of it arrives" python3 -I judge.py "$@"
    check "$what: it is told at all" grep -qa evil "$@"
}
esc=$(printf '\033[2J') c1=$(printf '\302\233\233') rlo=$(printf '\342\200\256\342\201\246\330\234') ls=$(printf '\342\200\250\357\273\277')
evil="evil$esc$c1$rlo$ls"
line="evil
forged line$rlo"

# --- an installer --------------------------------------------------------------

make_sample s
sh "$fx/hooks.sh" "hooks $evil"
printf 'x\n' > "s/kernel/$line.c"
# The manifest is text in lines: a name of it has one.
printf '%s 0644 KERNEL_MODULE_SRC INHERIT_PATH_DEPTH:1 MODULE:resman\n' "kernel/$(echo "$evil" | tr -d ' ').h" >> s/.manifest
sh "$fx/mkrun.sh" --label "label-$evil" s "$evil.run"
for verb in info verify; do
    run $verb "$evil.run"
    clean "$verb" out err
done
run extract "$evil.run" -C "out $line"
clean extract out err
run $k --hooks "hooks $evil" "$evil.run" -o "$line.run"
clean patch out err
run $k --hooks "hooks $evil" "$evil.run" -o "$line.run" -f --lock "$line.lock"
clean 'a lock that is missing' err
run info --json "$evil.run"
clean 'info --json' out
check 'info --json: the label is true' python3 -I -c 'import json, sys
want = sys.argv[1].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
got = json.load(open("out"))["driver"]["label"]
assert got == want, (got, want)' "label-$evil"
run info --json=json.out "$evil.run"
clean 'info --json=FILE' json.out

# --- patches and a tree ----------------------------------------------------------

mkdir t "set $evil"
printf 'a\n' > t/a
# As GNU diff and git write such a name.
quoted='"b/evil\nforged \342\200\256\302\233\233.c"'
printf -- '--- /dev/null\n+++ %s\n@@ -0,0 +1 @@\n+x\n' "$quoted" > "set $evil/p$rlo.patch"
printf 'p%s.patch\n' "$rlo" > "set $evil/series"
printf -- '--- a/a\n+++ b/a\n@@ -1 +1 @@\n-%s\n+b\n' "$evil" > bad.patch
run apply -n -d t -p1 "set $evil/p$rlo.patch"
clean 'apply -n' out err
check 'apply -n: the file is told' grep -q 'would be created\|created evil' out
run apply -d t bad.patch
clean 'apply, a hunk that does not match' out err
run apply -d t -p1 --json "set $evil/p$rlo.patch"
clean 'apply --json' out
check 'apply --json: the path is true' python3 -I -c 'import json
p = json.load(open("out"))["patches"][0]["files"][0]["path"]
assert p.startswith("evil\nforged \u202e\u009b"), p'
run apply -d t -p1 "set $evil/p$rlo.patch"
clean 'apply once more' out err
mkdir q q/patches
cp "set $evil"/* q/patches
for verb in push applied pop; do
    run $verb -d q
    case $verb in applied) check 'applied: the mask' python3 -I judge.py out err ;; *) clean $verb out err ;; esac
done
run $k --no-hooks --patches "set $evil" "$evil.run" -n
clean 'patch --patches' out err

# --- words of the command line ------------------------------------------------------

run help "$evil"
clean 'help' err
check 'help of no verb: exit 2' test "$status" -eq 2
run "$line"
clean 'no verb, no file' err
run info "$line"
clean 'no such installer' err
run lint-set "$line"
clean 'no such set' err
run select --driver "$evil" $k
clean 'no driver' err
run select --driver 460.73.01 -k "$line"
clean 'no kernel' err

# --- what a report of other machines says -------------------------------------------

python3 -I -c 'import json
e = "evil\x1b[2J\u009b\u202e\u2066\u061c\u2028\ufeff\nforged"
print(json.dumps({"type": "gridpatch matrix", "schema": 1, "planned": [e], "skipped": [e], "cells": [
    {"driver": e, "release": e, "class": "compile", "error": e, "file": e, "line": 1, "log_tail": e, "repeat": e}]}))' > cells.json
run matrix --merge cells.json --json=m.json --junit m.xml --html m.html --markdown m.md
check 'a matrix: the terminal' python3 -I judge.py out err
check 'a matrix: the terminal says so' grep -q evil out
sed 's/^forged//' m.xml > m1.xml # the log in it keeps its lines
sed 's/^forged//' m.html > m1.html
sed 's/^forged//' m.md > m1.md
clean 'a matrix: its files' m.json m1.xml m1.html m1.md
finish
