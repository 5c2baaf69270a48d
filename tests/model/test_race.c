/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_race.c - several threads: one that polls a port while another takes its queues away and
 * gives them back, and a device that works at the same time as the driver. Under the thread
 * sanitizer these show every access that nothing orders.
 */

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include <rte_cycles.h>

#include "model_cases.h"
#include "model_port.h"
#include "rxtx/rxtx.h"
#include "rxtx/variants.h"

/**
 * How often the queues are taken away, and frames that go each way between two threads. The thread
 * sanitizer takes its time, and sees races that did not happen: it needs fewer.
 */
#ifdef __SANITIZE_THREAD__
#define ROUNDS 100
#define FRAMES 3000
#define SLEEPY_FRAMES 300
#else
#define ROUNDS 500
#define FRAMES 30000
#define SLEEPY_FRAMES 2500
#endif

/** Segments of a packet that takes several buffers, at most. */
#define SEGS_MAX 4

/** Nothing moves any more when nothing has moved for so long. */
#define STALL_S 30u

#define EVENT_IDX VIRTIO_FEATURE(VIRTIO_RING_F_EVENT_IDX)

/** Frames that say who they are: a number, then what follows from it. */
#define FRAME_MAX 700
static uint32_t
frame_make(uint8_t *frame, uint64_t number)
{
	const uint32_t len = 60 + number % 600;

	memcpy(frame, &number, sizeof(number));
	model_content(frame + sizeof(number), len - sizeof(number), number);
	return len;
}

/** Whole, and behind the one before: none twice. @return false where it is not */
static bool
frame_ok(const uint8_t *frame, uint32_t len, uint64_t *least)
{
	uint8_t right[FRAME_MAX];
	uint64_t number;

	if (len < sizeof(number))
		return false;
	memcpy(&number, frame, sizeof(number));
	if (number < *least || frame_make(right, number) != len || memcmp(frame, right, len) != 0)
		return false;
	*least = number + 1;
	return true;
}

/** The same of a packet, in one segment or several. */
static bool
packet_ok(const struct rte_mbuf *m, unsigned int max_segs, uint64_t *least)
{
	uint8_t copy[FRAME_MAX];

	return m->nb_segs <= max_segs && m->pkt_len <= FRAME_MAX &&
	       frame_ok(rte_pktmbuf_read(m, 0, m->pkt_len, copy), m->pkt_len, least);
}

/** A port between two threads, and what each of them has seen. */
struct race {
	const struct model_rx_path *rx_path;
	struct model_port *port;
	struct model_pool *pool; /**< of what is sent */
	eth_rx_burst_t rx;
	eth_tx_burst_t tx;
	eth_rx_burst_t wrong_rx; /**< callback of another path: never to be let in */
	bool chains;             /**< packets of several segments are sent */
	bool mute;               /**< nothing is sent */
	bool stop;
	uint64_t wrong;          /**< packets received that are not as they should be */
	uint64_t wrong_sent;     /**< packets that arrived and are not */
	uint64_t num_received;
	uint64_t num_arrived;
	uint64_t next_rx, least_rx, next_tx, least_tx;
};

static bool
told_to_stop(const struct race *r)
{
	return __atomic_load_n(&r->stop, __ATOMIC_RELAXED);
}

/** Nothing to do: once in a while the other side may need this core. */
static void
idle(unsigned int *turns, bool worked)
{
	*turns = worked ? 0 : *turns + 1;
	if (*turns >= 16) {
		sched_yield();
		*turns = 0;
	}
}

/**
 * What the device does when it has the time; nothing where it is not live.
 * @return was there anything to do?
 */
static bool
device_turn(struct race *r)
{
	static const struct model_rx_way way;
	struct model_device *device = &r->port->device;
	struct model_queue *rxq = model_rxq(device, 0);
	struct model_queue *txq = model_txq(device, 0);
	const uint64_t before = r->next_rx + r->num_arrived;
	struct model_sent sent;

	model_device_look(device);
	while (model_net_sent(device, &sent)) {
		r->wrong_sent += !frame_ok(sent.bytes, sent.len, &r->least_tx);
		__atomic_fetch_add(&r->num_arrived, 1, __ATOMIC_RELAXED);
		free(sent.bytes);
	}
	pthread_mutex_lock(&device->lock);
	if (model_device_live(device)) {
		for (unsigned int i = 0; i < 24 && rxq->num_pending != 0; i++) {
			uint8_t frame[FRAME_MAX];
			const uint32_t len = frame_make(frame, r->next_rx);

			if (model_net_rx(rxq, frame, len, &way) != 0)
				r->next_rx++;
		}
		model_queue_show(rxq, rxq->num_ready, false);
		model_net_tx_done(txq, txq->num_pending, false, false);
	}
	pthread_mutex_unlock(&device->lock);
	return r->next_rx + r->num_arrived != before;
}

/** What is sent: where the path takes that, every third packet has its last bytes elsewhere. */
static struct rte_mbuf *
make_packet(struct race *r)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(model_pool_mp(r->pool));
	struct rte_mbuf *tail;

	if (m == NULL)
		return NULL;
	m->data_len = m->pkt_len = frame_make(rte_pktmbuf_mtod(m, uint8_t *), r->next_tx++);
	if (!r->chains || r->next_tx % 3 != 0 ||
	    (tail = rte_pktmbuf_alloc(model_pool_mp(r->pool))) == NULL)
		return m;
	tail->data_len = 20;
	m->data_len -= 20;
	memcpy(rte_pktmbuf_mtod(tail, void *),
	       rte_pktmbuf_mtod_offset(m, void *, m->data_len), 20);
	m->next = tail;
	m->nb_segs = 2;
	return m;
}

/** A burst each way. @return was there anything to do? */
static bool
driver_turn(struct race *r)
{
	void *rxq = r->port->dev->data->rx_queues[0];
	void *txq = r->port->dev->data->tx_queues[0];
	struct rte_mbuf *pkts[32];
	uint16_t n = r->rx(rxq, pkts, 32);
	const uint16_t received = n;
	uint16_t made = 0;

	for (uint16_t i = 0; i < n; i++)
		r->wrong += !packet_ok(pkts[i], r->rx_path->mergeable ? SEGS_MAX : 1,
				       &r->least_rx);
	rte_pktmbuf_free_bulk(pkts, n);
	__atomic_fetch_add(&r->num_received, n, __ATOMIC_RELAXED);
	if (r->wrong_rx != NULL)
		r->wrong += r->wrong_rx(rxq, pkts, 32);

	while (made < 16 && !r->mute && (pkts[made] = make_packet(r)) != NULL)
		made++;
	n = r->tx(txq, pkts, made);
	rte_pktmbuf_free_bulk(pkts + n, made - n);
	return received != 0 || n != 0;
}

/** Until @p frames were received. @return false where nothing came any more */
static bool
drive(struct race *r, uint64_t frames)
{
	uint64_t since = rte_get_timer_cycles();
	uint64_t before = 0;
	unsigned int turns = 0;

	while (r->num_received < frames) {
		idle(&turns, driver_turn(r));
		if (r->num_received != before) {
			before = r->num_received;
			since = rte_get_timer_cycles();
		} else if (rte_get_timer_cycles() - since > STALL_S * rte_get_timer_hz()) {
			return false;
		}
	}
	return true;
}

static void
race_start(struct race *r, const struct model_rx_path *path, uint64_t features)
{
	const struct model_pool_config pool = { .size = 512,
						.data_room = 1024 + RTE_PKTMBUF_HEADROOM };
	const uint16_t size = path->packed ? 61 : 64;
	struct model_port_config config = {
		.features = features, .rx_size = size, .tx_size = size,
		.data_room = path->mergeable ? 300 : 2048,
		.tx_offloads = path->simd != 0 ? RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE :
						 RTE_ETH_TX_OFFLOAD_MULTI_SEGS,
	};

	model_config_rx_path(&config, path);
	*r = (struct race){ .rx_path = path, .chains = path->simd == 0 };
	r->port = model_port_create(&config);
	r->port->device.concurrent = true;
	r->pool = model_pool_create("model_race", &pool);
	model_port_start(r->port);
	model_assert_rx_path(r->port, path);
	r->rx = r->port->dev->rx_pkt_burst;
	r->tx = r->port->dev->tx_pkt_burst;
}

static void
race_end(struct race *r)
{
	assert_int_equal(r->wrong, 0);
	assert_int_equal(r->wrong_sent, 0);
	model_port_stop(r->port);
	assert_int_equal(model_pool_out(r->pool), 0);
	assert_int_equal(model_xstat(r->port, "rx_q0_faults"), 0);
	assert_int_equal(model_xstat(r->port, "tx_q0_faults"), 0);
	model_port_destroy(r->port);
	model_pool_free(r->pool);
}

static void *
poll_and_serve(void *arg)
{
	struct race *r = arg;
	unsigned int turns = 0;

	while (!told_to_stop(r)) {
		const bool worked = driver_turn(r);

		idle(&turns, device_turn(r) || worked);
	}
	return NULL;
}

/** What a backend that goes away and comes back does, or an application that stops and starts. */
static void
take_and_give(struct race *r, bool whole_stop)
{
	struct rte_eth_dev *dev = r->port->dev;
	struct vio_port *port = vio_port(dev);

	if (whole_stop) {
		assert_int_equal(vio_dev_stop(dev), 0);
		/* All but what the other thread may hold right now. */
		assert_true(model_pool_out(r->port->pool) <=
			    (r->rx_path->mergeable ? 32 * SEGS_MAX : 32));
		assert_int_equal(vio_dev_start(dev), 0);
		dev->data->dev_started = 1; /* ethdev would */
		return;
	}
	pthread_mutex_lock(&port->lock);
	assert_int_equal(vio_deactivate(dev), 0);
	assert_int_equal(vio_activate(dev), 0);
	pthread_mutex_unlock(&port->lock);
}

/** Have more frames gone each way than queues were taken away? */
static bool
moved_enough(const struct race *r)
{
	return __atomic_load_n(&r->num_received, __ATOMIC_RELAXED) > ROUNDS &&
	       __atomic_load_n(&r->num_arrived, __ATOMIC_RELAXED) > ROUNDS;
}

/** Queues are taken away and given back while a thread polls them all the time. */
static void
queues_taken_while_polled(void **state)
{
	pthread_t thread;
	struct race r;

	race_start(&r, *state, EVENT_IDX);
	/* A callback of another path, as a thread may have fetched it before the port changed. */
	r.wrong_rx = r.rx_path->simd == 0 && !r.rx_path->mergeable ?
		     vio_recv_mergeable_pkts[VIO_RX_EVENT_IDX] : vio_recv_pkts[VIO_RX_EVENT_IDX];
	assert_int_equal(pthread_create(&thread, NULL, poll_and_serve, &r), 0);
	for (unsigned int round = 0; round < ROUNDS; round++) {
		/* Not only while the thread has hardly begun. */
		const uint64_t before = __atomic_load_n(&r.num_received, __ATOMIC_RELAXED);

		for (unsigned int i = 0; i < 2000 && round % 16 == 0 &&
		     __atomic_load_n(&r.num_received, __ATOMIC_RELAXED) == before; i++)
			rte_delay_us_sleep(100);
		take_and_give(&r, round % 4 == 0);
	}
	/* The queues work, whatever the thread came to meanwhile. */
	for (unsigned int ms = 0; ms < 60000 && !moved_enough(&r); ms++)
		rte_delay_us_sleep(1000);
	__atomic_store_n(&r.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	assert_true(moved_enough(&r));
	race_end(&r);
}

static void *
serve(void *arg)
{
	struct race *r = arg;
	unsigned int turns = 0;

	while (!told_to_stop(r))
		idle(&turns, device_turn(r));
	return NULL;
}

/** The device works while the driver does: barriers A and B, both ways. */
static void
device_at_the_same_time(void **state)
{
	pthread_t thread;
	struct race r;
	bool moved;

	race_start(&r, *state, 0);
	assert_int_equal(pthread_create(&thread, NULL, serve, &r), 0);
	moved = drive(&r, FRAMES);
	__atomic_store_n(&r.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	assert_true(moved);
	assert_int_not_equal(r.num_arrived, 0);
	race_end(&r);
}

static uint64_t
num_kicks(const struct race *r)
{
	const struct model_queue *queues = r->port->device.queues;

	return __atomic_load_n(&queues[0].num_kicks, __ATOMIC_RELAXED) +
	       __atomic_load_n(&queues[1].num_kicks, __ATOMIC_RELAXED);
}

static void
notify_both(struct race *r, enum model_notify when)
{
	pthread_mutex_lock(&r->port->device.lock);
	for (unsigned int i = 0; i < 2; i++)
		model_queue_notify(&r->port->device.queues[i], when);
	pthread_mutex_unlock(&r->port->device.lock);
}

/** A device that sleeps when it has nothing to do. */
static void *
serve_when_notified(void *arg)
{
	struct race *r = arg;

	while (!told_to_stop(r)) {
		uint64_t kicks;

		notify_both(r, MODEL_NOTIFY_NEVER);
		while (device_turn(r))
			;
		kicks = num_kicks(r);
		notify_both(r, MODEL_NOTIFY_ALWAYS);
		/* Barrier C, device's half: its words before it looks once more. */
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (device_turn(r))
			continue;
		while (!told_to_stop(r) && num_kicks(r) == kicks)
			sched_yield();
	}
	return NULL;
}

/**
 * No notification is lost that the device waits for, of refills alone and of what is sent: once one
 * is, nothing moves any more. (Each moment to fall asleep at: test_watch.c. Barrier C itself: the
 * unit tests of the rings.)
 */
static void
device_sleeps(void **state)
{
	for (unsigned int variant = 0; variant < 4; variant++) {
		pthread_t thread;
		struct race r;
		bool moved;

		race_start(&r, *state, variant & 1 ? EVENT_IDX : 0);
		r.mute = variant & 2;
		assert_int_equal(pthread_create(&thread, NULL, serve_when_notified, &r), 0);
		moved = drive(&r, SLEEPY_FRAMES);
		__atomic_store_n(&r.stop, true, __ATOMIC_RELAXED);
		pthread_join(thread, NULL);
		assert_true(moved);
		race_end(&r);
	}
}

/**
 * Why a device cannot run beside this path here. Vector paths of packed rings load and store the
 * flags of several descriptors at once; x86 keeps these in order (rx_vec_avx2.c), but in the eyes of
 * the thread sanitizer nothing does.
 */
static const char *
not_to_be_seen(const struct model_rx_path *path)
{
#ifdef __SANITIZE_THREAD__
	if (path->packed && path->simd != 0)
		return "flags in vectors, which the thread sanitizer does not know";
#endif
	return model_simd_missing(path->simd);
}

int
main(void)
{
	for (unsigned int i = 0; i < model_num_rx_paths; i++) {
		const struct model_rx_path *path = &model_rx_paths[i];
		const char *missing = model_simd_missing(path->simd);

		model_case(queues_taken_while_polled, path, missing,
			   "race_%s_queues_taken_while_polled", path->name);
		missing = not_to_be_seen(path);
		model_case(device_at_the_same_time, path, missing,
			   "race_%s_device_at_the_same_time", path->name);
		model_case(device_sleeps, path, missing, "race_%s_device_sleeps", path->name);
	}
	return model_cases_run("race");
}
