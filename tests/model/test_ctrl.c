/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_ctrl.c - the control virtqueue, over both layouts of rings: commands and their answers, and a
 * device that answers wrongly or not at all. Lines 39, 42, 44 and 45 of the list of requirements.
 */

#include <errno.h>
#include <pthread.h>

#include <rte_cycles.h>

#include "ctrl_cases.h"
#include "model_memory.h"

#define PROMISC VIRTIO_NET_CTRL_RX_PROMISC
#define ALLMULTI VIRTIO_NET_CTRL_RX_ALLMULTI

/** From now on commands of receive modes are answered this way. */
static void
answer_modes(struct model_port *port, enum model_answer how)
{
	port->device.ctrl.answer = how;
	port->device.ctrl.any_class = false;
	port->device.ctrl.only_class = VIRTIO_NET_CTRL_RX;
}

static void
modes_reach_the_device(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){
		.features = CTRL_FEATURES }, state);
	const bool *modes = port->device.ctrl.modes;

	assert_false(modes[PROMISC] || modes[ALLMULTI]);
	assert_int_equal(rte_eth_promiscuous_enable(port->id), 0);
	assert_true(modes[PROMISC] && !modes[ALLMULTI]);
	assert_int_equal(rte_eth_allmulticast_enable(port->id), 0);
	assert_true(modes[PROMISC] && modes[ALLMULTI]);
	assert_int_equal(rte_eth_promiscuous_disable(port->id), 0);
	assert_int_equal(rte_eth_allmulticast_disable(port->id), 0);
	assert_false(modes[PROMISC] || modes[ALLMULTI]);
	assert_int_equal(model_xstat(port, "ctrl_commands"), model_ctrl_total(&port->device));
	assert_int_equal(model_xstat(port, "ctrl_refused"), 0);
	model_port_destroy(port);
}

/** Through several laps of the ring, whatever its size: also one that a command just fits into. */
static void
thousands_of_commands(void **state)
{
	static const uint16_t split_sizes[] = { 4, 8, 64, 1024 };
	static const uint16_t packed_sizes[] = { 3, 4, 5, 63, 64, 1000 };
	const bool packed = ctrl_layout(state) & VIRTIO_FEATURE(VIRTIO_F_RING_PACKED);
	const unsigned int count = packed ? RTE_DIM(packed_sizes) : RTE_DIM(split_sizes);

	for (unsigned int i = 0; i < count; i++) {
		struct model_port *port;

		port = model_port_create(&(struct model_port_config){
			.features = CTRL_FEATURES | ctrl_layout(state),
			.max_size = 1024, .rx_size = 16, .tx_size = 16 });
		port->device.ctrl_size = packed ? packed_sizes[i] : split_sizes[i];
		model_port_start(port);
		for (unsigned int n = 0; n < 1000; n++) {
			assert_int_equal(rte_eth_promiscuous_enable(port->id), 0);
			assert_true(port->device.ctrl.modes[PROMISC]);
			assert_int_equal(rte_eth_promiscuous_disable(port->id), 0);
			assert_false(port->device.ctrl.modes[PROMISC]);
		}
		model_port_destroy(port);
	}
}

/** With a translating platform the command's parts are IOVAs too. */
static void
conf_07_translated_addresses(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){ .iova = true,
		.features = CTRL_FEATURES | VIRTIO_FEATURE(VIRTIO_F_ACCESS_PLATFORM) }, state);

	assert_int_equal(rte_eth_promiscuous_enable(port->id), 0);
	assert_true(port->device.ctrl.modes[PROMISC]);
	model_port_destroy(port);
}

/** Without their features commands are not sent; the answer says so. */
static void
conf_39_modes_need_features(void **state)
{
	static const uint64_t features[] = { 0, F(CTRL_VQ), F(CTRL_VQ) | F(CTRL_RX_EXTRA),
					     F(CTRL_RX) };

	for (unsigned int i = 0; i < RTE_DIM(features); i++) {
		struct model_port *port = ctrl_start(&(struct model_port_config){
			.features = features[i] }, state);

		assert_int_equal(rte_eth_promiscuous_enable(port->id), -ENOTSUP);
		assert_int_equal(rte_eth_promiscuous_get(port->id), 0);
		assert_int_equal(rte_eth_allmulticast_enable(port->id), -ENOTSUP);
		assert_int_equal(model_ctrl_total(&port->device), 0);
		model_port_destroy(port);
	}
}

/** Only receive and transmit queues that are configured are turned on, and that before any packet. */
static void
conf_42_pairs(void **state)
{
	for (unsigned int rx = 1; rx <= 4; rx++)
		for (unsigned int tx = 1; tx <= 4; tx++) {
			struct model_port *port = ctrl_start(&(struct model_port_config){
				.features = CTRL_FEATURES | F(MQ), .pairs = 4,
				.rx_queues = rx, .tx_queues = tx }, state);

			/* The model wants both queues of each pair; it has more than ethdev. */
			assert_int_equal(port->device.ctrl.pairs, RTE_MAX(rx, tx));
			assert_int_equal(model_ctrl_count(&port->device, VIRTIO_NET_CTRL_MQ, 0),
					 rx > 1 || tx > 1);
			model_port_stop(port);
			model_port_start(port);
			assert_int_equal(port->device.ctrl.pairs, RTE_MAX(rx, tx));
			model_port_destroy(port);
			assert_int_equal(model_memory_blocks(), 0);
		}
}

/** More pairs than the device has are not asked for, whatever it says that it has. */
static void
conf_42_impossible_pairs(void **state)
{
	static const uint16_t bad[] = { 0, 0x8001, 0xffff };

	for (unsigned int i = 0; i < RTE_DIM(bad); i++) {
		struct model_port *port = ctrl_start(&(struct model_port_config){
			.features = CTRL_FEATURES | F(MQ) }, state);
		struct rte_eth_dev_info info;

		model_port_stop(port);
		port->device.config.max_virtqueue_pairs = bad[i];
		assert_int_equal(rte_eth_dev_reset(port->id), 0);
		assert_int_equal(rte_eth_dev_info_get(port->id, &info), 0);
		assert_int_equal(info.max_rx_queues, 1);
		model_port_setup(port);
		model_port_start(port);
		assert_false(model_device_has(&port->device, VIRTIO_NET_F_MQ));
		assert_int_equal(rte_eth_promiscuous_enable(port->id), 0);
		model_port_destroy(port);
	}
}

/** Receive offloads that were not negotiated are not turned on. */
static void
conf_44_offloads(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){
		.features = CTRL_FEATURES | F(CTRL_GUEST_OFFLOADS) }, state);
	struct vio_port *vio = vio_port(port->dev);

	assert_int_equal(vio_ctrl_guest_offloads(vio, 0), 0);
	assert_int_equal(ctrl_last(port)->class, VIRTIO_NET_CTRL_GUEST_OFFLOADS);
	assert_int_equal(vio_ctrl_guest_offloads(vio, F(GUEST_TSO4)), -EINVAL);
	assert_int_equal(vio_ctrl_guest_offloads(vio, F(CTRL_RX)), -EINVAL);
	assert_int_equal(vio_ctrl_guest_offloads(vio, F(GUEST_CSUM) | F(GUEST_USO6)), -EINVAL);
	assert_int_equal(model_ctrl_count(&port->device, VIRTIO_NET_CTRL_GUEST_OFFLOADS, 0), 1);
	model_port_destroy(port);

	port = ctrl_start(&(struct model_port_config){ .features = CTRL_FEATURES }, state);
	assert_int_equal(vio_ctrl_guest_offloads(vio_port(port->dev), 0), -ENOTSUP);
	model_port_destroy(port);
}

/** For all receive queues at once, or one by one, as the device can. */
static void
conf_45_coalescing(void **state)
{
	struct model_port_config config = { .features = CTRL_FEATURES | F(MQ) | F(NOTF_COAL),
					    .pairs = 3, .rx_queues = 2 };
	struct model_port *port;

	config.args = "rx_max_usecs=100,rx_max_packets=32";
	port = ctrl_start(&config, state);
	assert_int_equal(port->device.ctrl.coal_rx.packets, 32);
	assert_int_equal(port->device.ctrl.coal_rx.usecs, 100);
	model_port_stop(port);
	model_port_start(port);
	assert_int_equal(port->device.ctrl.coal_rx.usecs, 100);
	model_port_destroy(port);

	config.features ^= F(NOTF_COAL) | F(VQ_NOTF_COAL);
	port = ctrl_start(&config, state);
	for (unsigned int q = 0; q < 6; q++)
		assert_int_equal(port->device.ctrl.coal[q].packets, q == 0 || q == 2 ? 32 : 0);
	model_port_destroy(port);
}

/** Neither without the device's feature, nor without the wish. */
static void
conf_45_coalescing_needs_both(void **state)
{
	struct model_port_config config = { .features = CTRL_FEATURES,
					    .args = "rx_max_usecs=100" };
	struct model_port *port = ctrl_start(&config, state);

	assert_true(model_logged("the device does not coalesce notifications"));
	assert_int_equal(model_ctrl_count(&port->device, VIRTIO_NET_CTRL_NOTF_COAL, 1), 0);
	model_port_destroy(port);
	config.args = NULL;
	config.features |= F(NOTF_COAL) | F(VQ_NOTF_COAL);
	port = ctrl_start(&config, state);
	assert_false(model_device_has(&port->device, VIRTIO_NET_F_NOTF_COAL));
	assert_false(model_device_has(&port->device, VIRTIO_NET_F_VQ_NOTF_COAL));
	model_port_destroy(port);
	/* A device that refuses works all the same. */
	config.args = "rx_max_packets=1";
	config.features = (config.features | ctrl_layout(state)) & ~F(MAC);
	port = model_port_create(&config);
	port->device.ctrl.answer = MODEL_ANSWER_ERR;
	port->device.ctrl.only_class = VIRTIO_NET_CTRL_NOTF_COAL;
	model_port_start(port);
	assert_int_equal(model_xstat(port, "ctrl_refused"), 1);
	model_port_destroy(port);
}

static void
fault_ctrl_refuses(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){
		.features = CTRL_FEATURES }, state);

	answer_modes(port, MODEL_ANSWER_ERR);
	for (unsigned int i = 1; i <= 3; i++) {
		assert_int_equal(rte_eth_promiscuous_enable(port->id), -EIO);
		assert_int_equal(rte_eth_promiscuous_get(port->id), 0);
		assert_int_equal(model_xstat(port, "ctrl_refused"), i);
	}
	assert_true(model_logged("control command 0.0: the device refused it"));
	/* The queue goes on. */
	answer_modes(port, MODEL_ANSWER_TRUE);
	assert_int_equal(rte_eth_promiscuous_enable(port->id), 0);
	assert_true(port->device.ctrl.modes[PROMISC]);
	model_port_destroy(port);
}

/** An answer that is none: nothing is believed of it, and the queue goes on. */
static void
fault_ctrl_garbles(void **state)
{
	static const enum model_answer how[] = { MODEL_ANSWER_GARBAGE, MODEL_ANSWER_EMPTY };
	struct model_port *port = ctrl_start(&(struct model_port_config){
		.features = CTRL_FEATURES }, state);

	for (unsigned int i = 0; i < RTE_DIM(how); i++) {
		answer_modes(port, how[i]);
		assert_int_equal(rte_eth_allmulticast_enable(port->id), -EPROTO);
		assert_int_equal(rte_eth_allmulticast_get(port->id), 0);
		assert_int_equal(model_xstat(port, "ctrl_garbled"), i + 1);
	}
	assert_true(model_logged("the device's answer makes no sense"));
	answer_modes(port, MODEL_ANSWER_TRUE);
	assert_int_equal(rte_eth_allmulticast_enable(port->id), 0);
	assert_true(port->device.ctrl.modes[ALLMULTI]);
	model_port_destroy(port);
}

/** The queue is dead: commands fail at once, until the next start. */
static void
assert_dead_until_start(struct model_port *port)
{
	const uint64_t commands = model_xstat(port, "ctrl_commands");

	answer_modes(port, MODEL_ANSWER_TRUE);
	assert_int_equal(rte_eth_promiscuous_enable(port->id), -ENODEV);
	assert_int_equal(rte_eth_allmulticast_enable(port->id), -ENODEV);
	assert_int_equal(model_xstat(port, "ctrl_commands"), commands);
	model_port_stop(port);
	model_port_start(port);
	assert_int_equal(rte_eth_promiscuous_enable(port->id), 0);
	assert_true(port->device.ctrl.modes[PROMISC]);
}

static void
fault_ctrl_returns_another_buffer(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){
		.features = CTRL_FEATURES }, state);

	answer_modes(port, MODEL_ANSWER_WRONG_ID);
	assert_int_equal(rte_eth_promiscuous_enable(port->id), -EPROTO);
	assert_int_equal(model_xstat(port, "ctrl_garbled"), 1);
	assert_dead_until_start(port);
	model_port_destroy(port);
}

/** It takes the time-out, and no longer: what follows is refused at once. */
static void
fault_ctrl_never_answers(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){
		.features = CTRL_FEATURES }, state);

	answer_modes(port, MODEL_ANSWER_NEVER);
	assert_int_equal(rte_eth_promiscuous_enable(port->id), -ETIMEDOUT);
	assert_true(model_logged("was not answered in"));
	assert_int_equal(model_xstat(port, "ctrl_unanswered"), 1);
	assert_dead_until_start(port);
	model_port_destroy(port);
}

/** A start that cannot tell the device how many pairs there are is a start that failed. */
static void
fault_ctrl_refuses_pairs(void **state)
{
	struct model_port *port = model_port_create(&(struct model_port_config){ .pairs = 2,
		.features = CTRL_FEATURES | F(MQ) | ctrl_layout(state) });

	port->device.ctrl.answer = MODEL_ANSWER_ERR;
	port->device.ctrl.only_class = VIRTIO_NET_CTRL_MQ;
	assert_int_equal(rte_eth_dev_start(port->id), -EIO);
	assert_int_equal(port->device.status, 0);
	assert_int_equal(model_pool_out(port->pool), 0);
	port->device.ctrl.answer = MODEL_ANSWER_TRUE;
	model_port_start(port);
	assert_int_equal(port->device.ctrl.pairs, 2);
	model_port_destroy(port);
}

/** Instead of an answer: a wish to be reset, or nothing ever again. Nobody waits out the time-out. */
static void
fault_ctrl_device_is_lost(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){
		.features = CTRL_FEATURES }, state);

	answer_modes(port, MODEL_ANSWER_NEEDS_RESET);
	assert_int_equal(rte_eth_promiscuous_enable(port->id), -ENODEV);
	assert_true(model_logged("the device went away or asks for a reset"));
	assert_dead_until_start(port);
	answer_modes(port, MODEL_ANSWER_GONE);
	/* ethdev's word for a port whose device was removed. */
	assert_int_equal(rte_eth_allmulticast_enable(port->id), -EIO);
	assert_int_equal(rte_eth_dev_is_removed(port->id), 1);
	assert_int_equal(model_xstat(port, "ctrl_unanswered"), 2);
	model_port_stop(port);
	/* So that the model can be taken down in the ordinary way. */
	port->device.gone = false;
	port->device.base.gone = false;
	port->dev->state = RTE_ETH_DEV_ATTACHED;
	model_port_destroy(port);
}

static void *
enable_promiscuous(void *arg)
{
	const struct model_port *port = arg;

	return (void *)(intptr_t)vio_promiscuous_enable(port->dev);
}

/** The device is reset under a command that it does not answer: whoever waits for that is let go. */
static void
fault_ctrl_stopped_while_waiting(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){
		.features = CTRL_FEATURES }, state);
	struct vio_port *vio = vio_port(port->dev);
	pthread_t thread;
	void *result;

	answer_modes(port, MODEL_ANSWER_NEVER);
	assert_int_equal(pthread_create(&thread, NULL, enable_promiscuous, port), 0);
	while (__atomic_load_n(&model_device_ctrlq(&port->device)->num_taken,
			       __ATOMIC_RELAXED) < 4)
		rte_delay_us_sleep(100);
	vio_ctrl_stop(vio);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_int_equal((intptr_t)result, -ECANCELED);
	assert_dead_until_start(port);
	model_port_destroy(port);
}

/** No memory for the queue: the start fails and leaves nothing behind. */
static void
start_without_memory(void **state)
{
	struct model_port *port = model_port_create(&(struct model_port_config){
		.features = CTRL_FEATURES | ctrl_layout(state) });
	const unsigned int blocks = model_memory_blocks();

	model_memory_fail(1);
	assert_int_equal(rte_eth_dev_start(port->id), -ENOMEM);
	model_memory_fail(0);
	assert_int_equal(model_memory_blocks(), blocks);
	assert_int_equal(model_pool_out(port->pool), 0);
	model_port_start(port);
	model_port_destroy(port);
	assert_int_equal(model_memory_blocks(), 0);
}

/** CTRL_VQ is offered, but the queue is not there, or a command does not fit into it. */
static void
fault_ctrl_queue_missing(void **state)
{
	const bool packed = ctrl_layout(state) & VIRTIO_FEATURE(VIRTIO_F_RING_PACKED);
	struct model_port *port = model_port_create(&(struct model_port_config){
		.features = CTRL_FEATURES | ctrl_layout(state) });

	port->device.num_queues--;
	assert_int_equal(rte_eth_dev_start(port->id), -ENOENT);
	assert_true(model_logged("virtqueue 2 is not there"));
	port->device.num_queues++;
	port->device.ctrl_size = 2;
	assert_int_equal(rte_eth_dev_start(port->id), -EPROTO);
	port->device.ctrl_size = packed ? 3 : 4;
	model_port_start(port);
	model_port_destroy(port);
}

int
main(void)
{
	CTRL_CASE(modes_reach_the_device);
	CTRL_CASE(thousands_of_commands);
	CTRL_CASE(conf_07_translated_addresses);
	CTRL_CASE(conf_39_modes_need_features);
	CTRL_CASE(conf_42_pairs);
	CTRL_CASE(conf_42_impossible_pairs);
	CTRL_CASE(conf_44_offloads);
	CTRL_CASE(conf_45_coalescing);
	CTRL_CASE(conf_45_coalescing_needs_both);
	CTRL_CASE(fault_ctrl_refuses);
	CTRL_CASE(fault_ctrl_garbles);
	CTRL_CASE(fault_ctrl_returns_another_buffer);
	model_case(fault_ctrl_never_answers, &ctrl_layouts[0], NULL, "fault_ctrl_never_answers");
	model_case(fault_ctrl_never_answers, &ctrl_layouts[2], NULL,
		   "fault_ctrl_never_answers_packed");
	CTRL_CASE(fault_ctrl_refuses_pairs);
	CTRL_CASE(fault_ctrl_device_is_lost);
	CTRL_CASE(fault_ctrl_stopped_while_waiting);
	CTRL_CASE(start_without_memory);
	CTRL_CASE(fault_ctrl_queue_missing);
	return model_cases_run("ctrl");
}
