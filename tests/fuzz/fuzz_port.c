/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* fuzz_port.c - see fuzz_port.h. */

#include "fuzz.h"
#include "fuzz_port.h"

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

/** Nothing of DPDK's own rules was broken; those of the standard a liar makes one break. */
static void
check_house(void)
{
	FUZZ_CHECK(model_breaches_of(MODEL_HOUSE) == 0);
	model_book_open();
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
	check_house();
	model_port_start(port);
}

void
fuzz_port_end(struct model_port *port)
{
	if (port->dev->data->dev_started)
		rte_eth_dev_stop(port->id);
	FUZZ_CHECK(model_pool_out(port->pool) == 0);
	check_house();
	model_port_destroy(port);
}
