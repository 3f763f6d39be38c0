/* The officers' page /referrals: the store, opened for reading as long as one answer takes, so that no key is
 * kept and what was erased meanwhile is not remembered here. */
#include "base/log.h"
#include "daemon/daemon.h"
#include "journal/journal.h"
#include "web/web.h"

#include <sodium.h>
#include <string.h>

bool referrals_path(struct str path, uint64_t *id)
{
    static const char prefix[] = "/referrals/";
    if (!str_starts(path, prefix))
        return false;
    return id_parse((struct str){path.s + sizeof prefix - 1, path.n - (sizeof prefix - 1)}, id);
}

static enum err open_store(const struct settings *s, struct store *out, struct failure *why)
{
    char path[4096];
    uint8_t key[JOURNAL_KEY];
    cfg_secret_path(s->secrets, s->master_key, path, sizeof path);
    enum err rc = journal_key_load(path, key, why);
    if (rc == OK)
        rc = journal_open(s->store, key, JOURNAL_READ, out, why);
    sodium_memzero(key, sizeof key);
    return rc;
}

static enum err render(const struct world *w, const struct intake_request *req, uint64_t id, struct out *o,
                       struct failure *why)
{
    const struct snapshot *s = w->snap;
    struct web_look look;
    struct store st;
    web_look_read(&look, s->places, s->network->tz_offset_min, req->query);
    enum err rc = open_store(&s->settings, &st, why);
    if (rc != OK)
        return rc;
    rc = id ? web_referral(&st, id, &look, o, why) : web_referrals(&st, &look, o, why);
    journal_close(&st);
    return rc == OK && o->overflow ? fail(why, ERR_BUG, "the page does not fit") : rc;
}

static void show(const struct world *w, const struct intake_request *req, uint64_t id,
                 struct intake_answer *out)
{
    struct failure why = {OK, ""};
    struct out o;
    out_init(&o, arena_alloc(req->arena, WEB_HTML), WEB_HTML);
    enum err rc = render(w, req, id, &o, &why);
    if (rc == OK) {
        *out = (struct intake_answer){
            .status = 200, .content_type = "text/html; charset=utf-8", .body = out_span(&o)};
        return;
    }
    if (rc != ERR_MISSING)
        log_event(LOG_ERROR, "referrals", "what=\"the page cannot be shown\" why=\"%s\"", why.what);
    intake_refuse(out, req->arena, rc == ERR_MISSING ? 404 : 503, "%s",
                  rc == ERR_MISSING ? "no such referral" : "the store cannot be read now; try again");
}

void referrals_page(const struct world *w, const struct intake_request *req, uint64_t id,
                    struct intake_answer *out)
{
    struct web_asset asset;
    if (id || str_is(req->path, "/referrals"))
        show(w, req, id, out);
    else if (web_asset(req->path, &asset))
        *out = (struct intake_answer){.status = 200, .content_type = asset.type, .body = asset.body};
    else
        intake_refuse(out, req->arena, 404, "nothing here");
}
