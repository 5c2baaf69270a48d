/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* What a run is to measure, as the command line says it. */

#ifndef VIO_BENCH_OPTIONS_H
#define VIO_BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define OPTIONS_BURST_MAX 256u
#define OPTIONS_SEGMENTS_MAX 32u
#define OPTIONS_RING_MAX 32768u
#define OPTIONS_SWEEP_MAX 24u   /**< Values of one sweep. */

/** What the program does. */
enum bench_mode {
	MODE_NONE,
	MODE_DRIVER,  /**< Cost of the driver alone, one core. */
	MODE_LOOP,    /**< Driver and device on two cores. */
	MODE_FLOOR,   /**< The least memory work of a burst. */
};

/** Directions, as bits. */
enum bench_direction {
	DIR_RX = 1,       /**< Device to driver. */
	DIR_TX = 2,       /**< Driver to device. */
	DIR_FORWARD = 4,  /**< Device to driver to device; loop mode only. */
};

/** A fault made on purpose, to show that --verify sees it. */
enum bench_fault {
	FAULT_NONE,
	FAULT_CORRUPT,    /**< One byte of a frame changes. */
	FAULT_TRUNCATE,   /**< A frame loses its last byte. */
	FAULT_DUPLICATE,  /**< A frame comes twice. */
	FAULT_REORDER,    /**< Two frames change places. */
	FAULT_DROP,       /**< A frame is lost. */
	FAULT_LEAK,       /**< An mbuf is never freed. */
};

/** A named set of devargs. */
struct bench_path {
	const char *name;
	const char *args;   /**< Devargs, understood by net_vio_user and net_virtio_user alike. */
	const char *text;   /**< What is special about it. */
};

/** One place in the space of sweeps. */
struct bench_point {
	uint16_t burst;
	uint16_t segments;              /**< Of a transmitted frame. */
	uint16_t ring_size;
	uint32_t frame_len;             /**< Bytes, without the Ethernet checksum. */
	const struct bench_path *path;  /**< NULL: only what the user's devargs say. */
};

/** Values to visit for one property; always at least one. */
struct bench_sweep {
	unsigned int count;
	uint32_t value[OPTIONS_SWEEP_MAX];
};

/** The whole command line. Strings are those of argv. */
struct bench_config {
	enum bench_mode mode;
	unsigned int directions;      /**< Bits of enum bench_direction. */

	const char *vdev[2];          /**< Driver A and, with --vs, driver B: name[,devargs]. */
	unsigned int sides;           /**< 1, or 2 with --vs. */
	const char *args;             /**< Devargs for both, or NULL. */
	const char *side_args[2];     /**< Devargs for one, or NULL. */
	uint16_t simd[2];             /**< Widest vectors for each, 0: as EAL has it. */

	struct bench_sweep burst;
	struct bench_sweep frame_len;
	struct bench_sweep segments;
	struct bench_sweep ring_size;
	unsigned int path_count;
	const struct bench_path *path[OPTIONS_SWEEP_MAX];
	uint32_t segment_len;         /**< Length of each segment; 0: the frame is split. */

	unsigned int groups;          /**< Samples of each side. */
	unsigned int bursts;          /**< Bursts of a sample; 0: enough for 1024 packets. */
	unsigned int window;          /**< Bursts between two stamps; 0: enough for 32 packets. */
	unsigned int warmup;          /**< Samples thrown away at the start of a round. */
	unsigned int rounds;          /**< Turns of A and B. */
	unsigned int instances;       /**< Times that the ports of a point are created. */
	unsigned int tries;           /**< Measurements of a point, of which the quickest counts. */
	unsigned int mempool_cache;
	bool fast_free;               /**< Ask for MBUF_FAST_FREE where it is offered. */
	bool multi_segs;              /**< Ask for MULTI_SEGS even for single segments. */
	uint64_t rx_offloads[2];      /**< Of A and of B: RTE_ETH_RX_OFFLOAD_*. */
	uint64_t tx_offloads[2];      /**< RTE_ETH_TX_OFFLOAD_*. */
	int tx_free_thresh;           /**< -1: the driver's default. */
	int rx_free_thresh;

	double seconds;               /**< Loop mode: length of one measurement. */
	bool latency;                 /**< Loop mode: stamp frames. */
	bool zero_loss;               /**< Loop mode: search the rate without loss. */
	double rate;                  /**< Loop mode: frames a second offered; 0: all it can. */
	double tolerance;             /**< Zero loss: lost share that still counts as none. */
	double resolution;            /**< Zero loss: where the search stops, of the maximum. */
	unsigned int attempts;        /**< Zero loss: tries before a rate counts as lossy. */

	bool verify;
	enum bench_fault fault;
	const char *json;             /**< File name, "-" for standard output, or NULL. */
	int progress;                 /**< -1: when stderr is a terminal. */
	bool layout;
	int huge;                     /**< 1 hugepages or fail, 0 without, -1 what there is. */
	unsigned int memory_mb;
	const char *plugin;           /**< NULL: look for it. */
	bool verbose;
};

/** All named paths; the last has no name. */
extern const struct bench_path options_paths[];

/** The path of this name, or NULL. */
const struct bench_path *
options_find_path(const char *name);

/**
 * Read the options after the EAL's.
 *
 * @param argc  Count of argv.
 * @param argv  argv[0] is skipped; a mode word, when it is there, is argv[1].
 * @return      0; 1 when help was printed and nothing is left to do; -EINVAL after an error line.
 */
int
options_parse(struct bench_config *config, int argc, char **argv);

/** Number of points that the sweeps span. */
unsigned int
options_points(const struct bench_config *config);

/** The point of this number, paths outermost and bursts innermost. */
struct bench_point
options_point(const struct bench_config *config, unsigned int number);

/** Bursts between two time stamps at this point. */
unsigned int
options_window(const struct bench_config *config, const struct bench_point *point);

/** Windows of one sample at this point. */
unsigned int
options_windows(const struct bench_config *config, const struct bench_point *point);

#endif /* VIO_BENCH_OPTIONS_H */
