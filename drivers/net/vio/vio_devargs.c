/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vio_devargs.c - device arguments: one table of keys, checked values, errors that name the key. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_kvargs.h>

#include "vio.h"

static int
parse_bool(const char *key, const char *value, bool *result)
{
	if (value == NULL || (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)) {
		VIO_LOG(init, ERR, "device argument %s=%s: give 0 or 1", key,
			value == NULL ? "" : value);
		return -EINVAL;
	}
	*result = value[0] == '1';
	return 0;
}

static int
parse_u32(const char *key, const char *value, uint32_t max, uint32_t *result)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = value == NULL ? 0 : strtoul(value, &end, 10);
	if (value == NULL || value[0] < '0' || value[0] > '9' || *end != '\0' || errno != 0 ||
	    number > max) {
		VIO_LOG(init, ERR, "device argument %s=%s: give a number from 0 to %u", key,
			value == NULL ? "" : value, max);
		return -EINVAL;
	}
	*result = number;
	return 0;
}

static int
parse_mrg_rxbuf(const char *key, const char *value, void *args)
{
	return parse_bool(key, value, &((struct vio_devargs *)args)->mrg_rxbuf);
}

static int
parse_speed(const char *key, const char *value, void *args)
{
	return parse_u32(key, value, INT32_MAX, &((struct vio_devargs *)args)->speed);
}

static const struct {
	const char *key;
	arg_handler_t parse;
} keys[] = {
	{ "mrg_rxbuf", parse_mrg_rxbuf },
	{ "speed", parse_speed },
};

int
vio_devargs_parse(const char *text, const char *const allowed[], struct vio_devargs *args)
{
	struct rte_kvargs *list;
	int ret = 0;

	*args = (struct vio_devargs){
		.mrg_rxbuf = true,
		.speed = RTE_ETH_SPEED_NUM_UNKNOWN,
	};
	if (text == NULL || text[0] == '\0')
		return 0;
	list = rte_kvargs_parse(text, NULL);
	if (list == NULL) {
		VIO_LOG(init, ERR, "device arguments '%s' are not a list of key=value", text);
		return -EINVAL;
	}
	for (unsigned int i = 0; ret == 0 && i < list->count; i++) {
		const char *key = list->pairs[i].key;
		const char *const *known = allowed;

		while (*known != NULL && strcmp(*known, key) != 0)
			known++;
		if (*known == NULL) {
			VIO_LOG(init, ERR, "device argument %s is not known here", key);
			ret = -EINVAL;
		} else if (rte_kvargs_count(list, key) > 1) {
			VIO_LOG(init, ERR, "device argument %s is given twice", key);
			ret = -EINVAL;
		}
	}
	for (size_t i = 0; ret == 0 && i < RTE_DIM(keys); i++)
		ret = rte_kvargs_process(list, keys[i].key, keys[i].parse, args);
	rte_kvargs_free(list);
	return ret < 0 ? -EINVAL : 0;
}
