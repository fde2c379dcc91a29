#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2086,SC2154 # $opts are words; lib.sh sets the rest
# --profile-clone: one card's entry in vgpuConfig.xml for another card. What is right say
# sed, as people did it before, xmllint and Python's XML.
# tests: ops/job/clone base/libxml
. "$(dirname "$0")/lib.sh"

opts="$k --no-hooks --no-cache"
for c in gzip xz; do
    rm -rf s
    sh "$fx/sample.sh" s && sh "$fx/cards.sh" s
    sh "$fx/mkrun.sh" --compress $c s s-$c.run
done
cp s-gzip.run s.run

# by_sed FILE FROM FROM-SUB TO TO-SUB: the entry again, with other ids.
by_sed() {
    sed "/<pgpu/,/<\/pgpu>/{
        H
        /<\/pgpu>/!d
        s/.*//; x; s/^\n//; p; t new
        :new
        s/deviceId=\"$2\"\(.*\) subsystemId=\"$3\"/deviceId=\"$4\"\1 subsystemId=\"$5\"/; t
        d
    }" "$1"
}
# unpacked NAME: what is in NAME.run.
unpacked() { rm -rf "$1.d" && unrun "$1.run" "$1.d"; }
# cards FILE: each card's ids, its attribute and types, as Python reads them.
cards() {
    python3 - "$1" << 'END'
import sys
import xml.etree.ElementTree as E
for p in E.parse(sys.argv[1]).getroot().findall("pgpu"):
    d = p.find("devId").attrib
    print(int(d["deviceId"], 16), int(d["subsystemId"], 16), p.attrib, d["vendorId"], d["subsystemVendorId"],
          [(t.attrib, [(x.tag, x.text, x.attrib) for x in t]) for t in p.findall("supportedVgpu")])
END
}

for mode in splice full; do
    for c in gzip xz; do
        expect_status "$mode, $c" 0 $opts -v --repack $mode --profile-clone 1e30:12ba=1e84 --json=o.json s-$c.run -f -o o.run
        check "$mode, $c: its sums are right" sh ./o.run --check
        check "$mode, $c: that way" json_is o.json .repack $mode
        unpacked o
        by_sed s/vgpuConfig.xml 0x1E30 0x12BA 0x1E84 0x0 > want.xml
        check "$mode, $c: as sed does it" cmp want.xml o.d/vgpuConfig.xml
    done
done
says 'says so' 'profiles   card 1e84:0000 gets the 2 vGPU types of 1e30:12ba' out
says 'tells of the file' '  M vgpuConfig.xml' out
check 'the report has it' json_is o.json '.profile_clones[0] | "\(.from) \(.to) \(.types) \(.already)"' \
    '1e30:12ba 1e84:0000 2 false'
check 'the history has it' grep -q 'gridpatch: profiles of card 1e30:12ba cloned for 1e84:0000$' o.d/pkg-history.txt
check 'the stub has it' grep -aq 'gridpatch: profiles of card 1e30:12ba cloned for 1e84:0000$' o.run
check 'its mode stays' test "$(stat -c %a o.d/vgpuConfig.xml)" = 444
check 'it is XML' xmllint --nonet --noout o.d/vgpuConfig.xml
cards s/vgpuConfig.xml > before
cards o.d/vgpuConfig.xml > after
{ cat before; sed -n 's/^7728 4794 /7812 0 /p' before; } | sort > want
check 'Python reads one card more, with the same types' sh -c 'sort after | cmp - want'
check 'and all others as before' sh -c 'grep -v "^7812 0 " after | cmp - before'

# --- twice, several, other forms ----------------------------------------------------------

cp o.run again.run
expect_status 'again' 0 $opts --profile-clone 0x1E30:0x12BA=0x1E84:0x0000 --json=p.json again.run -o p.run
says 'says that it is there' 'card 1e84:0000 has already the 2 vGPU types of 1e30:12ba' out
check 'nothing changes' json_is p.json '.changes | length' 0
check 'which is told' json_is p.json '.profile_clones[0].already' true
unpacked p
check 'not one file' diff -r o.d p.d
expect_status 'several' 0 $opts --profile-clone 10de:1b38=10de:1b06 --profile-clone 1b38=1c82:1234 \
    --profile-clone 1e78:13d9=1e02 s.run -o q.run
unpacked q
by_sed s/vgpuConfig.xml 0x1B38 0x0 0x1B06 0x0 > 1.xml
by_sed 1.xml 0x1B38 0x0 0x1C82 0x1234 > 2.xml
by_sed 2.xml 0x1E78 0x13D9 0x1E02 0x0 > 3.xml
check 'several: as sed does them' cmp 3.xml q.d/vgpuConfig.xml
# What sed made is known, too.
cp -R s t && cp -f 3.xml t/vgpuConfig.xml && sed -i 's/"0x1B06"\(.*\)"0x0"/"0x1b06"\1"0x0000"/' t/vgpuConfig.xml
sh "$fx/mkrun.sh" t t.run
expect_status 'a clone that somebody else has made' 0 $opts --profile-clone 1b38=1b06 t.run -n
says 'a clone that somebody else has made: says so' 'card 1b06:0000 has already the 2' out
run info t.run
says 'info knows how many cards' 'profiles   for 8 cards in vgpuConfig.xml' out
says 'info knows the clones' '  cloned   card 1b06:0000 has the entry of 1b38:0000' out
check 'info: all three' test "$(grep -c '  cloned ' out)" = 3
run info --json t.run
check 'info: as JSON' json_is out '.profile_clones | map("\(.from)=\(.to)") | sort | join(" ")' \
    '1b38:0000=1b06:0000 1b38:0000=1c82:1234 1e78:13d9=1e02:0000'
run info s.run
says 'info: an unaltered one has none' 'profiles   for 5 cards' out
refute 'info: so none is told' grep -q cloned out
expect_status 'a card of SR-IOV' 0 $opts --profile-clone 2230=2206 s.run -n
says 'a card of SR-IOV: warns' 'profiles of 2230:0000 are for SR-IOV: a card that cannot do that, as 2206:0000 may be'
expect_status 'cards with a subsystem of their own' 0 $opts --profile-clone 1b38=1e30 s.run -n
says 'cards with a subsystem of their own: warns' 'entries for some cards of 1e30 besides that of 1e30:0000'

# --- locks, -n, an index, a merged driver, a user's patch ------------------------------------

expect_status 'a lock' 0 $opts --profile-clone 1e30:12ba=1e84 --write-lock l s.run -o l.run
check 'a lock has it' grep -q '^Options:.* profile-clone=1e30:12ba=1e84:0000' l
expect_status 'by the lock, written otherwise' 0 $opts --profile-clone 0x1E30:0x12BA=0x1E84:0 --lock l s.run -o l2.run
check 'by the lock: the same bytes' cmp l.run l2.run
expect_status 'by the lock, without it' 1 $opts --lock l s.run -n
says 'by the lock, without it: says so' 'Options was profile-clone=1e30:12ba=1e84:0000, is'
expect_status 'by the lock, another one' 1 $opts --profile-clone 1e30:12ba=1e82 --lock l s.run -n
rm -f n.run
expect_status '-n' 0 $opts --profile-clone 1e30:12ba=1e84 s.run -n -o n.run
refute '-n writes nothing' test -e n.run
XDG_CACHE_HOME=$work/cache
export XDG_CACHE_HOME
expect_status 'an index is made' 0 $k --no-hooks s.run -o i1.run
expect_status 'an index without the file' 0 $k --no-hooks --profile-clone 1e30:12ba=1e84 --json=i.json s.run -o i2.run
check 'an index without the file: the same bytes' cmp l.run i2.run
expect_status 'an index with it' 0 $k --no-hooks --profile-clone 1e30:12ba=1e84 --json=i.json s.run -f -o i2.run
check 'an index with it: it was used' json_is i.json .index true
check 'an index with it: the same bytes' cmp l.run i2.run
sh "$fx/sample.sh" --kind merged m && sh "$fx/cards.sh" m && sh "$fx/mkrun.sh" m m.run
expect_status 'a merged driver' 0 $opts --profile-clone 1b38=1b06 m.run -n
cp s/vgpuConfig.xml new.xml && chmod u+w new.xml && sed -i 's/0x1E30" subsystemVendorId="0x10de" subsystemId="0x12BA/0x1E31" subsystemVendorId="0x10de" subsystemId="0x12BA/' new.xml
diff -u --label a/vgpuConfig.xml --label b/vgpuConfig.xml s/vgpuConfig.xml new.xml > own.patch
expect_status "a user's patch comes first" 0 $opts --patches own.patch --profile-clone 1e31=1e84 s.run -o own.run
unpacked own
by_sed new.xml 0x1E31 0x12BA 0x1E84 0x0 > want.xml
check "a user's patch comes first: both are in" cmp want.xml own.d/vgpuConfig.xml

# --- what cannot be ---------------------------------------------------------------------------

# refused WHAT STATUS TEXT ARG…: nothing is written.
refused() {
    what=$1 want=$2 text=$3
    shift 3
    rm -f r.run
    expect_status "$what" "$want" $opts "$@" -o r.run
    says "$what: says so" "$text"
    refute "$what: nothing is written" test -e r.run
}
refused 'no id' 2 "'1e30' is not FROM=TO with PCI ids" --profile-clone 1e30 s.run
refused 'no hex' 2 'is not FROM=TO with PCI ids' --profile-clone 1e30:12ba=1g84 s.run
refused 'the same card' 2 'names one card twice' --profile-clone 1b38=1B38 s.run
refused 'no such card' 1 "has no entry for 1b39; it has 1b38:0000 1e30:12ba 1e78:13d8 1e78:13d9 2230:0000" --profile-clone 1b39=1b06 s.run
refused 'no such subsystem' 1 'has no entry for 1e30:12bb' --profile-clone 1e30:12bb=1b06 s.run
refused 'one of two' 1 'has 2 entries for 1e78: 1e78:13d8, 1e78:13d9; name the subsystem, too' --profile-clone 1e78=1b06 s.run
refused 'it is there' 1 'has an entry for 2230:0000 already, and it is not that of 1b38:0000' --profile-clone 1b38=2230 s.run
refused 'it is there for all' 1 'has an entry for 1b38:0000 already, which is for every subsystem' --profile-clone 1e30=1b38:1 s.run
refused 'two for one card' 1 'and it is not that of 1e30:12ba' --profile-clone 1b38=1b06 --profile-clone 1e30=1b06 s.run
sh "$fx/sample.sh" --kind guest g && sh "$fx/mkrun.sh" g g.run
refused 'a guest driver' 1 'is for host drivers, and this is a guest driver' --profile-clone 1b38=1b06 g.run
sh "$fx/installed.sh" s nvidia-460.73.02
expect_status 'an installed tree' 2 patch $opts --profile-clone 1b38=1b06 nvidia-460.73.02 -n
says 'an installed tree: says so' "'nvidia-460.73.02' has sources only: --profile-clone is for installers"
make_sample bare
refused 'no such file' 1 "the package has no 'vgpuConfig.xml'" --profile-clone 1b38=1b06 bare.run
expect_status 'info: no such file' 0 info --json bare.run
check 'info: no such file is null' json_is out .profile_clones null

# bad WHAT TEXT: s with another file, from standard input.
bad() {
    rm -rf b && cp -R s b && cat > new.xml && cp -f new.xml b/vgpuConfig.xml && sh "$fx/mkrun.sh" b b.run
    refused "$1" 3 "$2" --profile-clone 1b38=1b06 b.run
    expect_status "$1: info says the rest" 0 info b.run
    says "$1: info says why" "$2"
}
bad 'no XML' "'vgpuConfig.xml' line 1" << 'END'
hello
END
bad 'cut short' "does not end" << END
$(head -n 40 s/vgpuConfig.xml)
END
bad 'billion laughs' 'its DOCTYPE has definitions of its own' << 'END'
<!DOCTYPE vgpu [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
<vgpuconfig><pgpu>&c;</pgpu></vgpuconfig>
END
echo secret > secret
bad 'an external entity' 'its DOCTYPE has definitions of its own' << END
<!DOCTYPE vgpu [<!ENTITY a SYSTEM "file://$work/secret">]>
<vgpuconfig><pgpu>&a;</pgpu></vgpuconfig>
END
printf '\377\376<\000v\000' | bad 'UTF-16' 'not in UTF-8'

# --build: before the compilers start.
if headers_here; then
    mkdir none
    expect_status '--build asks for the card first' 1 --no-hooks --no-cache --headers "$headers" --allow unknown,blocked --build \
        --profile-clone 1b39=1b06 s.run -o none/b.run
    says '--build asks for the card first: says so' 'has no entry for 1b39'
    refute '--build asks for the card first: nothing was built' grep -q 'log:' out
else
    skip '--build' 'no kernel headers here'
fi

finish
