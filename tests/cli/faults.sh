#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2046,SC2086,SC2154,SC3045 # $opts and commands are words; lib.sh sets the rest
# Killed, stopped, out of space, its input altered under it, more than 200 times:
# there is no output, or a whole one; and nothing else is left.
# tests: ops/run/output ops/tree/commit
# slow: 75 s
. "$(dirname "$0")/lib.sh"

if ! python=$(python3 -c 'import sys; print(sys.executable)' 2> /dev/null); then
    skip faults 'no python3'
    finish
fi
sh "$fx/hooks.sh" hooks
opts="$k --hooks $work/hooks"
retar() { "$python" -I -S "$fx/retar.py" "$@"; }
# What other users run and read.
mkdir -p open/kernel-versions
cp "$repo/kernel-versions/any" "$repo/kernel-versions/5.10" "$repo/kernel-versions/5.12" open/kernel-versions
cp -R "$repo/patches" open
cp "$GRIDPATCH" open/gridpatch
chmod -R a+rX open hooks
GRIDPATCH_DATA=$work/open
export GRIDPATCH_DATA
tries=0

# --- installers of 20 MB ---------------------------------------------------------

sh "$fx/sample.sh" s
retar noise 20000000 1 > s/libnvidia-noise.so
retar words 2000000 2 > s/libnvidia-words.so
sh "$fx/mkrun.sh" --compress none s none.run
sh "$fx/mkrun.sh" --compress gzip --comp-args -1 s gzip.run
sh "$fx/mkrun.sh" --compress zstd --comp-args -1 s zstd.run
sh "$fx/mkrun.sh" --compress xz --comp-args '-0 -C crc32 -T2 --block-size=4MiB' s xz.run
echo another >> s/LICENSE
sh "$fx/mkrun.sh" --compress zstd --comp-args -1 --targetdir s s other.run
rm -r s
cp zstd.run full.run
mkdir d

# job NAME [FILE]: the arguments that patch it. An index of an earlier run is
# used for some of them.
job() {
    case $1 in
        full) echo "$opts ${2:-full.run} --repack full --no-cache" ;;
        gzip | other) echo "$opts ${2:-$1.run} --no-cache" ;;
        *) echo "$opts ${2:-$1.run}" ;;
    esac
}
now() { date +%s%3N; }

# What comes out when nothing happens, and how many milliseconds that takes.
for c in gzip xz zstd none full other; do
    run $(job $c) -o ref.$c
    t0=$(now)
    run $(job $c) -o again.run -f
    eval "took_$c=$(($(now) - t0))"
    if cmp -s ref.$c again.run && sh ./ref.$c --check > said 2>&1 && unrun ref.$c x 2> said && [ -e x/kernel/nvidia/kern.ld ]; then
        ok "$c: the output as it should be"
    else
        not_ok "$c: the output as it should be"
        finish
    fi
    [ $c = gzip ] || [ $c = other ] || check "$c: the tree is that of gzip" diff -r x x.gzip
    mv x x.$c
done
rm -rf x.* again.run

seed=460
# between N MS I: a random one of N even parts of 1.1 times the run time, in seconds.
between() {
    seed=$(((seed * 1103515245 + 12345) % 2147483648))
    awk -v n="$1" -v ms="$2" -v i="$3" -v r="$((seed / 65536 % 1000))" 'BEGIN { printf "%.3f", ms * 1.1 * (i + r / 1000) / n / 1000 }'
}

# start ARGUMENT...: gridpatch in the background, as $pid; its status is $status
# after `done_with`.
start() {
    # A background child of sh ignores SIGINT; env gives it its default back.
    env --default-signal=INT "$GRIDPATCH" "$@" > out 2> err < /dev/null &
    pid=$!
}
done_with() {
    wait $pid 2> /dev/null
    status=$?
    tries=$((tries + 1))
}

wrong() { bad="$bad; $1"; }
verdict() {
    if [ -z "$bad" ]; then ok "$1"; else not_ok "$1: $(printf '%s' "${bad#; }" | cut -c-600)"; fi
}
state_of() { stat -c '%i %s %.9Y %.9Z' "$1"; }

# after WHAT REF DIR [left|late [REF2]]: no output in DIR, or one of the two;
# nothing else, unless it may be left. The status is one of those, or a
# signal's. A report that cannot be written comes too late to be without output.
after() {
    case $status in
        0) [ -e "$3/out.run" ] || wrong "$1: exit 0, no output" ;;
        1 | 3 | 4) [ ! -e "$3/out.run" ] || [ "${4:-}" = late ] || wrong "$1: exit $status, and an output" ;;
        13[0-9] | 14[0-9] | 15[0-9]) ;;
        *) wrong "$1: exit $status: $(head -n 1 err)" ;;
    esac
    if [ -e "$3/out.run" ]; then
        whole=$((whole + 1))
        if ! cmp -s "$3/out.run" "$2" && { [ $# -lt 5 ] || ! cmp -s "$3/out.run" "$5"; }; then
            wrong "$1: exit $status, and an output that is not the one without a fault"
            sh "$3/out.run" --check > said 2>&1 || wrong 'its --check fails'
        fi
        [ "$(stat -c %a "$3/out.run")" = 755 ] || wrong "$1: an output of mode $(stat -c %a "$3/out.run")"
    else
        none=$((none + 1))
    fi
    rest=$(find "$3" -mindepth 1 -maxdepth 1 ! -name out.run)
    if [ -n "$rest" ]; then
        [ "${4:-}" = left ] || wrong "$1: left: $rest"
        left=$((left + 1))
    fi
    rm -f "$3/out.run"
}

# --- signals ----------------------------------------------------------------------

for sig in KILL TERM INT; do
    for c in gzip xz zstd none full; do
        bad='' whole=0 none=0 left=0
        n=5
        [ $sig != KILL ] || n=8
        [ $c != full ] || n=$((n / 2))
        before=$(state_of $c.run)
        ms=$(eval "echo \$took_$c")
        i=0
        while [ $i -lt $n ]; do
            pause=$(between $n $ms $i)
            start $(job $c) -o d/out.run
            sleep $pause
            kill -$sig $pid 2> /dev/null
            done_with
            may=
            [ $sig != KILL ] || may=left
            after "SIG$sig after $pause s" ref.$c d $may
            i=$((i + 1))
        done
        [ "$(state_of $c.run)" = "$before" ] || wrong 'the input was touched'
        # Whatever was left, the next run removes it.
        run $(job $c) -o d/out.run
        after 'the next run' ref.$c d
        verdict "SIG$sig, $c: $n times, $none without an output, ${left} left something"
        rm -rf d
        mkdir d
    done
done
bad='' whole=0 none=0 left=0
for i in 0 1 2 3 4 5 6 7 8 9 10 11; do
    echo old > d/out.run
    pause=$(between 12 $took_zstd $i)
    start $(job zstd) -f -o d/out.run
    sleep $pause
    case $i in *[02468]) kill -KILL $pid ;; *) kill -TERM $pid ;; esac 2> /dev/null
    done_with
    if [ -e d/out.run ] && [ "$(head -c 4 d/out.run)" = old ]; then
        rm d/out.run
    else
        [ -e d/out.run ] || wrong "-f, after $pause s: the old output is gone"
    fi
    [ $status -ne 0 ] || [ -e d/out.run ] || wrong "-f, after $pause s: exit 0, and the old output"
    after "-f, after $pause s" ref.zstd d left
done
verdict "-f over an old output, stopped 12 times: the old one or the new one"
rm -rf d
mkdir d

# Where /proc/self/fd cannot be used no name can be given to an unnamed file: the output has
# one from the start. The rest of /proc stays, a sanitizer reads it.
nofd='mount -t tmpfs -o mode=0 none /proc/$$/fd && exec "$@"'
if [ "$(id -u)" -eq 0 ] && command -v setpriv > /dev/null && unshare -m sh -c "$nofd" sh true 2> /dev/null; then
    chmod 1777 d
    for sig in TERM INT KILL; do
        bad='' whole=0 none=0 left=0
        for i in 0 1 2 3 4 5 6 7; do
            pause=$(between 8 $((took_zstd + 20)) $i)
            env --default-signal=INT unshare -m sh -c "$nofd" sh \
                setpriv --reuid 65534 --regid 65534 --clear-groups $work/open/gridpatch $(job zstd) -o d/out.run > out 2> err < /dev/null &
            pid=$!
            sleep $pause
            kill -$sig $pid 2> /dev/null
            done_with
            may=
            [ $sig != KILL ] || may=left
            after "SIG$sig after $pause s" ref.zstd d $may
        done
        unshare -m sh -c "$nofd" sh \
            setpriv --reuid 65534 --regid 65534 --clear-groups $work/open/gridpatch $(job zstd) -o d/out.run > out 2> err < /dev/null
        status=$?
        after 'the next run' ref.zstd d
        [ "$status" -eq 0 ] || wrong "the next run: exit $status: $(cat err)"
        verdict "SIG$sig, the output has a name from the start: 8 times, $none without an output, $left left something"
        rm -rf d
        mkdir d
        chmod 1777 d
    done
    chmod 0755 d
else
    skip 'an output with a name from the start' 'needs root, mount namespaces, setpriv'
fi

# --- no room, no right ----------------------------------------------------------------

if [ "$(id -u)" -eq 0 ] && unshare -m sh -c 'mkdir -p m && mount -t tmpfs -o size=16k tmpfs m' 2> /dev/null; then
    need=$(($(stat -c %s ref.zstd) / 1024))
    bad='' whole=0 none=0 left=0
    for c in gzip zstd none full; do
        need=$(($(stat -c %s ref.$c) / 1024))
        # A full repack asks for as much as the input has, in case.
        [ $c != full ] || need=$(($(stat -c %s full.run) / 1024))
        # In KiB: none at all, then closer and closer to what it takes, and more.
        for size in 4 $((need / 2)) $((need - 60)) $((need - 8)) $((need + 12)) $((need + 300)); do
            # shellcheck disable=SC2016
            unshare -m sh -c 'size=$1 ref=$2; shift 2
                mount -t tmpfs -o size=${size}k tmpfs m || exit 99
                "$@" -o m/out.run > out 2> err < /dev/null
                st=$?
                rm -rf m2; cp -a m m2
                exit $st' sh $size ref.$c "$GRIDPATCH" $(job $c)
            status=$?
            tries=$((tries + 1))
            if [ $size -lt $need ]; then
                [ $status -eq 4 ] || wrong "$c, $size KiB of $need: exit $status"
                grep -q 'No space left' err || wrong "$c, $size KiB of $need: $(head -n 1 err)"
            elif [ $size -gt $((need + 200)) ]; then
                [ $status -eq 0 ] || wrong "$c, $size KiB of $need: exit $status"
            fi
            after "$c, $size KiB of $need" ref.$c m2
        done
    done
    verdict "24 file systems without enough room, or with: $none without an output"
    rm -rf m m2
else
    skip 'no room' 'needs root and mount namespaces'
fi
bad='' whole=0 none=0 left=0
for blocks in 1 1000 20000 39000; do
    # In blocks of 512 bytes; what goes beyond is a signal, or an error.
    # The inner shell says which signal it was.
    # shellcheck disable=SC2016
    sh -c 'ulimit -f $1 && shift && "$@"; exit $?' sh $blocks "$GRIDPATCH" $(job zstd) -o d/out.run > /dev/null 2>&1 < /dev/null
    status=$?
    tries=$((tries + 1))
    [ $status -ne 0 ] || wrong "ulimit -f $blocks: exit 0"
    after "ulimit -f $blocks" ref.zstd d
done
for kib in 12000 20000 40000 60000 100000; do
    args=$(job xz)
    (ulimit -v $kib && exec "$GRIDPATCH" $args -o d/out.run) > out 2> err < /dev/null
    status=$?
    tries=$((tries + 1))
    # 127: not even the loader had enough.
    [ $status -ne 127 ] || status=4
    after "ulimit -v $kib" ref.xz d
done
for files in 4 5 6 8 12; do
    args=$(job gzip)
    (ulimit -n $files && exec "$GRIDPATCH" $args -o d/out.run) > out 2> err < /dev/null
    status=$?
    tries=$((tries + 1))
    [ $status -ne 127 ] || status=4
    after "ulimit -n $files" ref.gzip d
done
verdict 'limits on the size of files, on memory and on open files'
bad='' whole=0 none=0 left=0
for c in gzip zstd none; do
    "$GRIDPATCH" $(job $c) -o d/out.run 2> err < /dev/null >&-
    status=$?
    after "$c, no stdout" ref.$c d late
    "$GRIDPATCH" $(job $c) -o d/out.run > out 2>&- < /dev/null
    status=$?
    after "$c, no stderr" ref.$c d
    "$GRIDPATCH" $(job $c) -o d/out.run <&- >&- 2>&-
    status=$?
    after "$c, none of the three" ref.$c d late
    { "$GRIDPATCH" $(job $c) -o d/out.run 2> err < /dev/null; echo $? > st; } | true
    status=$(cat st)
    after "$c, nobody reads" ref.$c d late
    tries=$((tries + 4))
done
verdict 'without stdin, stdout, stderr'
if [ "$(id -u)" -eq 0 ] && command -v setpriv > /dev/null; then
    bad='' whole=0 none=0 left=0
    for mode in 0555 0500 0000; do
        chmod $mode d
        for c in gzip zstd; do
            setpriv --reuid 65534 --regid 65534 --clear-groups $work/open/gridpatch $(job $c) -o d/out.run > out 2> err < /dev/null
            status=$?
            tries=$((tries + 1))
            [ $status -eq 4 ] || wrong "a directory of mode $mode: exit $status"
            after "a directory of mode $mode" ref.$c d
        done
    done
    chmod 0755 d
    verdict 'a directory that one may not write'
else
    skip 'a directory that one may not write' 'needs root and setpriv'
fi
if unshare -m sh -c 'mkdir -p m && mount -t tmpfs -o ro tmpfs m' 2> /dev/null; then
    bad='' whole=0 none=0 left=0
    unshare -m sh -c 'mount -t tmpfs -o ro tmpfs m && exec "$@"' sh "$GRIDPATCH" $(job zstd) -o m/out.run > out 2> err < /dev/null
    status=$?
    tries=$((tries + 1))
    [ $status -eq 4 ] || wrong "exit $status"
    after 'a read-only file system' ref.zstd m
    verdict 'a read-only file system'
else
    skip 'a read-only file system' 'needs root and mount namespaces'
fi

# --- the input is altered meanwhile ------------------------------------------------------

# alter HOW FILE PART: PART of 1000 says where.
alter() {
    at=$(($(stat -c %s "$2") / 1000 * $3))
    case $1 in
        truncate) truncate -s $at "$2" ;;
        overwrite) printf '\125\252\125\252' | dd of="$2" bs=1 seek=$at conv=notrunc 2> /dev/null ;;
        append) echo more >> "$2" ;;
        replace)
            cp other.run "$2.new"
            mv "$2.new" "$2"
            ;;
        rewrite) cat other.run > "$2" ;;
        remove) rm "$2" ;;
    esac
}
for how in truncate overwrite append replace rewrite remove; do
    bad='' whole=0 none=0 left=0
    n=0
    case $how in overwrite | rewrite) some='0 1 2' ;; *) some='0 1' ;; esac
    for c in gzip xz zstd none full; do
        ms=$(eval "echo \$took_$c")
        for i in $some; do
            cp $c.run in.run
            pause=$(between 3 $ms $i)
            part=$((seed / 65536 % 900 + 50))
            start $(job $c in.run) -o d/out.run
            sleep $pause
            alter $how in.run $part
            done_with
            n=$((n + 1))
            after "$how at $part, $c, after $pause s" ref.$c d '' ref.other
            rm -f in.run
        done
    done
    verdict "$how the input meanwhile: $n times, $none without an output"
done

# At the worst moment: it has been looked at, and the output is begun.
run $opts none.run --repack full -o ref.none-full
cp none.run none-full.run
# A run that had only begun with its output's name takes the other one from the beginning,
# and compresses it again where that was asked for.
run $opts other.run --repack full -o ref.other-full
for how in overwrite rewrite truncate; do
    bad='' whole=0 none=0 left=0
    n=0
    for c in gzip xz zstd none full none-full; do
        for cache in '' --no-cache; do
            cp $c.run in.run
            mode=auto other=ref.other
            case $c in *full) mode=full other=ref.other-full ;; esac
            # Now there is an index of it.
            [ -n "$cache" ] || run $opts in.run -n
            start $opts in.run --repack $mode $cache -o d/out.run
            while kill -0 $pid 2> /dev/null && ! find /proc/$pid/fd -lname '*/d/*' 2> /dev/null | grep -q .; do :; done
            kill -STOP $pid 2> /dev/null
            alter $how in.run 700
            kill -CONT $pid 2> /dev/null
            done_with
            n=$((n + 1))
            after "$how, $c, ${cache:-from an index}" ref.$c d '' $other
            rm -f in.run
        done
    done
    verdict "$how the input when the output is begun: $n times, $none without an output"
done

# Again and again while it runs.
for c in gzip xz zstd none; do
    bad='' whole=0 none=0 left=0
    for i in 1 2; do
        cp $c.run in.run
        # shellcheck disable=SC2016
        sh -c 'while :; do
            printf "\125\252" | dd of=in.run bs=1 seek=9000000 conv=notrunc
            printf "\252\125" | dd of=in.run bs=1 seek=9000000 conv=notrunc
            truncate -s -1 in.run
            echo >> in.run
        done' > /dev/null 2>&1 &
        loop=$!
        start $opts in.run -o d/out.run
        done_with
        kill $loop
        wait $loop 2> /dev/null
        after "a loop, $c" ref.$c d
    done
    rm -f in.run
    verdict "the input is altered in a loop, $c: $none of 2 without an output"
done

bad=
[ "$tries" -ge 200 ] || [ "$(id -u)" -ne 0 ] || wrong "only $tries tries"
verdict "$tries tries"
finish
