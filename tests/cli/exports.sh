#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2086,SC2154 # lib.sh sets the rest
# What kernels export: the table that a program writes from lists, and probes that ask
# headers first, then the table.
# tests: core/rules/exports ops/select/headers
. "$(dirname "$0")/lib.sh"
exports() { python3 "$repo/tests/exports.py" "$@"; }

# --- the program, on lists of our own ----------------------------------------

mkdir -p lists data/kernel-versions
# symvers RELEASE NAME:MODULE:TYPE:NAMESPACE...
symvers() {
    mkdir -p "lists/linux-headers-$1"
    for e in kfree:vmlinux:EXPORT_SYMBOL: "$@"; do
        case $e in *:*) echo "$e" | awk -F: -v OFS='\t' '{ print "0x1a", $1, $2, $3, $4 (NF > 4 ? ":" $5 : "") }' ;; esac
    done > "lists/linux-headers-$1/Module.symvers"
}
symvers 6.8.0-31-generic a:vmlinux:EXPORT_SYMBOL: b:x/y:EXPORT_SYMBOL_GPL:NS
symvers 6.8.0-45-generic a:vmlinux:EXPORT_SYMBOL: b:x/y:EXPORT_SYMBOL_GPL:NS
symvers 6.8.0-100-generic a:vmlinux:EXPORT_SYMBOL: b:x/y:EXPORT_SYMBOL_GPL:NS
symvers 6.11.0-9-generic a:vmlinux:EXPORT_SYMBOL: b:x/y:EXPORT_SYMBOL_GPL:NS
symvers 6.18.1-1-generic a:vmlinux:EXPORT_SYMBOL_GPL: b:kvm:EXPORT_SYMBOL_GPL:module:kvm-amd,kvm-intel
printf '0x0\tkfree\tvmlinux\tEXPORT_SYMBOL\n0x0\ta\tvmlinux\tEXPORT_UNUSED_SYMBOL_GPL\n' > lists/5.3.9
printf '0x0\tkfree\t\tvmlinux\tEXPORT_SYMBOL\n0x0\ta\tNS\tvmlinux\tEXPORT_SYMBOL' > lists/5.4.9
cat > lists/abi-prev-6.8.4-2-pve-amd64 << 'T'
EXPORT_SYMBOL	 vmlinux 0x12	kfree
EXPORT_SYMBOL	 vmlinux 0x12	ab
NS EXPORT_SYMBOL_GPL 0x4c7a7ecd	b	x/y
EXPORT_SYMBOL vmlinux 0x12	a
T
printf 'kfree\nb\n' > lists/names
if exports --symbols 'a,b c' --source 'Module.symvers of Ubuntu' none lists/linux-headers-*/Module.symvers > one &&
    exports --source "kernel.org's: Module.symvers" one lists/5.3.9 lists/5.4.9 > two &&
    exports --source 'abi-prev-RELEASE' two lists/abi-prev-6.8.4-2-pve-amd64 > three &&
    exports --source 'names' three 6.9.3-1-pve=lists/names > four; then
    ok 'the lists make a table'
else
    not_ok 'the lists make a table'
fi
cat > want << 'T'
Symbols: a b c

Releases: 5.3.9
Source: kernel.org's: Module.symvers
Gpl: a

Releases: 5.4.9
Source: kernel.org's: Module.symvers
Plain: a(NS)

Releases: 6.8.0-31-generic - 6.8.0-100-generic, 6.11.0-9-generic
Source: Module.symvers of Ubuntu
Plain: a
Gpl: b(NS)

Releases: 6.18.1-1-generic
Source: Module.symvers of Ubuntu
Gpl: a b(module:kvm-amd,kvm-intel)

Releases: 6.8.4-2-pve
Source: abi-prev-RELEASE
Plain: a
Gpl: b(NS)

Releases: 6.9.3-1-pve
Source: names
Exported: b
T
check 'as a person writes it' diff want four
exports --source 'Module.symvers of Ubuntu' four lists/linux-headers-6.8.0-45-generic/Module.symvers > again
check 'what it has changes nothing' diff four again
symvers 6.8.0-60-generic a:vmlinux:EXPORT_SYMBOL:
exports --source 'Module.symvers of Ubuntu' four lists/linux-headers-6.8.0-60-generic/Module.symvers > parted
says 'a list that differs parts a range' 'Releases: 6.8.0-31-generic, 6.8.0-100-generic, 6.11.0-9-generic' parted
says 'and stands alone' 'Releases: 6.8.0-60-generic' parted
exports --symbols d --source x four 6.8.4-2-pve=lists/abi-prev-6.8.4-2-pve-amd64 > wider
check 'a new symbol is not known where no list is given' test "$(grep -c '^Unknown: d$' wider)" = 5

# refuses WHAT TEXT ARG...
refuses() {
    what=$1 text=$2
    shift 2
    if exports --symbols a --source s none "$@" > out 2> err; then not_ok "$what: it is taken"; else says "$what" "$text"; fi
    silent_on "$what: no table" out
}
printf 'kfree\n0x12\ta\n' > lists/6.8.1
printf '<html>\n' > lists/6.8.2
printf '0x12\ta\tvmlinux\tEXPORT_SYMBOL\n' > lists/6.8.3
printf '0x12\tkfree\tvmlinux\tEXPORT_SYMBOL\tx\ty\n' > lists/6.8.4
: > lists/6.8.5
refuses 'a line that is none' "'lists/6.8.1:2': not a line" lists/6.8.1
refuses 'another file' "'lists/6.8.2:1': not a line" lists/6.8.2
refuses 'a part of a list' "'lists/6.8.3': no kfree in it" lists/6.8.3
refuses 'a column too many' "'lists/6.8.4:1': not a line" lists/6.8.4
refuses 'nothing in it' "'lists/6.8.5:1': not a line" lists/6.8.5
refuses 'no such file' "cannot read 'lists/6.8.6'" lists/6.8.6
refuses 'whose list it is' 'does not say of which kernel' lists/names

printf 'Symbols: a\n\nReleases: 6.8.1\nno field\n' > torn
if exports --source s torn 6.8.9=lists/abi-prev-6.8.4-2-pve-amd64 > out 2> err; then not_ok 'a torn table: it is taken'; else says 'a torn table' "'torn': paragraph 2 is none"; fi

# --- a rule asks ---------------------------------------------------------------

# rule WORDS: a rule of 6.8 with that probe.
rule() {
    printf 'Kernel: 6.8\nStatus: supported\n\nDriver: 535\nProbe: %s\nLoad: yes\nEvidence: [built] x\n' "$1" \
        > data/kernel-versions/6.8
}
cp four data/kernel-versions/exports
GRIDPATCH_DATA=$PWD/data
export GRIDPATCH_DATA
rule 'exports b gpl namespace NS'
expect_status 'without headers' 0 select --explain --driver 535.54.03 -k 6.8.0-40-generic
says 'the table answers, and from where' "taken        by probe    probe 'exports b gpl namespace NS': holds, by the lists of 6.8.0-31-generic to 6.8.0-100-generic" out
run select --json --driver 535.54.03 -k 6.8.0-40-generic
check 'json: from where' json_is out '.selection.cells[0].rules[0].exports | [.from, .first, .last, .source, (.line | tostring)] | join(" ")' \
    'table 6.8.0-31-generic 6.8.0-100-generic Module.symvers of Ubuntu 11'
expect_status 'a kernel that is not in it' 0 select --explain --driver 535.54.03 -k 6.8.0-101-generic
says 'nobody knows' 'cannot tell  by version  cannot tell without headers' out
run select --json --driver 535.54.03 -k 6.8.0-101-generic
check 'json: from nowhere' json_is out '.selection.cells[0].rules[0] | [.holds, (.exports | tostring)] | join(" ")' 'unknown null'
rule '!exports b module-only'
run select --driver 535.54.03 -k 6.8.4-2-pve
says 'negated' "taken by probe: probe '!exports b module-only': holds, by the list of 6.8.4-2-pve" out
printf 'Symbols: b\n\nReleases: 6.8.4-2-pve\nSource: mine\nGpl: b(module:kvm-intel)\n' > mine
mkdir -p over/kernel-versions && cp mine over/kernel-versions/exports
run select --explain --data over --driver 535.54.03 -k 6.8.4-2-pve
says 'a table of your own comes first' "probe '!exports b module-only': does not hold" out
echo 'Plain: b' >> over/kernel-versions/exports
expect_status 'a table that cannot be read' 3 select --data over --driver 535.54.03 -k 6.8.4-2-pve
says 'where' "over/kernel-versions/exports:6': 'b' stands here twice"

# lint RULE: what lint-set says of its probe.
rule 'exports nobody_knows'
run lint-set --data over
cp mine over/kernel-versions/exports
expect_status 'lint-set: a symbol that no table has' 1 lint-set --data over
says 'it is told' "no file exports knows 'nobody_knows'" out

# --- what the shipped rules make of the shipped table --------------------------

# The lists say so: module:kvm-amd,kvm-intel in abi-prev-7.0.14-3-pve-amd64 of
# proxmox/pve-kernel and in linux-headers-7.2.9+deb13-amd64, EXPORT_SYMBOL_GPL up to 6.17.
GRIDPATCH_DATA=$repo
apicv="probe 'exports enable_apicv module-only'"
for kernel in 7.0.14-3-pve 7.2.9+deb13-amd64 7.0.0-40-generic; do
    run select --driver 550.163.02 -k $kernel
    says "enable_apicv is KVM's own on $kernel" "$apicv: holds, by the lists of" out
    says 'so the host does not load' 'modules load: no' out
done
run select --explain --driver 550.163.02 -k 6.17.13-4-pve
says 'it is not on 6.17' "$apicv: does not hold, by the lists of 6.17.1-1-pve to 6.17.13-21-pve" out
run select --driver 550.163.02 -k 6.18.7
says 'of other kernels the number tells' "taken by version: 6.18.7 is inside '>= 6.18'" out
run select --driver 595.58.02 -k 7.0.14-3-pve
refute 'newer hosts do not ask for it' grep -q enable_apicv out
run select --driver 570.158.02 -k 6.17.13-4-pve
says 'vGPU 18.3 needs vma-flags there' "probe 'exports __vma_start_write gpl': holds, by the lists of" out
run select --driver 570.172.07 -k 6.17.13-4-pve
refute '18.4 does not' grep -q __vma_start_write out
GRIDPATCH_DATA=$PWD/data

# --- real headers, and awk ---------------------------------------------------

if headers_here && [ -s "$headers/Module.symvers" ]; then
    symbols=$(sed -n '/^Symbols:/,/^$/p' "$repo/kernel-versions/exports" | sed 's/^Symbols://' | tr '\n' ' ')
    symbols="$symbols vfio_pin_pages printk no_such_symbol $(awk -F '\t' '$5 != "" { print $2; if (n++ > 3) exit }' "$headers/Module.symvers")"
    line=$(echo "$release" | cut -d. -f-2)
    # Each symbol with each of the words, and what awk makes of Module.symvers.
    {
        printf 'Kernel: %s\nStatus: supported\n' "$line"
        for s in $(printf '%s\n' $symbols | sort -u); do
            for w in '' ' gpl' ' namespace DMA_BUF' ' module-only'; do
                printf '\nDriver: 535\nProbe: exports %s%s\nEvidence: x\n' "$s" "$w"
            done
        done
    } > rules
    sed -n 's/^Probe: exports //p' rules | awk -F '\t' '
        NR == FNR { type[$2] = $4; ns[$2] = $5; next }
        {
            n = split($1, w, " "); s = w[1]; yes = s in type
            if (w[2] == "gpl") yes = yes && type[s] ~ /_GPL/
            if (w[2] == "namespace") yes = yes && ns[s] == w[3]
            if (w[2] == "module-only") yes = yes && ns[s] ~ /^module:/
            print "exports " $1 ": " (yes ? "holds" : "does not hold")
        }' "$headers/Module.symvers" - > awk.said
    # said BY ARG...: what select says of them, by that source.
    said() {
        by=$1
        shift
        run select -v --driver 535.54.03 "$@"
        sed -n "s/^  rule .*probe '\(exports [^']*\)': \(.*\), $by/\1: \2/p" out
    }
    rm data/kernel-versions/*
    cp rules "data/kernel-versions/$line"
    said 'by Module.symvers' --headers "$headers" > ours
    check "$(wc -l < awk.said) probes of $release: as awk" diff awk.said ours
    # modpost says the same: of a module that is not for the GPL and takes them. It names
    # ten that are undefined and no more, so each run has eight; before 5.19 it stops at
    # the first one that is GPL-only, so each has one.
    modpost=
    for m in /usr/lib/linux-kbuild-*/scripts/mod/modpost.real-lsb-64 "$headers/scripts/mod/modpost"; do
        if [ -x "$m" ] && "$m" -i /dev/null -o none > none.out 2>&1; then
            modpost=$m
            break
        fi
    done
    # judged WORDS LINE: the symbols of which modpost says that.
    judged() { sed -n "s/^.*$2.*\$/exports \1$1/p" modpost.said | sort -u; }
    if [ -n "$modpost" ] && "${CC:-gcc}" --version > none.out 2>&1; then
        sed -n 's/^Probe: exports \([^ ]*\)$/\1/p' rules > symbols
        case $release in [1-5].*) most=1 ;; *) most=8 ;; esac
        split -l $most symbols taken.
        for f in taken.??; do
            {
                echo 'static const char l[] __attribute__((section(".modinfo"), used)) = "license=Proprietary";'
                sed 's/.*/extern char &;/' "$f"
                echo 'void *const all[] = {'
                sed 's/.*/\&&,/' "$f"
                echo '};'
            } > "$f.c"
            ${CC:-gcc} -w -fno-builtin -c "$f.c" -o "$f.o"
            echo "$f.o" > "$f.mod"
            printf '%s := gcc\nsource_%s := %s\ndeps_%s :=\n' "$f.o" "$f.o" "$f.c" "$f.o" > ".$f.o.cmd"
            "$modpost" -m -i "$headers/Module.symvers" -o none "$f.o" 2>&1
        done > modpost.said
        {
            judged '' '"\([^"]*\)" \[.*undefined!' | sed 's/$/: does not hold/'
            judged ' gpl' "uses GPL-only symbol '\([^']*\)'" | sed 's/$/: holds/'
            judged ' namespace DMA_BUF' 'symbol \([^ ]*\) from namespace DMA_BUF' | sed 's/$/: holds/'
        } > modpost.want
        grep -e '^exports [^ ]*: does not hold' -e '^exports [^ ]* gpl: holds' \
            -e '^exports [^ ]* namespace DMA_BUF: holds' ours | sort > ours.most
        sort modpost.want > modpost.most
        check "and as modpost, which named $(wc -l < modpost.most)" diff modpost.most ours.most
        check 'it named some' test -s modpost.most
    else
        skip 'modpost as the judge' 'the headers have none that runs here'
    fi
    # Under a name that no headers of this machine have.
    exports --symbols "$(printf '%s\n' $symbols | sort -u | tr '\n' ' ')" --source s none "$line.99-9=$headers/Module.symvers" \
        > data/kernel-versions/exports
    said "by the list of $line.99-9" -k "$line.99-9" > ours
    check 'by a table that was made of it: the same' diff awk.said ours
    if grep -q "^Releases:.* $release\($\|,\)" "$repo/kernel-versions/exports"; then
        exports --source "Module.symvers of Debian's packages linux-headers-RELEASE" "$repo/kernel-versions/exports" \
            "$release=$headers/Module.symvers" > new
        check "the shipped table about $release: the same" diff "$repo/kernel-versions/exports" new
    else
        skip 'the shipped table' "$release is no bound of it"
    fi
else
    skip 'real headers' 'none here'
fi
finish
