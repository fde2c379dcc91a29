# SPDX-License-Identifier: MIT
# Makes trees and patches for bench.sh; the same ones everywhere and every time.
#
#   kind=tree    dir, files, lines, hunks   dir/tree of many files, dir/p.patch
#   kind=file    dir, lines, hunks          one file
#   kind=equal   dir, lines, hunks          one file of four different lines, and
#                                           every hunk up to 300 lines off its place
#   kind=series  dir, lines, patches        dir/patches/N.patch, one after the other
#                                           over one file

# Park and Miller's generator: its products fit into a double.
function random(n) {
	seed = (seed * 16807) % 2147483647
	return seed % n
}

function new_line(i, r) {
	if (kind == "equal")
		return four[random(4)]
	r = random(100)
	if (r < 10)
		return "\t}"
	if (r < 18)
		return ""
	return sprintf("\tregister_%d = value_%d(%d);", random(1000), i, random(100000))
}

# Writes a file, and its hunks to patch.
function make_file(name, patch, i, h, p, k, from, del, add, grown, gap, shift) {
	for (i = 1; i <= lines; i++) {
		line[i] = new_line(i)
		print line[i] > (dir "/tree/" name)
	}
	close(dir "/tree/" name)
	print "--- a/" name > patch
	print "+++ b/" name > patch
	gap = int((lines - margin) / hunks)
	grown = 0
	for (h = 0; h < hunks; h++) {
		del = random(3)
		add = del ? random(3) : 1 + random(2)
		p = margin + h * gap + context + random(gap - 2 * context - 4)
		from = p - context
		shift = off ? random(2 * off + 1) - off : 0
		printf "@@ -%d,%d +%d,%d @@\n", from + shift, 2 * context + del, \
			from + shift + grown, 2 * context + add > patch
		for (k = from; k < p; k++)
			print " " line[k] > patch
		for (k = p; k < p + del; k++)
			print "-" line[k] > patch
		for (k = 0; k < add; k++)
			print "+\tadded(" h ", " k ");" > patch
		for (k = p + del; k < p + del + context; k++)
			print " " line[k] > patch
		grown += add - del
	}
}

function make_series(i, k, p, patch) {
	for (i = 1; i <= lines; i++) {
		line[i] = new_line(i)
		print line[i] > (dir "/tree/one.c")
	}
	for (i = 1; i <= patches; i++) {
		patch = sprintf("%s/patches/%04d.patch", dir, i)
		p = 5 + random(lines - 10)
		print "--- a/one.c\n+++ b/one.c" > patch
		printf "@@ -%d,7 +%d,7 @@\n", p - 3, p - 3 > patch
		for (k = p - 3; k <= p + 3; k++)
			if (k == p)
				print "-" line[k] "\n+\tpatch(" i ");" > patch
			else
				print " " line[k] > patch
		line[p] = "\tpatch(" i ");"
		close(patch)
		printf "%04d.patch\n", i > (dir "/patches/series")
	}
}

BEGIN {
	seed = 20240229
	context = kind == "equal" ? 8 : 3
	off = kind == "equal" ? 300 : 0
	margin = off + 10
	four[0] = "\t}"
	four[1] = ""
	four[2] = "\t\treturn 0;"
	four[3] = "\t{"
	if (kind == "tree")
		for (n = 0; n < files; n++)
			make_file(sprintf("d%02d/f%04d.c", n % 40, n), dir "/p.patch")
	else if (kind == "series")
		make_series()
	else
		make_file("one.c", dir "/p.patch")
}
