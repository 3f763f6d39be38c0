/* The keys of hotlined.conf. */
#include "snapshot/snapshot.h"

#include <stddef.h>
#include <string.h>

#define AT(member) offsetof(struct settings, member)

static const struct cfg_word practice_words[] = {
    {"off", PRACTICE_OFF}, {"loopback", PRACTICE_LOOPBACK}, {"login", PRACTICE_LOGIN}, {NULL, 0}};

static const struct cfg_word referrals_words[] = {
    {"off", REFERRALS_OFF}, {"login", REFERRALS_LOGIN}, {NULL, 0}};

static const struct cfg_key keys[] = {
    {.name = "listen",
     .type = CFG_STRINGS,
     .offset = AT(listen),
     .at_start = true,
     .dflt = "[ \"127.0.0.1:8080\" ]",
     .help = "addresses and ports that take callbacks; sockets handed over by systemd come first"},
    {.name = "store",
     .type = CFG_STRING,
     .offset = AT(store),
     .at_start = true,
     .dflt = "sqlite:/var/lib/hotlined/hotlined.db",
     .help = "where everything is kept: sqlite:PATH"},
    {.name = "secrets",
     .type = CFG_STRING,
     .offset = AT(secrets),
     .dflt = "secrets",
     .help = "folder of the secret files (0600); the service's credentials go before it"},
    {.name = "master_key",
     .type = CFG_STRING,
     .offset = AT(master_key),
     .at_start = true,
     .dflt = "master.key",
     .help = "name of the secret that seals numbers and texts"},
    {.name = "network",
     .type = CFG_STRING,
     .offset = AT(network),
     .dflt = "network",
     .help = "folder of hosts, collaborators, endpoints and policy"},
    {.name = "dialogue",
     .type = CFG_STRING,
     .offset = AT(dialogue),
     .dflt = "dialogue",
     .help = "folder of the dialogue's states and words"},
    {.name = "lang", .type = CFG_STRING, .offset = AT(lang), .dflt = "lang", .help = "folder of the texts"},
    {.name = "aggregators",
     .type = CFG_STRING,
     .offset = AT(aggregators),
     .dflt = "aggregators",
     .help = "folder of the aggregator profiles"},
    {.name = "places",
     .type = CFG_STRING,
     .offset = AT(places),
     .dflt = "places",
     .help = "folder of the gazetteer"},
    {.name = "outlines",
     .type = CFG_STRING,
     .offset = AT(outlines),
     .min = 1,
     .max = 4000,
     .help = "the communes' outlines for maps: GeoJSON in degrees, a feature's id is the commune's code. "
             "Circles if left out"},
    {.name = "languages",
     .type = CFG_STRINGS,
     .offset = AT(languages),
     .dflt = "[ \"vi\", \"vi-accented\" ]",
     .help = "languages switched on; the first is the default"},
    {.name = "country",
     .type = CFG_STRING,
     .offset = AT(country),
     .dflt = "84",
     .min = 1,
     .max = 3,
     .help = "calling code of numbers written without one"},
    {.name = "province",
     .type = CFG_STRING,
     .offset = AT(province),
     .dflt = "14",
     .min = 1,
     .max = 7,
     .help = "code of the province served; \"all\": every province in the file"},
    {.name = "tz_offset_min",
     .type = CFG_INT,
     .offset = AT(tz_offset_min),
     .dflt = "420",
     .min = -720,
     .max = 840,
     .unit = "minutes",
     .help = "local time's offset from UTC"},
    {.name = "threads",
     .type = CFG_INT,
     .offset = AT(threads),
     .at_start = true,
     .dflt = "2",
     .min = 1,
     .max = 64,
     .help = "event-loop threads that take HTTP requests"},
    {.name = "body_limit",
     .type = CFG_SIZE,
     .offset = AT(body_limit),
     .at_start = true,
     .dflt = "64k",
     .min = 1024,
     .max = 16777216,
     .help = "longest request body"},
    {.name = "header_limit",
     .type = CFG_SIZE,
     .offset = AT(header_limit),
     .at_start = true,
     .dflt = "8k",
     .min = 1024,
     .max = 1048576,
     .help = "longest request line and headers"},
    {.name = "timeout_s",
     .type = CFG_INT,
     .offset = AT(timeout_s),
     .at_start = true,
     .dflt = "60",
     .min = 1,
     .max = 3600,
     .unit = "seconds",
     .help = "an idle or slow connection is closed after this"},
    {.name = "connections",
     .type = CFG_INT,
     .offset = AT(connections),
     .at_start = true,
     .dflt = "1000",
     .min = 1,
     .max = 100000,
     .help = "connections at once"},
    {.name = "pending",
     .type = CFG_INT,
     .offset = AT(pending),
     .at_start = true,
     .dflt = "4096",
     .min = 1,
     .max = 1000000,
     .help = "requests waiting for their commit at once; beyond, 503"},
    {.name = "rate",
     .type = CFG_INT,
     .offset = AT(rate),
     .at_start = true,
     .dflt = "0",
     .min = 0,
     .max = 1000000,
     .unit = "requests a second",
     .help = "limit for one peer; 0: none"},
    {.name = "batch_max",
     .type = CFG_INT,
     .offset = AT(batch_max),
     .at_start = true,
     .dflt = "256",
     .min = 1,
     .max = 4096,
     .help = "inputs in one commit"},
    {.name = "queue",
     .type = CFG_INT,
     .offset = AT(queue),
     .at_start = true,
     .dflt = "8192",
     .min = 16,
     .max = 1000000,
     .help = "inputs waiting for the engine"},
    {.name = "dedupe_window",
     .type = CFG_DURATION,
     .offset = AT(dedupe_window),
     .dflt = "3d",
     .min = 60e3,
     .max = 2592e6,
     .help = "how long a repeated callback is recognised"},
    {.name = "send_backoff",
     .type = CFG_DURATION,
     .offset = AT(send_backoff),
     .dflt = "2s",
     .min = 10,
     .max = 3600e3,
     .help = "wait before the second try of a send; doubles, with jitter"},
    {.name = "send_backoff_cap",
     .type = CFG_DURATION,
     .offset = AT(send_backoff_cap),
     .dflt = "5m",
     .min = 10,
     .max = 86400e3,
     .help = "longest wait between two tries"},
    {.name = "send_give_up",
     .type = CFG_DURATION,
     .offset = AT(send_give_up),
     .dflt = "12h",
     .min = 1000,
     .max = 604800e3,
     .help = "a send not delivered by then has failed"},
    {.name = "answer_within",
     .type = CFG_DURATION,
     .offset = AT(answer_within),
     .dflt = "15m",
     .min = 10e3,
     .max = 21600e3,
     .help = "an answer by SMS that could not be sent by then is dropped, unless its contact chose to be "
             "reached by "
             "SMS: who holds the telephone later must not get it"},
    {.name = "parts_wait",
     .type = CFG_DURATION,
     .offset = AT(parts_wait),
     .dflt = "20s",
     .min = 100,
     .max = 600e3,
     .help = "parts of one long SMS are waited for so long after the first; then what is there is answered"},
    {.name = "receipt_wait",
     .type = CFG_DURATION,
     .offset = AT(receipt_wait),
     .dflt = "2d",
     .min = 1000,
     .max = 604800e3,
     .help = "an SMS that was handed over is kept so long for its receipt, to be sent again if that says so"},
    {.name = "receipts_keep",
     .type = CFG_DURATION,
     .offset = AT(receipts_keep),
     .dflt = "1d",
     .min = 1000,
     .max = 604800e3,
     .help = "a receipt for a message not known yet is kept so long"},
    {.name = "mt_tries",
     .type = CFG_INT,
     .offset = AT(mt_tries),
     .dflt = "3",
     .min = 1,
     .max = 20,
     .help = "how often one SMS is sent when receipts say that it failed but may work later"},
    {.name = "mt_sender",
     .type = CFG_STRING,
     .offset = AT(mt_sender),
     .min = 1,
     .max = 20,
     .help = "who messages are from that we send by ourselves; something neutral. The number the contact "
             "wrote to if "
             "left out"},
    {.name = "mt_aggregator",
     .type = CFG_STRING,
     .offset = AT(mt_aggregator),
     .help = "profile that sends SMS when the contact's own aggregator cannot"},
    {.name = "link_base",
     .type = CFG_STRING,
     .offset = AT(link_base),
     .help = "address of the referral page in alerts, such as https://hotline.example/r/"},
    {.name = "public_url",
     .type = CFG_STRING,
     .offset = AT(public_url),
     .min = 9,
     .max = 200,
     .help = "how aggregators reach this gateway, such as https://hotline.example, for signed and call-back "
             "addresses"},
    {.name = "profiles",
     .type = CFG_STRINGS,
     .offset = AT(profiles),
     .help = "ids of the aggregators that may call; all of the folder if left out"},
    {.name = "trusted_proxies",
     .type = CFG_STRINGS,
     .offset = AT(trusted_proxies),
     .help = "networks of proxies whose X-Forwarded-For and certificate headers are believed"},
    {.name = "courier_queue",
     .type = CFG_INT,
     .offset = AT(courier_queue),
     .at_start = true,
     .dflt = "4096",
     .min = 16,
     .max = 1000000,
     .help = "sends handed to the courier at once"},
    {.name = "courier_per_host",
     .type = CFG_INT,
     .offset = AT(courier_per_host),
     .at_start = true,
     .dflt = "16",
     .min = 1,
     .max = 1000,
     .help = "connections to one host"},
    {.name = "courier_total",
     .type = CFG_INT,
     .offset = AT(courier_total),
     .at_start = true,
     .dflt = "64",
     .min = 1,
     .max = 10000,
     .help = "connections in all"},
    {.name = "case_gap",
     .type = CFG_DURATION,
     .offset = AT(case_gap),
     .dflt = "30d",
     .min = 3600e3,
     .max = 31536e6,
     .help = "a silence longer than this begins a new case"},
    {.name = "practice",
     .type = CFG_ENUM,
     .offset = AT(practice),
     .dflt = "off",
     .words = practice_words,
     .help = "the page /practice, a phone to practise on: loopback lets in a browser on this machine, login "
             "who has a "
             "password by `hotlinectl passwd`"},
    {.name = "referrals",
     .type = CFG_ENUM,
     .offset = AT(referrals),
     .dflt = "off",
     .words = referrals_words,
     .help =
         "the page /referrals, where officers see what became of each referral and why: login lets in who "
         "has a password by `hotlinectl passwd`"},
    {.name = "officers",
     .type = CFG_STRING,
     .offset = AT(officers),
     .dflt = "officers",
     .min = 1,
     .max = 64,
     .help = "name of the secret with the passwords of who may log in"},
    {.name = "population",
     .type = CFG_MAP,
     .offset = AT(population),
     .help = "estimated people who suffered violence, by area and reporting year: a14_2026 = \"1200\""},
    {0},
};

bool settings_listen(const char *text, char host[256], int *port)
{
    const char *colon = strrchr(text, ':');
    uint64_t n;
    if (!colon || !str_to_u64(str_of(colon + 1), 65535, &n))
        return false;
    struct str h = {text, (size_t)(colon - text)};
    if (h.n >= 2 && h.s[0] == '[' && h.s[h.n - 1] == ']')
        h = (struct str){h.s + 1, h.n - 2};
    *port = (int)n;
    return h.n && str_copy(h, host, 256);
}

/* ---- what waits for a restart ---- */

static void write_value(const struct settings *s, const struct cfg_key *k, struct out *o)
{
    const void *at = (const char *)s + k->offset;
    if (k->type == CFG_STRING && *(const char *const *)at)
        out_cstr(o, *(const char *const *)at);
    else if (k->type == CFG_INT || k->type == CFG_SIZE)
        out_printf(o, "%lld", (long long)*(const int64_t *)at);
    else if (k->type == CFG_STRINGS)
        for (size_t i = 0; i < ((const struct cfg_strings *)at)->n; i++)
            out_printf(o, "%s ", ((const struct cfg_strings *)at)->items[i]);
}

void settings_at_start(const struct settings *s, struct out *o)
{
    for (const struct cfg_key *k = keys; k->name; k++)
        if (k->at_start) {
            out_printf(o, "%s\t", k->name);
            write_value(s, k, o);
            out_char(o, '\n');
        }
}

void settings_waiting(struct str started, struct str now, struct out *o)
{
    while (started.n && now.n) {
        struct str was = str_split(&started, '\n'), is = str_split(&now, '\n');
        if (str_eq(was, is))
            continue;
        struct str name = str_split(&is, '\t');
        out_printf(o, "%s" STR_FMT, o->len ? ", " : "", STR_ARG(name));
    }
}

const struct cfg_schema settings_schema = {"hotlined.conf", sizeof(struct settings), keys, false};
