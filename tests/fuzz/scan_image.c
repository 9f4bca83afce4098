/* SPDX-License-Identifier: Apache-2.0 */
/* A tar as an image: manifests, layers, whiteouts. */
#include <sys/mman.h>
#include <unistd.h>

#include "scan/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bk_report report = { 0 };
	int fd = memfd_create("image", MFD_CLOEXEC);
	char path[32];

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (bk_scan_target(path, NULL, &report) < 0 && !report.diags.errors)
		abort();
	close(fd);
	bk_report_free(&report);
	return 0;
}
