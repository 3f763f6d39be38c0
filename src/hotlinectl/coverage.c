/* coverage: who would be asked from every commune, for each need, by day and by night. */
#include "hotlinectl/coverage.h"

static const char USAGE[] = "coverage [--date 2026-11-25] [--day 10:00] [--night 23:00] "
                            "[--need danger|shelter|talk|medical|legal|child|info|harm,...] [--children N] "
                            "[--who self|other|man|child|elder|disabled,...] [--lang L] [--public] "
                            "[--format text|csv|json|html] [-o FILE | --html FILE]";

static bool parse_needs(const char *list, uint32_t *needs)
{
    struct str rest = str_of(list);
    *needs = list ? 0 : (1u << NEED_COUNT) - 1;
    while (rest.n) {
        enum need one;
        if (!need_parse(str_split(&rest, ','), &one))
            return false;
        *needs |= 1u << one;
    }
    return *needs;
}

static bool parse_ask(int argc, char **argv, struct survey_ask *ask)
{
    const char *need = ctl_option(argc, argv, "--need"), *children = ctl_option(argc, argv, "--children"),
               *who = ctl_option(argc, argv, "--who");
    uint64_t n = 0;
    *ask = (struct survey_ask){.lang = ctl_option(argc, argv, "--lang")};
    bool ok = parse_needs(need, &ask->needs) && who_parse_list(str_of(who), &ask->who) &&
              (!children || str_to_u64(str_of(children), 50, &n));
    ask->children = (unsigned)n;
    return ok;
}

/* Where a host is lacking a collaborator of the commune may do: some needs few hosts take. */
static int verdict(const struct survey *s)
{
    for (int need = 0; need < NEED_COUNT; need++)
        for (int t = 0; survey_asked(s, (enum need)need) && t < SURVEY_TIMES; t++) {
            struct survey_sum sum = survey_sum(s, (enum need)need, (enum survey_time)t);
            if (sum.communes[SURVEY_DUTY] || sum.communes[SURVEY_NOBODY])
                return CTL_FAILED;
        }
    return CTL_OK;
}

static int tell(const struct coverage *c, enum survey_format format, const char *path)
{
    struct survey_result out;
    survey_begin(&out);
    if (format == SURVEY_HTML && !survey_put_page(out.to, coverage_json(c), &c->snapshot->settings))
        return survey_drop(&out);
    if (format == SURVEY_JSON)
        survey_put_json(out.to, coverage_json(c));
    else if (format == SURVEY_CSV)
        coverage_csv(c, out.to);
    else if (format == SURVEY_TEXT)
        coverage_text(c, out.to);
    return survey_end(&out, path, verdict(c->survey));
}

/* Out of service for this look at it: no minutes and no second choice tells of them. */
static void leave_out_secret(struct network *net, struct arena *a)
{
    for (size_t i = 0; i < net->n_hosts; i++)
        if (!net->hosts[i].is_public)
            net->hosts[i].valid_to = 1;
    routing_index(net, a);
}

/* How many of the near ones are out of service would tell of them. */
static void leave_out_reasons(struct survey *s)
{
    for (size_t i = 0; i < s->n_communes * NEED_COUNT * SURVEY_TIMES; i++)
        s->answers[i].n_why = 0;
}

int cmd_coverage(struct ctl *ctl, int argc, char **argv)
{
    struct survey_options options;
    struct survey_ask ask;
    struct survey survey;
    struct arena a;
    bool open = ctl_flag(argc, argv, "--public");
    bool ok = survey_options(ctl, argc, argv, &options) && parse_ask(argc, argv, &ask);
    if (!ok || ctl_leftover(argc, argv) || ctl_word(argc, argv, 0))
        return ctl_usage(USAGE);
    const struct snapshot *s = ctl_rules(ctl);
    if (!s)
        return CTL_FAILED;
    arena_init(&a, 0);
    if (open)
        leave_out_secret(s->network, &a);
    survey_moments(&options.when, s->network->tz_offset_min, ask.at);
    survey_make(&survey, s->network, s->places, &ask, &a);
    if (open)
        leave_out_reasons(&survey);
    struct coverage c = {s, &survey, options.when, open};
    int rc = tell(&c, options.format, options.path);
    arena_free(&a);
    return rc;
}
