/* erase: the contact's key is destroyed, beside the running daemon. */
#include "hotlinectl/hotlinectl.h"

#include "journal/journal.h"
#include "text/text.h"

#include <string.h>

/* Nobody may be sent to somebody who wants to be forgotten. */
static enum err withdraw_one(const struct store *st, uint64_t contact, bool drill, msec now,
                             struct failure *why)
{
    struct referral r;
    struct referral_out happened = {.n = 0};
    enum err rc = st->ops->referral_of(st->self, contact, drill, &r, why);
    if (rc != OK)
        return rc;
    referral_withdraw(&r, "erased", now, &happened);
    rc = st->ops->referral_put(st->self, &r, why);
    for (size_t i = 0; rc == OK && i < happened.n; i++) {
        struct row row = {.at = now,
                          .kind = ROW_REFERRAL,
                          .contact = contact,
                          .referral = r.id,
                          .drill = r.drill,
                          .event = (uint8_t)happened.events[i].what,
                          .need = (uint8_t)(r.need + 1),
                          .urgent = r.urgent,
                          .children = r.children,
                          .note = "erased"};
        memcpy(row.place, r.place, sizeof row.place);
        rc = st->ops->append(st->self, &row, why);
    }
    return rc;
}

static enum err withdraw(const struct store *st, uint64_t contact, msec now, struct failure *why)
{
    for (int drill = 0; drill < 2; drill++) {
        enum err rc;
        while ((rc = withdraw_one(st, contact, drill, now, why)) == OK) {
        }
        if (rc != ERR_MISSING)
            return rc;
    }
    return OK;
}

static enum err erase(const struct store *st, const char *msisdn, struct failure *why)
{
    struct contact c = {0};
    struct row row = {.at = clock_ms(), .kind = ROW_ERASED, .children = 255, .note = "by hand"};
    enum err rc = st->ops->begin(st->self, why);
    if (rc != OK)
        return rc;
    rc = st->ops->contact_find(st->self, msisdn, &c, why);
    if (rc == OK)
        rc = withdraw(st, c.id, row.at, why);
    if (rc == OK)
        rc = st->ops->contact_erase(st->self, c.id, why);
    row.contact = c.id;
    if (rc == OK)
        rc = st->ops->append(st->self, &row, why);
    if (rc == OK)
        rc = st->ops->commit(st->self, why);
    if (rc != OK)
        st->ops->rollback(st->self);
    return rc;
}

int cmd_erase(struct ctl *ctl, int argc, char **argv)
{
    char msisdn[MSISDN_MAX];
    struct store st;
    struct failure why = {OK, ""};
    const char *number = ctl_word(argc, argv, 0);
    if (ctl_leftover(argc, argv) || !number || ctl_word(argc, argv, 1))
        return ctl_usage("erase MSISDN");
    const struct snapshot *s = ctl_settings(ctl);
    if (!s)
        return CTL_FAILED;
    if (!text_msisdn(str_of(number), s->settings.country, msisdn))
        return ctl_fail("that is no telephone number; write it in full, with its country code");
    if (!ctl_store(ctl, JOURNAL_EDIT, &st))
        return CTL_FAILED;
    enum err rc = erase(&st, msisdn, &why);
    journal_close(&st);
    if (rc == ERR_MISSING)
        return ctl_fail("nothing is kept of that number");
    if (rc != OK)
        return ctl_fail("not erased: %s", why.what);
    puts("erased; what was counted stays counted");
    return CTL_OK;
}
