/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vio-info: virtio devices as the driver vio sees them, or would. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "bind.h"
#include "function.h"
#include "json.h"
#include "kinds.h"
#include "options.h"
#include "registers.h"
#include "text.h"

static int
show_backend(const struct options *o)
{
	static struct backend b; /* large */
	int rc = backend_ask(&b, o->backend);

	if (o->json && json_backend(&b) != 0)
		return INFO_CANNOT;
	if (!o->json)
		text_backend(&b);
	return rc == 0 ? INFO_OK : INFO_CANNOT;
}

static bool
is_meant(const struct options *o, const struct functions *list, const struct function *f)
{
	for (int i = 0; i < o->bdf_count; i++)
		if (functions_by_address(list, o->bdf[i]) == f)
			return true;
	return o->bdf_count == 0 && (o->all_kinds || f->virtio_id == KIND_NETWORK);
}

static int
show_functions(const struct options *o, struct functions *list)
{
	int status = INFO_OK;
	unsigned int shown = 0;

	if (o->json)
		json_begin();
	for (unsigned int i = 0; i < list->count; i++) {
		struct function *f = &list->item[i];

		if (!is_meant(o, list, f))
			continue;
		if (o->registers && f->virtio_id == KIND_NETWORK && registers_read(f) != 0 &&
		    o->bdf_count != 0)
			status = INFO_CANNOT; /* asked for by name */
		if (o->json)
			json_function(f);
		else
			printf("%s", shown != 0 ? "\n" : "");
		if (!o->json)
			text_function(f, o->registers);
		shown++;
	}
	if (o->json)
		return json_end() == 0 ? status : INFO_CANNOT;
	if (shown == 0)
		puts("no virtio network card");
	return status;
}

/* 0, or an exit status after a sentence. */
static int
bind_one(const struct options *o, const struct functions *list, struct function *f)
{
	struct bind_refusal why;
	char advice[256];
	int rc;

	if (!bind_allowed(f, o->bind, &why)) {
		fprintf(stderr, "vio-info: %s stays as it is: %s\n", f->bdf, why.text);
		return INFO_REFUSED;
	}
	bind_advice(list, f, o->bind, advice, sizeof(advice));
	rc = bind_do(f, o->bind, &why);
	if (rc == -EALREADY) {
		printf("%s is bound to %s already\n", f->bdf, f->driver);
		return INFO_OK;
	}
	if (rc != 0) {
		fprintf(stderr, "vio-info: %s: %s\n", f->bdf, why.text);
		return INFO_CANNOT;
	}
	printf("%s is bound to %s now\n", f->bdf, f->driver);
	if (advice[0] != '\0')
		fprintf(stderr, "vio-info: %s\n", advice);
	return INFO_OK;
}

static int
bind_functions(const struct options *o, struct functions *list)
{
	int status = INFO_OK;

	/* All are asked about before the first one is touched. */
	for (int i = 0; i < o->bdf_count; i++) {
		const struct function *f = functions_by_address(list, o->bdf[i]);
		struct bind_refusal why;

		if (bind_allowed(f, o->bind, &why))
			continue;
		fprintf(stderr, "vio-info: %s stays as it is: %s\n", f->bdf, why.text);
		status = INFO_REFUSED;
	}
	for (int i = 0; status == INFO_OK && i < o->bdf_count; i++)
		status = bind_one(o, list, functions_by_address(list, o->bdf[i]));
	return status;
}

int
main(int argc, char **argv)
{
	struct functions list;
	struct options o;
	int status = options_parse(&o, argc, argv);

	if (status != -1)
		return status;
	text_colour(o.colour != 0);
	if (o.backend != NULL)
		return show_backend(&o);
	if (functions_find(&list) != 0) {
		fputs("vio-info: out of memory\n", stderr);
		return INFO_CANNOT;
	}
	status = INFO_OK;
	for (int i = 0; i < o.bdf_count; i++)
		if (functions_by_address(&list, o.bdf[i]) == NULL) {
			fprintf(stderr, "vio-info: no virtio PCI device at %s\n", o.bdf[i]);
			status = INFO_CANNOT;
		}
	if (status == INFO_OK)
		status = o.bind != NULL ? bind_functions(&o, &list) : show_functions(&o, &list);
	functions_free(&list);
	return status;
}
