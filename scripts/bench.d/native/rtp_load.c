/* The far ends of many calls: sends real RTP into a switch, and meters what comes back.
 *
 *     rtp_load PORT          binds 127.0.0.1:PORT and obeys lines on standard input:
 *
 *     talk                   send 50 packets/s on every stream from now on (else: only listen)
 *     hush                   stop sending
 *     learn FIRST COUNT      know these ports of the switch without having heard from them
 *     count                  print how many streams were heard and how many are relayed
 *     measure SECONDS        meter for so long, wait half a second for what is late, print it
 *     quit
 *
 * One socket plays all parties. A stream is one port of the switch: it is known as soon as a
 * packet comes from it, as symmetric RTP has it. Each packet that is sent carries when it was
 * sent and through which port, so that, relayed, it tells its delay by the kernel's stamp of
 * its arrival: what this program itself waits for a CPU is not counted. Answers are one line
 * of JSON each; times are milliseconds.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PHASES = 20, BATCH = 64, BYTES = 172, BUCKETS = 100000, PORTS = 65536 };
#define BUCKET_NS 10000LL
#define TICK_NS 1000000LL
#define MAGIC 0x46524545u

struct body { /* of the payload, in host order: it comes back to this very program */
    int64_t sent_ns;
    uint32_t magic, window, port, sequence;
};

struct stream {
    uint16_t port, sequence, heard_sequence;
    uint32_t timestamp, heard_ssrc;
    int64_t heard_ns;
    int heard, relayed;
};

static struct stream streams[PORTS];
static int of_port[PORTS]; /* port -> stream + 1 */
static int known;
static int talking;
static uint32_t window; /* 0: not metering */
static uint64_t sent, received, relayed, gaps, new_sources, late_ticks;
static uint32_t delays[BUCKETS], paces[BUCKETS];
static int64_t longest_ns;
static int sock;

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static struct stream *stream_of(uint16_t port) {
    if (!of_port[port]) {
        streams[known] = (struct stream){.port = port, .sequence = (uint16_t)(port * 7)};
        of_port[port] = ++known;
    }
    return &streams[of_port[port] - 1];
}

static void count_in(uint32_t *histogram, int64_t ns) {
    int64_t bucket = ns / BUCKET_NS;
    histogram[bucket < 0 ? 0 : bucket < BUCKETS ? bucket : BUCKETS - 1]++;
}

static double quantile_ms(const uint32_t *histogram, double share) {
    uint64_t all = 0, seen = 0;
    for (int i = 0; i < BUCKETS; i++) all += histogram[i];
    for (int i = 0; i < BUCKETS; i++) {
        seen += histogram[i];
        if (all && seen >= share * all) return (i + 1) * BUCKET_NS / 1e6;
    }
    return 0;
}

static void send_phase(int phase) {
    static unsigned char packets[BATCH][BYTES];
    static struct sockaddr_in to[BATCH];
    static struct iovec parts[BATCH];
    static struct mmsghdr messages[BATCH];
    int next = phase;
    while (next < known) {
        int many = 0;
        int64_t stamp = now_ns();
        for (; next < known && many < BATCH; next += PHASES, many++) {
            struct stream *s = &streams[next];
            unsigned char *p = packets[many];
            struct body body = {stamp, MAGIC, window, s->port, s->sequence};
            memset(p, 0xff, BYTES);
            p[0] = 0x80, p[1] = 0;
            *(uint16_t *)(p + 2) = htons(s->sequence++);
            *(uint32_t *)(p + 4) = htonl(s->timestamp += 160);
            *(uint32_t *)(p + 8) = htonl(0x10000u + s->port);
            memcpy(p + 12, &body, sizeof body);
            to[many] = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(s->port)};
            to[many].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            parts[many] = (struct iovec){p, BYTES};
            messages[many].msg_hdr = (struct msghdr){.msg_name = &to[many],
                .msg_namelen = sizeof to[many], .msg_iov = &parts[many], .msg_iovlen = 1};
        }
        for (int done = 0; done < many;) {
            int n = sendmmsg(sock, messages + done, many - done, 0);
            done += n > 0 ? n : 1; /* an error belongs to the first: it is lost */
        }
        if (window) sent += many;
    }
}

static void take(const unsigned char *p, size_t size, uint16_t port, int64_t at) {
    struct body body;
    uint16_t sequence;
    uint32_t ssrc;
    struct stream *s = stream_of(port);
    if (size < 12) return;
    sequence = ntohs(*(const uint16_t *)(p + 2));
    ssrc = ntohl(*(const uint32_t *)(p + 8));
    if (window) {
        received++;
        if (s->heard && ssrc != s->heard_ssrc) new_sources++;
        else if (s->heard && (uint16_t)(s->heard_sequence + 1) != sequence) gaps++;
        if (s->heard) count_in(paces, llabs(at - s->heard_ns - 20 * TICK_NS));
    }
    s->heard = 1, s->heard_sequence = sequence, s->heard_ssrc = ssrc, s->heard_ns = at;
    if (size != BYTES) return;
    memcpy(&body, p + 12, sizeof body);
    if (body.magic != MAGIC) return;
    s->relayed = 1;
    if (window && body.window == window) {
        int64_t delay = at - body.sent_ns;
        relayed++;
        count_in(delays, delay);
        if (delay > longest_ns) longest_ns = delay;
    }
}

static void receive_all(void) {
    static unsigned char packets[BATCH][2048];
    static char controls[BATCH][64];
    static struct sockaddr_in from[BATCH];
    static struct iovec parts[BATCH];
    static struct mmsghdr messages[BATCH];
    for (int round = 0; round < 8; round++) {
        for (int i = 0; i < BATCH; i++) {
            parts[i] = (struct iovec){packets[i], sizeof packets[i]};
            messages[i].msg_hdr = (struct msghdr){.msg_name = &from[i],
                .msg_namelen = sizeof from[i], .msg_iov = &parts[i], .msg_iovlen = 1,
                .msg_control = controls[i], .msg_controllen = sizeof controls[i]};
        }
        int many = recvmmsg(sock, messages, BATCH, MSG_DONTWAIT, NULL);
        for (int i = 0; i < many; i++) {
            struct cmsghdr *c = CMSG_FIRSTHDR(&messages[i].msg_hdr);
            struct timespec t = {0, 0};
            if (c && c->cmsg_type == SO_TIMESTAMPNS) memcpy(&t, CMSG_DATA(c), sizeof t);
            take(packets[i], messages[i].msg_len, ntohs(from[i].sin_port),
                 t.tv_sec ? t.tv_sec * 1000000000LL + t.tv_nsec : now_ns());
        }
        if (many < BATCH) return;
    }
}

static double cpu_seconds(void) {
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return r.ru_utime.tv_sec + r.ru_stime.tv_sec +
           (r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

static void print_count(void) {
    int heard = 0, back = 0;
    for (int i = 0; i < known; i++) heard += streams[i].heard, back += streams[i].relayed;
    printf("{\"streams\": %d, \"heard\": %d, \"relayed\": %d}\n", known, heard, back);
    fflush(stdout);
}

static void print_measured(double seconds, double cpu) {
    printf("{\"seconds\": %.3f, \"streams\": %d, \"sent\": %llu, \"received\": %llu, "
           "\"relayed\": %llu, \"lost\": %lld, \"gaps\": %llu, \"new_sources\": %llu, "
           "\"delay_p50_ms\": %.2f, \"delay_p99_ms\": %.2f, \"delay_max_ms\": %.2f, "
           "\"pace_p50_ms\": %.2f, \"pace_p99_ms\": %.2f, \"late_ticks\": %llu, "
           "\"cpu_seconds\": %.3f}\n",
           seconds, known, (unsigned long long)sent, (unsigned long long)received,
           (unsigned long long)relayed, (long long)(sent - relayed), (unsigned long long)gaps,
           (unsigned long long)new_sources, quantile_ms(delays, 0.5), quantile_ms(delays, 0.99),
           longest_ns / 1e6, quantile_ms(paces, 0.5), quantile_ms(paces, 0.99),
           (unsigned long long)late_ticks, cpu);
    fflush(stdout);
}

/* Obey the lines that are there; return -1 to quit, seconds to measure, or 0. */
static double obey(void) {
    static char text[256];
    static size_t filled;
    ssize_t n = read(0, text + filled, sizeof text - 1 - filled);
    double seconds = 0;
    char *line = text, *end;
    int first, count;
    if (n <= 0) return -1;
    filled += n;
    text[filled] = 0;
    for (; (end = strchr(line, '\n')); line = end + 1) {
        *end = 0;
        if (!strcmp(line, "quit")) return -1;
        if (!strcmp(line, "talk")) talking = 1;
        if (!strcmp(line, "hush")) talking = 0;
        if (!strcmp(line, "count")) print_count();
        if (sscanf(line, "learn %d %d", &first, &count) == 2)
            for (int i = 0; i < count; i++) stream_of((uint16_t)(first + i));
        if (sscanf(line, "measure %lf", &seconds) == 1) continue;
    }
    filled -= line - text;
    memmove(text, line, filled);
    return seconds;
}

static void begin_window(uint32_t number) {
    sent = received = relayed = gaps = new_sources = late_ticks = 0;
    longest_ns = 0;
    memset(delays, 0, sizeof delays);
    memset(paces, 0, sizeof paces);
    window = number;
}

int main(int argc, char **argv) {
    struct sockaddr_in here = {.sin_family = AF_INET};
    int big = 16 << 20, on = 1, phase = 0;
    uint32_t windows = 0;
    double seconds = 0, cpu = 0;
    int64_t next, began = 0, sending_until = 0, until = 0;
    if (argc != 2) {
        fprintf(stderr, "usage: rtp_load PORT\n");
        return 2;
    }
    sock = socket(AF_INET, SOCK_DGRAM, 0);
    here.sin_port = htons((uint16_t)atoi(argv[1]));
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof big))
        setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &big, sizeof big);
    setsockopt(sock, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    if (bind(sock, (struct sockaddr *)&here, sizeof here)) {
        perror("rtp_load: bind");
        return 1;
    }
    next = now_ns();
    for (;;) {
        int64_t now = now_ns(), wait = next > now ? next - now : 0;
        struct timespec t = {wait / 1000000000LL, wait % 1000000000LL};
        struct pollfd fds[2] = {{sock, POLLIN, 0}, {0, POLLIN, 0}};
        ppoll(fds, 2, &t, NULL);
        if (fds[0].revents) receive_all();
        if (fds[1].revents) {
            double asked = obey();
            if (asked < 0) return 0;
            if (asked > 0) {
                seconds = asked, began = now_ns(), cpu = cpu_seconds();
                sending_until = began + (int64_t)(asked * 1e9);
                until = sending_until + 500000000LL;
                begin_window(++windows);
            }
        }
        for (now = now_ns(); now >= next; next += TICK_NS) {
            if (window && now - next > 5 * TICK_NS) late_ticks++;
            if (talking && !(window && now >= sending_until)) send_phase(phase);
            else if (talking) { /* the window's stragglers are awaited in silence */ }
            phase = (phase + 1) % PHASES;
        }
        if (window && now >= until) {
            window = 0;
            print_measured(seconds, cpu_seconds() - cpu);
        }
    }
}
