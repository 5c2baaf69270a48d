/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * fuzz_caps.c - the walk over the capabilities of a PCI function whose configuration space is the
 * input: what it finds lies inside of a BAR.
 */

#include "fake_cfg.h"
#include "fuzz.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static void
check_region(const struct virtio_pci_region *r, const uint64_t *bar_len, bool window)
{
	if (!r->present)
		return;
	if (window) /* of PCI_CFG: not looked at */
		return;
	FUZZ_CHECK(r->bar < VIRTIO_PCI_NUM_BARS);
	FUZZ_CHECK((uint64_t)r->offset + r->length <= bar_len[r->bar]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t lens[] = { 0, 0x40, 0x1000, 0x4000, UINT64_C(1) << 33 };
	struct fuzz_input in = { data, size };
	struct fake_cfg cfg;
	const struct virtio_pci_host host = { .ctx = &cfg, .cfg_read = fake_cfg_read };
	struct virtio_pci_layout layout;
	uint64_t bar_len[VIRTIO_PCI_NUM_BARS];
	const uint8_t how = fuzz_u8(&in);
	uint8_t at;

	unit_log_start();
	for (unsigned int i = 0; i < VIRTIO_PCI_NUM_BARS; i++)
		bar_len[i] = lens[fuzz_u8(&in) % ARRAY_SIZE(lens)];
	if (how & 1) {
		fake_cfg_typical(&cfg);
		bar_len[FAKE_BAR] = FAKE_BAR_LEN;
	} else {
		fake_cfg_init(&cfg);
	}
	cfg.size = how & 2 ? sizeof(cfg.bytes) : 256;
	cfg.fail_read = how & 4 ? how >> 3 : 0;
	cfg.fail_with = fuzz_u8(&in) % 17;
	/* Pieces of it, anywhere; or the whole list. */
	if (how & 0x80) {
		fuzz_bytes(&in, cfg.bytes + 0x34, 256 - 0x34);
		fuzz_bytes(&in, cfg.bytes + 0x100, 256);
	}
	while (in.left != 0) {
		at = fuzz_u8(&in);
		cfg.bytes[at < 0x10 ? 0x100 + at : at] = fuzz_u8(&in);
	}
	if (virtio_pci_walk(&host, bar_len, &layout) != 0)
		return 0;
	FUZZ_CHECK(layout.common.present && layout.notify.present && layout.isr.present);
	check_region(&layout.common, bar_len, false);
	check_region(&layout.notify, bar_len, false);
	check_region(&layout.isr, bar_len, false);
	check_region(&layout.device, bar_len, false);
	check_region(&layout.pci_cfg, bar_len, true);
	return 0;
}
