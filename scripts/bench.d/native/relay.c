/* The least that a relay can do: recv and send, for the same packets as the switch's.
 *
 *     relay FIRST COUNT PEER     COUNT sockets at 127.0.0.1:FIRST.., each connected to
 *                                127.0.0.1:PEER; what comes in at one of a pair
 *                                (FIRST, FIRST+1), (FIRST+2, FIRST+3).. leaves at the other.
 *
 * It reads no header, counts nothing and checks nothing. It ends when standard input ends.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 256 };

static int socket_at(int port, int peer) {
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons((uint16_t)peer)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    here.sin_addr.s_addr = there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&here, sizeof here) ||
        connect(fd, (struct sockaddr *)&there, sizeof there)) {
        perror("relay");
        exit(1);
    }
    return fd;
}

int main(int argc, char **argv) {
    struct rlimit files = {65536, 65536};
    struct epoll_event events[EVENTS], event = {.events = EPOLLIN};
    char packet[2048];
    int poll = epoll_create1(0);
    if (argc != 4) {
        fprintf(stderr, "usage: relay FIRST COUNT PEER\n");
        return 2;
    }
    setrlimit(RLIMIT_NOFILE, &files);
    int first = atoi(argv[1]), count = atoi(argv[2]), peer = atoi(argv[3]);
    int *partner = calloc(65536, sizeof *partner);
    for (int i = 0; i + 1 < count; i += 2) {
        int one = socket_at(first + i, peer), other = socket_at(first + i + 1, peer);
        partner[one] = other, partner[other] = one;
        event.data.fd = one;
        epoll_ctl(poll, EPOLL_CTL_ADD, one, &event);
        event.data.fd = other;
        epoll_ctl(poll, EPOLL_CTL_ADD, other, &event);
    }
    event.data.fd = 0;
    epoll_ctl(poll, EPOLL_CTL_ADD, 0, &event);
    puts("ready");
    fflush(stdout);
    for (;;) {
        int many = epoll_wait(poll, events, EVENTS, -1);
        for (int i = 0; i < many; i++) {
            int fd = events[i].data.fd;
            if (fd == 0) return 0;
            ssize_t size = recv(fd, packet, sizeof packet, 0);
            if (size > 0) send(partner[fd], packet, size, 0);
        }
    }
}
