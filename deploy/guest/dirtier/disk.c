/* disk.c - see disk.h. O_DIRECT, so that a write is on the device (and so visible to a mirror) when it returns. */
#define _GNU_SOURCE
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "page.h"

static uint64_t expected[PAGE_WORDS];

static void render(uint64_t *words, uint64_t block, uint64_t write) {
  words[0] = block;
  words[1] = write;
  page_random_words(words + 2, PAGE_WORDS - 2, page_mix(block ^ page_mix(write)));
}

void disk_open(struct disk *d, const char *path) {
  d->fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
  uint64_t bytes = 0;
  if (d->fd < 0 || ioctl(d->fd, BLKGETSIZE64, &bytes) < 0) {
    printf("DIRTIER disk %s error=%s\n", path, strerror(errno));
    d->fd = -1;
    return;
  }
  d->blocks = bytes / PAGE_BYTES < DISK_BLOCKS_MAX ? bytes / PAGE_BYTES : DISK_BLOCKS_MAX;
  /* mmap, because O_DIRECT wants an aligned buffer */
  d->buffer = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  d->written = calloc(d->blocks, sizeof *d->written);
  if (d->buffer == MAP_FAILED || d->written == NULL || d->blocks == 0) d->fd = -1;
  printf("DIRTIER disk %s blocks=%" PRIu64 "\n", path, d->blocks);
}

static bool holds(struct disk *d, uint64_t block) {
  if (d->written[block] == 0) return true; /* not ours yet */
  if (pread(d->fd, d->buffer, PAGE_BYTES, (off_t)(block * PAGE_BYTES)) != PAGE_BYTES) return false;
  render(expected, block, d->written[block]);
  return memcmp(d->buffer, expected, PAGE_BYTES) == 0;
}

void disk_write(struct disk *d) {
  uint64_t write = d->writes + 1, block = page_mix(write) % d->blocks;
  if (!holds(d, block)) d->errors++;
  render(d->buffer, block, write);
  if (pwrite(d->fd, d->buffer, PAGE_BYTES, (off_t)(block * PAGE_BYTES)) == PAGE_BYTES) {
    d->written[block] = write;
  } else {
    d->errors++;
    d->written[block] = 0; /* either content may be there now */
  }
  d->writes = write;
}

uint64_t disk_verify(struct disk *d, uint64_t *checked) {
  uint64_t bad = 0;
  *checked = 0;
  for (uint64_t block = 0; d->fd >= 0 && block < d->blocks; block++) {
    *checked += d->written[block] != 0;
    bad += !holds(d, block);
  }
  d->errors += bad;
  return bad;
}
