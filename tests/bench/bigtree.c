/* SPDX-License-Identifier: MIT */
/*
 * bigtree SEED BYTES: bytes that nothing compresses, to stdout; the same ones
 * everywhere and every time. For bigtree.sh.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	uint64_t x, left;
	unsigned char buf[65536];
	size_t n, i;

	if (argc != 3)
		return 2;
	/* Seeds 1, 2, 3 must not give streams that begin alike. */
	x = (strtoull(argv[1], NULL, 10) + 1) * 0x9e3779b97f4a7c15u;
	left = strtoull(argv[2], NULL, 10);
	while (left > 0) {
		n = left < sizeof buf ? (size_t)left : sizeof buf;
		for (i = 0; i < n; i++) {
			/* xorshift64*; its high bits are the good ones */
			x ^= x >> 12;
			x ^= x << 25;
			x ^= x >> 27;
			buf[i] = (unsigned char)((x * 0x2545f4914f6cdd1du) >> 56);
		}
		if (fwrite(buf, 1, n, stdout) != n)
			return 1;
		left -= n;
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
