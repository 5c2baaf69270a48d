/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_cycles.c - a port that is started, stopped and reset over and over, with traffic in both
 * directions and some of it left with the device: nothing grows. Ten thousand times with VIO_LONG
 * (scripts/test.sh --long), a few hundred times without.
 */

#include <dirent.h>
#include <stdlib.h>

#include "ctrl_cases.h"
#include "model_memory.h"
#include "model_sender.h"
#include "model_traffic.h"

#define CYCLES 300
#define CYCLES_LONG 10000

static unsigned int
open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

/** Frames each way; of both kinds the device keeps a few. */
static void
some_traffic(struct model_port *port, struct model_traffic *t, struct model_sender *s)
{
	struct model_queue *rxq = model_rxq(&port->device, 0);
	struct model_queue *txq = model_txq(&port->device, 0);

	for (unsigned int i = 0; i < 20; i++)
		model_traffic_put(t, 60 + 10 * i);
	model_queue_show(rxq, rxq->num_ready, false);
	model_traffic_rx(t, 13);
	model_sender_burst(s, 13);
	model_net_tx_done(txq, txq->num_pending / 2, false, false);
}

static void
nothing_grows(void **state)
{
	const unsigned int cycles = getenv("VIO_LONG") != NULL ? CYCLES_LONG : CYCLES;
	struct model_port *port = ctrl_start(&(struct model_port_config){
		.features = CTRL_FEATURES | F(MRG_RXBUF), .rx_size = 64, .tx_size = 64,
		.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS }, state);
	unsigned int fds = 0, blocks = 0;
	struct model_traffic t;
	struct model_sender s;

	model_traffic_init(&t, port);
	model_sender_init(&s, port, MODEL_KINDS_ALL);
	for (unsigned int i = 1; i <= cycles; i++) {
		some_traffic(port, &t, &s);
		if (i % 7 == 0) { /* it ends by the device's wish */
			struct rte_eth_link link;

			pthread_mutex_lock(&port->device.lock);
			port->device.status |= VIRTIO_CONFIG_S_NEEDS_RESET;
			pthread_mutex_unlock(&port->device.lock);
			assert_int_equal(rte_eth_link_get_nowait(port->id, &link), 0);
		}
		model_port_stop(port);
		assert_int_equal(model_pool_out(port->pool), 0);
		model_sender_drop_kept(&s);
		assert_int_equal(model_sender_out(&s), 0);
		while (t.count != 0)
			model_traffic_lose(&t);
		if (i % 5 == 0) {
			assert_int_equal(rte_eth_dev_reset(port->id), 0);
			model_port_setup(port);
		}
		model_port_start(port);
		if (i == 10) {
			fds = open_fds();
			blocks = model_memory_blocks();
		} else if (i > 10 && i % 10 == 0) {
			assert_int_equal(open_fds(), fds);
			assert_int_equal(model_memory_blocks(), blocks);
		}
		model_assert_clean();
	}
	model_traffic_fini(&t);
	model_port_stop(port);
	model_sender_fini(&s);
	model_port_destroy(port);
}

int
main(void)
{
	model_case(nothing_grows, &ctrl_layouts[1], NULL, "cycles_nothing_grows");
	model_case(nothing_grows, &ctrl_layouts[3], NULL, "cycles_nothing_grows_packed");
	return model_cases_run("cycles");
}
