/* memory.h - the working set, which is dirtied, and the fill, which is written once; both are checked for ever. */
#ifndef FABRIC_MEMORY_H
#define FABRIC_MEMORY_H

#include "page.h"

struct memory {
  uint64_t *set;      /* set_pages pages */
  uint32_t *versions; /* what each page of the set must hold */
  uint64_t set_pages;
  uint64_t *fill; /* fill_pages pages */
  uint64_t fill_pages;
  enum page_kind kind;      /* of the next writes */
  enum page_kind fill_kind; /* of all fill pages */
  bool in_order;            /* dirty pages one after the other, not at random */

  uint64_t dirtied, bad, scans; /* counters of the heartbeat */
  uint64_t random, next, cursor; /* where dirtying and scanning are */
};

/* Allocates and fills everything; false when the guest has not that much memory. */
bool memory_init(struct memory *m, uint64_t set_mib, uint64_t fill_mib, uint64_t seed);

/* Checks and rewrites one page of the working set. */
void memory_dirty(struct memory *m);

/* Checks the next page of the rolling scan over set and fill. */
void memory_scan(struct memory *m);

/* Checks every page now; returns the bad ones and adds them to `bad`. */
uint64_t memory_verify(struct memory *m);

#endif
