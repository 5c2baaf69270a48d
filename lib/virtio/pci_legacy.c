/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* pci_legacy.c - the transport through a PCI function's legacy interface; see pci_legacy.h. */
#include <errno.h>
#include <string.h>

#include "log.h"
#include "pci_legacy.h"
#include "virtio_spec.h"
#include "vring_split.h"

/* 4.1.4.10: with MSI-X enabled two registers more, and configuration moves behind them. */
#define MSI_CONFIG_VECTOR 20
#define MSI_QUEUE_VECTOR 22

_Static_assert(VIRTIO_PCI_VRING_ALIGN == VRING_SPLIT_ALIGN_LEGACY, "2.7.2");

static struct virtio_pci_legacy *
legacy(struct virtio_transport *t)
{
	return (struct virtio_pci_legacy *)t; /* base is the first member */
}

static uint32_t
get(struct virtio_pci_legacy *pci, uint32_t offset, unsigned int width)
{
	return pci->ports.read(pci->ports.ctx, offset, width);
}

static void
put(struct virtio_pci_legacy *pci, uint32_t offset, unsigned int width, uint32_t value)
{
	pci->ports.write(pci->ports.ctx, offset, width, value);
}

/* After a register read as all ones: was that its value, or does nothing answer any more? */
static bool
went_away(struct virtio_pci_legacy *pci)
{
	if (!pci->base.gone && get(pci, VIRTIO_PCI_STATUS, 1) == UINT8_MAX) {
		virtio_log(VIRTIO_LOG_ERR, "legacy PCI: the device went away");
		pci->base.gone = true;
	}
	return pci->base.gone;
}

/*
 * Is MSI-X enabled now? Who handles interrupts turns it on and off behind our back, and with that
 * moves registers: so it is looked at each time that this matters.
 */
static int
msix_enabled(struct virtio_pci_legacy *pci, bool *enabled)
{
	uint8_t control[2];
	int rc;

	*enabled = false;
	if (!pci->layout.has_msix)
		return 0;
	rc = pci->host.cfg_read(pci->host.ctx, control, sizeof(control),
				pci->layout.msix_pos + PCI_MSIX_FLAGS);
	if (rc != (int)sizeof(control))
		return rc < 0 ? rc : -EIO;
	if (control[0] == UINT8_MAX && control[1] == UINT8_MAX && went_away(pci))
		return -ENODEV;
	*enabled = (control[1] & (PCI_MSIX_FLAGS_ENABLE >> 8)) != 0;
	return 0;
}

static int
get_status(struct virtio_transport *t, uint8_t *status)
{
	if (t->gone)
		return -ENODEV;
	*status = (uint8_t)get(legacy(t), VIRTIO_PCI_STATUS, 1);
	return 0;
}

static int
set_status(struct virtio_transport *t, uint8_t status)
{
	if (t->gone)
		return -ENODEV;
	put(legacy(t), VIRTIO_PCI_STATUS, 1, status);
	return 0;
}

static int
get_features(struct virtio_transport *t, uint64_t *features)
{
	struct virtio_pci_legacy *pci = legacy(t);
	uint32_t low;

	if (t->gone)
		return -ENODEV;
	low = get(pci, VIRTIO_PCI_HOST_FEATURES, 4);
	if (low == UINT32_MAX && went_away(pci))
		return -ENODEV;
	*features = low;
	return 0;
}

/* The size that the device gives queue @p q, which is selected now; 0 where there is none. */
static uint16_t
select_size(struct virtio_pci_legacy *pci, uint16_t q)
{
	put(pci, VIRTIO_PCI_QUEUE_SEL, 2, q);
	return (uint16_t)get(pci, VIRTIO_PCI_QUEUE_NUM, 2);
}

/* There is no register that says how many queues there are. */
static int
count_queues(struct virtio_pci_legacy *pci)
{
	uint16_t q = 0;

	for (;;) {
		uint16_t size = select_size(pci, q);

		if (size == UINT16_MAX && went_away(pci))
			return -ENODEV;
		if (size == 0 || q == UINT16_MAX)
			break;
		q++;
	}
	pci->base.num_queues = q;
	return 0;
}

static int
set_features(struct virtio_transport *t, uint64_t features)
{
	struct virtio_pci_legacy *pci = legacy(t);

	if (t->gone)
		return -ENODEV;
	if (features > UINT32_MAX)
		return -EINVAL;
	put(pci, VIRTIO_PCI_GUEST_FEATURES, 4, (uint32_t)features);
	t->features = features;
	return count_queues(pci); /* MQ brings some */
}

/* Where @p len bytes of configuration at @p offset are. */
static int
config_at(struct virtio_pci_legacy *pci, uint32_t offset, uint32_t len, uint32_t *at)
{
	bool msix;
	int rc;

	if (pci->base.gone)
		return -ENODEV;
	rc = msix_enabled(pci, &msix);
	if (rc != 0)
		return rc;
	if (VIRTIO_PCI_CONFIG_OFF(msix) + (uint64_t)offset + len > pci->ports.len)
		return -EINVAL;
	*at = VIRTIO_PCI_CONFIG_OFF(msix) + offset;
	return 0;
}

/* 4.1.4.10: any width will do, but a field that is read at once is read whole. */
static unsigned int
config_width(uint32_t offset, uint32_t len)
{
	if (len == 2 && offset % 2 == 0)
		return 2;
	return (len == 4 || len == 8) && offset % 4 == 0 ? 4 : 1;
}

static int
read_config(struct virtio_transport *t, uint32_t offset, void *buf, uint32_t len)
{
	struct virtio_pci_legacy *pci = legacy(t);
	const unsigned int width = config_width(offset, len);
	uint32_t at = 0;
	int rc = config_at(pci, offset, len, &at);

	for (uint32_t i = 0; rc == 0 && i < len; i += width) {
		/* 2.5.4: native endian, as what the caller gets */
		uint32_t value = get(pci, at + i, width);
		uint16_t half = (uint16_t)value;
		uint8_t byte = (uint8_t)value;

		memcpy((uint8_t *)buf + i, width == 4 ? (void *)&value :
		       width == 2 ? (void *)&half : (void *)&byte, width);
	}
	return rc;
}

/* 5.1.4.4: a driver sets its MAC address so; byte by byte, as that has always been done. */
static int
write_config(struct virtio_transport *t, uint32_t offset, const void *buf, uint32_t len)
{
	struct virtio_pci_legacy *pci = legacy(t);
	uint32_t at = 0;
	int rc = config_at(pci, offset, len, &at);

	for (uint32_t i = 0; rc == 0 && i < len; i++)
		put(pci, at + i, 1, ((const uint8_t *)buf)[i]);
	return rc;
}

static int
get_generation(struct virtio_transport *t, uint32_t *generation)
{
	*generation = 0;
	return t->gone ? -ENODEV : 0;
}

static int
queue_max_size(struct virtio_transport *t, uint16_t q, uint16_t *size)
{
	struct virtio_pci_legacy *pci = legacy(t);

	if (t->gone)
		return -ENODEV;
	*size = q < t->num_queues ? select_size(pci, q) : 0;
	return *size == UINT16_MAX && went_away(pci) ? -ENODEV : 0;
}

/* Write an MSI-X vector and see whether the device took it (4.1.5.1.2.2). */
static int
map_vector(struct virtio_pci_legacy *pci, uint32_t offset, uint16_t vector)
{
	uint16_t now;
	bool msix;
	int rc = msix_enabled(pci, &msix);

	if (rc != 0)
		return rc;
	if (!msix)
		return vector == VIRTIO_NO_VECTOR ? 0 : -EINVAL;
	if (vector != VIRTIO_NO_VECTOR && vector >= pci->layout.msix_size)
		return -EINVAL;
	put(pci, offset, 2, vector);
	now = (uint16_t)get(pci, offset, 2);
	if (now == UINT16_MAX && went_away(pci))
		return -ENODEV;
	if (now == vector)
		return 0;
	virtio_log(VIRTIO_LOG_WARNING, "legacy PCI: the device does not take MSI-X vector %u",
		   vector);
	return -EBUSY;
}

static int
set_config_vector(struct virtio_transport *t, uint16_t vector)
{
	return t->gone ? -ENODEV : map_vector(legacy(t), MSI_CONFIG_VECTOR, vector);
}

/* 2.7.2: one address says it all; the parts are where the standard wants them. */
static int
check_setup(const struct virtio_queue_setup *setup)
{
	if (!vring_split_size_ok(setup->size) || setup->base != 0 || setup->resume ||
	    setup->desc == 0 || setup->desc % VRING_SPLIT_ALIGN_LEGACY != 0 ||
	    setup->driver != setup->desc + vring_split_avail_offset(setup->size) ||
	    setup->device != setup->desc + vring_split_used_offset(setup->size,
							VRING_SPLIT_ALIGN_LEGACY))
		return -EINVAL;
	if (setup->desc < VIRTIO_PCI_LEGACY_ADDR_END)
		return 0;
	virtio_log(VIRTIO_LOG_ERR, "legacy PCI: a ring at 0x%llx is out of the device's reach, "
		   "which ends at 16 TB", (unsigned long long)setup->desc);
	return -EINVAL;
}

static int
queue_setup(struct virtio_transport *t, uint16_t q, const struct virtio_queue_setup *setup)
{
	struct virtio_pci_legacy *pci = legacy(t);
	uint32_t page;
	uint16_t size;
	int rc = check_setup(setup);

	if (rc == 0)
		rc = queue_max_size(t, q, &size);
	if (rc != 0)
		return rc;
	if (size == 0)
		return -EINVAL;
	if (size != setup->size)
		return -ERANGE;
	page = get(pci, VIRTIO_PCI_QUEUE_PFN, 4);
	if (page == UINT32_MAX && went_away(pci))
		return -ENODEV;
	if (page != 0)
		return -EALREADY;
	rc = map_vector(pci, MSI_QUEUE_VECTOR, setup->vector);
	if (rc == 0)
		put(pci, VIRTIO_PCI_QUEUE_PFN, 4,
		    (uint32_t)(setup->desc >> VIRTIO_PCI_QUEUE_ADDR_SHIFT));
	return rc;
}

static int
queue_reset(struct virtio_transport *t, uint16_t q)
{
	(void)t;
	(void)q;
	return -ENOTSUP; /* RING_RESET is bit 40 */
}

static void
kick(const struct virtio_notifier *n, uint16_t next)
{
	const struct virtio_pci_ports *ports = n->ports;

	(void)next;
	ports->write(ports->ctx, VIRTIO_PCI_QUEUE_NOTIFY, 2, n->data);
}

static int
queue_notifier(struct virtio_transport *t, uint16_t q, struct virtio_notifier *n)
{
	if (t->gone)
		return -ENODEV;
	n->kick = kick;
	n->ports = &legacy(t)->ports;
	n->data = q;
	return 0;
}

static uint8_t
read_isr(struct virtio_transport *t)
{
	struct virtio_pci_legacy *pci = legacy(t);
	uint8_t isr;

	if (t->gone)
		return 0;
	isr = (uint8_t)get(pci, VIRTIO_PCI_ISR, 1);
	return isr == UINT8_MAX && went_away(pci) ? 0 : isr;
}

static void
close_transport(struct virtio_transport *t)
{
	t->gone = true; /* no operation reaches for a register any more */
}

static const struct virtio_transport_ops legacy_ops = {
	.name = "pci-legacy",
	.get_status = get_status,
	.set_status = set_status,
	.get_features = get_features,
	.set_features = set_features,
	.read_config = read_config,
	.write_config = write_config,
	.get_generation = get_generation,
	.queue_max_size = queue_max_size,
	.queue_setup = queue_setup,
	.queue_reset = queue_reset,
	.queue_notifier = queue_notifier,
	.set_config_vector = set_config_vector,
	.read_isr = read_isr,
	.close = close_transport,
};

int
virtio_pci_legacy_open(struct virtio_pci_legacy *pci, const struct virtio_pci_host *host,
		       const struct virtio_pci_ports *ports)
{
	uint8_t revision;
	int rc;

	*pci = (struct virtio_pci_legacy){
		.base = { .ops = &legacy_ops, .allowed = UINT32_MAX, .legacy = true },
		.host = *host,
		.ports = *ports,
	};
	rc = host->cfg_read(host->ctx, &revision, sizeof(revision), PCI_REVISION_ID);
	if (rc != (int)sizeof(revision))
		return rc < 0 ? rc : -EIO;
	/* For MSI-X alone: what else is in the list, if anything, is not for this interface. */
	rc = virtio_pci_walk(host, NULL, &pci->layout);
	if (rc == -ENODEV || rc == -EIO)
		return rc;
	/* 4.1.2.3 */
	if (revision != 0 || ports->len < VIRTIO_PCI_CONFIG_OFF(true)) {
		virtio_log(VIRTIO_LOG_ERR, "legacy PCI: a function of revision %u with %u bytes in "
			   "BAR 0 has no legacy interface", revision, ports->len);
		return -ENOTSUP;
	}
	return count_queues(pci);
}
