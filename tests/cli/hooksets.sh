#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2086,SC2154 # $k is words; lib.sh sets the rest
# Sets of the data for the user's copy of the hooks.
# tests: ops/driver/hooks
. "$(dirname "$0")/lib.sh"

set=$repo/patches/hooks-compile
file=vgpu_unlock_hooks.c
sh "$fx/hooks.sh" hooks
sum() { sha256sum < "$1" | cut -d' ' -f1; }
# As patch(1) leaves the copy.
cp -R hooks fixed
# shellcheck disable=SC2013 # words
for p in $(sed 's/#.*//' "$set/series"); do
    patch -s -p1 -F0 -d fixed < "$set/$p" || exit 1
done
refute 'the set changes the copy' cmp -s hooks/$file fixed/$file
make_sample s

# result NAME: what NAME.run has for hooks goes to NAME.x
result() {
    rm -rf "$1.x"
    unrun "$1.run" "$1.x"
}

# --- it fits -----------------------------------------------------------------

cp hooks/$file before
expect_status 'a copy as it is' 0 $k -v --hooks hooks s.run -o a.run --write-lock a.lock
result a
check 'the package has what patch(1) makes of it' cmp fixed/$file a.x/kernel/unlock/$file
check "the user's copy is untouched" cmp before hooks/$file
says 'the set is reported' 'set        hooks-compile' out
says 'with the hooks, too' '  with     set hooks-compile' out
says 'and the file' "changed $file" out
# The sum that README and the man page describe, by coreutils.
# shellcheck disable=SC2046 # words
setsum=$( (cd "$set" && cat series $(sed 's/#.*//' series)) | sha256sum | cut -d' ' -f1)
check 'history: the set' grep -q "gridpatch: patch set hooks-compile sha256 $setsum\$" a.x/pkg-history.txt
check "history: the user's copy" grep -q "gridpatch: hooks sha256 $(sum hooks/$file)\$" a.x/pkg-history.txt
check 'lock: the set' sh -c "sed -n '/^Set: hooks-compile\$/,/^\$/p' a.lock | grep -qx 'SHA256: $setsum'"
check 'lock: it comes last' grep -q '^Sets:.* hooks-compile$' a.lock
check "lock: the user's copy" sh -c "sed -n '/^Hooks:/,\$p' a.lock | grep -qx 'SHA256: $(sum hooks/$file)'"
expect_status 'the lock holds' 0 $k --hooks hooks s.run -o b.run --lock a.lock
check 'same bytes' cmp a.run b.run
expect_status '--json' 0 $k --hooks hooks s.run -n --json
check 'json: the set' json_is out '.hooks.sets | join(" ")' hooks-compile
check 'json: its patches' json_is out '[.patches[] | select(.set == "hooks-compile") | .already] | unique | tostring' '[false]'
check "json: the sum is that of the user's copy" json_is out .hooks.sha256 "$(sum hooks/$file)"

# --- what it is for ----------------------------------------------------------

# Hooks with a table like the real one's and nothing else, as a driver's file
# and its kernel would have them: strlen() is a function, memcpy() a macro.
mkdir table
cp hooks/kern.ld table
cat > table/$file << 'E'

/* Helper macro to initialize the structure above. */
#define VGPU(name) { (10 + 2 * strlen(name) + 15) / 16, strlen(name), name }
static struct { unsigned char blocks, len; char name[16]; } table[] = {
	VGPU("a"), VGPU("two words"),
};
#undef VGPU

/* Redirect future callers to our hooks. */
#define memcpy             vgpu_unlock_memcpy_hook
E
cat > use.c << 'E'
typedef __SIZE_TYPE__ size_t;
size_t strlen(const char *s);
#define memcpy(to, from, n) __builtin_memcpy(to, from, n)
#include HOOKS
extern int printf(const char *, ...);
int main(void)
{
	printf("%d %d %d %d %d\n", table[0].blocks, table[0].len, table[1].blocks, table[1].len,
	       strlen(table[1].name) == table[1].len);
	return 0;
}
E
# compile HOOKS: as such a driver does, warnings are errors.
compile() { ${CC:-cc} -ffreestanding -Wall -Wno-unused-function -Werror -DHOOKS="\"$1\"" -o use use.c; }
if command -v "${CC:-cc}" > /dev/null; then
    compile table/$file 2> cc.err
    check 'hooks with a table do not compile: the table' grep -q 'initializer element is not' cc.err
    check 'hooks with a table do not compile: memcpy()' grep -q 'memcpy.* redefined' cc.err
    expect_status 'hooks with a table' 0 $k --hooks table s.run -o t.run
    result t
    check 'compile with the set' compile t.x/kernel/unlock/$file
    # 12 and 28 bytes in 16s, rounded up as the macro does it.
    check 'the numbers are right, and strlen() is a function again' test "$(./use)" = '1 1 2 9 1'
else
    skip 'hooks with a table' 'no C compiler'
fi

# --- it is there already -----------------------------------------------------

expect_status 'a copy that has it' 0 $k -v --hooks fixed s.run -o c.run --write-lock c.lock
result c
check 'it stays as it is' cmp fixed/$file c.x/kernel/unlock/$file
says 'it is told' 'already applied' out
refute 'history: nothing was applied' grep -q 'patch set hooks-compile' c.x/pkg-history.txt
check 'lock: it counts' grep -q '^Sets:.* hooks-compile$' c.lock

# Half of it: memcpy() alone, as vgpu_unlock_hooks-510.patch leaves it.
cp -R hooks half
sed -i 's/^#define memcpy /#undef memcpy\n&/' half/$file
expect_status 'a copy that has half of it' 0 $k --hooks half s.run -n --json
check 'one patch is there, one is applied' json_is out \
    '[.patches[] | select(.set == "hooks-compile") | .already] | sort | tostring' '[false,true]'

# --- it does not fit ---------------------------------------------------------

cp -R hooks edited
sed -i 's/^#undef VGPU$/#undef  VGPU/' edited/$file
expect_status 'an edited copy' 0 $k --hooks edited s.run -o d.run --write-lock d.lock
says 'a warning names the set' "set 'hooks-compile' is left out: it does not fit this copy of the hooks"
result d
check 'all or nothing' cmp edited/$file d.x/kernel/unlock/$file
refute 'history: not there' grep -q 'patch set hooks-compile' d.x/pkg-history.txt
refute 'lock: not there' grep -q hooks-compile d.lock
expect_status 'an edited copy, and --set' 1 $k --hooks edited --set hooks-compile s.run -o no.run
says 'it names the patch' 'strlen.patch'
refute 'no output' test -e no.run
expect_status 'the lock of the unedited one' 1 $k --hooks edited s.run -o no.run --lock a.lock
says 'the sets differ' 'Sets was '

# --- it is not wanted --------------------------------------------------------

expect_status '--no-set' 0 $k --hooks hooks --no-set hooks-compile s.run -o e.run
result e
check 'byte for byte the copy' cmp hooks/$file e.x/kernel/unlock/$file
check 'history: the override' grep -q 'override: set hooks-compile left out' e.x/pkg-history.txt
expect_status '--no-hooks' 0 $k --no-hooks s.run -o f.run
result f
refute 'no hooks, no set' grep -q hooks-compile f.x/pkg-history.txt
expect_status '--no-hooks with --set' 0 $k --no-hooks --set hooks-compile s.run -n
says 'a warning' "set 'hooks-compile' is for hooks that gridpatch integrates"
expect_status 'hooks that are there already' 0 $k --hooks hooks a.run -o g.run
result g
check 'stay as they are' cmp a.x/kernel/unlock/$file g.x/kernel/unlock/$file

# --- sets of the user's data -------------------------------------------------

mkdir -p own/patches/own own/kernel-versions
echo own.patch > own/patches/own/series
cat > own/patches/own/own.patch << 'E'
Description: a test
Origin: vendor, a test
Last-Update: 2026-11-24
Scope: hooks

--- a/vgpu_unlock_hooks.c
+++ b/vgpu_unlock_hooks.c
@@ -1,3 +1,3 @@
 /*
- * Stand-in hooks for tests.  Included into nvidia/os-interface.c after its
+ * Test hooks for tests.  Included into nvidia/os-interface.c after its
  * last include, like the real hooks; counts what passes by and unlocks nothing.
E
expect_status 'a set that no rule names' 0 $k --hooks hooks --data own s.run -o h.run
result h
refute 'is not applied' grep -q 'Test hooks' h.x/kernel/unlock/$file
expect_status 'unless --set names it' 0 $k --hooks hooks --data own --set own s.run -o i.run
result i
check 'is applied' grep -q 'Test hooks' i.x/kernel/unlock/$file
check 'behind those of the rules' grep -q 'push_macro' i.x/kernel/unlock/$file
check 'history: the override' grep -q 'override: set own taken in' i.x/pkg-history.txt
sed 's/vgpu_unlock_hooks.c$/nvidia.c/' own/patches/own/own.patch > p.new
cp own/patches/own/own.patch kept.patch
cp p.new own/patches/own/own.patch
expect_status 'a patch for another file' 1 $k --hooks hooks --data own --set own s.run -o no.run
refute 'no output' test -e no.run

# --- lint-set ----------------------------------------------------------------

expect_status 'lint-set: a patch for another file' 1 lint-set own --data own
says 'it is a finding' 'its Scope is the hooks, and it changes something other than vgpu_unlock_hooks.c' out
sed 's/^Scope: .*/Scope: neutral/' kept.patch > own/patches/own/own.patch
expect_status 'lint-set: the hooks in a neutral set' 1 lint-set own --data own
says 'it is a finding, too' "it changes vgpu_unlock_hooks.c, and the set's Scope is not the hooks" out
cp kept.patch own/patches/own/own.patch
expect_status 'lint-set: a good one' 0 lint-set own --data own
says 'what was not tried' 'SKIP       own: that it applies: no copy of the hooks at hand (--hooks)' out
expect_status 'lint-set: --hooks' 0 lint-set own --data own --hooks hooks
says 'it applies' "  applies  hooks (SHA-256 $(sum hooks/$file))" out
expect_status 'lint-set: --hooks that has it' 0 lint-set hooks-compile --hooks fixed
says 'it is there' "  already  hooks (SHA-256 $(sum fixed/$file))" out
expect_status 'lint-set: --hooks on which it does not fit' 1 lint-set hooks-compile --hooks edited
says 'a finding' 'does not apply without fuzz to the hooks of' out
expect_status 'lint-set: no such copy' 4 lint-set hooks-compile --hooks nowhere
finish
