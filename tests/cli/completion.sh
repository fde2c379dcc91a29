#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2013,SC2016,SC2086,SC2154 # verbs and options are words; lib.sh sets the rest
# What bash, zsh and fish offer behind an unfinished command line, by running them: verbs,
# options of the program's table, and values of the data and of this machine.
. "$(dirname "$0")/lib.sh"
comp=$repo/tools/completion
GRIDPATCH_DATA=$repo
# The program is asked under the name that stands on the command line.
PATH=$(dirname "$GRIDPATCH"):$PATH
export GRIDPATCH_DATA PATH
[ "${GRIDPATCH##*/}" = gridpatch ] || { skip 'completion' 'the program has another name'; finish; }

# --- what is asked, and what has to be there --------------------------------------------
mkdir place
touch a.run b.zip a.json a.tar.xz a.dsc a.ko.xz 'sp ace.run'
"$GRIDPATCH" __options | tr ' ' '\n' | grep . > verbs
sed -n 's/^Platform: //p' "$repo/kernel-versions/platforms" > platforms
for s in "$repo"/patches/*/series; do
    s=${s%/series}
    echo "${s##*/}"
done > sets
{ echo all && cat sets; } > all.sets
sed -n '/^Branch: 535/,/^$/p' "$repo/kernel-versions/drivers" | grep -oE '(^|[ =])535\.[0-9.]+' | tr -d ' =' > versions
ls /lib/modules > kernels 2> /dev/null || :
"$GRIDPATCH" __options matrix | cut -d ' ' -f 1 > options.matrix
check 'there is something to compare with' sh -c 'for f in verbs platforms sets versions; do test "$(wc -l < $f)" -gt 5 || exit 1; done'

# A line of each: what is typed; ":", "only" and that file's lines, nothing else; or words that
# are there, and behind "!" words that are not. Words are parted by blanks, "^" is a blank.
cat > asked << 'E2'
gridpatch  : verbs help version a.run place ! a.json
gridpatch se : select ! support patch
gridpatch -q --json sel : select
gridpatch help sel : select ! a.run
gridpatch - : -k --hooks --version -V
gridpatch matrix - : only options.matrix
gridpatch check - : --expect-hooks ! --version
gridpatch select --platform  : only platforms
gridpatch select --platform= : only platforms
gridpatch select --pl : --platform ! --driver
gridpatch support --platform  : platforms all
gridpatch select --driver 535 : versions 535
gridpatch --set  : only sets
gridpatch --no-set  : only all.sets
gridpatch -k  : kernels installed
gridpatch upgrade-check  : kernels ! installed a.run
gridpatch build --modules nvidia, : nvidia,nvidia-uvm ! nvidia,nvidia
gridpatch --allow blocked,un : blocked,unknown
gridpatch --repack  : auto splice full ! a.run
gridpatch matrix --progress= : auto none json
gridpatch --color= : auto always never
gridpatch matrix --merge  : a.json place ! a.run
gridpatch matrix  : a.run b.zip place ! a.json
gridpatch verify  : a.run a.ko.xz ! a.json
gridpatch build -o  : place ! a.run
gridpatch dkms-tree -o  : place a.tar.xz a.dsc ! a.run
gridpatch matrix --resume  : a.json a.run
gridpatch matrix --json= : a.json a.run
gridpatch support --markdown - : --json
gridpatch lint-set pfn- : pfn-valid
gridpatch info sp : sp^ace.run
gridpatch push  : ! a.run
gridpatch --member  : ! a.run
E2
sed 's/ : .*//' asked > lines

# judge SHELL: the files SHELL.N are what it offered behind line N.
judge() {
    n=0
    while IFS= read -r line; do
        n=$((n + 1))
        typed=${line%% : *} wanted=${line#* : }
        [ -f "$1.$n" ] || : > "$1.$n"
        # fish says the whole word, zsh quotes it; of a directory the slash is not the point.
        sed -E 's/^--[a-z-]+=//; s,\\ , ,; s,/$,,; s/ *$//' "$1.$n" | sort -u > got
        case $wanted in
        'only '*)
            sort -u "${wanted#only }" > want
            check "$1: $typed" diff want got
            ;;
        *)
            missing='' not=
            for w in $wanted; do
                case $w in '!') not=1 && continue ;; esac
                if [ -f "$w" ] && [ -z "$not" ] && [ "${w#*.}" = "$w" ]; then
                    sort -u "$w" | comm -23 - got > lack
                    [ ! -s lack ] || missing="$missing $(tr '\n' ' ' < lack)"
                    continue
                fi
                w=$(echo "$w" | tr '^' ' ')
                if grep -qxF -- "$w" got; then [ -z "$not" ] || missing="$missing !$w"; else [ -n "$not" ] || missing="$missing $w"; fi
            done
            check "$1: $typed: $wanted" test -z "$missing"
            ;;
        esac
    done < asked
}

# --- bash ---------------------------------------------------------------------------------
if command -v bash > /dev/null; then
    cat > offer.bash << 'E2'
source "$1/gridpatch.bash"
spec=$(complete -p gridpatch) || exit 1
func=$(sed -n 's/.* -F \([^ ]*\) .*/\1/p' <<< "$spec")
n=0
while IFS= read -r line; do
    n=$((n + 1))
    # As readline parts it: a "=" is a word of its own.
    read -ra COMP_WORDS <<< "${line//=/ = }"
    [[ $line == *' ' ]] && COMP_WORDS+=('')
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    COMP_LINE=$line COMP_POINT=${#line} COMPREPLY=()
    "$func" gridpatch "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" 2> /dev/null
    printf '%s\n' "${COMPREPLY[@]}" > "bash.$n"
done
E2
    check 'bash: it can be read' bash -n "$comp/gridpatch.bash"
    bash offer.bash "$comp" < lines
    judge bash
    # The order is the program's.
    "$GRIDPATCH" __options matrix | cut -d ' ' -f 1 > want
    grep -n '^gridpatch matrix -$' lines | cut -d : -f 1 > which
    check 'bash: the order of the help' diff want "bash.$(cat which)"
    # As it is used: bash itself parts the words and finds the function.
    printf '. "%s/gridpatch.bash"\nbind "set bell-style none" 2> /dev/null\n' "$comp" > rc
    if python3 -c 'import pty' 2> /dev/null; then
        cat > type.py << 'E2'
import os, pty, select, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "dumb"
    os.execlp("bash", "bash", "--norc", "--noprofile", "-i")
def until(word):
    out, end = b"", time.time() + 20
    while word not in out and time.time() < end:
        if select.select([fd], [], [], 0.5)[0]:
            out += os.read(fd, 65536)
    return out
# Quotes, so that what is typed and echoed is not what is waited for.
os.write(fd, b". ./rc; PS1=; echo re'ad'y\n")
until(b"ready")
os.write(fd, b"gridpatch support --platform=proxm\t9 -q && echo all'we'll\n")
print(until(b"allwell").decode(errors="replace"))
os.write(fd, b"exit\n")
E2
        check 'bash: typed with a tab' sh -c 'python3 type.py > typed && grep -q allwell typed'
    else
        skip 'bash: typed with a tab' 'python3 is missing'
    fi
else
    skip 'bash' 'it is not installed'
fi

# --- zsh ----------------------------------------------------------------------------------
if command -v zsh > /dev/null; then
    # In a terminal of its own, with its own completion system; what is offered goes through
    # compadd, which is asked first which words fit what is typed.
    cat > setup.zsh << 'E2'
PROMPT= RPROMPT= LISTMAX=0
setopt no_auto_list no_beep no_auto_menu no_list_ambiguous
fpath=($COMP $fpath)
autoload -Uz compinit && compinit -D -u
compadd() {
    if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
        builtin compadd "$@"
        return
    fi
    local -a hits
    builtin compadd -O hits "$@"
    (( $#hits )) && print -rl -- $hits >> offered
    builtin compadd "$@"
}
at_end() { : > asked.it }
zle -N at_end
bindkey '^X' at_end
bindkey '^I' complete-word
: > asked.it
E2
    cat > drive.zsh << 'E2'
zmodload zsh/zpty
COMP=$1 zpty z zsh -f -i
zpty -w z "COMP=${(q)1} source ./setup.zsh"
wait_for() { local i; for ((i = 0; i < 600; i++)); do [[ -e asked.it ]] && { rm asked.it; return }; zpty -r -t z > /dev/null; sleep 0.05; done; return 1 }
wait_for || exit 1
n=0
while IFS= read -r line; do
    (( ++n ))
    rm -f offered
    zpty -w -n z $'\C-u'"$line"$'\t\C-x'
    wait_for || exit 1
    [[ -e offered ]] && mv offered zsh.$n
done
zpty -d z
E2
    check 'zsh: it can be read' zsh -n "$comp/_gridpatch"
    check 'zsh: it answers' zsh -f drive.zsh "$comp" < lines
    judge zsh
else
    skip 'zsh' 'it is not installed'
fi

# --- fish ---------------------------------------------------------------------------------
if command -v fish > /dev/null; then
    cat > offer.fish << 'E2'
source $argv[1]/gridpatch.fish
set -l n 0
while read -l line
    set n (math $n + 1)
    complete -C"$line" | string replace -r '\t.*' '' > fish.$n
end
E2
    check 'fish: it can be read' fish --no-config --no-execute "$comp/gridpatch.fish"
    # read -l takes blanks off the end.
    sed 's/read -l line/read -l --delimiter \\n line/' offer.fish > offer2.fish
    fish --no-config offer2.fish "$comp" < lines
    judge fish
    fish --no-config -c "source $comp/gridpatch.fish; complete -C'gridpatch sel'" > got
    check 'fish: says what it is' grep -q "$(printf '^select\tsay which')" got
else
    skip 'fish' 'it is not installed'
fi

# --- the program's own answer --------------------------------------------------------------
for verb in $(cat verbs); do
    # An alias has the options of its verb.
    "$GRIDPATCH" __options "$verb" | cut -d ' ' -f 1 > want
    "$GRIDPATCH" __complete "$verb" - | cut -f 1 > got
    check "the options of $verb" diff want got
done
for verb in $(cut -d ' ' -f 1 verbs); do
    "$GRIDPATCH" __options $verb | grep ' .* ' | while read -r o arg words; do
        # What may go without its argument has it behind a "=".
        case $arg in
        '['*) "$GRIDPATCH" __complete $verb $o= ;;
        *) "$GRIDPATCH" __complete $verb $o '' ;;
        esac | grep -v '^:' | cut -f 1 > got
        check "the words of $verb $o" test "$(cat got)" = "$(echo "$words" | tr ' ' '\n')"
    done > results
    cat results
    failed=$((failed + $(grep -c '^not ok' results)))
done
# What cannot be looked at is no value, and no complaint.
GRIDPATCH_DATA=$work/none "$GRIDPATCH" __complete --set '' > got 2>&1
check 'without data: nothing' test ! -s got
for words in '' '--' '-- -k' '--no-such=' '--quiet=x' 'nothing' '-k -k -k' '--allow ,,,' '--data='; do
    run __complete $words
    check "no complaint about '$words'" test "$status" -eq 0 -a ! -s err
done
finish
