/* page.h - what a page must hold.
 *
 * Every byte of a page is a pure function of (seed, index, version): nothing depends on the order in which pages were
 * written. So a checker needs only the version it wrote last, and a page that a migration lost, tore or left stale is
 * seen at its next check.
 *
 * A version is a count of writes times four plus the kind of content, so a change of kind is a change of version.
 */
#ifndef FABRIC_PAGE_H
#define FABRIC_PAGE_H

#include <stdbool.h>
#include <stdint.h>

enum { PAGE_BYTES = 4096, PAGE_WORDS = PAGE_BYTES / 8, PAGES_PER_MIB = 256 };

enum page_kind {
  PAGE_SPARSE, /* one 64-byte record changes per write: what a counter or a list head does to a page */
  PAGE_RANDOM, /* the whole page changes, incompressible */
  PAGE_TEXT,   /* the whole page changes, compressible */
  PAGE_ZERO,   /* fill only: all zero bytes */
  PAGE_DUP,    /* fill only: one of 256 random pages, so that most have a twin */
};

/* Reads a kind by its name (sparse, rand, text, zero, dup); false when there is no such kind. */
bool page_kind_parse(const char *name, enum page_kind *kind);

/* Two guests with the same seed hold the same pages. Call before anything else here. */
void page_seed(uint64_t seed);

/* The version of the write number `count` with content `kind` (sparse, random or text). */
static inline uint32_t page_version(uint32_t count, enum page_kind kind) { return count << 2 | (uint32_t)kind; }

static inline uint32_t page_count(uint32_t version) { return version >> 2; }

/* Turns a page that holds `from` into one that holds `to`. A new page: page_render. */
void page_write(uint64_t *page, uint64_t index, uint32_t from, uint32_t to);

/* Writes all of a working-set page. */
void page_render(uint64_t *page, uint64_t index, uint32_t version);

/* Writes a page of the fill: no header, so that zero pages are zero and twins are twins. */
void page_render_fill(uint64_t *page, uint64_t index, enum page_kind kind);

/* True when the page holds exactly what it must. */
bool page_holds(const uint64_t *page, uint64_t index, uint32_t version);
bool page_holds_fill(const uint64_t *page, uint64_t index, enum page_kind kind);

/* The mixing function behind all contents (splitmix64). */
uint64_t page_mix(uint64_t x);

/* Incompressible words from one key. */
void page_random_words(uint64_t *words, unsigned count, uint64_t key);

#endif
