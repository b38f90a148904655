/* dirtier - the test guest's only program: dirties memory at a set rate and checks itself.
 *
 * It keeps a working set of pages whose whole content is known (page.h), rewrites them at a set rate, checks each page
 * before it rewrites it, and checks all pages in a slow rolling scan. A page that a migration lost, tore or left stale
 * shows as bad != 0 in the next heartbeat or verify.
 *
 * usage: dirtier key=value...
 *   ws=MiB     working set (default 16)
 *   rate=N     pages dirtied per second; 0 none, -1 as fast as possible (default 0)
 *   mode=M     what one write changes: sparse, rand or text (default sparse)
 *   order=O    which page is next: rnd or seq (default rnd)
 *   fill=MiB   more memory, filled once (default 0)
 *   fillmode=M of the fill: rand, text, zero or dup (default rand)
 *   scan=N     pages checked per second by the rolling scan (default 2000)
 *   hb=ms      heartbeat period (default 100)
 *   seed=N     of all contents; two guests with one seed hold the same pages (default 1)
 *   disk=PATH  block device to write to; dw=KiB/s write rate (default 0)
 *   status=PATH  file that always holds the last heartbeat
 * commands on stdin, one a line:
 *   rate N | mode M | dw N | verify | sync | quit
 * lines on stdout:
 *   DIRTIER ready ...
 *   HB <seq> up=<s> dirt=<pages dirtied> bad=<pages> scans=<full scans> dseq=<disk writes> derr=<disk errors>
 *   VERIFY pages=<checked> bad=<pages> blocks=<checked> dbad=<blocks>
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <time.h>
#include <unistd.h>

#include "disk.h"
#include "memory.h"

enum {
  TICK_MS = 4,      /* an idle guest sleeps this long between looks; also the grain of the rates */
  BATCH_PAGES = 256, /* most pages dirtied or checked between two looks at the clock: 1 MiB */
  BATCH_BLOCKS = 16,
  LINE_BYTES = 128,
};

struct options {
  long set_mib, fill_mib, rate, scan, heartbeat_ms, disk_kib;
  uint64_t seed;
  const char *disk, *status;
};

struct dirtier {
  struct options o;
  struct memory memory;
  struct disk disk;
  double dirty_credit, scan_credit, disk_credit; /* fractions of a page or block carried to the next tick */
  uint64_t beats;
  char line[LINE_BYTES];
  unsigned length;
};

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void set_mode(struct memory *m, const char *name) {
  enum page_kind kind;
  if (page_kind_parse(name, &kind) && kind <= PAGE_TEXT) m->kind = kind;
  else printf("DIRTIER error mode=%s (sparse, rand or text)\n", name);
}

static void option(struct dirtier *d, const char *key, const char *value) {
  struct options *o = &d->o;
  if (strcmp(key, "ws") == 0) o->set_mib = atol(value);
  else if (strcmp(key, "rate") == 0) o->rate = atol(value);
  else if (strcmp(key, "mode") == 0) set_mode(&d->memory, value);
  else if (strcmp(key, "order") == 0) d->memory.in_order = strcmp(value, "seq") == 0;
  else if (strcmp(key, "fill") == 0) o->fill_mib = atol(value);
  else if (strcmp(key, "fillmode") == 0) {
    if (!page_kind_parse(value, &d->memory.fill_kind)) printf("DIRTIER error fillmode=%s\n", value);
  } else if (strcmp(key, "scan") == 0) o->scan = atol(value);
  else if (strcmp(key, "hb") == 0) o->heartbeat_ms = atol(value);
  else if (strcmp(key, "seed") == 0) o->seed = strtoull(value, NULL, 0);
  else if (strcmp(key, "disk") == 0) o->disk = value;
  else if (strcmp(key, "dw") == 0) o->disk_kib = atol(value);
  else if (strcmp(key, "status") == 0) o->status = value;
  else printf("DIRTIER error unknown option %s\n", key);
}

/* Whole units due after `dt` seconds at `rate` a second. What a batch cannot hold is dropped, not owed: after a pause
 * the guest must not "catch up", or the dirtying rate a test asked for would be wrong just after every blackout. */
static long due(double *credit, double dt, double rate, long batch) {
  *credit += dt * rate;
  long units = (long)*credit;
  *credit -= (double)units;
  return units < batch ? units : batch;
}

static void work(struct dirtier *d, double dt) {
  long pages = d->o.rate < 0 ? BATCH_PAGES : due(&d->dirty_credit, dt, (double)d->o.rate, BATCH_PAGES);
  while (pages-- > 0) memory_dirty(&d->memory);
  for (long n = due(&d->scan_credit, dt, (double)d->o.scan, BATCH_PAGES); n > 0; n--) memory_scan(&d->memory);
  if (d->disk.fd < 0) return;
  for (long n = due(&d->disk_credit, dt, (double)d->o.disk_kib / 4, BATCH_BLOCKS); n > 0; n--) disk_write(&d->disk);
}

static void heartbeat(struct dirtier *d, double now) {
  char text[256];
  int n = snprintf(text, sizeof text,
                   "HB %" PRIu64 " up=%.3f dirt=%" PRIu64 " bad=%" PRIu64 " scans=%" PRIu64 " dseq=%" PRIu64
                   " derr=%" PRIu64 "\n",
                   d->beats++, now, d->memory.dirtied, d->memory.bad, d->memory.scans, d->disk.writes, d->disk.errors);
  fputs(text, stdout);
  if (d->o.status == NULL) return;
  int fd = open(d->o.status, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return;
  if (write(fd, text, (size_t)n) != n) printf("DIRTIER error status: %s\n", strerror(errno));
  close(fd);
}

static void verify(struct dirtier *d) {
  uint64_t blocks, bad = memory_verify(&d->memory), disk_bad = disk_verify(&d->disk, &blocks);
  printf("VERIFY pages=%" PRIu64 " bad=%" PRIu64 " blocks=%" PRIu64 " dbad=%" PRIu64 "\n",
         d->memory.set_pages + d->memory.fill_pages, bad, blocks, disk_bad);
}

static void command(struct dirtier *d, const char *line) {
  if (strncmp(line, "rate ", 5) == 0) d->o.rate = atol(line + 5);
  else if (strncmp(line, "mode ", 5) == 0) set_mode(&d->memory, line + 5);
  else if (strncmp(line, "dw ", 3) == 0) d->o.disk_kib = atol(line + 3);
  else if (strcmp(line, "verify") == 0) verify(d);
  else if (strcmp(line, "sync") == 0) {
    if (d->disk.fd >= 0 && fsync(d->disk.fd) < 0) d->disk.errors++;
    printf("SYNCED dseq=%" PRIu64 "\n", d->disk.writes);
  } else if (strcmp(line, "quit") == 0) {
    puts("DIRTIER quit");
    sync();
    reboot(RB_POWER_OFF);
  } else if (*line != '\0') printf("DIRTIER error unknown command %s\n", line);
}

/* Collects typed characters into lines without ever waiting for the rest of one: half a line may be all that came
 * before a migration. */
static void read_commands(struct dirtier *d) {
  char bytes[LINE_BYTES];
  ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
  for (ssize_t i = 0; i < n; i++) {
    if (bytes[i] != '\n' && bytes[i] != '\r') {
      if (d->length < LINE_BYTES - 1) d->line[d->length++] = bytes[i];
      continue;
    }
    d->line[d->length] = '\0';
    d->length = 0;
    command(d, d->line);
  }
}

static void run(struct dirtier *d) {
  double last = seconds(), next_beat = last;
  for (;;) {
    double now = seconds();
    work(d, now - last);
    last = now;
    if (now >= next_beat) {
      heartbeat(d, now);
      next_beat += (double)d->o.heartbeat_ms / 1e3;
      if (next_beat < now) next_beat = now + (double)d->o.heartbeat_ms / 1e3; /* no burst after a pause */
    }
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    int ready = poll(&in, 1, d->o.rate < 0 ? 0 : TICK_MS);
    if (ready > 0 && (in.revents & POLLIN) != 0) read_commands(d);
    else if (ready > 0) poll(NULL, 0, TICK_MS); /* stdin is gone: do not spin on its hang-up */
  }
}

int main(int argc, char **argv) {
  static struct dirtier d = {
      .o = {.set_mib = 16, .scan = 2000, .heartbeat_ms = 100, .seed = 1},
      .memory = {.kind = PAGE_SPARSE, .fill_kind = PAGE_RANDOM},
      .disk = {.fd = -1},
  };
  setvbuf(stdout, NULL, _IOLBF, 0); /* a line is one write, so the console never interleaves two */
  for (int i = 1; i < argc; i++) {
    char *value = strchr(argv[i], '=');
    if (value == NULL) {
      printf("DIRTIER error not key=value: %s\n", argv[i]);
      continue;
    }
    *value++ = '\0';
    option(&d, argv[i], value);
  }
  if (d.o.heartbeat_ms < 1) d.o.heartbeat_ms = 1;
  if (d.o.set_mib < 0 || d.o.fill_mib < 0 ||
      !memory_init(&d.memory, (uint64_t)d.o.set_mib, (uint64_t)d.o.fill_mib, d.o.seed)) {
    printf("DIRTIER error no memory for ws=%ld fill=%ld\n", d.o.set_mib, d.o.fill_mib);
    return 1;
  }
  if (d.o.disk != NULL) disk_open(&d.disk, d.o.disk);
  printf("DIRTIER ready ws=%ld rate=%ld mode=%d fill=%ld up=%.3f\n", d.o.set_mib, d.o.rate, (int)d.memory.kind,
         d.o.fill_mib, seconds());
  run(&d);
}
