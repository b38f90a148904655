/* page.c - see page.h. Layout of a working-set page: word 0 the index, word 1 the version, then the payload. */
#include "page.h"

#include <string.h>

enum {
  HEADER_WORDS = 2,
  SLOT_WORDS = 8,                         /* 64 bytes */
  SLOTS = PAGE_WORDS / SLOT_WORDS - 1,    /* slot 0 is the header's */
  DUP_DISTINCT = 256,
};

static uint64_t the_seed = 1;

void page_seed(uint64_t seed) { the_seed = seed; }

bool page_kind_parse(const char *name, enum page_kind *kind) {
  static const char *const names[] = {"sparse", "rand", "text", "zero", "dup"};
  for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
    if (strcmp(name, names[i]) == 0) {
      *kind = (enum page_kind)i;
      return true;
    }
  }
  return false;
}

uint64_t page_mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

static uint64_t key_of(uint64_t index, uint64_t version) {
  return page_mix(index ^ page_mix(version ^ page_mix(the_seed)));
}

static inline uint64_t next(uint64_t s) {
  s ^= s << 13;
  s ^= s >> 7;
  return s ^ s << 17;
}

void page_random_words(uint64_t *words, unsigned count, uint64_t key) {
  uint64_t s = key | 1; /* xorshift never leaves zero */
  for (unsigned i = 0; i < count; i++) words[i] = s = next(s);
}

static void text(uint64_t *page, uint64_t key) {
  static const char words[16][8] = {"migrate ", "a page, ", "dirtied ", "bitmap, ", "sources ", "targets ",
                                    "the old ", "of many ", "guests, ", "memory, ", "a delta ", "rounds, ",
                                    "stopped ", "copies, ", "linked, ", "resume.\n"};
  uint64_t s = key | 1;
  for (unsigned i = HEADER_WORDS; i < PAGE_WORDS; i++) {
    s = next(s);
    memcpy(&page[i], words[s >> 20 & 15], sizeof page[i]);
  }
}

/* Write number n fills slot n % SLOTS. Slots no write has reached yet are zero. */
static void sparse_slot(uint64_t *page, uint64_t index, uint32_t count) {
  unsigned slot = 1 + count % SLOTS;
  page_random_words(page + slot * SLOT_WORDS, SLOT_WORDS, key_of(index, page_version(count, PAGE_SPARSE)));
}

static void sparse(uint64_t *page, uint64_t index, uint32_t count) {
  memset(page + HEADER_WORDS, 0, PAGE_BYTES - HEADER_WORDS * sizeof *page);
  uint32_t oldest = count < SLOTS ? 0 : count - SLOTS + 1;
  for (uint32_t n = oldest; n <= count; n++) sparse_slot(page, index, n);
}

static void header(uint64_t *page, uint64_t index, uint32_t version) {
  page[0] = index;
  page[1] = version;
}

static enum page_kind kind_of(uint32_t version) { return (enum page_kind)(version & 3); }

void page_render(uint64_t *page, uint64_t index, uint32_t version) {
  header(page, index, version);
  switch (kind_of(version)) {
  case PAGE_RANDOM:
    page_random_words(page + HEADER_WORDS, PAGE_WORDS - HEADER_WORDS, key_of(index, version));
    break;
  case PAGE_TEXT:
    text(page, key_of(index, version));
    break;
  default:
    sparse(page, index, page_count(version));
    break;
  }
}

void page_write(uint64_t *page, uint64_t index, uint32_t from, uint32_t to) {
  bool one_slot = kind_of(from) == PAGE_SPARSE && kind_of(to) == PAGE_SPARSE && page_count(to) == page_count(from) + 1;
  if (!one_slot) {
    page_render(page, index, to);
    return;
  }
  header(page, index, to);
  sparse_slot(page, index, page_count(to));
}

void page_render_fill(uint64_t *page, uint64_t index, enum page_kind kind) {
  /* Far from the versions of the working set, whose numbers fit 32 bits. */
  const uint64_t fill = UINT64_C(1) << 40;
  switch (kind) {
  case PAGE_ZERO:
    memset(page, 0, PAGE_BYTES);
    break;
  case PAGE_TEXT:
    header(page, 0, 0);
    text(page, key_of(index, fill));
    break;
  case PAGE_DUP:
    page_random_words(page, PAGE_WORDS, key_of(index % DUP_DISTINCT, fill));
    break;
  default:
    page_random_words(page, PAGE_WORDS, key_of(index, fill));
    break;
  }
}

static uint64_t expected[PAGE_WORDS];

bool page_holds(const uint64_t *page, uint64_t index, uint32_t version) {
  if (page[0] != index || page[1] != version) return false; /* cheap, and what a stale page fails on */
  page_render(expected, index, version);
  return memcmp(page, expected, PAGE_BYTES) == 0;
}

bool page_holds_fill(const uint64_t *page, uint64_t index, enum page_kind kind) {
  page_render_fill(expected, index, kind);
  return memcmp(page, expected, PAGE_BYTES) == 0;
}
