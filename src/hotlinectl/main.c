#include "hotlinectl/hotlinectl.h"

#include "journal/journal.h"

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <string.h>

static const struct command {
    const char *name;
    int (*run)(struct ctl *, int, char **);
    const char *args, *does;
} commands[] = {
    {"check", cmd_check, "[--drawing FILE.md|FILE.mmd|FILE.dot] [--at TIME]",
     "validate the whole configuration"},
    {"decode", cmd_decode, "--aggregator A --kind mo|ussd|dlr [--unsigned]",
     "read one raw HTTP request, print the input"},
    {"send", cmd_send, "--aggregator A --to N --from S --text T --dry-run", "print the request of one SMS"},
    {"profile", cmd_profile, "test|time FILE... CASES.jsonl", "play recorded cases through profiles"},
    {"place", cmd_place, "TEXT", "what place a text names"},
    {"route", cmd_route,
     "--place TEXT|--code C [--need N] [--children N] [--who W,...] [--avoid C] [--at TIME] [--urgent] "
     "[--load]",
     "who would be asked, and who not and why"},
    {"coverage", cmd_coverage,
     "[--date D] [--day 10:00] [--night 23:00] [--need N,...] [--children N] [--who W,...] [--lang L] "
     "[--public] "
     "[--format text|csv|json|html] [-o FILE | --html FILE]",
     "whom every commune has by day and night (1: one has neither a host nor people)"},
    {"diff", cmd_diff,
     "OLD NEW [--date D] [--day 10:00] [--night 23:00] [--format text|json|html] [--all] "
     "[-o FILE | --html FILE]",
     "what an edit of the network does (1: somebody is left uncovered)"},
    {"chat", cmd_chat, "[--channel sms|ussd] [--lang L] [--inside]", "talk to the line; nothing leaves"},
    {"rehearse", cmd_rehearse, "[--verbose] FILE.talk|FOLDER ...", "play scripted conversations and compare"},
    {"journal", cmd_journal, "tail [-n N] [--follow] | why REFERRAL | verify | export",
     "follow, verify or export the journal; why a referral went where it went"},
    {"report", cmd_report, "--year Y | --from D --to D [--area C] [--format json] [--published] [-o F]",
     "the indicators"},
    {"export", cmd_export, "hosts|collaborators [-o FILE.csv|FILE.xlsx] [--format csv|xlsx]",
     "hosts or collaborators as a sheet"},
    {"import", cmd_import, "FILE... --to DIR [--keep-missing]", "a new network folder from sheets"},
    {"erase", cmd_erase, "MSISDN", "make every trace of a contact unreadable"},
    {"keygen", cmd_keygen, "[--dir DIR]", "make the secrets that are missing"},
    {"passwd", cmd_passwd, "NAME", "set the password of who may log in"},
    {"reference", cmd_reference, "", "every key of every configuration file, as Markdown"},
    {"reload", cmd_reload, "[--timeout 30s]", "let the running daemon take the configuration anew"},
    {"status", cmd_status, "[--address HOST:PORT]", "how the running daemon is doing"},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void usage(FILE *to)
{
    fputs("usage: hotlinectl [-c FILE] [--json] COMMAND ...\n\n", to);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(to, "  %-9s %s\n", commands[i].name, commands[i].does);
    fputs("\n  -c FILE    the configuration (default " HOTLINED_SYSCONFDIR "/hotlined/hotlined.conf)\n"
          "  --json     machine-readable output where it makes sense\n"
          "  --help     this, or after a command its own use\n"
          "\nexit status: 0 ok, 1 finding or failure, 2 usage\n",
          to);
}

int ctl_usage(const char *text)
{
    fprintf(stderr, "usage: hotlinectl %s\n", text);
    return CTL_USAGE;
}

int ctl_fail(const char *fmt, ...)
{
    va_list ap;
    fputs("hotlinectl: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    return CTL_FAILED;
}

static const struct snapshot *load(struct ctl *ctl,
                                   struct snapshot *(*how)(const char *, struct cfg_findings *))
{
    if (ctl->snapshot)
        return ctl->snapshot;
    struct arena a;
    struct cfg_findings f;
    arena_init(&a, 0);
    cfg_findings_init(&f, &a);
    ctl->snapshot = how(ctl->config, &f);
    if (!ctl->snapshot) {
        cfg_findings_print(&f, stderr);
        ctl_fail("the configuration has %zu errors", f.errors);
    }
    cfg_findings_free(&f);
    arena_free(&a);
    /* cppcheck-suppress returnDanglingLifetime ; a snapshot keeps nothing of its findings */
    return ctl->snapshot;
}

const struct snapshot *ctl_snapshot(struct ctl *ctl)
{
    return load(ctl, snapshot_load);
}

const struct snapshot *ctl_rules(struct ctl *ctl)
{
    return load(ctl, snapshot_load_open);
}

const struct snapshot *ctl_settings(struct ctl *ctl)
{
    return load(ctl, snapshot_load_settings);
}

bool ctl_store(struct ctl *ctl, int mode, struct store *out)
{
    const struct snapshot *s = ctl_settings(ctl);
    char path[4096];
    uint8_t key[JOURNAL_KEY];
    struct failure why = {OK, ""};
    if (!s)
        return false;
    snprintf(path, sizeof path, "%s/%s", s->settings.secrets, s->settings.master_key);
    bool ok = journal_key_load(path, key, &why) == OK &&
              journal_open(s->settings.store, key, (enum journal_mode)mode, out, &why) == OK;
    sodium_memzero(key, sizeof key);
    if (!ok)
        ctl_fail("%s", why.what);
    return ok;
}

/* ---- options of a command: taken ones are blanked, so that what is left over is unknown ---- */

static bool is_option(const char *arg, const char *name, const char **value)
{
    size_t n = strlen(name);
    if (strncmp(arg, name, n) != 0)
        return false;
    *value = arg[n] == '=' ? arg + n + 1 : NULL;
    return arg[n] == '\0' || arg[n] == '=';
}

const char *ctl_option(int argc, char **argv, const char *name)
{
    static char taken[] = "";
    const char *value;
    for (int i = 1; i < argc; i++) {
        if (!is_option(argv[i], name, &value))
            continue;
        if (!value && i + 1 < argc) {
            value = argv[i + 1];
            argv[i + 1] = taken;
        }
        argv[i] = taken;
        return value ? value : "";
    }
    return NULL;
}

bool ctl_flag(int argc, char **argv, const char *name)
{
    static char taken[] = "";
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0) {
            argv[i] = taken;
            return true;
        }
    return false;
}

const char *ctl_word(int argc, char **argv, int n)
{
    for (int i = 1; i < argc; i++)
        if (argv[i][0] && argv[i][0] != '-' && n-- == 0)
            return argv[i];
    return NULL;
}

const char *ctl_leftover(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (argv[i][0] == '-' && argv[i][1])
            return argv[i];
    return NULL;
}

/* ---- main ---- */

static int run(struct ctl *ctl, int argc, char **argv)
{
    ctl->json |= ctl_flag(argc, argv, "--json");
    for (size_t i = 0; i < COMMANDS; i++) {
        const struct command *c = &commands[i];
        if (strcmp(c->name, argv[0]) != 0)
            continue;
        if (ctl_flag(argc, argv, "--help") || ctl_flag(argc, argv, "-h")) {
            printf("usage: hotlinectl %s %s\n%s\n", c->name, c->args, c->does);
            return CTL_OK;
        }
        return c->run(ctl, argc, argv);
    }
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i].name;
    const char *near = cfg_nearest(argv[0], names, COMMANDS);
    ctl_fail("no command \"%s\"%s%s%s", argv[0], near ? "; did you mean \"" : "", near ? near : "",
             near ? "\"?" : "");
    usage(stderr);
    return CTL_USAGE;
}

/* What was done is done, but who reads stdout does not know of it. */
static int unsaid(int rc)
{
    return rc == CTL_OK ? ctl_fail("stdout: %s", strerror(errno)) : rc;
}

int main(int argc, char **argv)
{
    struct ctl ctl = {.config = HOTLINED_SYSCONFDIR "/hotlined/hotlined.conf"};
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "-c") == 0 && i + 1 < argc) {
            ctl.config = argv[++i];
            ctl.named = true;
        } else if (strcmp(argv[i], "--json") == 0) {
            ctl.json = true;
        } else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            usage(stdout);
            return CTL_OK;
        } else if (strcmp(argv[i], "--version") == 0) {
            puts("hotlinectl " HOTLINED_VERSION);
            return CTL_OK;
        } else {
            usage(stderr);
            return CTL_USAGE;
        }
    }
    if (i == argc) {
        usage(stderr);
        return CTL_USAGE;
    }
    if (sodium_init() < 0)
        return ctl_fail("libsodium cannot start");
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error like a full disk */
    int rc = run(&ctl, argc - i, argv + i);
    snapshot_free(ctl.snapshot);
    return fflush(stdout) == 0 && !ferror(stdout) ? rc : unsaid(rc);
}
