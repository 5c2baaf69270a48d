/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* Building frames and checking them to the last byte. */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "frames.h"

_Static_assert(sizeof(struct frame_head) == 40, "the head's fields must not be padded");
_Static_assert(sizeof(struct frame_head) <= FRAME_MIN, "the head must fit the shortest frame");

static const struct rte_ether_addr frame_source = { { 0x02, 0x76, 0x69, 0x6f, 0x00, 0x01 } };
static const struct rte_ether_addr frame_destination = { { 0x02, 0x76, 0x69, 0x6f, 0x00, 0x02 } };

static void
head_ethernet(struct rte_ether_hdr *eth)
{
	eth->src_addr = frame_source;
	eth->dst_addr = frame_destination;
	eth->ether_type = rte_cpu_to_be_16(FRAME_ETHERTYPE);
}

/* Word `index` of the content of a frame: neighbours in number and in place all differ. */
static uint64_t
content_word(uint64_t sequence, uint32_t index)
{
	uint64_t x = (sequence + 1) * 0x9e3779b97f4a7c15ULL + index * 0xd1342543de82ef95ULL;

	return x ^ (x >> 29);
}

void
frame_build(uint8_t *out, uint32_t length, uint16_t stream, uint64_t sequence)
{
	struct frame_head head = {
		.stream = stream,
		.magic = FRAME_MAGIC,
		.length = length,
		.sequence = sequence,
	};
	uint32_t offset = sizeof(head);
	uint32_t index = 0;
	uint64_t word;

	head_ethernet(&head.eth);
	memcpy(out, &head, sizeof(head));
	for (; offset + sizeof(word) <= length; offset += sizeof(word)) {
		word = content_word(sequence, index++);
		memcpy(out + offset, &word, sizeof(word));
	}
	word = content_word(sequence, index);
	memcpy(out + offset, &word, length - offset);
}

void
frame_shape(struct rte_mbuf **chain, uint16_t segments, uint32_t length)
{
	uint32_t part = length / segments;
	uint16_t i;

	for (i = 0; i < segments; i++) {
		chain[i]->data_len = i + 1 < segments ? part : length - part * (segments - 1u);
		chain[i]->next = i + 1 < segments ? chain[i + 1] : NULL;
	}
	chain[0]->pkt_len = length;
	chain[0]->nb_segs = segments;
}

void
frame_ask(struct rte_mbuf *m, uint64_t flags)
{
	uint16_t within = (flags & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_TCP_CKSUM ?
		offsetof(struct rte_tcp_hdr, cksum) : offsetof(struct rte_udp_hdr, dgram_cksum);

	if (flags == 0)
		return;
	m->ol_flags |= flags;
	m->l2_len = RTE_ETHER_HDR_LEN;
	/* No such header is in the frame: what counts is where the checksum will be written. */
	m->l3_len = offsetof(struct frame_head, stamp) - within - RTE_ETHER_HDR_LEN;
}

void
frame_write(struct rte_mbuf *m, uint16_t stream, uint64_t sequence)
{
	uint8_t bytes[FRAME_MAX];
	uint32_t offset = 0;

	if (m->nb_segs == 1) {
		frame_build(rte_pktmbuf_mtod(m, uint8_t *), m->pkt_len, stream, sequence);
		return;
	}
	frame_build(bytes, m->pkt_len, stream, sequence);
	for (; m != NULL; m = m->next) {
		memcpy(rte_pktmbuf_mtod(m, uint8_t *), bytes + offset, m->data_len);
		offset += m->data_len;
	}
}

void
frame_write_header(struct rte_mbuf *m)
{
	head_ethernet(rte_pktmbuf_mtod(m, struct rte_ether_hdr *));
}

void
frame_stamp(struct rte_mbuf *m, uint64_t tsc)
{
	rte_pktmbuf_mtod(m, struct frame_head *)->stamp = tsc;
}

uint64_t
frame_read_stamp(const struct rte_mbuf *m)
{
	if (m->data_len < sizeof(struct frame_head))
		return 0;
	return rte_pktmbuf_mtod(m, const struct frame_head *)->stamp;
}

void
frame_check_init(struct frame_check *c, uint16_t stream, uint16_t port, uint64_t next)
{
	memset(c, 0, sizeof(*c));
	c->stream = stream;
	c->port = port;
	c->next = next;
}

bool
frame_check_clean(const struct frame_check *c)
{
	return c->corrupt == 0 && c->duplicated == 0 && c->reordered == 0 && c->bad_mbuf == 0;
}

__attribute__((format(printf, 2, 3))) static void
note_first(struct frame_check *c, const char *format, ...)
{
	va_list args;

	if (c->first[0] != '\0')
		return;
	va_start(args, format);
	vsnprintf(c->first, sizeof(c->first), format, args);
	va_end(args);
}

/* What rte_mbuf.h promises an application about a received packet. */
static bool
verify_mbuf(struct frame_check *c, const struct rte_mbuf *m)
{
	const struct rte_mbuf *segment;
	const char *reason;
	uint32_t total = 0;
	uint16_t count = 0;

	if (rte_mbuf_check(m, 1, &reason) != 0) {
		note_first(c, "frame %" PRIu64 ": rte_mbuf_check says: %s", c->next, reason);
		return false;
	}
	for (segment = m; segment != NULL; segment = segment->next) {
		total += segment->data_len;
		count++;
		if (rte_mbuf_refcnt_read(segment) != 1) {
			note_first(c, "frame %" PRIu64 ": a segment has refcnt %u", c->next,
				rte_mbuf_refcnt_read(segment));
			return false;
		}
	}
	if (total != m->pkt_len || count != m->nb_segs) {
		note_first(c, "frame %" PRIu64 ": pkt_len %u and nb_segs %u, but %u bytes in %u "
			"segments", c->next, m->pkt_len, m->nb_segs, total, count);
		return false;
	}
	if (c->port != UINT16_MAX && m->port != c->port) {
		note_first(c, "frame %" PRIu64 ": mbuf->port is %u, received from port %u",
			c->next, m->port, c->port);
		return false;
	}
	return true;
}

/* Compare with the recomputed frame; the stamp may be anything. */
static bool
verify_bytes(struct frame_check *c, const struct rte_mbuf *m, struct frame_head *head)
{
	uint8_t expected[FRAME_MAX];
	uint8_t copy[FRAME_MAX];
	const uint8_t *bytes;
	uint32_t i;

	bytes = rte_pktmbuf_read(m, 0, m->pkt_len, copy);
	memcpy(head, bytes, sizeof(*head));
	if (head->magic != FRAME_MAGIC || head->stream != c->stream || head->length != m->pkt_len) {
		note_first(c, "expected frame %" PRIu64 " of stream %u: magic %08x, stream %u, "
			"length %u in a packet of %u bytes", c->next, c->stream, head->magic,
			head->stream, head->length, m->pkt_len);
		return false;
	}
	frame_build(expected, m->pkt_len, c->stream, head->sequence);
	memcpy(expected + offsetof(struct frame_head, stamp), &head->stamp, sizeof(head->stamp));
	if (memcmp(expected, bytes, m->pkt_len) == 0)
		return true;
	for (i = 0; expected[i] == bytes[i]; i++)
		;
	note_first(c, "frame %" PRIu64 ": byte %u of %u is %02x and should be %02x",
		head->sequence, i, m->pkt_len, bytes[i], expected[i]);
	return false;
}

static bool
window_test_and_set(struct frame_check *c, uint64_t sequence)
{
	uint64_t *word = &c->seen[(sequence % FRAME_WINDOW) / 64];
	uint64_t bit = 1ULL << (sequence % 64);
	bool was = (*word & bit) != 0;

	*word |= bit;
	return was;
}

static void
window_clear(struct frame_check *c, uint64_t from, uint64_t count)
{
	uint64_t i;

	if (count >= FRAME_WINDOW) {
		memset(c->seen, 0, sizeof(c->seen));
		return;
	}
	for (i = from; i < from + count; i++)
		c->seen[(i % FRAME_WINDOW) / 64] &= ~(1ULL << (i % 64));
}

static bool
verify_order(struct frame_check *c, uint64_t sequence)
{
	if (sequence >= c->next) {
		window_clear(c, c->next, sequence - c->next + 1);
		window_test_and_set(c, sequence);
		c->lost += sequence - c->next;
		c->next = sequence + 1;
		return true;
	}
	if (c->next - sequence > FRAME_WINDOW || window_test_and_set(c, sequence)) {
		c->duplicated++;
		note_first(c, "frame %" PRIu64 " came twice", sequence);
		return false;
	}
	c->lost--;
	c->reordered++;
	note_first(c, "frame %" PRIu64 " came after frame %" PRIu64, sequence, c->next - 1);
	return false;
}

bool
frame_verify(struct frame_check *c, const struct rte_mbuf *m, uint32_t length)
{
	struct frame_head head;

	if (!verify_mbuf(c, m)) {
		c->bad_mbuf++;
		return false;
	}
	if (m->pkt_len < FRAME_MIN || m->pkt_len > FRAME_MAX ||
			(length != 0 && m->pkt_len != length)) {
		note_first(c, "expected frame %" PRIu64 " with %u bytes, got %u bytes",
			c->next, length, m->pkt_len);
		c->corrupt++;
		return false;
	}
	if (!verify_bytes(c, m, &head)) {
		c->corrupt++;
		return false;
	}
	if (!verify_order(c, head.sequence))
		return false;
	c->good++;
	return true;
}
