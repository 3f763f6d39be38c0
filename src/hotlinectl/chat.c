/* chat: talk to the line in the terminal, or let a script talk: the real engine, and nothing leaves. */
#include "hotlinectl/hotlinectl.h"

#include "hotlinectl/screen.h"

#include <string.h>
#include <unistd.h>

#define PHONE "+9990000001"

struct chat {
    struct practice *practice;
    enum channel channel; /* of what is typed */
    bool in_session;      /* USSD */
    bool inside, over;    /* show what happens inside; the chat is over */
    int tz_offset_min;
    uint64_t rows, sent; /* shown so far */
};

/* ---- what is shown ---- */

static bool last_step(void *row, const struct row *r)
{
    if (r->kind == ROW_MO || r->kind == ROW_USSD)
        *(struct row *)row = *r;
    return true;
}

static void print_answer(const struct chat *c, const struct answer *a)
{
    struct row row = {.effects = 0};
    struct str text = {a->text, a->len};
    char effects[256];
    struct out o;
    practice_rows(c->practice, c->rows, last_step, &row);
    out_init(&o, effects, sizeof effects);
    practice_effects(row.effects, &o);
    for (char *comma = effects; (comma = strchr(comma, ',')) != NULL;)
        *comma = ' ';
    screen_text("< ", text);
    printf("  [%s%s, ", row.state, a->end ? ", end" : "");
    screen_size(text);
    printf("%s%s]\n", *effects ? "; " : "", effects);
}

static void print_facts(const char *whose, const struct practice_fact *facts, size_t n)
{
    printf("  %s:", whose);
    for (size_t i = 0; i < n; i++)
        if (strcmp(facts[i].value, "-") != 0 && strcmp(facts[i].value, "no") != 0 &&
            strcmp(facts[i].value, "0") != 0)
            printf(" %s=%s", facts[i].name, facts[i].value);
    putchar('\n');
}

static void print_stored(const struct chat *c)
{
    struct contact who;
    struct referral r;
    struct practice_fact facts[PRACTICE_FACTS];
    size_t n = 0;
    if (practice_contact(c->practice, PHONE, &who) == OK)
        n = practice_session_facts(&who.session, facts);
    if (n)
        print_facts("session", facts, n);
    else
        puts("  session: nothing is stored");
    if (practice_latest(c->practice, PHONE, &r) != OK)
        return;
    n = practice_referral_facts(&r, facts);
    print_facts("referral", facts, n);
    for (int i = 0; i < r.n_offers; i++)
        printf("    offer to %s%s%s: %s\n", r.offers[i].collaborator, *r.offers[i].host ? " for " : "",
               r.offers[i].host, offer_state_name(r.offers[i].state));
}

static bool print_row(void *unused, const struct row *row)
{
    char line[512];
    struct out o;
    (void)unused;
    out_init(&o, line, sizeof line);
    practice_row_line(row, &o);
    printf("  journal: %s\n", line);
    return true;
}

static bool last_seq(void *seq, const struct row *row)
{
    *(uint64_t *)seq = row->seq;
    return true;
}

/* What came of a step besides its answer. */
static void print_rest(struct chat *c)
{
    if (c->inside) {
        print_stored(c);
        practice_rows(c->practice, c->rows, print_row, NULL);
    }
    c->sent = screen_sent(c->practice, c->sent, c->inside ? NULL : PHONE);
    practice_rows(c->practice, c->rows, last_seq, &c->rows);
}

/* ---- what is typed ---- */

static void say(struct chat *c, enum channel channel, enum dialogue_event event, const char *text)
{
    struct practice_step step = {.msisdn = PHONE, .channel = channel, .event = event, .text = str_of(text)};
    struct answer a;
    practice_say(c->practice, &step, &a);
    if (channel == CHANNEL_USSD)
        c->in_session = !a.end && event != DLG_CUT;
    if (event != DLG_CUT)
        print_answer(c, &a);
    print_rest(c);
}

static void text(struct chat *c, const char *line)
{
    if (c->in_session)
        say(c, CHANNEL_USSD, DLG_TEXT, line);
    else if (c->channel == CHANNEL_SMS)
        say(c, CHANNEL_SMS, DLG_TEXT, line);
    else
        puts("  the USSD session is over; /begin dials again");
}

static void do_begin(struct chat *c, const char *unused)
{
    (void)unused;
    say(c, CHANNEL_USSD, DLG_BEGIN, "");
}

static void do_cut(struct chat *c, const char *unused)
{
    (void)unused;
    if (c->in_session)
        say(c, CHANNEL_USSD, DLG_CUT, "");
    else
        puts("  no USSD session is open");
}

static void do_wait(struct chat *c, const char *by)
{
    char at[32];
    int64_t ms;
    if (!cfg_parse_duration(str_of(by), &ms)) {
        puts("  /wait wants a duration such as 90s, 15m, 6h, 3d");
        return;
    }
    practice_pass(c->practice, ms);
    time_rfc3339(practice_now(c->practice), c->tz_offset_min, at, sizeof at);
    printf("  it is %s\n", at);
    print_rest(c);
}

static void answer(struct chat *c, enum answer_verb verb, const char *outcome)
{
    struct referral r;
    struct answer a;
    const char *who;
    if (practice_asked(c->practice, PHONE, &r, &who) != OK) {
        puts("  nobody has been asked yet");
        return;
    }
    practice_answer(c->practice, r.id, str_of(who), verb, str_of(outcome), &a);
    printf("  %s: %s\n", who, a.status == OK ? referral_state_name(a.state) : a.reason);
    print_rest(c);
}

static void do_accept(struct chat *c, const char *unused)
{
    (void)unused;
    answer(c, VERB_ACCEPT, "");
}

static void do_decline(struct chat *c, const char *unused)
{
    (void)unused;
    answer(c, VERB_DECLINE, "");
}

static void do_arrived(struct chat *c, const char *unused)
{
    (void)unused;
    answer(c, VERB_ARRIVED, "");
}

static void do_close(struct chat *c, const char *outcome)
{
    answer(c, VERB_CLOSE, outcome);
}

static void do_inside(struct chat *c, const char *unused)
{
    (void)unused;
    c->inside = !c->inside;
    if (c->inside)
        print_stored(c);
}

static void do_quit(struct chat *c, const char *unused)
{
    (void)unused;
    c->over = true;
}

static void do_help(struct chat *c, const char *unused);

static const struct {
    const char *name, *takes, *does;
    void (*run)(struct chat *c, const char *arg);
} commands[] = {
    {"/wait", "15m", "time passes", do_wait},
    {"/accept", "", "the collaborator who is asked accepts", do_accept},
    {"/decline", "", "... declines: the next is asked", do_decline},
    {"/arrived", "", "... says that she has arrived", do_arrived},
    {"/close", "OUTCOME", "... closes the referral", do_close},
    {"/begin", "", "dial: a USSD session begins", do_begin},
    {"/cut", "", "the network ends the USSD session", do_cut},
    {"/inside", "", "show what happens inside, or no longer", do_inside},
    {"/help", "", "this", do_help},
    {"/quit", "", "the end", do_quit},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void do_help(struct chat *c, const char *unused)
{
    (void)c;
    (void)unused;
    for (size_t i = 0; i < COMMANDS; i++)
        printf("  %-8s %-8s %s\n", commands[i].name, commands[i].takes, commands[i].does);
}

static void command(struct chat *c, struct str line)
{
    struct str rest = line, name = str_split(&rest, ' ');
    char arg[64];
    for (size_t i = 0; i < COMMANDS; i++)
        if (str_is(name, commands[i].name)) {
            str_copy(str_trim(rest), arg, sizeof arg);
            commands[i].run(c, arg);
            return;
        }
    printf("  no command " STR_FMT "; /help names them all\n", STR_ARG(name));
}

static void talk(struct chat *c)
{
    bool shown = isatty(STDIN_FILENO);
    char line[2048];
    if (c->channel == CHANNEL_USSD)
        do_begin(c, "");
    while (!c->over) {
        if (shown)
            fputs("> ", stdout);
        fflush(stdout);
        if (!fgets(line, sizeof line, stdin))
            break;
        line[strcspn(line, "\r\n")] = '\0';
        if (!shown)
            printf("> %s\n", line);
        if (*line == '/')
            command(c, str_of(line));
        else
            text(c, line);
    }
}

static int begin(struct chat *c, const struct ctl *ctl, const struct rules *rules, const char *lang)
{
    struct failure why;
    struct rng rng;
    rng_seed_system(&rng);
    c->tz_offset_min = rules->network->tz_offset_min;
    c->practice = practice_create(rules, rng_u64(&rng), clock_ms(), &why);
    if (!c->practice)
        return ctl_fail("%s", why.what);
    if (lang && practice_speaks(c->practice, PHONE, lang, &why) != OK)
        return ctl_fail("%s; see languages in %s", why.what, ctl->config);
    return CTL_OK;
}

int cmd_chat(struct ctl *ctl, int argc, char **argv)
{
    const char *channel = ctl_option(argc, argv, "--channel"), *lang = ctl_option(argc, argv, "--lang");
    bool ussd = channel && strcmp(channel, "ussd") == 0;
    struct chat c = {.channel = ussd ? CHANNEL_USSD : CHANNEL_SMS,
                     .inside = ctl_flag(argc, argv, "--inside")};
    if (ctl_leftover(argc, argv) || (channel && !ussd && strcmp(channel, "sms") != 0))
        return ctl_usage("chat [--channel sms|ussd] [--lang L] [--inside]");
    const struct snapshot *s = ctl_rules(ctl);
    if (!s)
        return CTL_FAILED;
    int rc = begin(&c, ctl, &s->rules, lang);
    if (rc == CTL_OK)
        talk(&c);
    practice_destroy(c.practice);
    return rc;
}
