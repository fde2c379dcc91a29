/* SPDX-License-Identifier: MIT */
/* The bytes of a .run on their way to the decoder; the sums are taken on that
 * way, so that one pass does both. */
#include "ops/run/payload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/fsio.h"
#include "core/payload/sums.h"
#include "ops/run/ahead.h"

struct gp_plain {
	struct gp_runfile *rf;
	uint64_t off;
	struct gp_decoder *dec;
	struct gp_sum *sums; /* NULL: nobody asked for them, or */
	struct gp_cksum crc; /* only for this one, as there are others' */
	bool takes_crc;
	bool tells; /* its progress */
};

static void take_in(struct gp_plain *p, const void *bytes, size_t len)
{
	if (p->takes_crc)
		gp_cksum_add(&p->crc, bytes, len);
	else if (p->sums)
		gp_sum_add(p->sums, bytes, len, NULL);
}

static ssize_t raw_read(void *arg, void *buf, size_t cap, struct gp_err *err)
{
	struct gp_plain *p = arg;
	ssize_t n;

	if (gp_check_cancel(p->rf->cancel, err) < 0)
		return -1;
	n = gp_pread(p->rf->fd, buf, cap, p->off, p->rf->path, err);
	if (n <= 0)
		return n;
	p->off += (uint64_t)n;
	take_in(p, buf, (size_t)n);
	if (p->tells) {
		p->rf->scanned = p->off - p->rf->header.payload_off;
		gp_progress_tell(p->rf->progress, GP_PHASE_READ, p->off, p->rf->size);
	}
	return n;
}

struct gp_plain *gp_plain_open(struct gp_runfile *rf, struct gp_err *err)
{
	struct gp_plain *p = gp_alloc(sizeof(*p));

	p->rf = rf;
	p->off = rf->header.payload_off;
	p->dec = gp_decoder_new(rf->codec, (struct gp_src){ raw_read, p }, err);
	if (!p->dec) {
		free(p);
		return NULL;
	}
	return p;
}

struct gp_src gp_plain_src(struct gp_plain *p)
{
	return gp_decoder_src(p->dec);
}

void gp_plain_tell(struct gp_plain *p)
{
	p->tells = true;
}

void gp_plain_watch(struct gp_plain *p, struct gp_splice *splice)
{
	gp_decoder_watch(p->dec, splice);
}

struct gp_codec_facts gp_plain_facts(const struct gp_plain *p)
{
	return gp_decoder_facts(p->dec);
}

void gp_plain_close(struct gp_plain *p)
{
	if (!p)
		return;
	gp_decoder_free(p->dec);
	gp_sum_free(p->sums);
	free(p);
}

void gp_plain_sum(struct gp_plain *p)
{
	const struct gp_runheader *h = &p->rf->header;

	p->takes_crc = p->rf->ahead && gp_ahead_is_of(p->rf->ahead, h);
	if (!p->takes_crc)
		p->sums = gp_sum_new(p->rf->sums);
	take_in(p, p->rf->head.data + h->sums_off, (size_t)(h->payload_off - h->sums_off));
}

/* What was read is what the others were taken of. */
static int check_ahead(struct gp_plain *p, struct gp_err *err)
{
	char crc[16], own[16], md5[GP_MD5_HEX];

	if (gp_ahead_finish(p->rf->ahead, crc, md5, err) < 0)
		return -1;
	snprintf(own, sizeof(own), "%lu", (unsigned long)gp_cksum_value(&p->crc));
	if (gp_runheader_check_sums(&p->rf->header, own, md5, err) < 0)
		return -1;
	return strcmp(crc, own) == 0 ? 0 : gp_fail(err, GP_E_FORMAT, "the input changed while it was read");
}

int gp_plain_check_sums(struct gp_plain *p, struct gp_err *err)
{
	char block[65536], crc[16], md5[GP_MD5_HEX];
	ssize_t n;

	while ((n = raw_read(p, block, sizeof(block), err)) > 0)
		;
	if (n < 0)
		return -1;
	if (p->takes_crc)
		return check_ahead(p, err);
	gp_sum_finish(p->sums, crc, md5);
	return gp_runheader_check_sums(&p->rf->header, crc, md5, err);
}
