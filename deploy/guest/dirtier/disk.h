/* disk.h - writes blocks to a disk and reads them back, so that a lost or stale block shows as an error.
 *
 * Block contents are a pure function of (write number, block), as pages are. Only the first DISK_BLOCKS_MAX blocks are
 * used, so that the table of what each must hold stays small.
 */
#ifndef FABRIC_DISK_H
#define FABRIC_DISK_H

#include <stdbool.h>
#include <stdint.h>

enum { DISK_BLOCKS_MAX = 16384 }; /* x 4 KiB = 64 MiB; x 8 bytes of table = 128 KiB */

struct disk {
  int fd;          /* -1: no disk */
  uint64_t blocks; /* blocks in use */
  uint64_t *buffer;
  uint64_t *written; /* per block: number of the write it holds, 0 = not written by us */
  uint64_t writes, errors;
};

/* Opens a block device; says on stdout what it found. */
void disk_open(struct disk *d, const char *path);

/* Checks a block against the last write to it, then overwrites it. */
void disk_write(struct disk *d);

/* Reads back every block written; returns the bad ones and adds them to `errors`. Sets `*checked`. */
uint64_t disk_verify(struct disk *d, uint64_t *checked);

#endif
