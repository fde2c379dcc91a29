#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2154 # lib.sh sets the rest
# Which conftests the releases of NVIDIA's modules have, and what the data say of it.
# tests: core/rules/conftest
. "$(dirname "$0")/lib.sh"
conftests() { python3 "$repo/tests/conftests.py" "$@" > out 2> err; }
# expect WHAT STATUS ARG...
expect() {
    what=$1 want=$2
    shift 2
    conftests "$@"
    check "$what: exit $want" test $? = "$want"
}
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
git_in() { git -C "$@" > /dev/null 2>&1; }

# --- a repository of our own, in the shape of open-gpu-kernel-modules -----------

mkdir -p r/kernel-open/nvidia r/kernel-open/nvidia-drm r/src/other
git_in r init -q
# test NAME COMMENT: a test of conftest.sh.
test_of() { printf '        %s)\n            #\n            # %s\n            #\n            CODE="\n            #include <x.h>"\n        ;;\n' "$1" "$2"; }
# release VERSION: what lies there, under that tag.
release() {
    echo "NVIDIA_VERSION = $1" > r/version.mk
    git_in r add -A && git_in r -c user.name=x -c user.email=x commit -qm "$1" && git_in r tag "$1"
}
script=r/kernel-open/conftest.sh
{
    printf 'compile_test() {\n    case "$1" in\n'
    test_of drm_old 'Changed by commit 0 ("x 9.9") in v4.2 (2018-05-18), again in Linux 5.14-rc3.'
    test_of 'vfio_one|vfio_two' 'Added in 6.1.'
} > $script
printf 'NV_CONFTEST_TYPE_COMPILE_TESTS += drm_old\n# NV_CONFTEST_TYPE_COMPILE_TESTS += in_a_comment\n' > r/kernel-open/nvidia-drm/nvidia-drm.Kbuild
printf 'NV_CONFTEST_GENERIC_COMPILE_TESTS := is_export_symbol_gpl_x \\\n  listed_too # and more\n' > r/kernel-open/nvidia/nvidia.Kbuild
test_of elsewhere 'in v6.6' > r/src/other/conftest.sh
release 100.9
release 100.40.2
test_of new_one 'in v6.12' >> $script
printf 'NV_CONFTEST_FUNCTION_COMPILE_TESTS += new_one\n' > r/kernel-open/nvidia-drm/nvidia-drm-sources.mk
release 100.51
sed -i '/vfio_one|/s/vfio_one|//' $script
release 101.2
git_in r tag not-a-release

expect 'a work tree' 0 r
cat > want << 'T'
drm_old listed 4.2,5.14 100.9- 101.2-
is_export_symbol_gpl_x listed - 100.9- 101.2-
listed_too listed - 100.9- 101.2-
new_one listed 6.12 100.51- 101.2-
vfio_one script 6.1 100.9-
vfio_two script 6.1 100.9- 101.2-
T
check 'the table: as a person reads it' diff want out
git clone -q --bare r bare 2> /dev/null
expect 'a bare repository' 0 bare
check 'the same' diff want out
for t in $(git -C bare tag); do git_in bare tag -d "$t"; done
expect 'without tags, by its history' 0 bare
check 'still the same' diff want out
expect 'some of them' 0 --names vfio_one,new_one r
check 'only these' test "$(cut -d' ' -f1 out | tr '\n' ' ')" = 'vfio_one new_one '
expect 'an unknown one' 1 --names nothing r
says 'it is named' "no release has a test 'nothing'"
mkdir empty
git_in empty init -q
expect 'nothing in it' 1 empty
says 'why' 'no tag is a release, and no commit has a version.mk'
expect 'no directory' 1 nowhere
says 'where' "'nowhere' is no directory"
mkdir plain
expect 'no repository' 1 plain
says 'git says so' 'not a git repository'
git_in r rm -q -r --cached kernel-open && mv r/kernel-open gone && release 102.1
expect 'a release without conftests' 1 r
says 'it is no answer' '102.1 has no conftest'
git_in r tag -d 102.1

# --- what rules say ------------------------------------------------------------

mkdir -p data/kernel-versions
# rule EVIDENCE [PROBE]
rule() {
    printf 'Kernel: 6.12\nStatus: supported\n\nDriver: 100\n%sEvidence: %s\n' "${2:+Probe: $2
}" "$1" > data/kernel-versions/6.12
}
right() { # EVIDENCE COUNT
    rule "$1"
    expect "right: $(echo "$1" | head -n 1)" 0 --check data r
    says "all of it" "$2 citations and probes compared with 4 releases, 0 wrong" out
}
wrong() {
    rule "$1" "${3-}"
    expect "wrong: $1" 1 --check data r
    says "$1: why" "$2" out
}
right '[source] conftest new_one from 100.51' 1
right '[source] conftest new_one from 100.51,
 101.2; not built' 2
right '[source] conftest new_one, drm_old in 101' 2
right '[source] conftest new_one not in 100.9, 100.40.2; conftest vfio_one not in 101. [built] x' 3
wrong '[source] conftest new_one from 100.40.2' 'kernel-versions/6.12:5: conftest new_one from 100.40.2: 100.40.2 has it not'
wrong '[source] conftest drm_old from 100.51' '100.40.2 has it already'
wrong '[source] conftest vfio_one in 101' '101.2 has it not'
wrong '[source] conftest new_one in 100' '100.9 has it not'
wrong '[source] conftest new_one not in 100' '100.51 has it'
wrong '[source] conftest new_one from 100.52' 'there is no release 100.52'
wrong '[source] conftest new_one in 103' 'there is no release of branch 103'
wrong '[source] conftest new_won from 100.51' 'no release has such a test'
wrong 'x' 'kernel-versions/6.12:5: driver-conftest new_won: no release has such a test' '!driver-conftest new_won'
rule 'x'
expect 'nothing is compared: that is no success' 1 --check data r
expect 'no data' 1 --check empty r

# lint-set sees to the form.
rule '[source] conftest new_one since 100.51'
expect_status 'lint-set: another form' 1 lint-set --data data
says 'it is told' "'conftest new_one since 100.51' does not say which release has the test" out

check 'the shipped data cite some' grep -rqE 'conftest [a-z_, ]+ from' "$repo/kernel-versions"
finish
