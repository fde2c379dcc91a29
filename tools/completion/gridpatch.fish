# SPDX-License-Identifier: MIT
# Fish completion for gridpatch. What may stand where is asked of the gridpatch that stands
# on the command line: gridpatch __complete WORD... says it, as tools/cmd/front/complete.h
# tells.

# Paths that begin with the second argument, with the first one in front: directories, and
# files whose names end in a dot and one of the other arguments; "*": all files.
function __gridpatch_paths
    set -l front $argv[1]
    # Of a command that has no completion fish offers files.
    for line in (complete -C"__gridpatch_no_such_command "(string escape -- $argv[2]))
        set -l path (string split -f1 \t -- $line)
        if string match -q -- '*/' $path
            echo -- $front$path
            continue
        end
        for end in $argv[3..]
            if test "$end" = '*'; or string match -q -- "*.$end" $path
                echo -- $front$path
                break
            end
        end
    end
end

function __gridpatch_complete
    set -l words (commandline -opc) (commandline -ct | string unescape)
    set -l program $words[1]
    set -e words[1]
    # An empty word is none to fish.
    test (count (commandline -opc)) -gt (count $words); and set -a words ''
    set -l cur $words[-1]
    set -l front ''
    # Of --option=word fish completes the whole.
    if string match -qr -- '^--[^=]*=' $cur
        set front (string replace -r -- '=.*' '=' $cur)
        set cur (string replace -r -- '^[^=]*=' '' $cur)
    end
    for line in ($program __complete $words 2>/dev/null </dev/null)
        switch $line
            case ':files *'
                __gridpatch_paths $front $cur (string split ' ' -- (string replace ':files ' '' -- $line))
            case ':dirs'
                __gridpatch_paths $front $cur
            case ':list'
            case '*'
                echo -- $front$line
        end
    end
end

complete -c gridpatch -f -a '(__gridpatch_complete)'
