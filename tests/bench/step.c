/* How long one step of the dialogue takes: whole conversations on the shipped configuration, each step timed
 * by itself. usage: step CONFIG [ROUNDS] */
#include "bench/times.h"
#include "snapshot/snapshot.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 2000000

struct conversation {
    const char *what;
    enum channel channel;
    const char *says[12];
};
static const struct conversation conversations[] = {
    {"shelter, by numbers", CHANNEL_SMS, {"xin chao", "2", "Chieng Son", "2", "1", "2", "1"}},
    {"shelter, by USSD", CHANNEL_USSD, {"2", "Chieng Khuong", "1", "1", "3", "1"}},
    {"place by number, by USSD", CHANNEL_USSD, {"2", "9", "4", "9", "1", "1", "1", "3", "1"}},
    {"in one message", CHANNEL_SMS, {"em can cho ngu toi nay o chieng hac yen chau, 2 con", "1", "6", "co"}},
    {"danger", CHANNEL_SMS, {"CUU Chieng Son", "1", "1"}},
    {"misspelt, Telex", CHANNEL_SMS, {"cuuws tooi vowis", "chiengs sown", "3", "2"}},
    {"does not understand", CHANNEL_SMS, {"alo", "ai day", "khong hieu gi het", "5", "muong", "2", "0"}},
    {"to talk, then leaves", CHANNEL_SMS, {"buon qua khong biet noi voi ai", "moc chau", "1", "thoat"}},
};
enum { CONVERSATIONS = sizeof conversations / sizeof conversations[0] };

static int64_t times[CONVERSATIONS][MOST / CONVERSATIONS], all[MOST];
static size_t n_times[CONVERSATIONS], n_all;

static void play(const struct dialogue_env *base, size_t which)
{
    const struct conversation *c = &conversations[which];
    struct dialogue_env env = *base;
    struct session s = {.children = 255};
    struct dialogue_out out;
    if (c->channel == CHANNEL_USSD)
        dialogue_step(&env, &s, c->channel, DLG_BEGIN, (struct str){NULL, 0}, &out);
    for (size_t i = 0; c->says[i]; i++) {
        env.now += 20 * SECOND_MS;
        int64_t start = now_ns();
        dialogue_step(&env, &s, c->channel, DLG_TEXT, str_of(c->says[i]), &out);
        int64_t took = now_ns() - start;
        if (n_times[which] < MOST / CONVERSATIONS && n_all < MOST)
            times[which][n_times[which]++] = all[n_all++] = took;
    }
}

int main(int argc, char **argv)
{
    struct arena a;
    struct cfg_findings f;
    long rounds = argc > 2 ? strtol(argv[2], NULL, 10) : 20000;
    if (argc < 2 || sodium_init() < 0)
        return 2;
    arena_init(&a, 0);
    cfg_findings_init(&f, &a);
    struct snapshot *s = snapshot_load_open(argv[1], &f);
    if (!s)
        return 1;
    struct dialogue_env env = {
        .dialogue = s->dialogue, .catalogs = s->catalogs, .places = s->places, .now = 1000 * DAY_MS};
    for (long r = 0; r < rounds; r++)
        for (size_t i = 0; i < CONVERSATIONS; i++)
            play(&env, i);
    puts("one step of the dialogue:");
    for (size_t i = 0; i < CONVERSATIONS; i++)
        print_times(conversations[i].what, "steps", times[i], n_times[i]);
    print_times("all", "steps", all, n_all);
    snapshot_free(s);
    cfg_findings_free(&f);
    arena_free(&a);
    return 0;
}
