/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* fuzz_port.c - see fuzz_port.h. */

#include "fuzz_port.h"
#include "model_victim.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return model_eal_start(NULL);
}

void
fuzz_end(void)
{
	model_eal_stop(NULL);
}

struct model_port *
fuzz_port_start(const struct model_port_config *config)
{
	struct model_port *port = model_port_create(config);

	model_port_start(port);
	return port;
}

void
fuzz_port_restart(struct model_port *port)
{
	model_port_stop(port);
	FUZZ_CHECK(model_pool_out(port->pool) == 0);
	FUZZ_CHECK(model_house_in_order());
	model_port_start(port);
}

void
fuzz_port_end(struct model_port *port)
{
	if (port->dev->data->dev_started)
		rte_eth_dev_stop(port->id);
	FUZZ_CHECK(model_pool_out(port->pool) == 0);
	FUZZ_CHECK(model_house_in_order());
	model_port_destroy(port);
}

/** @p n buffers come back, the oldest ones but for what the input changes. */
static void
show(struct model_raw *raw, struct fuzz_input *in, unsigned int n, bool lie, bool rx)
{
	struct model_raw_used used[FUZZ_RING];

	n = RTE_MIN(n, RTE_MIN(raw->num_buffers, (unsigned int)FUZZ_RING));
	for (unsigned int k = 0; k < n; k++) {
		used[k] = (struct model_raw_used){ raw->buffers[k].id, rx ? fuzz_u8(in) + 12u : k };
		if (lie)
			used[k].id ^= fuzz_u32(in);
		if (lie && rx)
			used[k].len ^= fuzz_u32(in);
	}
	model_raw_show(raw, used, n);
}

void
fuzz_device(struct model_raw *raw, struct fuzz_input *in, enum fuzz_deed deed, uint8_t op, bool rx)
{
	switch (deed) {
	case FUZZ_OTHER:
		break;
	case FUZZ_SHOW:
		show(raw, in, op / 8, false, rx);
		break;
	case FUZZ_LIE:
		show(raw, in, op / 64, true, rx);
		break;
	case FUZZ_WILD:
		raw->random = fuzz_u64(in);
		model_raw_wild(raw);
		break;
	case FUZZ_REWRITE:
		model_raw_rewrite(raw, fuzz_u64(in));
		break;
	}
}
