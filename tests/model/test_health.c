/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_health.c - what a device says outside of its queues (DEVICE_NEEDS_RESET, link, announcements),
 * and what an administrator does: link up and down, reset, a look at registers. Line 41 of the list
 * of requirements.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_arp.h>
#include <rte_cycles.h>
#include <rte_dev_info.h>
#include <rte_mempool.h>

#include "ctrl_cases.h"
#include "model_memory.h"
#include "model_sender.h"
#include "model_traffic.h"

#define WAIT_MS 30000

/** Frames of an announcement: rounds, for each address. */
#define ROUNDS 4

static struct rte_eth_link
link_of(const struct model_port *port)
{
	struct rte_eth_link link;

	assert_int_equal(rte_eth_link_get_nowait(port->id, &link), 0);
	return link;
}

static void
set_status(struct model_port *port, uint16_t status)
{
	pthread_mutex_lock(&port->device.lock);
	port->device.config.status = status;
	pthread_mutex_unlock(&port->device.lock);
}

static uint16_t
status_of(struct model_port *port)
{
	uint16_t status;

	pthread_mutex_lock(&port->device.lock);
	status = port->device.config.status;
	pthread_mutex_unlock(&port->device.lock);
	return status;
}

static void
ask_for_reset(struct model_port *port)
{
	pthread_mutex_lock(&port->device.lock);
	port->device.status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	pthread_mutex_unlock(&port->device.lock);
}

/** Packets both ways: the port works. */
static void
check_traffic(struct model_port *port)
{
	struct model_traffic t;
	struct model_sender s;

	model_device_look(&port->device);
	model_traffic_init(&t, port);
	model_sender_init(&s, port, MODEL_KINDS_PLAIN);
	for (unsigned int i = 0; i < 8; i++) {
		struct model_queue *q = model_txq(&port->device, 0);

		assert_true(model_traffic_put(&t, 100 + i));
		assert_int_equal(model_sender_burst(&s, 2), 2);
		model_net_tx_done(q, q->num_pending, false, false);
	}
	model_traffic_finish(&t, 4);
	model_sender_collect(&s);
	model_traffic_fini(&t);
	assert_int_equal(rte_eth_tx_done_cleanup(port->id, 0, 0) >= 0, 1);
	model_sender_fini(&s);
}

static void
link_follows_the_status(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){
		.features = F(STATUS) }, state);

	for (unsigned int i = 0; i < 5000; i++) {
		set_status(port, i & 1 ? VIRTIO_NET_S_LINK_UP : 0);
		assert_int_equal(link_of(port).link_status, i & 1);
	}
	assert_int_equal(link_of(port).link_speed, RTE_ETH_SPEED_NUM_UNKNOWN);
	model_port_destroy(port);
	port = ctrl_start(&(struct model_port_config){ 0 }, state);
	set_status(port, 0);
	assert_int_equal(link_of(port).link_status, RTE_ETH_LINK_UP);
	model_port_destroy(port);
}

/** Whoever asks for the link notices; the application hears of it once, and a start goes on. */
static void
conf_01_needs_reset(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){
		.features = CTRL_FEATURES }, state);

	for (unsigned int round = 1; round <= 3; round++) {
		assert_int_equal(link_of(port).link_status, RTE_ETH_LINK_UP);
		ask_for_reset(port);
		for (unsigned int i = 0; i < 5; i++)
			assert_int_equal(link_of(port).link_status, RTE_ETH_LINK_DOWN);
		assert_true(model_logged("the device asks to be reset"));
		model_port_wait_resets(port, round);
		assert_int_equal(model_xstat(port, "device_losses"), round);
		assert_int_equal(rte_eth_dev_is_removed(port->id), 0);
		model_port_stop(port);
		model_port_start(port);
		check_traffic(port);
	}
	model_port_destroy(port);
}

/** The same, noticed by the driver itself, and answered by rte_eth_dev_reset(). */
static void
needs_reset_is_noticed(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){ .watched = true,
		.features = CTRL_FEATURES | F(MTU) }, state);
	struct rte_ether_addr mac = ctrl_mac(0x02, 1);
	struct rte_eth_dev_info info;

	assert_int_equal(rte_eth_dev_mac_addr_add(port->id, &mac, 0), 0);
	assert_int_equal(rte_eth_dev_info_get(port->id, &info), 0);
	assert_int_equal(info.max_mtu, 9000);
	assert_int_equal(info.err_handle_mode, RTE_ETH_ERROR_HANDLE_MODE_PASSIVE);
	for (unsigned int round = 1; round <= 2; round++) {
		ask_for_reset(port);
		model_port_wait_resets(port, round);
		/* What the device says of itself may be something else now. */
		port->device.config.mtu = 1600 + round;
		assert_int_equal(rte_eth_dev_reset(port->id), 0);
		assert_int_equal(model_pool_out(port->pool), 0);
		assert_int_equal(rte_eth_dev_info_get(port->id, &info), 0);
		assert_int_equal(info.max_mtu, 1600 + round);
		assert_int_equal(rte_eth_dev_start(port->id), -EINVAL); /* without queues */
		model_port_setup(port);
		model_port_start(port);
		assert_true(model_ctrl_takes(&port->device, mac.addr_bytes));
		check_traffic(port);
	}
	model_port_destroy(port);
}

static int
removal(uint16_t port_id __rte_unused, enum rte_eth_event_type type __rte_unused, void *arg,
	void *ret __rte_unused)
{
	__atomic_fetch_add((unsigned int *)arg, 1, __ATOMIC_RELAXED);
	return 0;
}

/** Pulled out: the link goes down, the application hears of it, everything can be given back. */
static void
fault_device_is_gone(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){ .watched = true,
		.features = CTRL_FEATURES }, state);
	unsigned int removed = 0;

	assert_int_equal(rte_eth_dev_callback_register(port->id, RTE_ETH_EVENT_INTR_RMV, removal,
						       &removed), 0);
	assert_int_equal(rte_eth_dev_is_removed(port->id), 0);
	pthread_mutex_lock(&port->device.lock);
	model_device_unplug(&port->device);
	pthread_mutex_unlock(&port->device.lock);
	for (unsigned int ms = 0; ms < WAIT_MS && __atomic_load_n(&removed, __ATOMIC_RELAXED) == 0;
	     ms++)
		rte_delay_us_sleep(1000);
	assert_int_equal(__atomic_load_n(&removed, __ATOMIC_RELAXED), 1);
	assert_int_equal(link_of(port).link_status, RTE_ETH_LINK_DOWN);
	assert_int_equal(rte_eth_dev_is_removed(port->id), 1);
	assert_int_equal(__atomic_load_n(&port->resets, __ATOMIC_RELAXED), 0);
	assert_true(model_logged("the device is gone"));
	rte_eth_dev_callback_unregister(port->id, RTE_ETH_EVENT_INTR_RMV, removal, &removed);
	/* As far as the model is concerned it was reset. */
	port->device.status = 0;
	model_port_destroy(port);
	assert_int_equal(model_memory_blocks(), 0);
}

/** No traffic while the link was taken down, over stops and starts, and no stale packet after. */
static void
link_taken_down(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){
		.features = CTRL_FEATURES }, state);
	static const uint8_t frame[60] = "stale";
	static const struct model_rx_way way;
	struct model_queue *q = model_rxq(&port->device, 0);
	struct rte_mbuf *m;

	assert_int_equal(model_net_rx(q, frame, sizeof(frame), &way), 1);
	model_queue_show(q, 1, false);
	assert_int_equal(rte_eth_dev_set_link_down(port->id), 0);
	for (unsigned int round = 0; round < 3; round++) {
		assert_int_equal(link_of(port).link_status, RTE_ETH_LINK_DOWN);
		assert_false(model_device_live(&port->device));
		assert_int_equal(model_pool_out(port->pool), 0);
		assert_int_equal(rte_eth_rx_burst(port->id, 0, &m, 1), 0);
		assert_int_equal(rte_eth_promiscuous_enable(port->id), 0);
		if (round != 0)
			model_port_stop(port);
		assert_int_equal(rte_eth_dev_set_link_down(port->id), 0);
		if (round != 0) {
			model_log_start();
			assert_int_equal(rte_eth_dev_start(port->id), 0);
			assert_true(model_logged("its link was taken down and stays so"));
		}
	}
	assert_int_equal(rte_eth_dev_set_link_up(port->id), 0);
	assert_int_equal(link_of(port).link_status, RTE_ETH_LINK_UP);
	assert_true(port->device.ctrl.modes[VIRTIO_NET_CTRL_RX_PROMISC]);
	model_device_look(&port->device);
	assert_int_equal(model_port_rx(port, &m, 1), 0);
	check_traffic(port);
	assert_int_equal(rte_eth_dev_set_link_up(port->id), 0);
	/* Taken up while the port is stopped. */
	assert_int_equal(rte_eth_dev_set_link_down(port->id), 0);
	model_port_stop(port);
	assert_int_equal(rte_eth_dev_set_link_up(port->id), 0);
	assert_false(model_device_live(&port->device));
	model_port_start(port);
	check_traffic(port);
	model_port_destroy(port);
}

/** The device may not take the port back: the answer says so, and the link stays down. */
static void
fault_link_up_fails(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){
		.features = CTRL_FEATURES }, state);

	assert_int_equal(rte_eth_dev_set_link_down(port->id), 0);
	port->device.offered &= ~VIRTIO_FEATURE(VIRTIO_F_VERSION_1);
	assert_int_equal(rte_eth_dev_set_link_up(port->id), -ENOTSUP);
	assert_int_equal(link_of(port).link_status, RTE_ETH_LINK_DOWN);
	port->device.offered |= VIRTIO_FEATURE(VIRTIO_F_VERSION_1);
	assert_int_equal(rte_eth_dev_set_link_up(port->id), 0);
	check_traffic(port);
	model_port_destroy(port);
}

/** What the device was shown of that pool. */
static void *shown[8];
static unsigned int num_shown;

static void
hide_announcements(void)
{
	while (num_shown != 0)
		model_memory_remove(shown[--num_shown]);
}

/** Let the device reach the pool that announcements come from. */
static bool
reveal_announcements(const struct model_port *port)
{
	char name[RTE_MEMPOOL_NAMESIZE];
	struct rte_mempool *mp;
	struct rte_mempool_memhdr *hdr;

	snprintf(name, sizeof(name), "vio_announce%u", port->id);
	mp = rte_mempool_lookup(name);
	/* It can be looked up before it has its memory; who takes from it has all of it. */
	if (mp == NULL || mp->populated_size != mp->size || rte_mempool_full(mp))
		return false;
	STAILQ_FOREACH(hdr, &mp->mem_list, next) {
		assert_true(num_shown < RTE_DIM(shown));
		shown[num_shown++] = hdr->addr;
		model_memory_add("announcements", hdr->addr, hdr->len, NULL);
	}
	return true;
}

/** The announcement's pool exists from its first frame on; the model has to know its memory. */
static void
wait_for_pool(const struct model_port *port)
{
	unsigned int ms = 0;

	while (!reveal_announcements(port)) {
		assert_true(ms++ < WAIT_MS);
		rte_delay_us_sleep(1000);
	}
}

/** Take what was sent, until there are @p count frames. @return how many came from @p mac */
static unsigned int
collect_frames(struct model_port *port, unsigned int count, const struct rte_ether_addr *mac)
{
	unsigned int got = 0, from = 0;

	for (unsigned int ms = 0; got < count; ms++) {
		const struct rte_ether_hdr *eth;
		const struct rte_arp_hdr *arp;
		struct model_queue *q = model_txq(&port->device, 0);
		struct model_sent sent;

		assert_true(ms < WAIT_MS);
		model_device_look(&port->device);
		pthread_mutex_lock(&port->device.lock);
		model_net_tx_done(q, q->num_pending, false, false);
		pthread_mutex_unlock(&port->device.lock);
		if (!model_net_sent(&port->device, &sent)) {
			rte_delay_us_sleep(1000);
			continue;
		}
		eth = (const void *)sent.bytes;
		arp = (const void *)(eth + 1);
		assert_in_range(sent.len, 60, 64);
		assert_true(rte_is_broadcast_ether_addr(&eth->dst_addr));
		assert_int_equal(eth->ether_type, rte_cpu_to_be_16(RTE_ETHER_TYPE_RARP));
		assert_int_equal(arp->arp_opcode, rte_cpu_to_be_16(RTE_ARP_OP_REVREQUEST));
		assert_memory_equal(&arp->arp_data.arp_sha, &eth->src_addr, 6);
		assert_memory_equal(&arp->arp_data.arp_tha, &eth->src_addr, 6);
		from += rte_is_same_ether_addr(&eth->src_addr, mac);
		free(sent.bytes);
		got++;
	}
	return from;
}

static void
wait_for_ack(struct model_port *port, unsigned int count)
{
	for (unsigned int ms = 0; ms < WAIT_MS; ms++) {
		if (model_ctrl_count(&port->device, VIRTIO_NET_CTRL_ANNOUNCE, 0) >= count)
			break;
		rte_delay_us_sleep(1000);
	}
	assert_int_equal(model_ctrl_count(&port->device, VIRTIO_NET_CTRL_ANNOUNCE, 0), count);
}

/** The device looks while another thread is between a publication and its notification. */
static void
ask_for_announcement(struct model_port *port)
{
	port->device.concurrent = true;
	set_status(port, VIRTIO_NET_S_LINK_UP | VIRTIO_NET_S_ANNOUNCE);
}

/** Who sent the last frame has given the queue back: until then a burst on it sends nothing. */
static void
wait_for_queue(struct model_port *port)
{
	struct vio_port *vio = port->dev->data->dev_private;

	pthread_mutex_lock(&vio->lock);
	pthread_mutex_unlock(&vio->lock);
}

/** Frames go out for each address, on the application's own queue, and the device is told. */
static void
conf_41_announcement(void **state)
{
	static const uint64_t offloads[] = { RTE_ETH_TX_OFFLOAD_MULTI_SEGS, 0,
					     RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE };

	for (unsigned int i = 0; i < RTE_DIM(offloads); i++) {
		struct model_port *port = ctrl_start(&(struct model_port_config){ .watched = true,
			.tx_offloads = offloads[i],
			.features = CTRL_FEATURES | F(GUEST_ANNOUNCE) }, state);
		struct rte_ether_addr own, other = ctrl_mac(0x02, 1), multi = ctrl_mac(0x01, 1);
		const struct vio_txq *q = port->dev->data->tx_queues[0];
		const bool simple = q->simple;

		assert_true(model_device_has(&port->device, VIRTIO_NET_F_GUEST_ANNOUNCE));
		assert_int_equal(simple, offloads[i] != RTE_ETH_TX_OFFLOAD_MULTI_SEGS);
		assert_int_equal(rte_eth_macaddr_get(port->id, &own), 0);
		assert_int_equal(rte_eth_dev_mac_addr_add(port->id, &other, 0), 0);
		assert_int_equal(rte_eth_dev_mac_addr_add(port->id, &multi, 0), 0);
		check_traffic(port);
		ask_for_announcement(port);
		wait_for_pool(port);
		assert_int_equal(collect_frames(port, 2 * ROUNDS, &own), ROUNDS);
		wait_for_ack(port, 1);
		assert_int_equal(status_of(port), VIRTIO_NET_S_LINK_UP);
		/* The queue is the application's again, and as fast as before. */
		wait_for_queue(port);
		check_traffic(port);
		assert_int_equal(q->simple, simple);
		assert_int_equal(model_xstat(port, "announcements"), 1);
		assert_int_equal(model_xstat(port, "tx_q0_faults"), 0);
		model_port_destroy(port);
		hide_announcements();
	}
}

/** A device that is slow to send: the round is put off, the device is told, nothing is lost. */
static void
announcement_on_a_full_queue(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){ .watched = true,
		.features = CTRL_FEATURES | F(GUEST_ANNOUNCE) }, state);
	struct model_sender s;

	model_sender_init(&s, port, MODEL_KINDS_PLAIN);
	assert_int_not_equal(model_sender_burst(&s, 16), 0);
	ask_for_announcement(port);
	wait_for_ack(port, 1);
	model_sender_collect(&s);
	for (unsigned int ms = 0; ms < WAIT_MS && model_xstat(port, "announcements") == 0; ms++)
		rte_delay_us_sleep(1000);
	assert_int_equal(model_xstat(port, "announcements"), 1);
	model_port_stop(port);
	model_sender_fini(&s);
	model_port_destroy(port);
}

/** The wish stays whatever the answer: it is not followed for ever. */
static void
fault_announcement_for_ever(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){ .watched = true,
		.features = CTRL_FEATURES | F(GUEST_ANNOUNCE) }, state);
	struct rte_ether_addr own;

	assert_int_equal(rte_eth_macaddr_get(port->id, &own), 0);
	port->device.ctrl.announce_deaf = true;
	ask_for_announcement(port);
	wait_for_pool(port);
	assert_int_equal(collect_frames(port, ROUNDS, &own), ROUNDS);
	/* Longer than until the next look. */
	rte_delay_us_sleep(3000 * VIO_HEALTH_MS);
	wait_for_ack(port, 1);
	assert_true(model_logged("the device goes on asking for an announcement"));
	assert_int_equal(model_xstat(port, "announcements"), 1);
	/* A new wish is one. */
	port->device.ctrl.announce_deaf = false;
	set_status(port, VIRTIO_NET_S_LINK_UP);
	rte_delay_us_sleep(3000 * VIO_HEALTH_MS);
	ask_for_announcement(port);
	assert_int_equal(collect_frames(port, ROUNDS, &own), ROUNDS);
	wait_for_ack(port, 2);
	model_port_destroy(port);
	hide_announcements();
}

/** Without its features, or somebody to look, announcements are not asked for. */
static void
conf_41_announcement_needs_features(void **state)
{
	struct model_port_config config = { .features = CTRL_FEATURES | F(GUEST_ANNOUNCE) };
	struct model_port *port = ctrl_start(&config, state);

	assert_false(model_device_has(&port->device, VIRTIO_NET_F_GUEST_ANNOUNCE));
	model_port_destroy(port);
	config.watched = true;
	config.features &= ~F(STATUS);
	port = ctrl_start(&config, state);
	assert_false(model_device_has(&port->device, VIRTIO_NET_F_GUEST_ANNOUNCE));
	assert_int_equal(vio_ctrl_announce_ack(vio_port(port->dev)), -ENOTSUP);
	model_port_destroy(port);
}

/** Words of what rte_eth_dev_get_reg_info() gives, see vio_admin.c. */
enum { REG_STATUS, REG_OFFERED = 2, REG_ACCEPTED = 4, REG_QUEUES = 6, REG_PAIRS, REG_CONFIG };

static void
registers(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){
		.features = CTRL_FEATURES }, state);
	struct rte_dev_reg_info info = { 0 };
	uint32_t regs[64], two[2];

	assert_int_equal(rte_eth_dev_get_reg_info(port->id, &info), 0);
	assert_int_equal(info.width, 4);
	assert_int_equal(info.length, REG_CONFIG + 7);
	info.data = regs;
	assert_int_equal(rte_eth_dev_get_reg_info(port->id, &info), 0);
	assert_int_equal(regs[REG_STATUS], 0xf);
	assert_int_equal(regs[REG_OFFERED] | (uint64_t)regs[REG_OFFERED + 1] << 32,
			 port->device.offered);
	assert_int_equal(regs[REG_ACCEPTED] | (uint64_t)regs[REG_ACCEPTED + 1] << 32,
			 port->device.base.features);
	assert_int_equal(regs[REG_QUEUES], 3);
	assert_int_equal(regs[REG_PAIRS], 1);
	assert_memory_equal(&regs[REG_CONFIG], port->device.config.mac, 6);
	/* No feature says that there is an MTU or RSS. */
	assert_int_equal(regs[REG_CONFIG + 2] >> 16, 0);
	assert_int_equal(regs[REG_CONFIG + 5], 0);
	info = (struct rte_dev_reg_info){ .data = two, .offset = REG_QUEUES, .length = 2 };
	assert_int_equal(rte_eth_dev_get_reg_info(port->id, &info), 0);
	assert_int_equal(two[0], 3);
	info.offset = REG_CONFIG + 6;
	assert_int_equal(rte_eth_dev_get_reg_info(port->id, &info), -EINVAL);
	info.offset = UINT32_MAX;
	assert_int_equal(rte_eth_dev_get_reg_info(port->id, &info), -EINVAL);
	model_port_destroy(port);
}

int
main(void)
{
	CTRL_CASE(link_follows_the_status);
	CTRL_CASE(conf_01_needs_reset);
	CTRL_CASE(needs_reset_is_noticed);
	CTRL_CASE(fault_device_is_gone);
	CTRL_CASE(link_taken_down);
	CTRL_CASE(fault_link_up_fails);
	CTRL_CASE(conf_41_announcement);
	CTRL_CASE(announcement_on_a_full_queue);
	model_case(fault_announcement_for_ever, &ctrl_layouts[0], NULL,
		   "fault_announcement_for_ever");
	CTRL_CASE(conf_41_announcement_needs_features);
	CTRL_CASE(registers);
	return model_cases_run("health");
}
