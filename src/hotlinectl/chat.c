/* chat: talk to the dialogue in the terminal, or let a script talk. Nothing is stored and nobody is alerted.
 */
#include "hotlinectl/hotlinectl.h"

#include "text/text.h"

#include <string.h>
#include <unistd.h>

static const struct {
    unsigned bit;
    const char *name;
} effects[] = {
    {DLG_REFER, "refer"},   {DLG_URGENT, "urgent"},     {DLG_STATED, "stated"},
    {DLG_LEFT, "left"},     {DLG_ENDED, "ended"},       {DLG_STOP, "stop"},
    {DLG_ERASE, "erase"},   {DLG_INFORMED, "informed"}, {DLG_EMERGENCY, "emergency"},
    {DLG_LANG, "language"}, {DLG_RESET, "reset"},       {DLG_OTHER_COLLABORATOR, "other-collaborator"}};

static void print_answer(const struct dialogue_out *out, const struct session *s, enum channel channel)
{
    struct text_size z = text_size((struct str){out->text, out->len});
    printf("< ");
    for (size_t i = 0; i < out->len; i++)
        out->text[i] == '\n' ? fputs("\n  ", stdout) : putchar(out->text[i]);
    printf("\n  [%s%s, %u %s, %u segment%s%s", s->state, out->end && channel == CHANNEL_USSD ? ", end" : "",
           z.units, z.coding == CODING_GSM7 ? "septets" : "units", z.segments, z.segments == 1 ? "" : "s",
           out->effects ? ";" : "");
    for (size_t i = 0; i < sizeof effects / sizeof effects[0]; i++)
        if (out->effects & effects[i].bit)
            printf(" %s", effects[i].name);
    puts("]");
    fflush(stdout);
}

static void talk(const struct snapshot *snap, enum channel channel, const char *lang)
{
    struct session s = {.children = 255};
    struct dialogue_out out;
    struct dialogue_env env = {
        .dialogue = snap->dialogue, .catalogs = snap->catalogs, .places = snap->places};
    bool shown = isatty(STDIN_FILENO);
    char line[2048];
    str_copy(str_of(lang), s.lang, sizeof s.lang);
    if (channel == CHANNEL_USSD) {
        env.now = clock_ms();
        dialogue_step(&env, &s, channel, DLG_BEGIN, (struct str){NULL, 0}, &out);
        print_answer(&out, &s, channel);
    }
    for (;;) {
        if (shown)
            fputs("> ", stdout), fflush(stdout);
        if (!fgets(line, sizeof line, stdin))
            break;
        line[strcspn(line, "\r\n")] = '\0';
        if (!shown)
            printf("> %s\n", line);
        env.now = clock_ms();
        dialogue_step(&env, &s, channel, DLG_TEXT, str_of(line), &out);
        print_answer(&out, &s, channel);
        if (out.effects & DLG_ERASE)
            s = (struct session){.children = 255};
        if (channel == CHANNEL_USSD && out.end)
            break;
    }
}

int cmd_chat(struct ctl *ctl, int argc, char **argv)
{
    const char *channel = ctl_option(argc, argv, "--channel"), *lang = ctl_option(argc, argv, "--lang");
    bool ussd = channel && strcmp(channel, "ussd") == 0;
    if (ctl_leftover(argc, argv) || (channel && !ussd && strcmp(channel, "sms") != 0))
        return ctl_usage("chat [--channel sms|ussd] [--lang L]");
    const struct snapshot *s = ctl_rules(ctl);
    if (!s)
        return CTL_FAILED;
    if (lang && !dialogue_has_lang(s->catalogs, lang))
        return ctl_fail("language \"%s\" is not switched on; see languages in %s", lang, ctl->config);
    talk(s, ussd ? CHANNEL_USSD : CHANNEL_SMS, lang ? lang : dialogue_default_lang(s->catalogs));
    return CTL_OK;
}
