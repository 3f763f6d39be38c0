/* erase: the contact's key is destroyed, beside the running daemon. */
#include "hotlinectl/hotlinectl.h"

#include "journal/journal.h"
#include "text/text.h"

static enum err erase(const struct store *st, const char *msisdn, struct failure *why)
{
    struct contact c = {0};
    struct row row = {.at = clock_ms(), .kind = ROW_ERASED, .children = 255, .note = "by hand"};
    enum err rc = st->ops->begin(st->self, why);
    if (rc != OK)
        return rc;
    rc = st->ops->contact_find(st->self, msisdn, &c, why);
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
    const struct snapshot *s = ctl_snapshot(ctl);
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
