/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base scores of CVSS vectors (FIRST): 2.0 ("AV:N/AC:L/Au:N/C:P/I:P/A:P"), 3.0, 3.1 and 4.0.  Temporal, threat and environmental metrics are read over:
 * they say how urgent it was elsewhere.
 */
#ifndef BK_SCAN_CVSS_H
#define BK_SCAN_CVSS_H

#include "scan/scan.h"

/* The score, 0.0 to 10.0; negative where the text is no whole vector. */
double bk_cvss_score(const char *vector);
/* 20, 30, 31, 40; 0 for none. */
int bk_cvss_version(const char *vector);
enum bk_level bk_cvss_level(double score);
/* "HIGH", "important", "moderate" ...; BK_LEVEL_UNKNOWN for others. */
enum bk_level bk_level_of_word(const char *word);

/* The value of a metric as it is in the vector; 0 where it is not there. */
char bk_cvss_metric(const char *vector, const char *name);
double bk_cvss4_score(const char *vector);

#endif
