/* writer - writes a disk at a set rate and says on the console what is safe, so that it can be shown afterwards, from
 * the image alone, that nothing was lost that the guest had been told is on disk.
 *
 * It goes round and round over the first `mib` MiB of the disk in blocks of 4 KiB, numbered from 1; block number s lies
 * at ((s - 1) mod blocks) * 4096. A block is 512 little-endian words: magic, number, run, check, then words made from
 * number and run; check is the hash of all the others, in order. After an ACK every block up to that number is on disk:
 * whoever reads the image finds at each place the block last written there, or a later one.
 *
 * usage: writer key=value...
 *   disk=PATH  block device (default /dev/vda)
 *   rate=KiB/s (default 2048)
 *   mib=N      how much of the disk it uses (default 64)
 *   ack=ms     how often what was written is flushed (default 100)
 *   run=N      told apart from the blocks of another run (default 1)
 * lines on stdout:
 *   WRITER ready disk=<path> blocks=<n> run=<n>
 *   ACK <number> up=<s> flush=<ms> bad=<blocks found wrong when read again> errors=<n>
 *   WRITER error <what>
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum {
  BLOCK_BYTES = 4096,
  BLOCK_WORDS = BLOCK_BYTES / 8,
  CHUNK_BLOCKS = 16, /* written at once: 64 KiB, a cluster of qcow2 and a bit of its bitmaps */
  HEAD_WORDS = 4,
  CHECK_WORD = 3,
  BLOCKS_PER_MIB = 256,
  RETRY_MS = 200,
};

static const uint64_t MAGIC = 0x3174697257626146; /* "FabWrit1" */

struct writer {
  const char *path;
  long rate_kib, mib, ack_ms;
  uint64_t run, blocks, next, bad, errors;
  int fd;
  uint64_t *out, *in;
};

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void rest(double s) {
  if (s <= 0) return;
  struct timespec t = {.tv_sec = (time_t)s, .tv_nsec = (long)((s - (double)(time_t)s) * 1e9)};
  nanosleep(&t, NULL);
}

static void render(const struct writer *w, uint64_t *block, uint64_t number) {
  block[0] = MAGIC;
  block[1] = number;
  block[2] = w->run;
  uint64_t s = (number * 0x9e3779b97f4a7c15u ^ w->run) | 1; /* xorshift never leaves zero */
  for (unsigned i = HEAD_WORDS; i < BLOCK_WORDS; i++) {
    s ^= s << 13;
    s ^= s >> 7;
    s ^= s << 17;
    block[i] = s;
  }
  uint64_t check = 0xcbf29ce484222325u; /* FNV-1a, by words */
  for (unsigned i = 0; i < BLOCK_WORDS; i++)
    if (i != CHECK_WORD) check = (check ^ block[i]) * 0x100000001b3u;
  block[CHECK_WORD] = check;
}

static off_t place(const struct writer *w, uint64_t number) { return (off_t)((number - 1) % w->blocks * BLOCK_BYTES); }

/* Says what failed, and waits: the host may mend it. */
static void failed(struct writer *w, const char *what) {
  w->errors++;
  printf("WRITER error %s: %s\n", what, strerror(errno));
  rest(RETRY_MS / 1e3);
}

static void write_chunk(struct writer *w) {
  for (unsigned i = 0; i < CHUNK_BLOCKS; i++) render(w, w->out + i * BLOCK_WORDS, w->next + i);
  size_t bytes = CHUNK_BLOCKS * BLOCK_BYTES;
  while (pwrite(w->fd, w->out, bytes, place(w, w->next)) != (ssize_t)bytes) failed(w, "write");
  w->next += CHUNK_BLOCKS;
}

/* Reads a chunk of the last round again, each time another one. */
static void look_back(struct writer *w) {
  uint64_t chunks = (w->next - 1) / CHUNK_BLOCKS, kept = w->blocks / CHUNK_BLOCKS;
  if (chunks == 0) return;
  uint64_t back = w->next * 0x9e3779b97f4a7c15u % (chunks < kept ? chunks : kept);
  uint64_t first = w->next - (back + 1) * CHUNK_BLOCKS;
  size_t bytes = CHUNK_BLOCKS * BLOCK_BYTES;
  if (pread(w->fd, w->in, bytes, place(w, first)) != (ssize_t)bytes) {
    failed(w, "read");
    return;
  }
  for (unsigned i = 0; i < CHUNK_BLOCKS; i++) {
    render(w, w->out, first + i);
    w->bad += memcmp(w->out, w->in + i * BLOCK_WORDS, BLOCK_BYTES) != 0;
  }
}

static void acknowledge(struct writer *w) {
  double began = seconds();
  while (fdatasync(w->fd) < 0) failed(w, "flush");
  double now = seconds();
  printf("ACK %" PRIu64 " up=%.3f flush=%.1f bad=%" PRIu64 " errors=%" PRIu64 "\n", w->next - 1, now,
         (now - began) * 1e3, w->bad, w->errors);
}

static void run(struct writer *w) {
  double chunk = CHUNK_BLOCKS * BLOCK_BYTES / 1024.0 / (double)w->rate_kib, period = (double)w->ack_ms / 1e3;
  double due = seconds(), flush = due + period;
  for (;;) {
    write_chunk(w);
    double now = seconds();
    if (now >= flush) {
      acknowledge(w);
      look_back(w);
      now = seconds();
      flush = now + period;
    }
    due += chunk;
    if (due < now - period) due = now; /* what a slow disk or a pause cost is not made good by a burst */
    rest(due - now);
  }
}

static bool option(struct writer *w, const char *key, const char *value) {
  if (strcmp(key, "disk") == 0) w->path = value;
  else if (strcmp(key, "rate") == 0) w->rate_kib = atol(value);
  else if (strcmp(key, "mib") == 0) w->mib = atol(value);
  else if (strcmp(key, "ack") == 0) w->ack_ms = atol(value);
  else if (strcmp(key, "run") == 0) w->run = strtoull(value, NULL, 0);
  else return false;
  return true;
}

int main(int argc, char **argv) {
  static struct writer w = {.path = "/dev/vda", .rate_kib = 2048, .mib = 64, .ack_ms = 100, .run = 1, .next = 1};
  setvbuf(stdout, NULL, _IOLBF, 0); /* a line is one write, so the console never interleaves two */
  for (int i = 1; i < argc; i++) {
    char *value = strchr(argv[i], '=');
    if (value != NULL) *value++ = '\0';
    if (value == NULL || !option(&w, argv[i], value)) {
      printf("WRITER error unknown option %s\n", argv[i]);
      return 1;
    }
  }
  size_t bytes = CHUNK_BLOCKS * BLOCK_BYTES;
  w.blocks = (uint64_t)(w.mib > 0 ? w.mib : 1) * BLOCKS_PER_MIB;
  if (w.rate_kib < 1) w.rate_kib = 1;
  w.fd = open(w.path, O_RDWR | O_DIRECT | O_CLOEXEC);
  off_t size = w.fd < 0 ? 0 : lseek(w.fd, 0, SEEK_END);
  /* mmap, because O_DIRECT wants aligned buffers */
  w.out = mmap(NULL, 2 * bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (w.fd < 0 || w.out == MAP_FAILED || size < (off_t)(w.blocks * BLOCK_BYTES)) {
    printf("WRITER error %s of %lld bytes: %s\n", w.path, (long long)size,
           errno != 0 ? strerror(errno) : "it is smaller than mib=");
    return 1;
  }
  w.in = w.out + bytes / 8;
  printf("WRITER ready disk=%s blocks=%" PRIu64 " run=%" PRIu64 "\n", w.path, w.blocks, w.run);
  run(&w);
}
