/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_self_net.c - does the model see it when a driver breaks a rule of packets, or of mbufs and
 * their pools?
 */

#include <stdlib.h>

#include <rte_mbuf.h>

#include "features.h"
#include "handmade.h"
#include "model_cases.h"
#include "model_pool.h"

static void
sees_35_config_write(void **state)
{
	static const uint8_t byte;

	(void)state;
	hm_live(0);
	hm_device.base.ops->write_config(&hm_device.base, 0, &byte, 1);
	hm_assert_breach(35);
}

/** A header that must not be sent with @p features. */
static void
bad_header(uint64_t features, const struct virtio_net_hdr_mrg_rxbuf *hdr)
{
	hm_live(features);
	memcpy(hm_memory->buf[0], hdr, sizeof(*hdr));
	hm_tx_packet(0, 60);
	hm_kick(HM_TX);
	hm_look();
	hm_assert_breach(36);
}

static void
sees_36_headers(void **state)
{
	const uint64_t csum = F(VIRTIO_NET_F_CSUM);
	const uint64_t tso = csum | F(VIRTIO_NET_F_HOST_TSO4);
	const struct {
		uint64_t features;
		struct virtio_net_hdr_mrg_rxbuf hdr;
	} bad[] = {
		{ 0, { .num_buffers = 1 } },
		{ 0, { .hdr.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM } },
		{ csum, { .hdr.flags = VIRTIO_NET_HDR_F_DATA_VALID } },
		{ csum, { .hdr.flags = 1, .hdr.csum_start = 50, .hdr.csum_offset = 10 } },
		{ csum, { .hdr.flags = 1, .hdr.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
			  .hdr.gso_size = 100 } },
		{ tso, { .hdr.gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .hdr.gso_size = 100 } },
		{ tso, { .hdr.flags = 1, .hdr.gso_type = VIRTIO_NET_HDR_GSO_TCPV4 } },
		{ tso, { .hdr.flags = 1, .hdr.gso_type = VIRTIO_NET_HDR_GSO_TCPV6,
			 .hdr.gso_size = 100 } },
		{ tso, { .hdr.flags = 1, .hdr.gso_size = 100,
			 .hdr.gso_type = VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		bad_header(bad[i].features, &bad[i].hdr);
}

static void
sees_36_no_header(void **state)
{
	(void)state;
	hm_live(0);
	hm_desc(HM_TX, 0, hm_memory->buf[0], 11, 0, 0);
	hm_avail(HM_TX, 0);
	hm_kick(HM_TX);
	hm_look();
	hm_assert_breach(36);
}

static void
sees_37_short_receive_buffer(void **state)
{
	(void)state;
	hm_live(0);
	hm_desc(HM_RX, 0, hm_memory->buf[0], 1525, VRING_DESC_F_WRITE, 0);
	hm_avail(HM_RX, 0);
	hm_kick(HM_RX);
	hm_look();
	hm_assert_breach(37);
}

static void
sees_37_short_buffer_with_merging(void **state)
{
	(void)state;
	hm_live(F(VIRTIO_NET_F_MRG_RXBUF));
	hm_desc(HM_RX, 0, hm_memory->buf[0], 11, VRING_DESC_F_WRITE, 0);
	hm_avail(HM_RX, 0);
	hm_kick(HM_RX);
	hm_look();
	hm_assert_breach(37);
}

static const struct model_pool_config pool_config = { .size = 8, .data_room = 2048 };

/** Two mbufs of a pool of eight. */
static struct model_pool *
two_mbufs(struct rte_mbuf **pkts)
{
	struct model_pool *pool;

	model_book_open();
	pool = model_pool_create("self", &pool_config);
	assert_int_equal(rte_pktmbuf_alloc_bulk(model_pool_mp(pool), pkts, 2), 0);
	assert_int_equal(model_pool_out(pool), 2);
	return pool;
}

static void
sees_mbuf_freed_twice(void **state)
{
	struct rte_mbuf *pkts[2];
	struct model_pool *pool = two_mbufs(pkts);

	(void)state;
	rte_mempool_put(model_pool_mp(pool), pkts[0]);
	model_assert_clean();
	rte_mempool_put(model_pool_mp(pool), pkts[0]);
	assert_int_equal(model_breaches_of(MODEL_HOUSE), 1);
}

static void
sees_mbuf_freed_to_another_pool(void **state)
{
	struct rte_mbuf *pkts[2];
	struct model_pool *other;

	(void)state;
	two_mbufs(pkts);
	other = model_pool_create("other", &pool_config);
	rte_mempool_put(model_pool_mp(other), pkts[0]);
	assert_int_equal(model_breaches_of(MODEL_HOUSE), 1);
}

static void
sees_mbuf_freed_in_a_chain(void **state)
{
	struct rte_mbuf *pkts[2];
	struct model_pool *pool = two_mbufs(pkts);

	(void)state;
	pkts[0]->next = pkts[1];
	rte_mempool_put(model_pool_mp(pool), pkts[0]);
	assert_int_equal(model_breaches_of(MODEL_HOUSE), 1);
}

static void
sees_mbuf_freed_that_is_shared(void **state)
{
	struct rte_mbuf *pkts[2];
	struct model_pool *pool = two_mbufs(pkts);

	(void)state;
	rte_mbuf_refcnt_set(pkts[0], 2);
	rte_mempool_put(model_pool_mp(pool), pkts[0]);
	assert_int_equal(model_breaches_of(MODEL_HOUSE), 1);
}

static void
sees_05_mbuf_freed_too_early(void **state)
{
	struct rte_mbuf *pkts[2];
	struct model_pool *pool = two_mbufs(pkts);

	(void)state;
	model_pool_expose(pool, rte_pktmbuf_mtod(pkts[0], char *), 100, false);
	rte_pktmbuf_free(pkts[0]);
	hm_assert_breach(5);
}

static void
sees_05_mbuf_posted_twice(void **state)
{
	struct rte_mbuf *pkts[2];
	struct model_pool *pool = two_mbufs(pkts);

	(void)state;
	model_pool_expose(pool, rte_pktmbuf_mtod(pkts[0], char *), 100, true);
	model_pool_expose(pool, rte_pktmbuf_mtod(pkts[0], char *), 100, true);
	hm_assert_breach(5);
}

static void
sees_07_post_beyond_a_buffer(void **state)
{
	struct rte_mbuf *pkts[2];
	struct model_pool *pool = two_mbufs(pkts);

	(void)state;
	model_pool_expose(pool, rte_pktmbuf_mtod(pkts[0], char *), 2048, true);
	hm_assert_breach(7);
}

#define CASE(name) model_case(name, NULL, NULL, "self_%s", #name)

int
main(void)
{
	int failed;

	CASE(sees_35_config_write);
	CASE(sees_36_headers);
	CASE(sees_36_no_header);
	CASE(sees_37_short_receive_buffer);
	CASE(sees_37_short_buffer_with_merging);
	CASE(sees_mbuf_freed_twice);
	CASE(sees_mbuf_freed_to_another_pool);
	CASE(sees_mbuf_freed_in_a_chain);
	CASE(sees_mbuf_freed_that_is_shared);
	CASE(sees_05_mbuf_freed_too_early);
	CASE(sees_05_mbuf_posted_twice);
	CASE(sees_07_post_beyond_a_buffer);
	failed = model_cases_run("self_net");
	hm_end();
	return failed;
}
