/* memory.c - see memory.h. */
#define _GNU_SOURCE
#include "memory.h"

#include <stdlib.h>
#include <sys/mman.h>

static uint64_t *pages(uint64_t count) {
  void *p = mmap(NULL, count * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return p == MAP_FAILED ? NULL : p;
}

static uint64_t *set_page(const struct memory *m, uint64_t i) { return m->set + i * PAGE_WORDS; }

static uint64_t *fill_page(const struct memory *m, uint64_t i) { return m->fill + i * PAGE_WORDS; }

bool memory_init(struct memory *m, uint64_t set_mib, uint64_t fill_mib, uint64_t seed) {
  page_seed(seed);
  m->random = page_mix(seed);
  m->set_pages = set_mib > 0 ? set_mib * PAGES_PER_MIB : 1; /* never none: the loops divide by it */
  m->fill_pages = fill_mib * PAGES_PER_MIB;
  m->set = pages(m->set_pages);
  m->versions = calloc(m->set_pages, sizeof *m->versions);
  if (m->set == NULL || m->versions == NULL) return false;
  for (uint64_t i = 0; i < m->set_pages; i++) {
    m->versions[i] = page_version(0, m->kind);
    page_render(set_page(m, i), i, m->versions[i]);
  }
  if (m->fill_pages == 0) return true;
  m->fill = pages(m->fill_pages);
  if (m->fill == NULL) return false;
  for (uint64_t i = 0; i < m->fill_pages; i++) page_render_fill(fill_page(m, i), i, m->fill_kind);
  return true;
}

static uint64_t choose(struct memory *m) {
  if (m->in_order) return m->next++ % m->set_pages;
  m->random = m->random * 6364136223846793005u + 1442695040888963407u;
  return (m->random >> 33) % m->set_pages;
}

static bool set_holds(const struct memory *m, uint64_t i) { return page_holds(set_page(m, i), i, m->versions[i]); }

void memory_dirty(struct memory *m) {
  uint64_t i = choose(m);
  uint32_t from = m->versions[i], to = page_version(page_count(from) + 1, m->kind);
  if (set_holds(m, i)) {
    page_write(set_page(m, i), i, from, to);
  } else {
    m->bad++;
    page_render(set_page(m, i), i, to); /* whole, so that one fault is counted once */
  }
  m->versions[i] = to;
  m->dirtied++;
}

static bool any_holds(const struct memory *m, uint64_t i) {
  if (i < m->set_pages) return set_holds(m, i);
  i -= m->set_pages;
  return page_holds_fill(fill_page(m, i), i, m->fill_kind);
}

void memory_scan(struct memory *m) {
  if (!any_holds(m, m->cursor)) m->bad++;
  if (++m->cursor == m->set_pages + m->fill_pages) {
    m->cursor = 0;
    m->scans++;
  }
}

uint64_t memory_verify(struct memory *m) {
  uint64_t bad = 0;
  for (uint64_t i = 0; i < m->set_pages + m->fill_pages; i++) bad += !any_holds(m, i);
  m->bad += bad;
  return bad;
}
