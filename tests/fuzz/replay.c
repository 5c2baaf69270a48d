/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* replay.c - runs the kept inputs of a folder through a fuzz target, without a fuzzer. Prints TAP. */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

/** One input, in a block of its own length: reads behind it are seen. @return 0 or -1 */
static int
replay(const char *folder, const char *name)
{
	char path[4096];
	uint8_t *data;
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (file == NULL || fseek(file, 0, SEEK_END) != 0)
		return -1;
	size = (size_t)ftell(file);
	rewind(file);
	data = malloc(size);
	if (size != 0 && (data == NULL || fread(data, 1, size, file) != size))
		return -1;
	fclose(file);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

int
main(int argc, char **argv)
{
	struct dirent **names;
	unsigned int inputs = 0;
	int n;

	if (argc != 3) {
		fprintf(stderr, "usage: %s NAME FOLDER\n", argv[0]);
		return 2;
	}
	n = scandir(argv[2], &names, NULL, alphasort);
	puts("1..1");
	fflush(stdout);
	LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.') {
			if (replay(argv[2], names[i]->d_name) != 0) {
				printf("not ok 1 - %s\n# %s cannot be read\n", argv[1],
				       names[i]->d_name);
				return 1;
			}
			inputs++;
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	if (fuzz_end != NULL)
		fuzz_end();
	/* A folder that is not there must not pass for one without findings. */
	printf("%sok 1 - %s\n# %u inputs\n", inputs == 0 ? "not " : "", argv[1], inputs);
	return inputs == 0;
}
