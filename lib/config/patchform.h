/* SPDX-License-Identifier: MIT */
/* The form of each patch file. */
#ifndef CONN_CONFIG_PATCHFORM_H
#define CONN_CONFIG_PATCHFORM_H

#include "config/patches.h"

/* Checks all files that were read; sets the moves of the map. */
int patches_form(struct patches *p, struct err *e);

/* What a normalization makes of a value. */
enum normalization {
	NORMAL_DATE, NORMAL_TIME, NORMAL_SECONDS, NORMAL_MILLISECONDS,
	NORMAL_NONE
};
enum normalization normalization_of(struct span name);

/* [S]: a list of words, each once. */
bool patch_lists(const struct patch_file *f, struct span word);

#endif
