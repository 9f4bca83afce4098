/* SPDX-License-Identifier: Apache-2.0 */
/* The box's system call filter, as a table. */
#ifndef BK_TESTS_PLACE_FILTER_H
#define BK_TESTS_PLACE_FILTER_H

#include <linux/filter.h>

#define BOX_FILTER_MAX 128

/* Fills `code`, which holds BOX_FILTER_MAX; returns the number of instructions. */
unsigned short box_filter(struct sock_filter *code);

#endif
