# preimage.awk -v out=TREE [-v stacked=1] PATCH...
#
# Writes the files that the given patches (-p1, in the order of application)
# expect to find, without having the originals: every line on the old side of a
# hunk goes to its line number, mapped back through the patches before it.  The
# other lines come from the file of that name already in TREE, in order, and
# then from numbered filler.
#
# The patches of one folder build on each other.  Each folder starts from the
# original files; with stacked=1, from what the folder before it left.
#
# line[f,i] is line i of file f as the patches read so far leave it: a number is
# a line of the original, anything else "+TEXT", which a patch has added.

function die(why) {
    printf "preimage.awk: %s:%d: %s\n", FILENAME, FNR, why > "/dev/stderr"
    failed = 1
    exit 1
}

function path_of(s) {
    sub(/^(---|\+\+\+) /, "", s)
    sub(/\t.*/, "", s)
    if (s == "/dev/null")
        return ""
    sub(/^[^\/]*\//, "", s)
    if (s !~ /^[A-Za-z0-9._+\/-]+$/ || s ~ /(^|\/)\.\.(\/|$)/ || s ~ /^\//)
        die("odd file name: " s)
    return s
}

# The model grows only as far as hunks reach.
function grow(f, to) {
    if (to > len[f] && (f in ends))
        die(f ": an earlier hunk says that the file ends before this one")
    while (len[f] < to)
        line[f, ++len[f]] = ++orig[f]
    if (orig[f] > need[f])
        need[f] = orig[f]
}

function expect(f, i, text, l) {
    l = line[f, i]
    if (l ~ /^\+/) {
        if (substr(l, 2) != text)
            die(f ": line " i " was added by an earlier patch, and differs")
    } else if ((f, l) in want) {
        if (want[f, l] != text)
            die(f ": line " l " cannot be two things")
    } else
        want[f, l] = text
}

function finish_file(    i) {
    if (file == "")
        return
    for (; at <= len[file]; at++)
        fresh[++made] = line[file, at]
    for (i = 1; i <= made; i++)
        line[file, i] = fresh[i]
    len[file] = made
    file = ""
}

function start_file(f) {
    finish_file()
    file = f
    made = 0
    at = 1
    if (f != "" && !(f in len)) {
        len[f] = orig[f] = 0
        files[++nfiles] = f
    }
}

# A hunk with less context below than above can only match at the end of the
# file (with less above than below: at its start), because no fuzz is allowed.
function finish_hunk() {
    if (trail < lead) {
        if (at <= len[file])
            die(file ": a hunk for the end of the file is not at its end")
        ends[file] = 1
        if ((file in fixed) && fixed[file] != orig[file])
            die(file ": two hunks disagree about its length")
        fixed[file] = orig[file]
    } else if (lead < trail && hunk_start != 1)
        die(file ": a hunk for the start of the file is not at its start")
}

function start_patch(    k, dir) {
    finish_file()
    dir = FILENAME
    sub(/[^\/]*$/, "", dir)
    if (dir != folder && !stacked)
        for (k = 1; k <= nfiles; k++) {
            len[files[k]] = orig[files[k]] = 0
            delete ends[files[k]]
        }
    folder = dir
}

FNR == 1 { start_patch() }

old_left <= 0 && new_left <= 0 && /^--- / {
    finish_file()
    before = path_of($0)
    next
}

old_left <= 0 && new_left <= 0 && /^\+\+\+ / {
    after = path_of($0)
    start_file(after == "" ? before : after)
    next
}

old_left <= 0 && new_left <= 0 && /^@@ -[0-9]+(,[0-9]+)? \+[0-9]+(,[0-9]+)? @@/ {
    split($2, o, /[-,]/)
    split($3, n, /[+,]/)
    old_left = o[3] == "" ? 1 : o[3] + 0
    new_left = n[3] == "" ? 1 : n[3] + 0
    hunk_start = o[2] + (old_left == 0)
    lead = trail = changed = 0
    if (file == "")
        next
    if (hunk_start < at)
        die(file ": hunks out of order")
    # Nothing to prepare for a file that the patch creates.
    if (o[2] == 0 && old_left == 0 && orig[file] == 0)
        created[file] = ends[file] = 1
    grow(file, hunk_start + old_left - 1)
    while (at < hunk_start)
        fresh[++made] = line[file, at++]
    next
}

old_left > 0 || new_left > 0 {
    mark = substr($0, 1, 1)
    text = substr($0, 2)
    if (mark == "\\")
        next
    if (mark == " " || mark == "") {
        old_left--
        new_left--
        if (changed)
            trail++
        else
            lead++
    } else if (mark == "-" || mark == "+") {
        changed = 1
        trail = 0
        if (mark == "-")
            old_left--
        else
            new_left--
    } else
        die("not a line of a hunk")
    if (file == "")
        next
    if (mark == "+")
        fresh[++made] = "+" text
    else {
        expect(file, at, text)
        if (mark != "-")
            fresh[++made] = line[file, at]
        at++
    }
    if (old_left <= 0 && new_left <= 0)
        finish_hunk()
}

END {
    if (failed)
        exit 1
    if (old_left > 0 || new_left > 0)
        die("the last hunk is cut short")
    finish_file()
    for (k = 1; k <= nfiles; k++) {
        f = files[k]
        if (f in created)
            continue
        path = out "/" f
        nbase = b = 0
        while ((getline base_line < path) > 0)
            base[++nbase] = base_line
        close(path)
        dir = path
        sub(/\/[^\/]*$/, "", dir)
        gsub(/'/, "'\\''", dir)
        if (system("mkdir -p '" dir "'") != 0)
            die("cannot make " dir)
        filler = f ~ /\.[ch]$/ ? "/* line %d */\n" : "# line %d\n"
        if ((f in fixed) && need[f] > fixed[f])
            die(f ": a hunk is behind the end of the file")
        last = (f in fixed) ? fixed[f] : need[f] + 5
        printf "" > path
        for (i = 1; i <= last || (b < nbase && !(f in fixed)); i++) {
            if ((f, i) in want)
                print want[f, i] > path
            else if (b < nbase)
                print base[++b] > path
            else
                printf filler, i > path
        }
        close(path)
        print f
    }
}
