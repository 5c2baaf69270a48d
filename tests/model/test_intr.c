/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_intr.c - receive interrupts and link events, on a bus that delivers the former: what a
 * device is asked for, what a sleeping thread is woken by, what becomes of a device that has no
 * vector to give (4.1.5.1.2.2).
 */

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_interrupts.h>

#include "ctrl_cases.h"
#include "model_traffic.h"

#define WAIT_MS 30000
#define QUEUES 2

/** The vector of configuration changes, and that of the first queue. */
#define CONFIG_VECTOR 0
#define RX_VECTOR 1

/** What the bus was asked for. */
static unsigned int starts;
static unsigned int stops;

static struct rte_intr_handle **
handle_of(const struct vio_port *port)
{
	return &rte_eth_devices[port->data->port_id].intr_handle;
}

static int
intr_start(struct vio_port *port, uint16_t rx_queues, bool link)
{
	struct rte_intr_handle *handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);

	starts++;
	assert_non_null(handle);
	assert_int_equal(rte_intr_nb_efd_set(handle, rx_queues), 0);
	for (uint16_t i = 0; i < rx_queues; i++)
		assert_int_equal(rte_intr_efds_index_set(handle, i, eventfd(0, EFD_NONBLOCK)), 0);
	*handle_of(port) = handle;
	if (link)
		port->config_vector = CONFIG_VECTOR;
	if (rx_queues != 0)
		port->rx_vector = RX_VECTOR;
	return 0;
}

static void
intr_stop(struct vio_port *port)
{
	struct rte_intr_handle *handle = *handle_of(port);

	if (handle == NULL)
		return;
	stops++;
	for (int i = 0; i < rte_intr_nb_efd_get(handle); i++)
		close(rte_intr_efds_index_get(handle, i));
	rte_intr_instance_free(handle);
	*handle_of(port) = NULL;
}

static const struct vio_bus intr_bus = {
	.watched = true,
	.intr_start = intr_start,
	.intr_stop = intr_stop,
};

static struct model_port *
create(void **state)
{
	starts = stops = 0;
	return model_port_create(&(struct model_port_config){ .bus = &intr_bus,
		.features = CTRL_FEATURES | F(MQ) | ctrl_layout(state), .pairs = QUEUES,
		.rx_size = 16, .tx_size = 16, .mac = { 0x52, 0x54, 0, 0, 0, 1 },
		.rx_interrupts = true, .link_events = true });
}

static struct model_port *
start(void **state)
{
	struct model_port *port = create(state);

	model_port_start(port);
	return port;
}

/** Is the thread that sleeps on a queue woken? It is not a second time. */
static bool
woken(const struct model_port *port, uint16_t queue)
{
	uint64_t count;

	return read(rte_intr_efds_index_get(port->dev->intr_handle, queue), &count,
		    sizeof(count)) == sizeof(count);
}

/** A frame, shown. @return was the driver to be notified of it? */
static unsigned int
deliver(struct model_port *port, struct model_traffic *t)
{
	struct model_queue *q = model_rxq(&port->device, 0);
	const uint64_t before = q->num_interrupts;

	assert_true(model_traffic_put(t, 100));
	model_queue_show(q, q->num_ready, false);
	return q->num_interrupts - before;
}

/** Each receive queue has its vector, no other queue has one; nothing is asked for at first. */
static void
vectors(void **state)
{
	struct model_port *port = start(state);

	assert_int_equal(port->device.config_vector, CONFIG_VECTOR);
	for (unsigned int i = 0; i < QUEUES; i++) {
		assert_int_equal(model_rxq(&port->device, i)->setup.vector, RX_VECTOR + i);
		assert_int_equal(model_txq(&port->device, i)->setup.vector, VIRTIO_NO_VECTOR);
		assert_false(woken(port, i));
	}
	assert_int_equal(model_device_ctrlq(&port->device)->setup.vector, VIRTIO_NO_VECTOR);
	model_port_stop(port);
	assert_int_equal(starts, 1);
	assert_int_equal(stops, 1);
	model_port_start(port);
	assert_int_equal(model_rxq(&port->device, 1)->setup.vector, RX_VECTOR + 1);
	model_port_destroy(port);
	assert_int_equal(starts, 2);
	assert_int_equal(stops, 2);
}

/** Twice around positions of all kinds: the next packet is told of where that was asked for. */
static void
next_packet_is_told(void **state)
{
	struct model_port *port = start(state);
	struct model_traffic t;

	model_traffic_init(&t, port);
	for (unsigned int i = 0; i < 200; i++) {
		const unsigned int more = i % 5;

		assert_int_equal(deliver(port, &t), 0);
		assert_int_equal(model_traffic_rx(&t, 4), 1);
		assert_int_equal(rte_eth_dev_rx_intr_enable(port->id, 0), 0);
		assert_false(woken(port, 0));
		assert_int_equal(deliver(port, &t), 1);
		assert_int_equal(rte_eth_dev_rx_intr_disable(port->id, 0), 0);
		for (unsigned int k = 0; k < more; k++)
			assert_int_equal(deliver(port, &t), 0);
		assert_int_equal(model_traffic_rx(&t, 8), 1 + more);
	}
	model_traffic_fini(&t);
	model_port_destroy(port);
}

/** A packet that came between the last burst and the wish: the device does not tell of it. */
static void
packet_before_the_wish_wakes(void **state)
{
	struct model_port *port = start(state);
	struct model_traffic t;

	model_traffic_init(&t, port);
	for (unsigned int i = 0; i < 100; i++) {
		assert_int_equal(deliver(port, &t), 0);
		assert_int_equal(rte_eth_dev_rx_intr_enable(port->id, 0), 0);
		assert_true(woken(port, 0));
		assert_int_equal(model_traffic_rx(&t, 4), 1);
		assert_int_equal(rte_eth_dev_rx_intr_enable(port->id, 0), 0);
		assert_false(woken(port, 0));
		assert_int_equal(rte_eth_dev_rx_intr_disable(port->id, 0), 0);
	}
	model_traffic_fini(&t);
	model_port_destroy(port);
}

/** The rings under a sleeping thread are replaced: it has to say anew what it wants. */
static void
fresh_ring_wakes(void **state)
{
	struct model_port *port = start(state);
	struct model_traffic t;

	model_traffic_init(&t, port);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(rte_eth_dev_rx_intr_enable(port->id, 0), 0);
		assert_int_equal(rte_eth_dev_set_link_down(port->id), 0);
		assert_false(woken(port, 0));
		/* Once more, while there is no ring. */
		assert_int_equal(rte_eth_dev_rx_intr_enable(port->id, 0), 0);
		assert_int_equal(rte_eth_dev_set_link_up(port->id), 0);
		assert_true(woken(port, 0));
		assert_false(woken(port, 1));
		model_device_look(&port->device);
		assert_int_equal(rte_eth_dev_rx_intr_enable(port->id, 0), 0);
		assert_int_equal(deliver(port, &t), 1);
		assert_int_equal(rte_eth_dev_rx_intr_disable(port->id, 0), 0);
		assert_int_equal(model_traffic_rx(&t, 4), 1);
	}
	model_traffic_fini(&t);
	model_port_destroy(port);
}

/** A port that never was live: there is no ring to ask for anything. */
static void
asked_before_there_is_a_ring(void **state)
{
	struct model_port *port = create(state);
	struct model_traffic t;

	assert_int_equal(rte_eth_dev_set_link_down(port->id), 0);
	assert_int_equal(rte_eth_dev_start(port->id), 0);
	assert_int_equal(rte_eth_dev_rx_intr_disable(port->id, 0), 0);
	assert_int_equal(rte_eth_dev_rx_intr_enable(port->id, 0), 0);
	assert_false(woken(port, 0));
	assert_int_equal(rte_eth_dev_set_link_up(port->id), 0);
	assert_true(woken(port, 0));
	model_device_look(&port->device);
	model_traffic_init(&t, port);
	assert_int_equal(rte_eth_dev_rx_intr_enable(port->id, 0), 0);
	assert_int_equal(deliver(port, &t), 1);
	assert_int_equal(model_traffic_rx(&t, 4), 1);
	model_traffic_fini(&t);
	model_port_destroy(port);
}

static int
count_event(uint16_t port_id __rte_unused, enum rte_eth_event_type type __rte_unused, void *arg,
	    void *ret __rte_unused)
{
	__atomic_fetch_add((unsigned int *)arg, 1, __ATOMIC_RELAXED);
	return 0;
}

static void
wait_for(const unsigned int *counter, unsigned int count)
{
	for (unsigned int ms = 0; ms < WAIT_MS; ms++) {
		if (__atomic_load_n(counter, __ATOMIC_RELAXED) >= count)
			break;
		rte_delay_us_sleep(1000);
	}
	assert_int_equal(__atomic_load_n(counter, __ATOMIC_RELAXED), count);
}

/** No vector for configuration changes: the port starts, and tells of the link all the same. */
static void
link_without_a_vector(void **state)
{
	struct model_port *port = create(state);
	struct rte_eth_link link;
	unsigned int events = 0;

	port->device.vectors = 0;
	port->config.rx_interrupts = false;
	model_port_setup(port);
	assert_int_equal(rte_eth_dev_callback_register(port->id, RTE_ETH_EVENT_INTR_LSC,
						       count_event, &events), 0);
	model_port_start(port);
	assert_int_equal(port->device.config_vector, VIRTIO_NO_VECTOR);
	assert_true(model_logged("no interrupt to give for its link"));
	for (unsigned int i = 1; i <= 2; i++) {
		pthread_mutex_lock(&port->device.lock);
		port->device.config.status ^= VIRTIO_NET_S_LINK_UP;
		pthread_mutex_unlock(&port->device.lock);
		wait_for(&events, i);
		/* Nobody else asks the device. */
		assert_int_equal(rte_eth_link_get_nowait(port->id, &link), 0);
		assert_int_equal(link.link_status, i & 1 ? RTE_ETH_LINK_DOWN : RTE_ETH_LINK_UP);
	}
	assert_int_equal(rte_eth_dev_callback_unregister(port->id, RTE_ETH_EVENT_INTR_LSC,
							 count_event, &events), 0);
	model_port_destroy(port);
}

/** Vectors for fewer queues than asked for: no port that sleeps forever. */
static void
queue_without_a_vector(void **state)
{
	struct model_port *port = create(state);

	port->device.vectors = RX_VECTOR + QUEUES - 1;
	assert_int_equal(rte_eth_dev_start(port->id), -EBUSY);
	assert_true(model_logged("no MSI-X vector to give"));
	assert_int_equal(starts, 1);
	assert_int_equal(stops, 1);
	assert_int_equal(rte_eth_dev_rx_intr_enable(port->id, 0), -ENOTSUP);
	port->device.vectors++;
	model_port_start(port);
	model_port_destroy(port);
}

/** A bus that has none. */
static void
no_interrupts(void **state)
{
	struct model_port *port = model_port_create(&(struct model_port_config){
		.features = ctrl_layout(state), .rx_interrupts = true });

	assert_int_equal(rte_eth_dev_start(port->id), -ENOTSUP);
	assert_true(model_logged("there are no receive interrupts here"));
	port->config.rx_interrupts = false;
	model_port_setup(port);
	model_port_start(port);
	assert_int_equal(rte_eth_dev_rx_intr_enable(port->id, 0), -ENOTSUP);
	assert_int_equal(rte_eth_dev_rx_intr_disable(port->id, 0), -ENOTSUP);
	model_port_destroy(port);
}

int
main(void)
{
	CTRL_CASE(vectors);
	CTRL_CASE(next_packet_is_told);
	CTRL_CASE(packet_before_the_wish_wakes);
	CTRL_CASE(fresh_ring_wakes);
	CTRL_CASE(asked_before_there_is_a_ring);
	CTRL_CASE(link_without_a_vector);
	CTRL_CASE(queue_without_a_vector);
	CTRL_CASE(no_interrupts);
	return model_cases_run("intr");
}
