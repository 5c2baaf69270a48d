/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * paths.c - the one table of burst callbacks, fastest first, and the choice when a port goes live.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cpuflags.h>
#include <rte_vect.h>

#include "../vio.h"
#include "rxtx.h"
#include "variants.h"

/** What a path needs of the CPU. */
enum vio_width { WIDTH_SCALAR = 0, WIDTH_SSE = 128, WIDTH_AVX2 = 256, WIDTH_AVX512 = 512 };

/** A path: callbacks, and what they are for. */
struct vio_path {
	const char *name;
	enum vio_width width;
	uint32_t flags;           /**< the constants that its callbacks share */
	const eth_rx_burst_t *rx; /**< by VIO_RX_EVENT_IDX and VIO_RX_IOVA */
	const eth_tx_burst_t *tx; /**< by VIO_TX_EVENT_IDX, IN_ORDER; simple: and FAST_FREE */
	bool simple;              /**< for one segment a packet */
};

/** Constants that are no question of speed: what was negotiated and asked for decides. */
#define RX_NEGOTIATED (VIO_RX_MRG | VIO_RX_PACKED | VIO_RX_OFFLOAD)
#define TX_NEGOTIATED (VIO_TX_PACKED | VIO_TX_OFFLOAD)

#define RX_PATH(title, cpu, constants, callbacks) \
	{ .name = title, .width = cpu, .flags = constants, .rx = callbacks }
#define TX_PATH(title, cpu, constants, callbacks) \
	{ .name = title, .width = cpu, .flags = constants, .tx = callbacks, \
	  .simple = ((constants) & VIO_TX_SIMPLE) != 0 }

static const struct vio_path rx_paths[] = {
#ifdef VIO_HAVE_AVX512
	RX_PATH("virtio_recv_pkts_vec (AVX-512)", WIDTH_AVX512, VIO_RX_AVX512,
		vio_recv_pkts_vec_avx512),
	RX_PATH("virtio_recv_mergeable_pkts_vec (AVX-512)", WIDTH_AVX512,
		VIO_RX_AVX512 | VIO_RX_MRG, vio_recv_mergeable_pkts_vec_avx512),
	RX_PATH("virtio_recv_pkts_packed_vec (AVX-512)", WIDTH_AVX512,
		VIO_RX_AVX512 | VIO_RX_PACKED, vio_recv_pkts_packed_vec_avx512),
	RX_PATH("virtio_recv_mergeable_pkts_packed_vec (AVX-512)", WIDTH_AVX512,
		VIO_RX_AVX512 | VIO_RX_MRG | VIO_RX_PACKED,
		vio_recv_mergeable_pkts_packed_vec_avx512),
	RX_PATH("virtio_recv_pkts_offload_vec (AVX-512)", WIDTH_AVX512,
		VIO_RX_AVX512 | VIO_RX_OFFLOAD,
		vio_recv_pkts_offload_vec_avx512),
	RX_PATH("virtio_recv_pkts_packed_offload_vec (AVX-512)", WIDTH_AVX512,
		VIO_RX_AVX512 | VIO_RX_PACKED | VIO_RX_OFFLOAD,
		vio_recv_pkts_packed_offload_vec_avx512),
	RX_PATH("virtio_recv_mergeable_pkts_offload_vec (AVX-512)", WIDTH_AVX512,
		VIO_RX_AVX512 | VIO_RX_MRG | VIO_RX_OFFLOAD,
		vio_recv_mergeable_pkts_offload_vec_avx512),
	RX_PATH("virtio_recv_mergeable_pkts_packed_offload_vec (AVX-512)", WIDTH_AVX512,
		VIO_RX_AVX512 | VIO_RX_MRG | VIO_RX_PACKED | VIO_RX_OFFLOAD,
		vio_recv_mergeable_pkts_packed_offload_vec_avx512),
#endif
#ifdef VIO_HAVE_AVX2
	RX_PATH("virtio_recv_pkts_vec (AVX2)", WIDTH_AVX2, VIO_RX_AVX2, vio_recv_pkts_vec_avx2),
	RX_PATH("virtio_recv_mergeable_pkts_vec (AVX2)", WIDTH_AVX2, VIO_RX_AVX2 | VIO_RX_MRG,
		vio_recv_mergeable_pkts_vec_avx2),
	RX_PATH("virtio_recv_pkts_packed_vec (AVX2)", WIDTH_AVX2, VIO_RX_AVX2 | VIO_RX_PACKED,
		vio_recv_pkts_packed_vec_avx2),
	RX_PATH("virtio_recv_mergeable_pkts_packed_vec (AVX2)", WIDTH_AVX2,
		VIO_RX_AVX2 | VIO_RX_MRG | VIO_RX_PACKED,
		vio_recv_mergeable_pkts_packed_vec_avx2),
	RX_PATH("virtio_recv_pkts_offload_vec (AVX2)", WIDTH_AVX2,
		VIO_RX_AVX2 | VIO_RX_OFFLOAD,
		vio_recv_pkts_offload_vec_avx2),
	RX_PATH("virtio_recv_pkts_packed_offload_vec (AVX2)", WIDTH_AVX2,
		VIO_RX_AVX2 | VIO_RX_PACKED | VIO_RX_OFFLOAD,
		vio_recv_pkts_packed_offload_vec_avx2),
	RX_PATH("virtio_recv_mergeable_pkts_offload_vec (AVX2)", WIDTH_AVX2,
		VIO_RX_AVX2 | VIO_RX_MRG | VIO_RX_OFFLOAD,
		vio_recv_mergeable_pkts_offload_vec_avx2),
	RX_PATH("virtio_recv_mergeable_pkts_packed_offload_vec (AVX2)", WIDTH_AVX2,
		VIO_RX_AVX2 | VIO_RX_MRG | VIO_RX_PACKED | VIO_RX_OFFLOAD,
		vio_recv_mergeable_pkts_packed_offload_vec_avx2),
#endif
#ifdef VIO_HAVE_SSE
	RX_PATH("virtio_recv_pkts_vec (SSE)", WIDTH_SSE, VIO_RX_SSE, vio_recv_pkts_vec_sse),
	RX_PATH("virtio_recv_mergeable_pkts_vec (SSE)", WIDTH_SSE, VIO_RX_SSE | VIO_RX_MRG,
		vio_recv_mergeable_pkts_vec_sse),
#endif
	RX_PATH("virtio_recv_pkts", WIDTH_SCALAR, 0, vio_recv_pkts),
	RX_PATH("virtio_recv_mergeable_pkts", WIDTH_SCALAR, VIO_RX_MRG,
		vio_recv_mergeable_pkts),
	RX_PATH("virtio_recv_pkts_packed", WIDTH_SCALAR, VIO_RX_PACKED, vio_recv_pkts_packed),
	RX_PATH("virtio_recv_mergeable_pkts_packed", WIDTH_SCALAR, VIO_RX_MRG | VIO_RX_PACKED,
		vio_recv_mergeable_pkts_packed),
	RX_PATH("virtio_recv_pkts_offload", WIDTH_SCALAR, VIO_RX_OFFLOAD, vio_recv_pkts_offload),
	RX_PATH("virtio_recv_mergeable_pkts_offload", WIDTH_SCALAR, VIO_RX_MRG | VIO_RX_OFFLOAD,
		vio_recv_mergeable_pkts_offload),
	RX_PATH("virtio_recv_pkts_packed_offload", WIDTH_SCALAR, VIO_RX_PACKED | VIO_RX_OFFLOAD,
		vio_recv_pkts_packed_offload),
	RX_PATH("virtio_recv_mergeable_pkts_packed_offload", WIDTH_SCALAR,
		VIO_RX_MRG | VIO_RX_PACKED | VIO_RX_OFFLOAD,
		vio_recv_mergeable_pkts_packed_offload),
};

static const struct vio_path tx_paths[] = {
#ifdef VIO_HAVE_AVX512
	TX_PATH("virtio_xmit_pkts_simple (AVX-512)", WIDTH_AVX512, VIO_TX_SIMPLE | VIO_TX_AVX512,
		vio_xmit_pkts_simple_avx512),
	TX_PATH("virtio_xmit_pkts_packed_simple (AVX-512)", WIDTH_AVX512,
		VIO_TX_SIMPLE | VIO_TX_AVX512 | VIO_TX_PACKED, vio_xmit_pkts_packed_simple_avx512),
#endif
#ifdef VIO_HAVE_AVX2
	TX_PATH("virtio_xmit_pkts_simple (AVX2)", WIDTH_AVX2, VIO_TX_SIMPLE | VIO_TX_AVX2,
		vio_xmit_pkts_simple_avx2),
	TX_PATH("virtio_xmit_pkts_packed_simple (AVX2)", WIDTH_AVX2,
		VIO_TX_SIMPLE | VIO_TX_AVX2 | VIO_TX_PACKED, vio_xmit_pkts_packed_simple_avx2),
#endif
	TX_PATH("virtio_xmit_pkts_simple", WIDTH_SCALAR, VIO_TX_SIMPLE, vio_xmit_pkts_simple),
	TX_PATH("virtio_xmit_pkts_packed_simple", WIDTH_SCALAR, VIO_TX_SIMPLE | VIO_TX_PACKED,
		vio_xmit_pkts_packed_simple),
	TX_PATH("virtio_xmit_pkts", WIDTH_SCALAR, 0, vio_xmit_pkts),
	TX_PATH("virtio_xmit_pkts_packed", WIDTH_SCALAR, VIO_TX_PACKED, vio_xmit_pkts_packed),
	TX_PATH("virtio_xmit_pkts_offload", WIDTH_SCALAR, VIO_TX_OFFLOAD, vio_xmit_pkts_offload),
	TX_PATH("virtio_xmit_pkts_packed_offload", WIDTH_SCALAR, VIO_TX_PACKED | VIO_TX_OFFLOAD,
		vio_xmit_pkts_packed_offload),
};

/** What the CPU has. Asked once: where a hypervisor answers cpuid, that takes a while. */
static enum vio_width cpu_width;

RTE_INIT(vio_paths_cpu)
{
#if defined(RTE_ARCH_X86)
	if (rte_cpu_get_flag_enabled(RTE_CPUFLAG_SSE4_1) > 0)
		cpu_width = WIDTH_SSE;
	if (rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX2) > 0)
		cpu_width = WIDTH_AVX2;
	if (rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX512F) > 0 &&
	    rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX512BW) > 0 &&
	    rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX512VL) > 0)
		cpu_width = WIDTH_AVX512;
#endif
}

/** Why @p path does not suit @p port; NULL: it does. */
static const char *
refuse(const struct vio_path *path, const struct vio_port *port)
{
	if (path->width > cpu_width)
		return "the CPU does not have it";
	if (path->width > rte_vect_get_max_simd_bitwidth())
		return "beyond --force-max-simd-bitwidth";
	if (path->width > WIDTH_SCALAR && !port->args.vectorized)
		return "vectorized=0";
	if (path->simple && (port->tx_offloads &
			     ~RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE) != 0)
		return "transmit offloads were asked for (RTE_ETH_TX_OFFLOAD_MULTI_SEGS?)";
	return NULL;
}

/**
 * First path that suits; @p why collects the reasons against those before it.
 * @param mask        constants that are not a choice
 * @param negotiated  and what they have to be
 */
static const struct vio_path *
choose(const struct vio_path *paths, size_t count, const struct vio_port *port, uint32_t mask,
       uint32_t negotiated, char *why, size_t why_len)
{
	size_t used = 0;

	why[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		const char *reason = refuse(&paths[i], port);

		if ((paths[i].flags & mask) != negotiated)
			continue;
		if (reason == NULL)
			return &paths[i];
		used += snprintf(why + used, why_len - used, "%snot %s: %s",
				 used == 0 ? "" : "; ", paths[i].name, reason);
		used = RTE_MIN(used, why_len - 1);
	}
	/* Never reached: the tables end with paths that suit any port. */
	return &paths[count - 1];
}

void
vio_burst_set(struct rte_eth_dev *dev, eth_rx_burst_t rx, eth_tx_burst_t tx)
{
	struct rte_eth_fp_ops *ops = &rte_eth_fp_ops[dev->data->port_id];

	dev->rx_pkt_burst = rx;
	dev->tx_pkt_burst = tx;
	/* ethdev copies the callbacks when a port starts; a later change has to reach the copy. */
	if (dev->data->dev_started) {
		ops->rx_pkt_burst = rx;
		ops->tx_pkt_burst = tx;
	}
}

static void
vio_prepare_set(struct rte_eth_dev *dev, eth_tx_prep_t prepare)
{
	dev->tx_pkt_prepare = prepare;
	if (dev->data->dev_started)
		rte_eth_fp_ops[dev->data->port_id].tx_pkt_prepare = prepare;
}

static void
log_choice(const struct vio_port *port, const char *direction, const char *name, const char *why,
	   bool offloads)
{
	VIO_PORT_LOG(port, driver, NOTICE, "%s path %s (%s%s)", direction, name,
		     why[0] != '\0' ? why : "there is no faster one",
		     !offloads ? "" : vio_short_headers(port) ? "; headers are short ones" :
		     "; offloads were asked for");
}

void
vio_paths_choose(struct rte_eth_dev *dev)
{
	struct vio_port *port = vio_port(dev);
	bool event_idx = vio_has(port, VIRTIO_RING_F_EVENT_IDX);
	bool packed = vio_has(port, VIRTIO_F_RING_PACKED);
	/* num_buffers counts or it does not (5.1.6.4). */
	bool mergeable = vio_has(port, VIRTIO_NET_F_MRG_RXBUF);
	/* Only paths that read and write headers ask for their size. */
	bool short_headers = vio_short_headers(port);
	bool rx_offload = short_headers || vio_rx_needs_offloads(dev);
	bool tx_offload = short_headers || vio_tx_needs_offloads(dev);
	const struct vio_path *rx = choose(rx_paths, RTE_DIM(rx_paths), port, RX_NEGOTIATED,
					   (packed ? VIO_RX_PACKED : 0) |
					   (mergeable ? VIO_RX_MRG : 0) |
					   (rx_offload ? VIO_RX_OFFLOAD : 0),
					   port->rx_reason, sizeof(port->rx_reason));
	const struct vio_path *tx = choose(tx_paths, RTE_DIM(tx_paths), port, TX_NEGOTIATED,
					   (packed ? VIO_TX_PACKED : 0) |
					   (tx_offload ? VIO_TX_OFFLOAD : 0),
					   port->tx_reason, sizeof(port->tx_reason));
	uint32_t rx_variation = (event_idx ? VIO_RX_EVENT_IDX : 0) |
				(port->iova_is_va ? 0 : VIO_RX_IOVA);
	uint32_t tx_variation = (event_idx ? VIO_TX_EVENT_IDX : 0) |
				(vio_has(port, VIRTIO_F_IN_ORDER) ? VIO_TX_IN_ORDER : 0);

	if (tx->simple && (port->tx_offloads & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE))
		tx_variation |= VIO_TX_FAST_FREE;

	port->rx_path = rx - rx_paths;
	port->tx_path = tx - tx_paths;
	port->rx_variant = VIO_GATE_VARIANT(rx->flags | rx_variation);
	port->tx_variant = VIO_GATE_VARIANT(tx->flags | tx_variation);
	if (port->args.size_bins)
		vio_burst_set(dev, vio_recv_counted, vio_xmit_counted);
	else
		vio_burst_set(dev, rx->rx[rx_variation], tx->tx[tx_variation]);
	vio_prepare_set(dev, vio_tx_needs_offloads(dev) ? vio_tx_prepare : NULL);
	log_choice(port, "rx", rx->name, port->rx_reason, (rx->flags & VIO_RX_OFFLOAD) != 0);
	log_choice(port, "tx", tx->name, port->tx_reason, (tx->flags & VIO_TX_OFFLOAD) != 0);
}

/*
 * A row and a variant of two times do no harm: the callback finds that the gate is not open for it.
 */
eth_rx_burst_t
vio_rx_chosen(const struct vio_port *port)
{
	const uint8_t path = __atomic_load_n(&port->rx_path, __ATOMIC_RELAXED);
	const uint16_t variant = __atomic_load_n(&port->rx_variant, __ATOMIC_RELAXED);

	if (path >= RTE_DIM(rx_paths))
		return vio_recv_stopped;
	return rx_paths[path].rx[variant & (VIO_RX_EVENT_IDX | VIO_RX_IOVA)];
}

eth_tx_burst_t
vio_tx_chosen(const struct vio_port *port)
{
	const uint8_t path = __atomic_load_n(&port->tx_path, __ATOMIC_RELAXED);
	const uint16_t variant = __atomic_load_n(&port->tx_variant, __ATOMIC_RELAXED);

	if (path >= RTE_DIM(tx_paths))
		return vio_xmit_stopped;
	return tx_paths[path].tx[variant & (VIO_TX_EVENT_IDX | VIO_TX_IN_ORDER |
					    (tx_paths[path].simple ? VIO_TX_FAST_FREE : 0))];
}

static int
burst_mode(const struct vio_port *port, const struct vio_path *paths, uint8_t path,
	   struct rte_eth_burst_mode *mode)
{
	if (path == VIO_PATH_NONE)
		return -EINVAL; /* chosen when the port goes live */
	mode->flags = 0;
	snprintf(mode->info, sizeof(mode->info), "%s, %s ring%s%s", paths[path].name,
		 vio_has(port, VIRTIO_F_RING_PACKED) ? "packed" : "split",
		 vio_has(port, VIRTIO_F_IN_ORDER) ? ", in order" : "",
		 vio_has(port, VIRTIO_RING_F_EVENT_IDX) ? ", event index" : "");
	return 0;
}

int
vio_rx_burst_mode_get(struct rte_eth_dev *dev, uint16_t queue_id __rte_unused,
		      struct rte_eth_burst_mode *mode)
{
	return burst_mode(vio_port(dev), rx_paths, vio_port(dev)->rx_path, mode);
}

int
vio_tx_burst_mode_get(struct rte_eth_dev *dev, uint16_t queue_id __rte_unused,
		      struct rte_eth_burst_mode *mode)
{
	return burst_mode(vio_port(dev), tx_paths, vio_port(dev)->tx_path, mode);
}
