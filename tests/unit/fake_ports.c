/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* fake_ports.c - see fake_ports.h. The offsets are those of the table in 4.1.4.10. */
#include "fake_ports.h"

#include "virtio_spec.h"

enum {
	R_OFFERED = 0,
	R_ACCEPTED = 4,
	R_PAGE = 8,
	R_SIZE = 12,
	R_SELECT = 14,
	R_NOTIFY = 16,
	R_STATUS = 18,
	R_ISR = 19,
	R_CONFIG_VECTOR = 20,
	R_QUEUE_VECTOR = 22,
};

static bool
msix(const struct fake_ports *fake)
{
	return (fake->cfg.bytes[fake->msix_pos + PCI_MSIX_FLAGS + 1] & 0x80) != 0;
}

/* Where configuration begins. */
static uint32_t
config_base(const struct fake_ports *fake)
{
	return msix(fake) ? 24 : 20;
}

static unsigned int
width_of(uint32_t reg)
{
	if (reg <= R_PAGE)
		return 4;
	return reg == R_STATUS || reg == R_ISR ? 1 : 2;
}

static void
enter(struct fake_ports *fake, uint32_t reg, unsigned int width)
{
	if (width != 1 && width != 2 && width != 4)
		fail_msg("an access %u bytes wide", width);
	if (reg + width > fake->ports.len)
		fail_msg("access at %u, behind the end", reg);
	if (reg < config_base(fake) && width != width_of(reg))
		fail_msg("%u-byte access to register %u", width, reg);
	fake->accesses++;
	if (fake->gone_after != 0 && --fake->gone_after == 0)
		fake->gone = true;
}

static struct fake_ports_queue *
selected(struct fake_ports *fake)
{
	static struct fake_ports_queue none, some;
	uint16_t count = fake->accepted & (1u << VIRTIO_NET_F_MQ) ? FAKE_PORTS_QUEUES :
								    fake->num_queues;

	none = (struct fake_ports_queue){ .vector = VIRTIO_NO_VECTOR };
	some = (struct fake_ports_queue){ .size = 256 };
	if (fake->queue_select < count)
		return &fake->queues[fake->queue_select];
	return fake->endless ? &some : &none;
}

static uint32_t
config_read(struct fake_ports *fake, uint32_t at, unsigned int width)
{
	uint32_t value = 0;

	if (at + width > FAKE_PORTS_CONFIG)
		return UINT32_MAX; /* what a BAR reads as behind the configuration */
	if (at == 0 && fake->torn != 0) {
		fake->torn--;
		fake->config[0]++;
	}
	memcpy(&value, &fake->config[at], width);
	return value;
}

static uint32_t
fake_read(void *ctx, uint32_t reg, unsigned int width)
{
	struct fake_ports *fake = ctx;
	uint8_t isr;

	enter(fake, reg, width);
	if (fake->gone)
		return UINT32_MAX >> (32 - 8 * width);
	if (reg >= config_base(fake))
		return config_read(fake, reg - config_base(fake), width);
	switch (reg) {
	case R_OFFERED:
		return fake->offered;
	case R_ACCEPTED:
		return fake->accepted;
	case R_PAGE:
		return selected(fake)->page;
	case R_SIZE:
		return selected(fake)->size;
	case R_SELECT:
		return fake->queue_select;
	case R_STATUS:
		return fake->status;
	case R_ISR:
		isr = fake->isr;
		fake->isr = 0;
		return isr;
	case R_CONFIG_VECTOR:
		return fake->config_vector;
	case R_QUEUE_VECTOR:
		return selected(fake)->vector;
	default:
		fail_msg("read of register %u", reg);
		return 0;
	}
}

static void
reset(struct fake_ports *fake)
{
	fake->accepted = 0;
	fake->config_vector = VIRTIO_NO_VECTOR;
	for (unsigned int i = 0; i < FAKE_PORTS_QUEUES; i++) {
		fake->queues[i].vector = VIRTIO_NO_VECTOR;
		fake->queues[i].page = 0;
	}
}

static void
write_status(struct fake_ports *fake, uint8_t status)
{
	if (status == 0)
		reset(fake);
	else if (fake->status & ~status)
		fail_msg("status 0x%02x clears bits of 0x%02x", status, fake->status);
	if (status & VIRTIO_CONFIG_S_FEATURES_OK)
		fail_msg("FEATURES_OK does not exist here");
	fake->status = status;
}

static void
write_vector(struct fake_ports *fake, uint16_t *vector, uint32_t value)
{
	if (value != VIRTIO_NO_VECTOR && value >= 3)
		fail_msg("vector %u outside the table", value);
	*vector = fake->refuses_vectors ? VIRTIO_NO_VECTOR : (uint16_t)value;
}

static void
notify(struct fake_ports *fake, uint32_t queue)
{
	if (!(fake->status & VIRTIO_CONFIG_S_DRIVER_OK))
		fail_msg("notification before DRIVER_OK");
	if (queue >= FAKE_PORTS_QUEUES)
		fail_msg("queue %u notified", queue);
	else
		fake->queues[queue].kicks++;
}

static void
fake_write(void *ctx, uint32_t reg, unsigned int width, uint32_t value)
{
	struct fake_ports *fake = ctx;

	enter(fake, reg, width);
	fake->writes++;
	if (fake->gone)
		return;
	if (reg >= config_base(fake)) {
		memcpy(&fake->config[reg - config_base(fake)], &value, width);
		return;
	}
	switch (reg) {
	case R_ACCEPTED:
		if (value & ~fake->offered)
			fail_msg("features accepted that were not offered");
		fake->accepted = value;
		break;
	case R_PAGE:
		if (selected(fake)->page != 0 || selected(fake)->size == 0)
			fail_msg("the ring of queue %u set twice, or of none", fake->queue_select);
		selected(fake)->page = value;
		break;
	case R_SELECT:
		fake->queue_select = (uint16_t)value;
		break;
	case R_NOTIFY:
		notify(fake, value);
		break;
	case R_STATUS:
		write_status(fake, (uint8_t)value);
		break;
	case R_CONFIG_VECTOR:
		write_vector(fake, &fake->config_vector, value);
		break;
	case R_QUEUE_VECTOR:
		write_vector(fake, &selected(fake)->vector, value);
		break;
	default:
		fail_msg("register %u is not to be written", reg);
	}
}

static int
no_bar(void *ctx, unsigned int bar, void **addr, uint64_t *len)
{
	(void)ctx;
	(void)addr;
	(void)len;
	fail_msg("BAR %u asked for", bar);
	return -ENOENT;
}

void
fake_ports_init(struct fake_ports *fake)
{
	memset(fake, 0, sizeof(*fake));
	fake_cfg_init(&fake->cfg);
	fake_cfg_put16(&fake->cfg, PCI_DEVICE_ID, VIRTIO_PCI_DEVICE_NET_TRANSITIONAL);
	fake->msix_pos = fake_cfg_msix(&fake->cfg, 3 - 1);
	fake->host = (struct virtio_pci_host){ &fake->cfg, fake_cfg_read, no_bar };
	fake->ports = (struct virtio_pci_ports){ fake, fake_read, fake_write, 64 };
	fake->offered = 1u << VIRTIO_F_ANY_LAYOUT | 1u << VIRTIO_NET_F_MAC |
			1u << VIRTIO_NET_F_MRG_RXBUF | 1u << VIRTIO_NET_F_CTRL_VQ |
			1u << VIRTIO_NET_F_MQ | 1u << VIRTIO_F_UNUSED;
	fake->num_queues = 3;
	for (unsigned int i = 0; i < FAKE_PORTS_QUEUES; i++)
		fake->queues[i].size = i == FAKE_PORTS_QUEUES - 1 ? 64 : 256;
	for (unsigned int i = 0; i < FAKE_PORTS_CONFIG; i++)
		fake->config[i] = (uint8_t)(i + 1);
	reset(fake);
}

void
fake_ports_msix(struct fake_ports *fake, bool enable)
{
	fake_cfg_put16(&fake->cfg, fake->msix_pos + PCI_MSIX_FLAGS,
		       2 | (enable ? PCI_MSIX_FLAGS_ENABLE : 0));
}
