/* The words for things. */
#include "routing/routing.h"

static const char *const needs[] = {"danger", "shelter", "talk", "medical", "legal", "child", "info", "harm"};

const char *need_name(enum need n)
{
    return n < NEED_COUNT ? needs[n] : "unknown";
}

bool need_parse(struct str s, enum need *out)
{
    for (int i = 0; i < NEED_COUNT; i++)
        if (str_is(s, needs[i])) {
            *out = (enum need)i;
            return true;
        }
    return false;
}

static const char *const people[] = {"self", "other", "man", "child", "elder", "disabled"};

const char *who_name(enum who bit)
{
    for (int i = 0; i < 6; i++)
        if (bit == 1u << i)
            return people[i];
    return "unknown";
}

bool who_parse(struct str s, enum who *out)
{
    for (int i = 0; i < 6; i++)
        if (str_is(s, people[i])) {
            *out = (enum who)(1u << i);
            return true;
        }
    return false;
}

bool who_parse_list(struct str list, unsigned *out)
{
    while (list.n) {
        enum who one;
        if (!who_parse(str_split(&list, ','), &one))
            return false;
        *out |= one;
    }
    return true;
}

unsigned who_of(enum need need, unsigned who)
{
    return need == NEED_CHILD ? who | WHO_CHILD : who;
}

const char *host_kind_name(enum host_kind k)
{
    static const char *const names[] = {"trusted-address", "shelter", "health", "police", "legal", "social"};
    return names[k];
}

const char *travel_mode_name(enum travel_mode m)
{
    static const char *const names[] = {"motorbike", "car", "foot", "boat"};
    return names[m];
}

const char *reject_text(enum reject r)
{
    static const char *const texts[] = {
        [REJECT_NEED] = "does not take this need",
        [REJECT_CLOSED] = "closed at this hour",
        [REJECT_FULL] = "full",
        [REJECT_CHILDREN] = "cannot take so many children",
        [REJECT_MEN] = "does not take men",
        [REJECT_AVOIDED] = "in a commune that was excluded",
        [REJECT_FAR] = "too far away",
        [REJECT_INVALID] = "not in service at this date",
        [REJECT_ROTA] = "not on duty at this hour",
        [REJECT_BUSY] = "has enough open referrals",
        [REJECT_UNSTAFFED] = "nobody of it is on duty",
        [REJECT_APART] = "serves neither the place nor a host that can take it",
        [REJECT_WOMEN] = "takes men only",
        [REJECT_SERVES] = "does not receive from this commune",
        [REJECT_UNSAFE] = "must not receive from this commune, for safety",
        [REJECT_CUT_OFF] = "the way there is closed at this time",
        [REJECT_AWAY] = "away on this date",
        [REJECT_DRILL] = "takes drills only",
        [REJECT_BEHIND] = "further back in line",
    };
    return texts[r];
}
