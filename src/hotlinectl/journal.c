/* journal tail|why|verify|export: what happened, without numbers and texts. */
#include "hotlinectl/hotlinectl.h"

#include "journal/journal.h"

#include <cjson/cJSON.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct printer {
    bool json;
    uint64_t last;
    char salt[16]; /* pseudonyms differ from one export to the next */
};

static void pseudonym(const struct printer *p, uint64_t contact, char out[17])
{
    uint8_t h[16];
    if (!contact) {
        out[0] = '\0';
        return;
    }
    crypto_generichash(h, sizeof h, (const uint8_t *)&contact, sizeof contact, (const uint8_t *)p->salt,
                       sizeof p->salt);
    sodium_bin2hex(out, 17, h, 8);
}

static void print_json(const struct printer *p, const struct row *r)
{
    char at[32], who[17], id[ID_TEXT];
    cJSON *o = cJSON_CreateObject();
    time_rfc3339(r->at, 0, at, sizeof at);
    pseudonym(p, r->contact, who);
    id_text(r->referral, id);
    cJSON_AddNumberToObject(o, "seq", (double)r->seq);
    cJSON_AddStringToObject(o, "at", at);
    cJSON_AddStringToObject(o, "kind", row_kind_name(r->kind));
    const struct {
        const char *name, *value;
    } texts[] = {{"event", row_event_name(r)},
                 {"contact", who},
                 {"referral", r->referral ? id : ""},
                 {"aggregator", r->aggregator},
                 {"language", r->lang},
                 {"state", r->state},
                 {"need", r->need ? need_name((enum need)(r->need - 1)) : ""},
                 {"place", r->place},
                 {"collaborator", r->collaborator},
                 {"host", r->host},
                 {"note", r->note}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (*texts[i].value)
            cJSON_AddStringToObject(o, texts[i].name, texts[i].value);
    if (r->urgent)
        cJSON_AddTrueToObject(o, "urgent");
    if (r->drill)
        cJSON_AddTrueToObject(o, "drill");
    if (r->children != 255)
        cJSON_AddNumberToObject(o, "children", r->children);
    if (r->kind == ROW_MT && r->event)
        cJSON_AddNumberToObject(o, "segments", r->event);
    if (r->waited)
        cJSON_AddNumberToObject(o, "waited_ms", r->waited);
    char *text = cJSON_PrintUnformatted(o);
    puts(text);
    cJSON_free(text);
    cJSON_Delete(o);
}

static void print_line(const struct printer *p, const struct row *r)
{
    char at[32], who[17], id[ID_TEXT];
    time_rfc3339(r->at, 420, at, sizeof at);
    pseudonym(p, r->contact, who);
    id_text(r->referral, id);
    printf("%6llu %s %-8s", (unsigned long long)r->seq, at, row_kind_name(r->kind));
    const struct {
        const char *name, *value;
    } texts[] = {{"", row_event_name(r)},
                 {"contact=", who},
                 {"referral=", r->referral ? id : ""},
                 {"state=", r->state},
                 {"need=", r->need ? need_name((enum need)(r->need - 1)) : ""},
                 {"place=", r->place},
                 {"collaborator=", r->collaborator},
                 {"host=", r->host},
                 {"note=", r->note}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (*texts[i].value)
            printf(" %s%s", texts[i].name, texts[i].value);
    if (r->kind == ROW_MT && r->event)
        printf(" segments=%u", r->event);
    printf("%s%s\n", r->urgent ? " urgent" : "", r->drill ? " drill" : "");
}

static bool print_row(void *printer, const struct row *r)
{
    struct printer *p = printer;
    p->last = r->seq;
    if (p->json)
        print_json(p, r);
    else
        print_line(p, r);
    return true;
}

static bool last_row(void *last, const struct row *r)
{
    *(uint64_t *)last = r->seq;
    return true;
}

static int tail(struct ctl *ctl, const struct store *st, unsigned n, bool follow)
{
    struct printer p = {.json = ctl->json};
    struct failure why = {OK, ""};
    uint64_t last = 0;
    randombytes_buf(p.salt, sizeof p.salt);
    enum err rc = st->ops->scan(st->self, 0, false, last_row, &last, &why);
    p.last = last > n ? last - n : 0;
    do {
        if (rc == OK)
            rc = st->ops->scan(st->self, p.last, false, print_row, &p, &why);
        fflush(stdout);
    } while (rc == OK && follow && usleep(500000) == 0);
    return rc == OK ? CTL_OK : ctl_fail("%s", why.what);
}

static int verify(struct ctl *ctl, const struct store *st)
{
    uint64_t rows = 0;
    struct failure why = {OK, ""};
    enum err rc = st->ops->verify(st->self, &rows, &why);
    if (ctl->json)
        printf("{\"ok\":%s,\"rows\":%llu}\n", rc == OK ? "true" : "false", (unsigned long long)rows);
    else if (rc == OK)
        printf("%llu rows, the chain holds\n", (unsigned long long)rows);
    return rc == OK ? CTL_OK : ctl_fail("%s", why.what);
}

int cmd_journal(struct ctl *ctl, int argc, char **argv)
{
    static const char usage[] = "journal tail [-n N] [--follow] | why REFERRAL | verify | export";
    const char *count = ctl_option(argc, argv, "-n"), *what;
    bool follow = ctl_flag(argc, argv, "--follow");
    uint64_t n = 20;
    struct store st;
    what = ctl_word(argc, argv, 0);
    if (ctl_leftover(argc, argv) || !what || (count && !str_to_u64(str_of(count), 1000000000, &n)))
        return ctl_usage(usage);
    const char *referral = ctl_word(argc, argv, 1);
    bool is_tail = strcmp(what, "tail") == 0, is_verify = strcmp(what, "verify") == 0,
         is_why = strcmp(what, "why") == 0;
    if ((!is_tail && !is_verify && !is_why && strcmp(what, "export") != 0) || is_why != !!referral)
        return ctl_usage(usage);
    if (!ctl_store(ctl, JOURNAL_READ, &st))
        return CTL_FAILED;
    if (!is_tail && !is_verify && !is_why)
        ctl->json = true; /* one JSON object a line */
    int rc = is_why      ? journal_why(ctl, &st, referral)
             : is_verify ? verify(ctl, &st)
                         : tail(ctl, &st, is_tail ? (unsigned)n : 1000000000, is_tail && follow);
    journal_close(&st);
    return rc;
}
