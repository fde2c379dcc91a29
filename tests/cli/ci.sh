#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2154,SC2012,SC2086 # lib.sh sets the rest
# The examples of gridpatch-ci(7), run as they stand there on
# samples and real headers; and the workflows of this repository.
# slow: 30 s
# no-san: pipelines work here; their verbs are those of build.sh, matrix.sh and reports.sh
. "$(dirname "$0")/lib.sh"

man=$repo/tools/man/gridpatch-ci.7
workflow=$repo/.github/workflows/matrix.yml
gitlab=$repo/tools/packaging/gitlab-ci.example.yml

# As a reader sees it.
example() { sh "$fx/example.sh" "$man" "$1"; }
sed -n 's/^\.\\" example //p' "$man" > names
check 'the manual has examples' test "$(wc -l < names)" -ge 8
while read -r name; do
    example "$name" > "$name.example"
    check "example $name: it is there" test -s "$name.example"
done < names

# --- what is written there is what gridpatch knows ------------------------------
# commands FILE: each `gridpatch matrix …`, in one line.
commands() { sed -e ':a' -e '/\\$/{N;s/\\\n */ /;ba' -e '}' "$1" | grep -o 'gridpatch [a-z][^|;>)]*' | sed 's/ *$//'; }
run matrix --help
sed -n 's/^  *\(-[a-zA-Z], \)\{0,1\}\(--[a-z][a-z0-9-]*\).*/\2/p' out > known
for f in *.example "$workflow" "$gitlab"; do
    commands "$f" > said
    grep -oE -- ' --[a-z-]+' said | tr -d ' ' | sort -u > options
    check "$(basename "$f"): options that gridpatch knows" sh -c '! grep -vxF -f known options'
done
commands "$workflow" | sed "s, \\(drivers\\|headers\\)/, /srv/\\1/,g" > said
commands github.example > wanted
check "the workflow's commands are the manual's" sh -c 'test -s wanted && diff wanted said'
commands "$gitlab" > said
commands gitlab.example > wanted
check "the GitLab example's commands are the manual's" sh -c 'test -s wanted && diff wanted said'
check 'no actions but those of GitHub' sh -c '! grep "uses:" "$0" | grep -vE "uses: actions/(checkout|(up|down)load-artifact)@v[0-9]+$"' "$workflow"
# The action: its words reach gridpatch, patterns opened, and its options are known.
action=$repo/.github/actions/matrix/action.yml
commands "$action" | grep -oE -- ' --[a-z]+' | tr -d ' ' > options
check 'the action: options that gridpatch knows' sh -c 'test -s options && ! grep -vxF -f known options'
cat > action.py << 'E'
import sys, yaml
a = yaml.safe_load(open(sys.argv[1]))
steps = a["runs"]["steps"]
assert a["runs"]["using"] == "composite" and all("shell" in s for s in steps), "a step without a shell"
step = steps[-1]
assert set(step["env"].values()) == {"${{ inputs.%s }}" % i for i in a["inputs"]}, "an input that no step is given"
assert not any("${{" in s["run"] for s in steps), "an input within a script is a script"
print(step["run"])
E
if python3 -c 'import yaml' 2> /dev/null; then
    mkdir act act/bin act/drivers && : > act/drivers/a.run && : > act/drivers/b.run
    printf '#!/bin/sh\nprintf "%%s\\n" "$@" > words\necho "| a table |"\nexit 1\n' > act/bin/gridpatch && chmod 0755 act/bin/gridpatch
    check 'the action: can be read' sh -c 'python3 action.py "$0" > act/run' "$action"
    (cd act && PATH=$PWD/bin:$PATH DRIVERS='drivers/*.run' HEADERS=/usr/src FETCH='' ARGUMENTS='--modules nvidia' REPORT=out \
        GITHUB_STEP_SUMMARY=summary sh -e run)
    check 'the action: a failed cell fails the job' test $? -eq 1
    printf '%s\n' matrix drivers/a.run drivers/b.run /usr/src --modules nvidia --html out/matrix.html --json=out/matrix.json --markdown - > want
    check 'the action: what gridpatch is given' diff want act/words
    says 'the action: the summary has the table' '| a table |' act/summary
    printf '#!/bin/sh\necho "$*" > said\n' > act/bin/sudo
    printf '#!/bin/sh\necho "$*" > asked\n' > act/bin/apt-get
    printf '#!/bin/sh\necho 1000\n' > act/bin/id
    chmod 0755 act/bin/*
    # given NAME FETCH: without headers, as a job that does not say any.
    given() {
        (cd act && PATH=$PWD/bin:$PATH DRIVERS='drivers/*.run' HEADERS='' FETCH=$2 ARGUMENTS='' REPORT=out \
            GITHUB_STEP_SUMMARY=summary sh -e run)
        printf '%s\n' matrix drivers/a.run drivers/b.run $3 --html out/matrix.html --json=out/matrix.json --markdown - > want
        check "the action: $1" diff want act/words
    }
    given 'nothing but drivers' '' /usr/src
    refute 'the action: then no list is renewed' test -e act/said
    given 'kernels to fetch' 'ubuntu:6.8 debian:6.12' '--fetch-headers ubuntu:6.8 --fetch-headers debian:6.12'
    check 'the action: with new lists' grep -qx 'apt-get update -q' act/said
    refute 'the action: which sudo asks for' test -e act/asked
    rm act/said
    printf '#!/bin/sh\necho 0\n' > act/bin/id
    given 'as root' ubuntu:6.8 '--fetch-headers ubuntu:6.8'
    refute 'the action: root needs no sudo' test -e act/said
    check 'the action: but new lists' grep -qx 'update -q' act/asked
else
    skip 'the action' 'python3-yaml is missing'
fi
# The container: dpkg-buildpackage stops at what is not there, and only it asks for some of these.
container=$repo/tools/packaging/Containerfile
awk '/^[A-Z]/ { on = /^Build-Depends/ } on { sub(/^[A-Za-z-]*:/, ""); print }' "$repo/tools/packaging/deb/control" |
    tr ',' '\n' | sed 's/^ *//; s/[ (].*//' | grep . | sort -u > wants
check 'the container: the package has dependencies' test "$(wc -l < wants)" -ge 8
{ echo build-essential; sed 's/^debhelper-compat$/debhelper/' wants; } | while read -r package; do
    grep -qwF -e "$package" "$container" "$repo/tools/packaging/deps.sh" || echo "$package"
done > lacks
check 'the container: has all that its package is made from' sh -c 'cat lacks; test ! -s lacks'
check 'the container: what it is made from' grep -qw build-essential "$container"
if command -v mandoc > /dev/null; then
    mandoc -T ascii -O width=200 "$man" | col -bx | sed 's/^[[:space:]]*//' > shown
    cat ./*.example | sed 's/^[[:space:]]*//' | grep . > lines
    check 'and the page shows them so' sh -c '! grep -vxF -f shown lines'
else
    skip 'how the page shows them' 'mandoc is missing'
fi

if ! headers_here; then
    skip 'the examples, run' 'no kernel headers here'
    finish
fi
if ! command -v jq > /dev/null; then
    skip 'the examples, run' 'jq is missing'
    finish
fi

# --- the machines -----------------------------------------------------------------
# Two drivers, one of which does not compile, of one module each; two kernels, one of
# them blocked.
sh "$fx/buildable.sh" --data data --line "$(echo "$release" | cut -d. -f1,2)" || exit 1
GRIDPATCH_DATA=$work/data TMPDIR=$work/scratch
export GRIDPATCH_DATA TMPDIR
mkdir scratch bin kernels in
for pair in '390.10 none' '460.73.02 compile'; do
    sample=in/NVIDIA-Linux-x86_64-${pair% *}-sample
    sh "$fx/buildable.sh" --version ${pair% *} --breaks ${pair#* } $sample && rm -r $sample/kernel/nvidia-uvm &&
        sh "$fx/mkrun.sh" $sample $sample.run > /dev/null || exit 1
done
ln -s "$headers" kernels/real
other_release kernels/blocked 5.13.0-9-amd64
ln -s "$GRIDPATCH" bin/gridpatch
PATH=$work/bin:$PATH
want=$(printf '%s\n' "390.10 $release ok" '390.10 5.13.0-9-amd64 blocked' "460.73.02 $release compile" \
    '460.73.02 5.13.0-9-amd64 blocked' | sort)
classes() { jq -r '.cells[] | "\(.driver.version) \(.kernel.release) \(.class)"' "$1"; }
whole() { [ "$(classes "$1" | sort)" = "$want" ]; }

# here NAME: the example with this test's directories. $some: of these installers only, as
# builds take their time.
some='*.run'
here() { sed "s,/srv/drivers/\*.run,/srv/drivers/$some,; s,/srv/,$work/srv/,g; s,/usr/src/linux-headers-\*-amd64,$work/kernels/*," "$work/$1.example"; }
# try NAME DIR: run it there; leaves $status, out and err.
try() {
    here "$1" > "$work/script"
    (cd "$2" && exec sh "$work/script") > "$work/out" 2> "$work/err" < /dev/null
    status=$?
}
(cd in && here setup > ../script && sh ../script)
check 'setup: installers and headers' test "$(ls srv/drivers srv/headers | wc -w)" -eq 6

# --- one machine ------------------------------------------------------------------
mkdir one
try one-machine one
check 'one machine: what fails was expected' test $status -eq 0
check 'one machine: all cells' whole one/today.json
check 'one machine: it says what was expected' grep -q '1 failed as expected' out
for f in today.xml today.html logs/460.73.02-"$release".log; do
    check "one machine: $f" test -s "one/$f"
done
sed 's/^460.*/# &/' one-machine.example > all.example
try all one
check 'one machine: without the line of the list it is a failure' test $status -eq 1
check 'one machine: the same command goes on' test "$(grep -c 'from the report' out)" -eq 4
try regression one
check 'regression: nothing got worse' test $status -eq 0
check 'regression: all cells, anew' whole one/today.json
jq '(.cells[] | select(.class == "compile") | .class) = "ok"' one/today.json > one/better.json
cp one/better.json one/today.json
some='*-460*.run'
try regression one
some='*.run'
check 'regression: one that was better is a failure' test $status -eq 1
says 'regression: it is named' "460.73.02 on $release" out

# --- GNU parallel: two machines, one of which dies in its first cell ------------------
if command -v parallel > /dev/null && parallel --version 2> /dev/null | grep -q 'GNU parallel'; then
    # The machines: ssh notes which one it was, and runs the command here. SHELL is what
    # sshd always sets (OpenSSH, do_setup_env()): GNU parallel's remote part runs its jobs
    # with it, and with none of them where a CI's own environment has none.
    cat > bin/ssh << 'E'
#!/bin/sh
while :; do
    case $1 in
        -l | -o | -p | -S | -i) shift 2 ;;
        -*) shift ;;
        *) break ;;
    esac
done
echo "$1" >> "$MACHINES"
shift
[ "$1" != -- ] || shift
SHELL=/bin/sh exec /bin/sh -c "$*"
E
    rm bin/gridpatch
    cat > bin/gridpatch << E
#!/bin/sh
case "\$*" in
    *--shard\ 1/*) [ -e "$work/died" ] || { touch "$work/died"; kill -9 \$\$; } ;;
esac
exec "$GRIDPATCH" "\$@"
E
    chmod +x bin/gridpatch bin/ssh
    MACHINES=$work/machines
    export MACHINES
    mkdir par
    try parallel par
    check 'parallel: both machines worked' test "$(sort -u machines | tr '\n' ' ')" = 'build1 build2 '
    check 'parallel: a worker died' test -e died
    check 'parallel: exit 1' test $status -eq 1
    says 'parallel: its cell is missing' "missing    NVIDIA-Linux-x86_64-390.10-sample.run" out
    check 'parallel: the others are there' test "$(jq '.cells | length' par/matrix.json)" -eq 3
    check 'parallel: a page' test -s par/matrix.html
    cp -R par again
    try missing par
    check 'parallel: what was missing is built here' whole par/matrix.json
    check 'parallel: and only that' test "$(grep -c 'from the report' out)" -eq 3
    try retry again
    check 'parallel: or by the machines' whole again/matrix.json
    refute 'parallel: nothing is missing' grep -q missing out
    rm bin/gridpatch bin/ssh
    ln -s "$GRIDPATCH" bin/gridpatch
else
    skip 'GNU parallel' 'it is missing'
fi

# --- Slurm: sbatch runs the tasks one after the other ------------------------------------
cat > bin/sbatch << 'E'
#!/bin/sh
for word; do
    case $word in
        --array=1-*) n=${word#--array=1-} ;;
        --cpus-per-task=*) SLURM_CPUS_PER_TASK=${word#*=} ;;
        --wait) ;;
        -*) exit 9 ;;
        *) script=$word ;;
    esac
done
export SLURM_CPUS_PER_TASK
# Slurm runs a copy of it, by its first line.
head -n 1 "$script" | grep -q '^#!/' || exit 8
for i in $(seq "$n"); do
    SLURM_ARRAY_TASK_ID=$i sh "$script"
done
E
chmod +x bin/sbatch
mkdir slurm
some='*-460*.run'
try slurm slurm
check 'slurm: exit 1, as one cell fails' test $status -eq 1
says 'slurm: all of them in the last report' '0 ok, 1 failed, 1 blocked' out
check 'slurm: a report of each task' test "$(ls slurm/matrix-*.json | wc -l)" -eq 2
check 'slurm: with the processors of its task' test "$(jq -s 'map(.jobs) | max' slurm/matrix-*.json)" -eq 4
check 'slurm: all cells' test "$(cat slurm/matrix-*.json | classes /dev/stdin | sort)" = "$(echo "$want" | grep '^460')"
check 'slurm: a page' test -s slurm/matrix.html

# --- GitHub and GitLab ----------------------------------------------------------------------
if ! python3 -c 'import yaml' 2> /dev/null || ! command -v bash > /dev/null; then
    skip 'GitHub and GitLab' 'python3-yaml or bash is missing'
    finish
fi
# pipeline KIND FILE DIR [CHECKOUT]
pipeline() {
    python3 "$fx/pipeline.py" "$@" > "$work/out" 2> "$work/err" < /dev/null
    status=$?
}
some='*.run'
here github > github.yml
pipeline github github.yml github
check 'github: it runs' test $status -eq 0
check 'github: a job for each cell' test "$(grep -c '^cell: NVIDIA-.*run on ' out)" -eq 4
check 'github: the failed one is red' grep -qx "cell: NVIDIA-Linux-x86_64-460.73.02-sample.run on $release failure" out
check 'github: and no other cell' test "$(grep -c '^cell: .* failure' out)" -eq 1
check 'github: so is the report' grep -qx 'report failure' out
check 'github: all cells' whole github/artifacts/matrix/matrix.json
check 'github: a page' test -s github/artifacts/matrix/matrix.html
says 'github: a summary' '| 460.73.02 | ' github/summary.md

some='*-460*.run'
here gitlab > gitlab.yml
pipeline gitlab gitlab.yml gitlab
check 'gitlab: it runs' test $status -eq 0
check 'gitlab: a job for each cell' test "$(grep -c '^NVIDIA-.*run on ' out)" -eq 2
check 'gitlab: the failed one is red' grep -qx "NVIDIA-Linux-x86_64-460.73.02-sample.run on $release failure" out
check 'gitlab: and its report' grep -qx 'report failure' out
check 'gitlab: all cells' test "$(classes gitlab/artifacts/matrix.json | sort)" = "$(echo "$want" | grep '^460')"
check 'gitlab: tests, and a page' test -s gitlab/artifacts/matrix-1.xml -a -s gitlab/artifacts/matrix.html
check 'the example file is the same pipeline' python3 -c '
import sys, yaml
a, b = (yaml.safe_load(open(f)) for f in sys.argv[1:])
b.pop("stages")
assert a == b, (a, b)' gitlab.example "$gitlab"

# What they install, with sudo or as root, is here already.
printf '#!/bin/sh\n' > bin/sudo
printf '#!/bin/sh\ncase "$*" in -C*\\ install) exit ;; esac\nexec %s "$@"\n' "$(command -v make)" > bin/make
chmod +x bin/sudo bin/make
some='*.run'
here action > action.yml
pipeline github action.yml action "$work" "$repo"
check 'the action: the job ran, and is red' test "$(cat out)" = 'matrix failure'
check 'the action: all cells' whole action/artifacts/matrix/matrix.json
check 'the action: a page' test -s action/artifacts/matrix/matrix.html
says 'the action: a summary' '| 460.73.02 | ' action/summary.md

mkdir -p tree/tests
cp -R "$fx" tree/tests/
GRIDPATCH_HEADERS="$work/kernels/*" pipeline github "$workflow" repo "$work/tree"
check 'this repository: it runs' test $status -eq 0
refute 'this repository: no job is red' grep -vq ' success$' out
check 'this repository: a job for each cell' test "$(grep -c '^cell: ' out)" -eq 2
check 'this repository: its cells' test "$(jq -c '[.cells[].class]' repo/artifacts/matrix/matrix.json)" = '["blocked","ok"]'
finish
