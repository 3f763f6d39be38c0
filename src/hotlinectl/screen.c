#include "hotlinectl/screen.h"

#include <stdio.h>
#include <string.h>

void screen_text(const char *mark, struct str text)
{
    if (!text.n)
        return;
    fputs(mark, stdout);
    for (size_t i = 0; i < text.n; i++) {
        putchar(text.s[i]);
        if (text.s[i] == '\n')
            printf("%*s", (int)strlen(mark), "");
    }
    putchar('\n');
}

void screen_size(struct str text)
{
    struct text_size z = text_size(text);
    printf("%u %s, %u segment%s", z.units, z.coding == CODING_GSM7 ? "septets" : "units", z.segments,
           z.segments == 1 ? "" : "s");
}

static void one(const struct practice_sent *s)
{
    if (s->kind == SEND_ALERT) {
        printf("  alert to %s: " STR_FMT "\n", s->target, STR_ARG(s->body));
        return;
    }
    screen_text("sms ", s->body);
    fputs("  [sms, ", stdout);
    screen_size(s->body);
    puts("]");
}

uint64_t screen_sent(const struct practice *p, uint64_t after, const char *msisdn)
{
    const struct practice_sent *sent;
    size_t n = practice_sent(p, &sent);
    for (size_t i = 0; i < n; i++)
        if (sent[i].no > after && (!msisdn || (sent[i].kind == SEND_MT && strcmp(sent[i].to, msisdn) == 0)))
            one(&sent[i]);
    return n ? sent[n - 1].no : 0;
}
