/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_mbuf.h - what the paths of every ring layout do with mbufs: addresses, headers in the
 * headroom, fields of a received packet, freeing in bulk.
 */
#ifndef VIO_MBUF_H
#define VIO_MBUF_H

#include <string.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>
#if defined(__SSE4_1__)
#include <smmintrin.h>
#endif

#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>

/** Header of modern devices: always with num_buffers (5.1.6). */
#define VIO_HDR_SIZE ((uint16_t)sizeof(struct virtio_net_hdr_mrg_rxbuf))

/** The same without num_buffers: legacy devices that do not merge buffers; paths with offloads. */
#define VIO_HDR_SIZE_MIN ((uint16_t)sizeof(struct virtio_net_hdr))

/** The same with a hash: VIRTIO_NET_F_HASH_REPORT. */
#define VIO_HDR_SIZE_MAX ((uint16_t)sizeof(struct virtio_net_hdr_v1_hash))

_Static_assert(sizeof(struct virtio_net_hdr) == 10, "5.1.6.1");
_Static_assert(sizeof(struct virtio_net_hdr_mrg_rxbuf) == 12, "5.1.6");
_Static_assert(RTE_PKTMBUF_HEADROOM >= sizeof(struct virtio_net_hdr_v1_hash),
	       "the receive header stands in the headroom");

/* The fields that a received packet sets lie side by side: 8 bytes, 8 bytes, 16 bytes. */
_Static_assert(offsetof(struct rte_mbuf, refcnt) == offsetof(struct rte_mbuf, data_off) + 2 &&
	       offsetof(struct rte_mbuf, nb_segs) == offsetof(struct rte_mbuf, data_off) + 4 &&
	       offsetof(struct rte_mbuf, port) == offsetof(struct rte_mbuf, data_off) + 6 &&
	       offsetof(struct rte_mbuf, ol_flags) == offsetof(struct rte_mbuf, data_off) + 8 &&
	       offsetof(struct rte_mbuf, packet_type) == offsetof(struct rte_mbuf, data_off) + 16 &&
	       offsetof(struct rte_mbuf, pkt_len) == offsetof(struct rte_mbuf, data_off) + 20 &&
	       offsetof(struct rte_mbuf, data_len) == offsetof(struct rte_mbuf, data_off) + 24,
	       "layout of struct rte_mbuf");

/** The four fields of a fresh mbuf that are stored at once. */
static inline uint64_t
vio_mbuf_rearm(uint16_t data_off, uint16_t port)
{
	struct {
		uint16_t data_off, refcnt, nb_segs, port;
	} fields = { data_off, 1, 1, port };
	uint64_t word;

	memcpy(&word, &fields, sizeof(word));
	return word;
}

/*
 * The pool's bulk operations, one copy a file: they are long when inlined, their callers many, and
 * one call for a block of mbufs costs nothing.
 */
static __rte_noinline __rte_unused int
vio_pool_get(struct rte_mempool *mp, struct rte_mbuf **mbufs, unsigned int n)
{
	return rte_mempool_get_bulk(mp, (void **)mbufs, n);
}

static __rte_noinline __rte_unused void
vio_pool_put(struct rte_mempool *mp, struct rte_mbuf **mbufs, unsigned int n)
{
	rte_mempool_put_bulk(mp, (void **)mbufs, n);
}

/** Where the buffer of @p m begins for the device: buf_addr or buf_iova, as the queue says. */
static __rte_always_inline uint64_t
vio_mbuf_addr(const struct rte_mbuf *m, uint16_t addr_field)
{
	return *(const uint64_t *)((const char *)m + addr_field);
}

/**
 * Set up the first segment of a received packet. The mbuf comes raw from its pool: next is NULL and
 * stays so, everything else that the application may look at is written here.
 */
static __rte_always_inline void
vio_rx_mbuf_init(struct rte_mbuf *m, uint64_t rearm, uint32_t pkt_len, uint16_t data_len)
{
	memcpy((void *)&m->data_off, &rearm, sizeof(rearm));
	m->ol_flags = 0;
	m->packet_type = 0;
	m->pkt_len = pkt_len;
	m->data_len = data_len;
	m->vlan_tci = 0;
	m->hash.rss = 0;
}

/** May the header be written right before the data of @p m? */
static __rte_always_inline bool
vio_tx_can_push(const struct rte_mbuf *m, uint16_t hdr_size)
{
	/* A shared or external buffer is not ours to write to, headroom or not. */
	return likely(rte_mbuf_refcnt_read(m) == 1 && RTE_MBUF_DIRECT(m) &&
		      rte_pktmbuf_headroom(m) >= hdr_size);
}

/* { data_off, refcnt, nb_segs, port } as one word: which parts, and these being 1. */
#define VIO_TX_REFCNT_MASK UINT64_C(0x00000000ffff0000)
#define VIO_TX_REFCNT_ONE  UINT64_C(0x0000000000010000)
#define VIO_TX_SEGS_MASK   UINT64_C(0x0000ffff00000000)
#define VIO_TX_SEGS_ONE    UINT64_C(0x0000000100000000)

/** { data_off, refcnt, nb_segs, port } of an mbuf. */
static __rte_always_inline uint64_t
vio_mbuf_rearm_word(const struct rte_mbuf *m)
{
	uint64_t word;

	memcpy(&word, (const void *)&m->data_off, sizeof(word));
	return word;
}

/** Is @p m nobody else's, its buffer its own and from @p pool? All in its first cache line. */
static __rte_always_inline bool
vio_tx_is_ours(const struct rte_mbuf *m, const struct rte_mempool *pool,
	       const uint64_t mask, const uint64_t value, uint16_t headroom)
{
	const uint64_t word = vio_mbuf_rearm_word(m);

	return (word & mask) == value && (uint16_t)word >= headroom &&
	       (m->ol_flags & (RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL)) == 0 &&
	       m->pool == pool;
}

/** One segment, ours, with @p room bytes for the header. */
static __rte_always_inline bool
vio_tx_is_plain(const struct rte_mbuf *m, const struct rte_mempool *pool, const uint16_t room)
{
	return vio_tx_is_ours(m, pool, VIO_TX_REFCNT_MASK | VIO_TX_SEGS_MASK,
			      VIO_TX_REFCNT_ONE | VIO_TX_SEGS_ONE, room);
}

/** Not 0 where data begins before @p room bytes: the sign of the difference. */
static __rte_always_inline uint64_t
vio_tx_no_room(uint64_t rearm, const uint16_t room)
{
	return ((uint32_t)(uint16_t)rearm - room) & UINT32_C(0x80000000);
}

/** 0 for one segment with room for the header: no branch, for callers that ask of several. */
static __rte_always_inline uint64_t
vio_tx_not_single(uint64_t rearm)
{
	return ((rearm & VIO_TX_SEGS_MASK) ^ VIO_TX_SEGS_ONE) | vio_tx_no_room(rearm, VIO_HDR_SIZE);
}

/** Are all segments ours? */
static __rte_always_inline bool
vio_tx_all_plain(const struct rte_mbuf *m, const struct rte_mempool *pool)
{
	for (; m != NULL; m = m->next)
		if (unlikely(!vio_tx_is_ours(m, pool, VIO_TX_REFCNT_MASK, VIO_TX_REFCNT_ONE, 0)))
			return false;
	return true;
}

/** 0 where the 12 bytes of a header are. */
static __rte_always_inline uint64_t
vio_tx_hdr_word(const void *hdr)
{
	uint64_t low;
	uint32_t high;

	memcpy(&low, hdr, sizeof(low));
	memcpy(&high, (const char *)hdr + sizeof(low), sizeof(high));
	return low | high;
}

/** An empty header: no offload is asked for, num_buffers is 0 (5.1.6.2). */
static __rte_always_inline void
vio_tx_hdr_clear(void *hdr)
{
	/* A buffer that was sent before has it: then nothing is written. */
	if (unlikely(vio_tx_hdr_word(hdr) != 0))
		memset(hdr, 0, VIO_HDR_SIZE);
}

/** Are four packets plain, see vio_tx_is_plain()? One branch for all. */
static __rte_always_inline bool
vio_tx_four_plain(struct rte_mbuf *const *pkts, const struct rte_mempool *pool,
		  const uint16_t room)
{
	const uint64_t mask = VIO_TX_REFCNT_MASK | VIO_TX_SEGS_MASK;
	const uint64_t ones = VIO_TX_REFCNT_ONE | VIO_TX_SEGS_ONE;
	uint64_t wrong = 0;

	for (unsigned int i = 0; i < 4; i++) {
		const struct rte_mbuf *m = pkts[i];
		const uint64_t word = vio_mbuf_rearm_word(m);

		wrong |= (word & mask) ^ ones;
		wrong |= vio_tx_no_room(word, room);
		wrong |= m->ol_flags & (RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL);
		wrong |= (uintptr_t)m->pool ^ (uintptr_t)pool;
	}
	return wrong == 0;
}

/** vio_tx_hdr_clear() for four packets; one branch where all are empty. */
static __rte_always_inline void
vio_tx_four_hdr_clear(struct rte_mbuf *const *pkts)
{
#if defined(__SSE4_1__)
	/* 16 bytes up to the data, the header being the last 12; what is before is not the data's. */
	const __m128i header = _mm_set_epi32(-1, -1, -1, 0);
	__m128i any = _mm_setzero_si128();

	for (unsigned int i = 0; i < 4; i++)
		any = _mm_or_si128(any, _mm_loadu_si128(
			rte_pktmbuf_mtod_offset(pkts[i], const __m128i *, -16)));
	if (likely(_mm_testz_si128(any, header)))
		return;
#endif
	for (unsigned int i = 0; i < 4; i++)
		vio_tx_hdr_clear(rte_pktmbuf_mtod_offset(pkts[i], void *, -VIO_HDR_SIZE));
}

/** @p first, @p first + @p step, ... into four words; none of them overflows. */
static __rte_always_inline void
vio_store_four_u16(uint16_t *to, uint16_t first, const uint16_t step)
{
	uint64_t words = first * UINT64_C(0x0001000100010001) +
			 step * UINT64_C(0x0003000200010000);

	memcpy(to, &words, sizeof(words));
}

/** Eight bytes of whatever type. */
typedef uint64_t __attribute__((may_alias)) vio_word_t;

/**
 * A descriptor of either layout: an address, and the word behind it. In both that begins with the
 * length; split rings: len, flags, next; packed rings: len, id, flags.
 */
static __rte_always_inline void
vio_desc_store(void *desc, uint64_t addr, uint64_t word)
{
	vio_word_t *words = desc;

	words[0] = addr;
#ifdef __SANITIZE_THREAD__
	/*
	 * A packed ring's device looks at the flags of the descriptor that is next at any time. Until it
	 * is shown they say what they said before, however the word reaches memory: no race that matters.
	 */
	__atomic_store_n(&words[1], word, __ATOMIC_RELAXED);
#else
	words[1] = word;
#endif
}

#endif /* VIO_MBUF_H */
