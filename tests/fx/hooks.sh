#!/bin/sh
# hooks.sh [--table upstream|newer|unknown] [--patches DIR] OUT_DIR
#
# Writes a stand-in for a user's copy of the vgpu_unlock hooks: our own text
# with the same file names, entry points and linker symbols as the real one, so
# that tests can integrate, compile and link it.  It unlocks nothing.
#
# --table sets the constant by which the hook variants differ. The sets for the
# hooks in --patches (default: the repository's) apply to what is written.
set -eu

usage() {
    echo "usage: hooks.sh [--table upstream|newer|unknown] [--patches DIR] OUT_DIR" >&2
    exit 2
}

here=$(cd "$(dirname "$0")" && pwd)
table=upstream
patches=$here/../../patches
while [ $# -gt 0 ]; do
    case $1 in
        --table)
            [ $# -ge 2 ] || usage
            table=$2
            shift
            ;;
        --patches)
            [ $# -ge 2 ] || usage
            patches=$2
            shift
            ;;
        -*) usage ;;
        *) break ;;
    esac
    shift
done
[ $# -eq 1 ] || usage
out=$1

case $table in
    upstream) row1='0x46, 0x4f, 0x39, 0x49, 0x74, 0x91, 0xd7, 0x0f'
              row2='0xbc, 0x65, 0xc2, 0x70, 0xdd, 0xdd, 0x11, 0x54' ;;
    newer)    row1='0x9d, 0x72, 0xd9, 0x06, 0xa6, 0x20, 0xf4, 0x39'
              row2='0xe1, 0x11, 0x7d, 0x17, 0xb4, 0x53, 0x1d, 0x73' ;;
    unknown)  row1='0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07'
              row2='0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f' ;;
    *) usage ;;
esac

mkdir -p "$out"

cat > "$out/vgpu_unlock_hooks.c" << EOF
/*
 * Stand-in hooks for tests.  Included into nvidia/os-interface.c after its
 * last include, like the real hooks; counts what passes by and unlocks nothing.
 */

static const uint8_t vgpu_unlock_magic_sacrifice[0x10] = {
	$row1,
	$row2
};
EOF
cat >> "$out/vgpu_unlock_hooks.c" << 'EOF'

/* kern.ld puts these around the read-only data of nv-kernel.o. */
extern uint8_t vgpu_unlock_nv_kern_rodata_beg;
extern uint8_t vgpu_unlock_nv_kern_rodata_end;

/* Is there any blob data between the two symbols that could be the table? */
static int vgpu_unlock_standin_scan(void)
{
	const uint8_t *p = &vgpu_unlock_nv_kern_rodata_beg;
	const uint8_t *end = &vgpu_unlock_nv_kern_rodata_end;
	int hits = 0;

	for (; p < end; p++)
		hits += *p == vgpu_unlock_magic_sacrifice[0];

	return hits;
}

static void vgpu_unlock_standin_note(const char *what)
{
	static int noted;

	if (!noted) {
		noted = 1;
		printk(KERN_INFO "vgpu_unlock stand-in: first %s, %d\n",
		       what, vgpu_unlock_standin_scan());
	}
}

static __attribute__((__unused__))
void *vgpu_unlock_memcpy_hook(void *dst, const void *src, size_t count)
{
	vgpu_unlock_standin_note("copy");
	return memcpy(dst, src, count);
}

#define VGPU_UNLOCK_STANDIN_MAP(fn)					\
	static __attribute__((__unused__))				\
	void *vgpu_unlock_ ## fn ## _hook(uint64_t phys, uint64_t size)	\
	{								\
		vgpu_unlock_standin_note(#fn);				\
		return fn(phys, size);					\
	}

VGPU_UNLOCK_STANDIN_MAP(nv_ioremap)
VGPU_UNLOCK_STANDIN_MAP(nv_ioremap_nocache)
VGPU_UNLOCK_STANDIN_MAP(nv_ioremap_cache)
VGPU_UNLOCK_STANDIN_MAP(nv_ioremap_wc)

#undef VGPU_UNLOCK_STANDIN_MAP

/* Everything below the include goes through the hooks; memcpy() too, further down. */
#define nv_ioremap         vgpu_unlock_nv_ioremap_hook
#define nv_ioremap_nocache vgpu_unlock_nv_ioremap_nocache_hook
#define nv_ioremap_cache   vgpu_unlock_nv_ioremap_cache_hook
#define nv_ioremap_wc      vgpu_unlock_nv_ioremap_wc_hook
EOF

# What the sets for the hooks expect to find, made from the patches themselves.
if [ -d "$patches" ]; then
    patches=$(cd "$patches" && pwd)
    set --
    for s in "$patches"/*/series; do
        grep -qs '^Scope: hooks$' "${s%/series}"/*.patch || continue
        while read -r p _; do
            case $p in
                '' | '#'*) ;;
                *) set -- "$@" "${s%/series}/$p" ;;
            esac
        done < "$s"
    done
    [ $# -eq 0 ] || awk -f "$here/preimage.awk" -v out="$out" "$@" > /dev/null
fi

cat > "$out/kern.ld" << 'EOF'
/* Stand-in script for "ld -r": moves the blob's constants into .data, between
   two symbols.  Sections not named here pass through as they are. */
SECTIONS
{
  .text 0 : { *(.text) }
  .rodata 0 : { *(EXCLUDE_FILE (*nv-kernel.o) .rodata) }
  .data 0 :
  {
    *(.data)
    vgpu_unlock_nv_kern_rodata_beg = .;
    *nv-kernel.o(.rodata*)
    vgpu_unlock_nv_kern_rodata_end = .;
  }
  .bss 0 : { *(.bss) *(COMMON) }
}
EOF
