/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* model_sender.c - see model_sender.h. */

#include <stdlib.h>
#include <string.h>

#include "model_memory.h"
#include "model_sender.h"

#define EXPECTED_MAX 4096
#define KEPT_MAX 512
#define EXTERNAL_SIZE 4096
#define EXTERNAL_MAX 512
#define FRAME_MAX 65536
#define SEGS_MAX 64

/** What stands before the data of each packet, where it is the application's. */
#define HEADROOM_BYTE 0xc3
#define RELEASED_BYTE 0xee

/** Buffers outside of mempools. */
struct model_external {
	char *memory;
	struct rte_mbuf_ext_shared_info shared[EXTERNAL_MAX];
	bool used[EXTERNAL_MAX];
	unsigned int num_used;
};

static uint8_t frame[FRAME_MAX];

void
model_sender_init(struct model_sender *s, struct model_port *port, unsigned int kinds)
{
	static unsigned int serial;
	const struct model_pool_config pool = {
		.size = 4096, .data_room = 2048 + RTE_PKTMBUF_HEADROOM };
	const struct model_pool_config other = {
		.size = 2048, .data_room = 2048 + RTE_PKTMBUF_HEADROOM, .priv_size = 32,
		.cache = 64 };
	const struct model_pool_config clones = { .size = 2048, .data_room = 0 };
	char name[32];
	void *memory = NULL;

	*s = (struct model_sender){ .port = port, .kinds = kinds, .max_segs = 5,
				    .max_seg_len = 300, .random = port->config.seed + 7 };
	snprintf(name, sizeof(name), "model_tx%u", serial);
	s->pool = model_pool_create(name, &pool);
	snprintf(name, sizeof(name), "model_other%u", serial);
	s->other = model_pool_create(name, &other);
	snprintf(name, sizeof(name), "model_clones%u", serial++);
	s->clones = model_pool_create(name, &clones);
	s->expected = calloc(EXPECTED_MAX, sizeof(*s->expected));
	s->kept = calloc(KEPT_MAX, sizeof(*s->kept));
	s->external = calloc(1, sizeof(*s->external));
	assert_true(s->expected != NULL && s->kept != NULL && s->external != NULL);
	assert_int_equal(posix_memalign(&memory, 4096, EXTERNAL_MAX * EXTERNAL_SIZE), 0);
	s->external->memory = memory;
	model_memory_add("external", memory, EXTERNAL_MAX * EXTERNAL_SIZE, NULL);
}

/** The headroom of a packet that others hold is as it was, and so is its content. */
static void
check_kept(const struct model_kept *kept)
{
	const struct rte_mbuf *m = kept->m;
	const uint8_t *start = m->buf_addr;

	for (uint16_t i = 0; i < m->data_off; i++)
		assert_int_equal(start[i], HEADROOM_BYTE);
	model_content(frame, m->pkt_len, kept->number);
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), frame, m->data_len);
}

void
model_sender_drop_kept(struct model_sender *s)
{
	for (unsigned int i = 0; i < s->num_kept; i++) {
		check_kept(&s->kept[i]);
		rte_pktmbuf_free(s->kept[i].m);
	}
	s->num_kept = 0;
}

void
model_sender_fini(struct model_sender *s)
{
	model_sender_drop_kept(s);
	assert_int_equal(model_sender_out(s), 0);
	assert_int_equal(model_sender_external(s), 0);
	model_pool_free(s->pool);
	model_pool_free(s->other);
	model_pool_free(s->clones);
	model_memory_remove(s->external->memory);
	free(s->external->memory);
	free(s->external);
	free(s->expected);
	free(s->kept);
}

unsigned int
model_sender_out(struct model_sender *s)
{
	return model_pool_out(s->pool) + model_pool_out(s->other) + model_pool_out(s->clones);
}

unsigned int
model_sender_external(const struct model_sender *s)
{
	return s->external->num_used;
}

static void
keep(struct model_sender *s, struct rte_mbuf *m, uint64_t number)
{
	if (s->num_kept == KEPT_MAX)
		model_sender_drop_kept(s);
	s->kept[s->num_kept++] = (struct model_kept){ m, number };
}

static void
external_free(void *addr, void *opaque)
{
	struct model_external *external = opaque;
	const size_t n = ((char *)addr - external->memory) / EXTERNAL_SIZE;

	if (n >= EXTERNAL_MAX || !external->used[n]) {
		model_breach(MODEL_HOUSE, "an external buffer was freed twice");
		return;
	}
	/* A device that still has it finds it changed. */
	memset(addr, RELEASED_BYTE, EXTERNAL_SIZE);
	external->used[n] = false;
	external->num_used--;
}

static struct rte_mbuf *
alloc_external(struct model_sender *s)
{
	struct model_external *external = s->external;
	struct rte_mbuf *m = rte_pktmbuf_alloc(model_pool_mp(s->clones));
	struct rte_mbuf_ext_shared_info *shared;
	size_t n = 0;
	char *buf;

	assert_non_null(m);
	while (external->used[n])
		assert_true(++n < EXTERNAL_MAX);
	buf = external->memory + n * EXTERNAL_SIZE;
	shared = &external->shared[n];
	external->used[n] = true;
	external->num_used++;
	shared->free_cb = external_free;
	shared->fcb_opaque = external;
	rte_mbuf_ext_refcnt_set(shared, 1);
	rte_pktmbuf_attach_extbuf(m, buf, (uintptr_t)buf + MODEL_IOVA_SHIFT, EXTERNAL_SIZE, shared);
	rte_pktmbuf_reset_headroom(m);
	return m;
}

/** One segment, empty. */
static struct rte_mbuf *
alloc_segment(struct model_sender *s, enum model_kind kind)
{
	struct rte_mbuf *m;

	if (kind == MODEL_EXTERNAL)
		return alloc_external(s);
	m = rte_pktmbuf_alloc(model_pool_mp(kind == MODEL_OTHER_POOL ? s->other : s->pool));
	assert_non_null(m);
	if (kind == MODEL_NO_HEADROOM)
		m->data_off = unit_random(&s->random) % MODEL_HDR_SIZE;
	return m;
}

/** What the application still holds, or somebody else's view of a packet. */
static struct rte_mbuf *
share(struct model_sender *s, struct rte_mbuf *m, enum model_kind kind)
{
	struct rte_mbuf *clone;

	if (kind == MODEL_SHARED) {
		rte_mbuf_refcnt_update(m, 1);
		keep(s, m, s->next);
		return m;
	}
	clone = rte_pktmbuf_clone(m, model_pool_mp(s->clones));
	assert_non_null(clone);
	if (unit_random(&s->random) & 1)
		keep(s, m, s->next);
	else
		rte_pktmbuf_free(m);
	return clone;
}

static unsigned int
num_segments(struct model_sender *s, enum model_kind kind)
{
	if (kind != MODEL_SEGMENTS && kind != MODEL_MIXED)
		return 1;
	return 2 + unit_random(&s->random) % (s->max_segs - 1);
}

static enum model_kind
segment_kind(struct model_sender *s, enum model_kind kind)
{
	static const enum model_kind kinds[] = {
		MODEL_PLAIN, MODEL_NO_HEADROOM, MODEL_EXTERNAL, MODEL_OTHER_POOL,
	};

	return kind == MODEL_MIXED ? kinds[unit_random(&s->random) % RTE_DIM(kinds)] :
	       kind == MODEL_SEGMENTS ? MODEL_PLAIN : kind;
}

struct rte_mbuf *
model_sender_make(struct model_sender *s, enum model_kind kind)
{
	const unsigned int segs = num_segments(s, kind);
	struct rte_mbuf *head = NULL;
	struct rte_mbuf *tail = NULL;
	uint32_t lens[SEGS_MAX];
	uint32_t total = 0;
	uint32_t offset = 0;

	for (unsigned int i = 0; i < segs; i++)
		total += lens[i] = 1 + unit_random(&s->random) % s->max_seg_len;
	model_content(frame, total, s->next);
	for (unsigned int i = 0; i < segs; i++) {
		struct rte_mbuf *m = alloc_segment(s, segment_kind(s, kind));

		memset(m->buf_addr, HEADROOM_BYTE, m->data_off);
		m->data_len = lens[i];
		memcpy(rte_pktmbuf_mtod(m, void *), frame + offset, lens[i]);
		offset += lens[i];
		if (head == NULL)
			head = m;
		else
			tail->next = m;
		tail = m;
	}
	head->nb_segs = segs;
	head->pkt_len = total;
	if (kind == MODEL_SHARED || kind == MODEL_CLONE)
		head = share(s, head, kind);
	head->hash.usr = s->next++;
	return head;
}

uint16_t
model_sender_send(struct model_sender *s, struct rte_mbuf **pkts, uint16_t nb)
{
	struct model_note notes[MODEL_BURST];
	uint16_t sent;

	/* Before: afterwards the mbufs are the driver's. */
	for (uint16_t i = 0; i < nb; i++)
		notes[i] = (struct model_note){ pkts[i]->hash.usr, pkts[i]->pkt_len };
	sent = model_port_tx(s->port, pkts, nb);
	for (uint16_t i = 0; i < sent; i++) {
		assert_true(s->count < EXPECTED_MAX);
		s->expected[(s->first + s->count++) % EXPECTED_MAX] = notes[i];
		s->bytes += notes[i].len;
	}
	return sent;
}

uint16_t
model_sender_burst(struct model_sender *s, uint16_t nb)
{
	struct rte_mbuf *pkts[MODEL_BURST];
	uint16_t sent;

	for (uint16_t i = 0; i < nb; i++) {
		unsigned int kind;

		do {
			/* Half of them are plain: runs of these have ways of their own. */
			kind = unit_random(&s->random) % (2 * MODEL_KINDS);
			kind = kind >= MODEL_KINDS ? MODEL_PLAIN : kind;
		} while (!(s->kinds & MODEL_KIND(kind)));
		pkts[i] = model_sender_make(s, kind);
	}
	sent = model_sender_send(s, pkts, nb);
	rte_pktmbuf_free_bulk(pkts + sent, nb - sent);
	model_sender_collect(s);
	return sent;
}

void
model_sender_collect(struct model_sender *s)
{
	struct model_sent sent;

	while (model_net_sent(&s->port->device, &sent)) {
		const struct model_note *e = &s->expected[s->first];

		if (s->count == 0)
			fail_msg("%u bytes arrived that were not sent", sent.len);
		model_content(frame, e->len, e->number);
		if (sent.len != e->len || memcmp(sent.bytes, frame, e->len) != 0)
			fail_msg("packet %u: %u bytes of %u arrived, or others",
				 (unsigned int)e->number, sent.len, e->len);
		free(sent.bytes);
		s->first = (s->first + 1) % EXPECTED_MAX;
		s->count--;
		s->arrived++;
	}
	assert_int_equal(s->count, 0);
	model_assert_clean();
}
