/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_self_watch.c - does the device that looks after every store see it when these come in the
 * wrong order? A handmade driver makes each of its stores by itself.
 */

#include <rte_vect.h>

#include "features.h"
#include "handmade_packed.h"
#include "model_cases.h"
#include "model_watch.h"

/** All of a descriptor but its flags. */
static void
put_rest(struct model_place at, const void *addr, uint32_t len, uint16_t id)
{
	volatile struct vring_packed_desc *desc = &hp_ring[HM_TX].desc[at.index];

	desc->addr = (uintptr_t)addr;
	desc->len = len;
	desc->id = id;
}

static void
put_flags(struct model_place at, uint16_t flags)
{
	volatile struct vring_packed_desc *desc = &hp_ring[HM_TX].desc[at.index];

	desc->flags = flags | hp_avail_flags(at);
}

/** A list of three at @p first whose flags are written in the order of @p order. */
static struct model_place
put_list(struct model_place first, const unsigned int *order)
{
	for (unsigned int i = 0; i < 3; i++)
		put_rest(model_place_ahead(first, i, HP_SIZE), hm_memory->buf[i], 20, first.index);
	for (unsigned int i = 0; i < 3; i++)
		put_flags(model_place_ahead(first, order[i], HP_SIZE),
			  order[i] == 2 ? 0 : HP_NEXT);
	return model_place_ahead(first, 3, HP_SIZE);
}

static const unsigned int first_last[] = { 2, 1, 0 };
static const unsigned int middle_first[] = { 1, 2, 0 };
static const unsigned int first_first[] = { 0, 1, 2 };
static const unsigned int first_second[] = { 2, 0, 1 };

static struct model_queue *
txq(void)
{
	return model_txq(&hm_device, 0);
}

static void
watch(void)
{
	hp_live(0);
	hm_device.concurrent = true;
	model_watch_start(txq());
}

static void
good_order(void **state)
{
	struct model_place at = { 0, true };
	unsigned int stores;

	(void)state;
	watch();
	at = put_list(at, first_last);
	at = put_list(at, middle_first);
	stores = model_watch_stop();
	assert_int_equal(stores, 2 * 3 * 4);
	assert_int_equal(txq()->num_taken, 2);
	hm_look();
	model_assert_clean();
}

static void
sees_31_first_before_the_rest(void **state)
{
	const unsigned int *const orders[] = { first_first, first_second };

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(orders); i++) {
		watch();
		put_list((struct model_place){ 0, true }, orders[i]);
		model_watch_stop();
		hm_assert_breach(31);
	}
}

/** Two lists of which the first one is shown last: the second one has the rule to keep, too. */
static void
sees_31_where_nobody_looks(void **state)
{
	const unsigned int *const orders[] = { first_last, middle_first, first_second };
	struct model_place at = { 0, true };

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(orders); i++) {
		watch();
		put_rest(at, hm_memory->buf[0], 20, 0);
		put_list(model_place_ahead(at, 1, HP_SIZE), orders[i]);
		put_flags(at, 0);
		model_watch_stop();
		assert_int_equal(txq()->num_taken, 2);
		if (i < 2)
			model_assert_clean();
		else
			hm_assert_breach(31);
	}
}

static void
sees_30_stores_behind_the_flags(void **state)
{
	const struct model_place at = { 0, true };

	(void)state;
	watch();
	put_rest(at, hm_memory->buf[0], 72, 0);
	put_flags(at, 0);
	put_rest(at, hm_memory->buf[0], 73, 0);
	model_watch_stop();
	hm_assert_breach(30);
}

/** One store for a whole descriptor: it may be seen in two pieces. */
static void
sees_wide_stores(void **state)
{
	const struct model_place at = { 0, true };
	struct vring_packed_desc desc __attribute__((aligned(16))) = { 0, 72, 0, 0 };
	rte_xmm_t *to;

	(void)state;
	hp_live(0);
	desc.addr = (uintptr_t)hm_memory->buf[0];
	desc.flags = hp_avail_flags(at);
	to = (void *)&hp_ring[HM_TX].desc[0];
	hm_device.concurrent = true;
	model_watch_start(txq());
	*(volatile xmm_t *)&to->x = *(const xmm_t *)(const void *)&desc;
	model_watch_stop();
	assert_int_equal(txq()->num_taken, 1);
	assert_int_equal(model_breaches_of(MODEL_HOUSE), 1);
}

#define CASE(name) model_case(name, NULL, impossible, "self_watch_%s", #name)

int
main(void)
{
	const char *impossible = model_watch_possible() ? NULL : "this CPU cannot be watched";
	int failed;

	CASE(good_order);
	CASE(sees_31_first_before_the_rest);
	CASE(sees_31_where_nobody_looks);
	CASE(sees_30_stores_behind_the_flags);
	CASE(sees_wide_stores);
	failed = model_cases_run("self_watch");
	hm_end();
	return failed;
}
