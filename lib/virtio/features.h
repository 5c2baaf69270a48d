/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * features.h - the one table of feature bits, and negotiation over it (2.2).
 *
 * Negotiation, the inspector, telemetry, log lines and the documentation all read this table.
 */
#ifndef VIRTIO_FEATURES_H
#define VIRTIO_FEATURES_H

#include <stddef.h>
#include <stdint.h>

#define VIRTIO_FEATURE(bit) (UINT64_C(1) << (bit))

/** What a feature bit belongs to. */
enum virtio_feature_kind {
	VIRTIO_FEATURE_NET,    /**< bits 0-23 and 50-63 of the network device (5.1.3) */
	VIRTIO_FEATURE_RING,   /**< virtqueue format and notification (6) */
	VIRTIO_FEATURE_DEVICE, /**< the device as a whole and its transport (6) */
	VIRTIO_FEATURE_LEGACY, /**< legacy interface only: meaningless with VERSION_1 */
};

/** One feature bit. */
struct virtio_feature {
	uint8_t bit;           /**< 0 to 63 */
	uint8_t kind;          /**< enum virtio_feature_kind */
	const char *name;      /**< as in the standard, without prefix: "MRG_RXBUF" */
	const char *section;   /**< section of the standard, 1.3 */
	const char *since;     /**< "legacy", "1.0" to "1.4" (a draft) */
	uint64_t needs_all;    /**< bits without which this one must not be accepted */
	uint64_t needs_any;    /**< at least one of these is needed too, 0: none */
	const char *summary;   /**< one line for people */
};

/** Why a bit is not among the accepted ones. */
enum virtio_feature_verdict {
	VIRTIO_FEATURE_ACCEPTED,
	VIRTIO_FEATURE_NOT_OFFERED,  /**< the driver wants it, the device has it not */
	VIRTIO_FEATURE_NOT_WANTED,   /**< offered, but the driver does not use it */
	VIRTIO_FEATURE_NEEDS,        /**< offered and wanted, but a prerequisite is missing */
	VIRTIO_FEATURE_UNKNOWN,      /**< offered, not in the table: ignored (2.2) */
	VIRTIO_FEATURE_ABSENT,       /**< neither offered nor wanted */
};

/** The table, ordered by bit. @param count number of rows */
const struct virtio_feature *virtio_features_table(size_t *count);

/** Row of @p bit, NULL for a bit that is not in the table. */
const struct virtio_feature *virtio_feature_by_bit(unsigned int bit);

/** Row called @p name (any case, with or without VIRTIO_F_ / VIRTIO_NET_F_), or NULL. */
const struct virtio_feature *virtio_feature_by_name(const char *name);

/**
 * Choose the features to accept: offered, wanted, known to the table, prerequisites accepted too;
 * bits of the legacy interface never together with VERSION_1, bits above 31 never without it
 * (2.2, 4.1.4.10, 5.1.3.1). VERSION_1 is accepted where it is offered, wanted or not (6.1).
 *
 * @param offered   bits of the device, not trusted
 * @param wanted    bits that the driver can use
 * @param required  bits without which the driver does not work
 * @param accepted  the result; also filled on failure, for the log
 * @return 0, or -ENOTSUP where a required bit is not among the accepted
 */
int virtio_features_negotiate(uint64_t offered, uint64_t wanted, uint64_t required,
			      uint64_t *accepted);

/** Why @p bit is accepted or not, given the same three sets. */
enum virtio_feature_verdict virtio_feature_verdict(unsigned int bit, uint64_t offered,
						   uint64_t wanted, uint64_t accepted);

/**
 * Names of the bits of @p features, separated by blanks; a bit outside the table as "bit41".
 *
 * @return the length written or needed, as snprintf does; always terminated where @p size > 0
 */
int virtio_features_string(uint64_t features, char *buf, size_t size);

#endif /* VIRTIO_FEATURES_H */
