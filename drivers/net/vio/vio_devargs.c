/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vio_devargs.c - device arguments: one table of keys, checked values, errors that name the key. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_kvargs.h>

#include "vio.h"
#include "vio_compat.h"

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
parse_u32(const char *key, const char *value, uint32_t min, uint32_t max, uint32_t *result)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = value == NULL ? 0 : strtoul(value, &end, 10);
	if (value == NULL || value[0] < '0' || value[0] > '9' || *end != '\0' || errno != 0 ||
	    number < min || number > max) {
		VIO_LOG(init, ERR, "device argument %s=%s: give a number from %u to %u", key,
			value == NULL ? "" : value, min, max);
		return -EINVAL;
	}
	*result = number;
	return 0;
}

static int
parse_string(const char *key, const char *value, char *result, size_t size)
{
	if (value == NULL || value[0] == '\0' || strlen(value) >= size) {
		VIO_LOG(init, ERR, "device argument %s=%s: give 1 to %zu characters", key,
			value == NULL ? "" : value, size - 1);
		return -EINVAL;
	}
	strcpy(result, value);
	return 0;
}

static int
parse_mac(const char *key, const char *value, struct rte_ether_addr *result)
{
	if (value == NULL || rte_ether_unformat_addr(value, result) != 0 ||
	    !rte_is_valid_assigned_ether_addr(result)) {
		VIO_LOG(init, ERR, "device argument %s=%s: give a unicast address such as "
			"02:00:00:00:00:01", key, value == NULL ? "" : value);
		return -EINVAL;
	}
	return 0;
}

/** What a key's value is. */
enum vio_arg_type { ARG_BOOL, ARG_U32, ARG_STRING, ARG_MAC };

/** The keys, where their values go and what these may be. */
static const struct vio_arg {
	const char *key;
	enum vio_arg_type type;
	size_t offset;
	uint32_t min;  /**< ARG_U32 */
	uint32_t max;  /**< ARG_U32: largest value; ARG_STRING: room */
} keys[] = {
#define ARG(name, type, ...) \
	{ #name, type, offsetof(struct vio_devargs, name), ## __VA_ARGS__ }
	ARG(cq, ARG_BOOL),
	ARG(iface, ARG_STRING, 0, sizeof(((struct vio_devargs *)0)->iface)),
	ARG(in_order, ARG_BOOL),
	ARG(mac, ARG_MAC),
	ARG(mrg_rxbuf, ARG_BOOL),
	ARG(packed_vq, ARG_BOOL),
	ARG(path, ARG_STRING, 0, sizeof(((struct vio_devargs *)0)->path)),
	ARG(queue_size, ARG_U32, VIO_RING_MIN, VIO_RING_MAX),
	ARG(queues, ARG_U32, 1, VIO_USER_MAX_PAIRS),
	ARG(rx_max_packets, ARG_U32, 1, UINT32_MAX),
	ARG(rx_max_usecs, ARG_U32, 1, UINT32_MAX),
	ARG(server, ARG_BOOL),
	ARG(size_bins, ARG_BOOL),
	ARG(speed, ARG_U32, 0, INT32_MAX),
	ARG(vectorized, ARG_BOOL),
#undef ARG
};

static int
parse_key(const char *key, const char *value, void *args)
{
	const struct vio_arg *arg = keys;
	void *result;

	while (strcmp(arg->key, key) != 0)
		arg++;
	result = (char *)args + arg->offset;
	switch (arg->type) {
	case ARG_BOOL:
		return parse_bool(key, value, result);
	case ARG_U32:
		return parse_u32(key, value, arg->min, arg->max, result);
	case ARG_STRING:
		return parse_string(key, value, result, arg->max);
	case ARG_MAC:
		return parse_mac(key, value, result);
	}
	return -EINVAL;
}

int
vio_devargs_parse(const char *text, const char *const allowed[], struct vio_devargs *args)
{
	struct rte_kvargs *list;
	int ret = 0;

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
		ret = rte_kvargs_process_opt(list, keys[i].key, parse_key, args);
	rte_kvargs_free(list);
	return ret < 0 ? -EINVAL : 0;
}
