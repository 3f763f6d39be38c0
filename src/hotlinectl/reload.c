/* reload: tells the running daemon to take the configuration anew, and what came of it. */
#include "hotlinectl/hotlinectl.h"

#include "journal/journal.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char not_allowed[] =
    "run it as root or as the user of the daemon, or `systemctl reload hotlined`";

/* ---- who we are: the daemon writes down who asked ---- */

static uint32_t login(void)
{
    const char *sudo = getenv("SUDO_UID");
    unsigned uid = UINT32_MAX; /* nobody logged in */
    uint64_t by_sudo;
    FILE *f = fopen("/proc/self/loginuid", "re");
    if (f) {
        if (fscanf(f, "%u", &uid) != 1)
            uid = UINT32_MAX;
        fclose(f);
    }
    if (uid == UINT32_MAX && getuid() == 0 && sudo && str_to_u64(str_of(sudo), UINT32_MAX, &by_sudo))
        uid = (uint32_t)by_sudo;
    return uid;
}

/* ---- the daemon ---- */

static int no_daemon(enum err rc, const char *store, const struct failure *why)
{
    if (rc == ERR_AUTH)
        return ctl_fail("%s; %s", why->what, not_allowed);
    return ctl_fail("no hotlined runs with %s (%s); start it, correct -c FILE, or, if `store` was edited, "
                    "restart it",
                    store, why->what);
}

static int tell(pid_t pid)
{
    union sigval who = {.sival_int = (int)login()};
    if (sigqueue(pid, SIGHUP, who) == 0)
        return CTL_OK;
    if (errno == EPERM)
        return ctl_fail("hotlined (process %d) takes no signal from this user; %s", (int)pid, not_allowed);
    return ctl_fail("hotlined (process %d) cannot be told: %s", (int)pid, strerror(errno));
}

/* What it says once it has done what was asked since `asked_us`; false when it does not in time, or ends. */
static bool wait_for(const char *store, int64_t asked_us, msec timeout, struct live *l, struct arena *a)
{
    int64_t until = asked_us + timeout * 1000;
    struct failure why;
    pid_t pid;
    do {
        if (journal_live_read(store, l, a, &why) == OK && l->asked_us >= asked_us &&
            l->outcome != LIVE_STARTED)
            return true;
        usleep(20000);
    } while (clock_mono_us() < until && journal_holder(store, &pid, &why) == OK);
    return false;
}

/* ---- what came of it ---- */

static void print_json(const struct live *l)
{
    static const char *const words[] = {"started", "live", "same", "refused"};
    cJSON *o = cJSON_CreateObject(), *findings = cJSON_AddArrayToObject(o, "findings"),
          *waiting = cJSON_AddArrayToObject(o, "waits_for_restart");
    char line[1024];
    cJSON_AddStringToObject(o, "outcome", words[l->outcome]);
    cJSON_AddStringToObject(o, "stamp", l->stamp);
    cJSON_AddStringToObject(o, "was", l->was);
    cJSON_AddStringToObject(o, "by", l->by);
    cJSON_AddNumberToObject(o, "hosts", (double)l->hosts);
    cJSON_AddNumberToObject(o, "collaborators", (double)l->collaborators);
    for (struct str rest = l->findings; rest.n;)
        if (str_copy(str_split(&rest, '\n'), line, sizeof line))
            cJSON_AddItemToArray(findings, cJSON_CreateString(line));
    for (struct str rest = str_of(l->waiting); rest.n;)
        if (str_copy(str_trim(str_split(&rest, ',')), line, sizeof line))
            cJSON_AddItemToArray(waiting, cJSON_CreateString(line));
    char *text = cJSON_PrintUnformatted(o);
    puts(text);
    cJSON_free(text);
    cJSON_Delete(o);
}

static void print_words(const struct live *l)
{
    printf(STR_FMT, STR_ARG(l->findings));
    if (l->outcome == LIVE_REFUSED)
        printf("refused: the configuration %s stays in force\n", l->stamp);
    else if (l->outcome == LIVE_SAME)
        printf("nothing changed: stamp %s is live; secrets were read anew\n", l->stamp);
    else
        printf("live: stamp %s (was %s), %zu hosts, %zu collaborators\n", l->stamp, l->was, l->hosts,
               l->collaborators);
    if (*l->waiting)
        printf("waits for a restart: %s\n", l->waiting);
}

static int reload(struct ctl *ctl, const char *store, msec timeout, const char *typed)
{
    struct failure why = {OK, ""};
    struct live l;
    struct arena a;
    pid_t pid;
    enum err rc = journal_holder(store, &pid, &why);
    if (rc != OK)
        return no_daemon(rc, store, &why);
    int64_t asked_us = clock_mono_us();
    if (tell(pid) != CTL_OK)
        return CTL_FAILED;
    arena_init(&a, 0);
    bool told = wait_for(store, asked_us, timeout, &l, &a);
    if (told && ctl->json)
        print_json(&l);
    else if (told)
        print_words(&l);
    arena_free(&a);
    if (!told)
        return ctl_fail("hotlined (process %d) was told, and has not said within %s what came of it; see "
                        "its log and `hotlinectl status`",
                        (int)pid, typed);
    return l.outcome == LIVE_REFUSED ? CTL_FAILED : CTL_OK;
}

int cmd_reload(struct ctl *ctl, int argc, char **argv)
{
    const char *given = ctl_option(argc, argv, "--timeout"), *typed = given ? given : "30s";
    int64_t timeout;
    if (ctl_leftover(argc, argv) || ctl_word(argc, argv, 0) || !cfg_parse_duration(str_of(typed), &timeout))
        return ctl_usage("[-c FILE] reload [--timeout 30s]");
    const struct snapshot *s = ctl_settings(ctl);
    if (!s)
        return ctl_fail("the daemon was told nothing: hotlined.conf says where to find it");
    return reload(ctl, s->settings.store, timeout, typed);
}
