/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* Offloads by ethdev's own names, so that a release's new ones are known without a table here. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "offloads.h"

#define TEXT_MAX 512

/* What ethdev calls a bit that it has no name for. */
static const char no_name[] = "UNKNOWN";

static int
parse_side(const char *option, char *text, offload_namer name, uint64_t *out)
{
	char *rest = *text != '\0' ? text : NULL;
	unsigned int bit;
	char *item;

	*out = 0;
	while ((item = strsep(&rest, ",")) != NULL) {
		for (bit = 0; bit < 64; bit++)
			if (strcmp(item, name(UINT64_C(1) << bit)) == 0)
				break;
		if (bit == 64 || strcmp(item, no_name) == 0) {
			bench_error("--%s: ethdev knows no offload '%s'; names are like "
				"TCP_CKSUM", option, item);
			return -EINVAL;
		}
		*out |= UINT64_C(1) << bit;
	}
	return 0;
}

int
offloads_parse(const char *option, const char *text, offload_namer name, uint64_t out[2])
{
	char copy[TEXT_MAX];
	char *b;
	int ret;

	if (strlen(text) >= sizeof(copy)) {
		bench_error("--%s: the list is too long", option);
		return -EINVAL;
	}
	strcpy(copy, text);
	b = strchr(copy, ';');
	if (b != NULL)
		*b++ = '\0';
	ret = parse_side(option, copy, name, &out[0]);
	out[1] = out[0];
	if (ret == 0 && b != NULL)
		ret = parse_side(option, b, name, &out[1]);
	return ret;
}

const char *
offloads_names(char *out, size_t size, uint64_t offloads, offload_namer name)
{
	unsigned int bit;
	size_t used = 0;

	snprintf(out, size, "none");
	for (bit = 0; bit < 64 && used < size; bit++)
		if (offloads & (UINT64_C(1) << bit))
			used += snprintf(out + used, size - used, "%s%s", used > 0 ? "," : "",
				name(UINT64_C(1) << bit));
	return out;
}

int
offloads_ask(const char *port, const struct rte_eth_dev_info *info, uint64_t rx, uint64_t tx,
	struct rte_eth_conf *conf)
{
	uint64_t no_rx = rx & ~info->rx_offload_capa;
	uint64_t no_tx = tx & ~info->tx_offload_capa;
	char names[2][TEXT_MAX];

	if (no_rx != 0 || no_tx != 0) {
		bench_error("%s does not offer what was asked for: rx offloads %s, tx offloads %s",
			port,
			offloads_names(names[0], TEXT_MAX, no_rx, rte_eth_dev_rx_offload_name),
			offloads_names(names[1], TEXT_MAX, no_tx, rte_eth_dev_tx_offload_name));
		return -ENOTSUP;
	}
	conf->rxmode.offloads |= rx;
	conf->txmode.offloads |= tx;
	return 0;
}

uint64_t
offloads_frame_flags(uint64_t tx)
{
	if (tx & RTE_ETH_TX_OFFLOAD_UDP_CKSUM)
		return RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_UDP_CKSUM;
	if (tx & RTE_ETH_TX_OFFLOAD_TCP_CKSUM)
		return RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_TCP_CKSUM;
	return 0;
}
