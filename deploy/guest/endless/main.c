/* endless - a CGI program: a download that never ends, at a set rate, of which a client can tell each byte's place.
 *
 *   GET /cgi-bin/endless?RATE     RATE in KiB/s (default 256)
 *
 * The body is the numbers 0, 1, 2, ... as little-endian words of 8 bytes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PERIOD_MS = 10, WORDS_MAX = 8192 }; /* 64 KiB in 10 ms: at most 6.4 MB/s */

static void put(const void *bytes, size_t length) {
  for (size_t done = 0; done < length;) {
    ssize_t n = write(STDOUT_FILENO, (const char *)bytes + done, length - done);
    if (n <= 0) _exit(0); /* nobody reads any more */
    done += (size_t)n;
  }
}

int main(void) {
  static uint64_t words[WORDS_MAX];
  static const char head[] = "Content-Type: application/octet-stream\r\nConnection: close\r\n\r\n";
  const char *query = getenv("QUERY_STRING");
  long kib = query == NULL || *query == '\0' ? 256 : atol(query), count = kib * 1024 * PERIOD_MS / 1000 / 8;
  if (count < 1) count = 1;
  if (count > WORDS_MAX) count = WORDS_MAX;
  put(head, sizeof head - 1);
  struct timespec next;
  clock_gettime(CLOCK_MONOTONIC, &next);
  for (uint64_t word = 0;;) {
    for (long i = 0; i < count; i++) words[i] = word++;
    put(words, (size_t)count * 8);
    next.tv_nsec += PERIOD_MS * 1000000L;
    if (next.tv_nsec >= 1000000000L) {
      next.tv_sec++;
      next.tv_nsec -= 1000000000L;
    }
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec > next.tv_sec || (now.tv_sec == next.tv_sec && now.tv_nsec > next.tv_nsec)) next = now;
    else clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
  }
}
