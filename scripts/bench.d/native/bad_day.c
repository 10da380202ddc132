/* A bad day, preloaded into a process: its datagrams get lost, late, twice and out of order,
 * and the wall clock jumps.
 *
 *   BAD_NETWORK=5      per cent of the datagrams for each of the four; without it none
 *   BAD_CLOCK=FILE     eight bytes, the seconds that CLOCK_REALTIME is off; read at each look
 *
 * Only sendto(2) of datagrams is touched, so that both ends must load this for both ways.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define LATE_LEAST_MS 20
#define LATE_MOST_MS 300
#define OVERTAKEN_MS 15
#define MOST_HELD 4096

typedef ssize_t (*sendto_t)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
typedef int (*clock_gettime_t)(clockid_t, struct timespec *);

struct held {
    struct held *next;
    int64_t due_ns;
    int fd;
    size_t size;
    socklen_t to_size;
    struct sockaddr_storage to;
    char data[];
};

static sendto_t real_sendto;
static clock_gettime_t real_clock_gettime;
static volatile int64_t *clock_off;
static int per_cent;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct held *first;
static int held_count;
static __thread unsigned seed;

static int64_t now_ns(void)
{
    struct timespec now;
    real_clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int below(int limit)
{
    if (!seed)
        seed = (unsigned)(now_ns() ^ (int64_t)(uintptr_t)&seed) | 1u;
    return rand_r(&seed) % limit;
}

static void *carry(void *unused)
{
    (void)unused;
    for (;;) {
        struct held *due = NULL;
        pthread_mutex_lock(&lock);
        if (first && first->due_ns <= now_ns()) {
            due = first;
            first = due->next;
            held_count--;
        }
        pthread_mutex_unlock(&lock);
        if (due) {
            real_sendto(due->fd, due->data, due->size, MSG_DONTWAIT,
                        (struct sockaddr *)&due->to, due->to_size);
            free(due);
        } else {
            usleep(2000);
        }
    }
    return NULL;
}

static void hold(int ms, int fd, const void *data, size_t size,
                 const struct sockaddr *to, socklen_t to_size)
{
    struct held **place, *new = malloc(sizeof *new + size);
    if (!new)
        return;
    new->due_ns = now_ns() + ms * 1000000LL;
    new->fd = fd;
    new->size = size;
    new->to_size = to_size;
    memcpy(&new->to, to, to_size);
    memcpy(new->data, data, size);
    pthread_mutex_lock(&lock);
    if (held_count >= MOST_HELD) {
        pthread_mutex_unlock(&lock);
        free(new);
        return;
    }
    for (place = &first; *place && (*place)->due_ns <= new->due_ns;)
        place = &(*place)->next;
    new->next = *place;
    *place = new;
    held_count++;
    pthread_mutex_unlock(&lock);
}

static void start_carrying(void)
{
    pthread_t thread;
    if (!pthread_create(&thread, NULL, carry, NULL))
        pthread_detach(thread);
}

__attribute__((constructor)) static void begin(void)
{
    const char *network = getenv("BAD_NETWORK"), *clock = getenv("BAD_CLOCK");
    real_sendto = (sendto_t)dlsym(RTLD_NEXT, "sendto");
    real_clock_gettime = (clock_gettime_t)dlsym(RTLD_NEXT, "clock_gettime");
    if (clock) {
        int fd = open(clock, O_RDONLY | O_CLOEXEC);
        void *found = fd < 0 ? MAP_FAILED : mmap(NULL, 8, PROT_READ, MAP_SHARED, fd, 0);
        if (fd >= 0)
            close(fd);
        if (found != MAP_FAILED)
            clock_off = found;
    }
    if (network) {
        per_cent = atoi(network);
        pthread_atfork(NULL, NULL, start_carrying);
        start_carrying();
    }
}

ssize_t sendto(int fd, const void *data, size_t size, int flags,
               const struct sockaddr *to, socklen_t to_size)
{
    int kind = 0, chance;
    socklen_t kind_size = sizeof kind;
    if (!per_cent || !to || to_size > sizeof(struct sockaddr_storage)
        || getsockopt(fd, SOL_SOCKET, SO_TYPE, &kind, &kind_size) || kind != SOCK_DGRAM
        || to->sa_family == AF_UNIX)
        return real_sendto(fd, data, size, flags, to, to_size);
    chance = below(100);
    if (chance < per_cent)
        return (ssize_t)size; /* lost */
    if (chance < 2 * per_cent) {
        hold(LATE_LEAST_MS + below(LATE_MOST_MS - LATE_LEAST_MS), fd, data, size, to, to_size);
        return (ssize_t)size;
    }
    if (chance < 3 * per_cent) {
        hold(OVERTAKEN_MS, fd, data, size, to, to_size); /* the next one comes first */
        return (ssize_t)size;
    }
    if (chance < 4 * per_cent)
        hold(below(50), fd, data, size, to, to_size); /* twice */
    return real_sendto(fd, data, size, flags, to, to_size);
}

int clock_gettime(clockid_t which, struct timespec *found)
{
    int failed;
    if (!real_clock_gettime)
        real_clock_gettime = (clock_gettime_t)dlsym(RTLD_NEXT, "clock_gettime");
    failed = real_clock_gettime(which, found);
    if (!failed && clock_off && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE))
        found->tv_sec += *clock_off;
    return failed;
}
