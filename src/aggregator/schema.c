/* What a profile file may hold. */
#include "aggregator/internal.h"

#include <stddef.h>

#define KEY(n, t, member, ...)                                                                               \
    {                                                                                                        \
        .name = (n), .type = (t), .offset = AT(member), __VA_ARGS__                                          \
    }
#define END_OF_KEYS                                                                                          \
    {                                                                                                        \
        0                                                                                                    \
    }

static const struct cfg_word sources[] = {
    {"query", FORMAT_QUERY}, {"form", FORMAT_FORM}, {"json", FORMAT_JSON}, {"xml", FORMAT_XML}, {NULL, 0}};
static const struct cfg_word answers[] = {
    {"text", FORMAT_TEXT}, {"json", FORMAT_JSON}, {"xml", FORMAT_XML}, {NULL, 0}};
static const struct cfg_word charset_words[] = {{"utf-8", CHARSET_UTF8},
                                                {"latin-1", CHARSET_LATIN1},
                                                {"utf-16be", CHARSET_UTF16BE},
                                                {"gsm-7", CHARSET_GSM7},
                                                {NULL, 0}};
static const struct cfg_word encodings[] = {{"plain", ENCODING_PLAIN},
                                            {"hex", ENCODING_HEX},
                                            {"base64", ENCODING_BASE64},
                                            {"percent", ENCODING_PERCENT},
                                            {"maybe-base64", ENCODING_MAYBE_BASE64},
                                            {NULL, 0}};
static const struct cfg_word key_encodings[] = {
    {"plain", ENCODING_PLAIN}, {"hex", ENCODING_HEX}, {"base64", ENCODING_BASE64}, {NULL, 0}};
static const struct cfg_word signature_encodings[] = {
    {"hex", ENCODING_HEX}, {"base64", ENCODING_BASE64}, {"base64url", ENCODING_BASE64URL}, {NULL, 0}};
static const struct cfg_word algorithms[] = {{"sha1", ALGORITHM_SHA1},
                                             {"sha256", ALGORITHM_SHA256},
                                             {"sha512", ALGORITHM_SHA512},
                                             {"plain-md5", ALGORITHM_PLAIN | ALGORITHM_MD5},
                                             {"plain-sha1", ALGORITHM_PLAIN | ALGORITHM_SHA1},
                                             {"plain-sha256", ALGORITHM_PLAIN | ALGORITHM_SHA256},
                                             {"plain-sha512", ALGORITHM_PLAIN | ALGORITHM_SHA512},
                                             {NULL, 0}};
static const struct cfg_word proofs[] = {
    {"none", AUTH_NONE},   {"query", AUTH_QUERY}, {"header", AUTH_HEADER}, {"field", AUTH_FIELD},
    {"basic", AUTH_BASIC}, {"hmac", AUTH_HMAC},   {"jwt", AUTH_JWT},       {NULL, 0}};
static const struct cfg_word send_proofs[] = {
    {"none", AUTH_NONE}, {"basic", AUTH_BASIC}, {"bearer", AUTH_BEARER}, {NULL, 0}};
static const struct cfg_word status_words[] = {
    {"queued", DLR_QUEUED}, {"sent", DLR_SENT},        {"delivered", DLR_DELIVERED}, {"failed", DLR_FAILED},
    {"retry", DLR_RETRY},   {"ignore", STATUS_IGNORE}, {"refuse", STATUS_REFUSE},    {NULL, 0}};
static const struct cfg_word event_words[] = {
    {"begin", EVENT_BEGIN}, {"continue", EVENT_CONTINUE}, {"end", EVENT_END}, {NULL, 0}};
static const struct cfg_word result_words[] = {
    {"sent", SENT_OK},         {"throttled", SENT_THROTTLED}, {"connection", SENT_CONNECTION},
    {"status", SENT_STATUS},   {"content", SENT_CONTENT},     {"unparseable", SENT_UNPARSEABLE},
    {"refused", SENT_REFUSED}, {"blocked", SENT_BLOCKED},     {NULL, 0}};
static const struct cfg_word classes[] = {{"unknown", MT_CLASS_UNKNOWN},
                                          {"absent", MT_CLASS_ABSENT},
                                          {"invalid", MT_CLASS_INVALID},
                                          {"blocked", MT_CLASS_BLOCKED},
                                          {"rejected", MT_CLASS_REJECTED},
                                          {"expired", MT_CLASS_EXPIRED},
                                          {NULL, 0}};
static const struct cfg_word number_words[] = {{"auto", NUMBERS_AUTO},
                                               {"international", NUMBERS_INTERNATIONAL},
                                               {"national", NUMBERS_NATIONAL},
                                               {NULL, 0}};

#define AT(m) offsetof(struct word_def, m)
static const struct cfg_key charset_keys[] = {
    KEY("is", CFG_STRINGS, is, .required = true, .help = "words of the charset field; \"*\": any"),
    KEY("means", CFG_ENUM, means, .required = true, .words = charset_words, .help = "the charset they mean"),
    KEY("encoding", CFG_ENUM, encoding, .dflt = "plain", .words = encodings,
        .help = "how its bytes are written"),
    END_OF_KEYS};
static const struct cfg_key status_keys[] = {
    KEY("is", CFG_STRINGS, is, .help = "words of the status field; \"*\": any"),
    KEY("if", CFG_STRINGS, if_any, .help = "or conditions, any of which"),
    KEY("means", CFG_ENUM, means, .required = true, .words = status_words, .help = "the state they mean"),
    KEY("class", CFG_ENUM, why, .dflt = "unknown", .words = classes, .help = "why it failed"), END_OF_KEYS};
static const struct cfg_key event_keys[] = {
    KEY("if", CFG_STRINGS, if_any, .required = true, .help = "conditions, any of which"),
    KEY("means", CFG_ENUM, means, .required = true, .words = event_words, .help = "what the request is"),
    END_OF_KEYS};
static const struct cfg_key result_keys[] = {
    KEY("if", CFG_STRINGS, if_any, .required = true, .help = "conditions on the answer, any of which"),
    KEY("means", CFG_ENUM, means, .required = true, .words = result_words,
        .help = "what became of the message"),
    KEY("class", CFG_ENUM, why, .dflt = "unknown", .words = classes, .help = "why it failed"), END_OF_KEYS};
static const struct cfg_schema charset_schema = {"charset", sizeof(struct word_def), charset_keys, true};
static const struct cfg_schema status_schema = {"status", sizeof(struct word_def), status_keys, true};
static const struct cfg_schema event_schema = {"event", sizeof(struct word_def), event_keys, true};
static const struct cfg_schema result_schema = {"result", sizeof(struct word_def), result_keys, true};
#undef AT

#define AT(m) offsetof(struct certificate_def, m)
static const struct cfg_key certificate_keys[] = {
    KEY("header", CFG_STRING, header, .required = true,
        .help = "header in which the proxy names the verified client"),
    KEY("is", CFG_STRINGS, is, .required = true, .help = "the names taken"), END_OF_KEYS};
static const struct cfg_schema certificate_schema = {"certificate", sizeof(struct certificate_def),
                                                     certificate_keys, true};
#undef AT

#define AT(m) offsetof(struct auth_def, m)
static const struct cfg_key auth_keys[] = {
    KEY("by", CFG_ENUM, by, .required = true, .words = proofs,
        .help = "what the aggregator proves itself by"),
    KEY("name", CFG_STRING, name, .dflt = "token",
        .help = "name of the parameter, header or field of the token"),
    KEY("secret", CFG_STRING, secret, .help = "name of the secret"),
    KEY("user", CFG_STRING, user, .help = "basic: the user's name"),
    KEY("algorithm", CFG_ENUM, algorithm, .dflt = "sha256", .words = algorithms, .help = "hmac: the digest"),
    KEY("key_encoding", CFG_ENUM, key_encoding, .dflt = "plain", .words = key_encodings,
        .help = "hmac, jwt: how the secret's file holds the key"),
    KEY("signature", CFG_STRINGS, signature, .help = "hmac, jwt: where the signature is"),
    KEY("encoding", CFG_ENUM, encoding, .dflt = "hex", .words = signature_encodings,
        .help = "hmac: how the signature is written"),
    KEY("over", CFG_STRING, over, .help = "hmac: what is signed, a template"),
    KEY("timestamp", CFG_STRINGS, timestamp, .help = "hmac: where the time of signing is"),
    KEY("timestamp_format", CFG_STRING, timestamp_format, .dflt = "epoch", .help = "and how it is written"),
    KEY("tolerance", CFG_DURATION, tolerance, .dflt = "5m", .min = 1e3, .max = 86400e3,
        .help = "how far it may be from now"),
    KEY("once", CFG_BOOL, once, .dflt = "false", .help = "refuse a signature that was answered before"),
    KEY("claims", CFG_MAP, claims, .help = "jwt: what claims must be, templates"),
    KEY("networks", CFG_STRINGS, networks, .help = "networks that calls are taken from; all if left out"),
    KEY("certificate", CFG_GROUP, certificate, .sub = &certificate_schema,
        .help = "a client certificate that a proxy has verified"),
    END_OF_KEYS};
static const struct cfg_schema auth_schema = {"auth", sizeof(struct auth_def), auth_keys, true};
#undef AT

#define AT(m) offsetof(struct reply_def, m)
static const struct cfg_key reply_keys[] = {
    KEY("status", CFG_INT, status, .dflt = "200", .min = 200, .max = 299, .help = "HTTP status when taken"),
    KEY("content_type", CFG_STRING, content_type,
        .help = "of the body; JSON for groups, else plain text, if left out"),
    KEY("text", CFG_TREE, text, .help = "body of an answer to an SMS; left out: answers go out by send"),
    KEY("empty", CFG_TREE, empty, .help = "body when there is nothing to say"),
    KEY("go_on", CFG_TREE, go_on, .help = "USSD: body while the session goes on"),
    KEY("end", CFG_TREE, end, .help = "USSD: body that ends it"),
    KEY("again_status", CFG_INT, again_status, .dflt = "503", .min = 200, .max = 599,
        .help = "HTTP status when nothing can be stored"),
    KEY("again", CFG_TREE, again, .help = "body then; {text} is the text with the emergency numbers"),
    KEY("headers", CFG_MAP, headers, .help = "headers sent along"),
    KEY("go_on_headers", CFG_MAP, go_on_headers, .help = "USSD: headers while the session goes on"),
    KEY("end_headers", CFG_MAP, end_headers, .help = "USSD: headers that end it"),
    KEY("unicode_headers", CFG_MAP, unicode_headers, .help = "headers for texts outside the GSM alphabet"),
    END_OF_KEYS};
static const struct cfg_schema reply_schema = {"reply", sizeof(struct reply_def), reply_keys, true};
#undef AT

#define AT(m) offsetof(struct callback_def, m)
static const struct cfg_key callback_keys[] = {
    KEY("methods", CFG_STRINGS, methods, .required = true, .help = "HTTP methods taken"),
    KEY("source", CFG_ENUM, source, .required = true, .words = sources, .help = "where the fields are"),
    KEY("content_types", CFG_STRINGS, content_types,
        .help = "content types taken; those of the source if left out; \"*\": any"),
    KEY("each", CFG_STRING, each,
        .help = "path of a list: each element is an input; \".\": the whole body is one"),
    KEY("when", CFG_STRINGS, when, .help = "conditions, any of which makes a request this section's"),
    KEY("ignore_if", CFG_STRINGS, ignore_if, .help = "conditions, any of which makes it nothing for us"),
    KEY("refuse_if", CFG_STRINGS, refuse_if, .help = "conditions, any of which makes it wrong"),
    KEY("required", CFG_STRINGS, required, .help = "fields that must be there, by our names"),
    KEY("sender", CFG_STRINGS, sender, .help = "field of the contact's number"),
    KEY("recipient", CFG_STRINGS, recipient, .help = "field of the short code or service code"),
    KEY("text", CFG_STRINGS, text, .help = "field of the text or the USSD answers"),
    KEY("message_id", CFG_STRINGS, message_id, .help = "field of the aggregator's id"),
    KEY("timestamp", CFG_STRINGS, timestamp, .help = "field of its time"),
    KEY("timestamp_format", CFG_STRING, timestamp_format, .dflt = "none",
        .help = "none, epoch, epoch-ms, rfc3339, iso8601 or a pattern of strptime"),
    KEY("timestamp_offset", CFG_INT, timestamp_offset, .dflt = "0", .min = -840, .max = 840,
        .unit = "minutes", .help = "east of UTC, for times without a zone"),
    KEY("session", CFG_STRINGS, session, .help = "field of the USSD session"),
    KEY("status", CFG_STRINGS, status, .help = "field of a receipt's status"),
    KEY("charset", CFG_STRINGS, charset, .help = "field that names the text's charset"),
    KEY("charset_is", CFG_ENUM, charset_is, .dflt = "utf-8", .words = charset_words,
        .help = "the charset where no field names it"),
    KEY("encoding", CFG_ENUM, encoding, .dflt = "plain", .words = encodings,
        .help = "how the text's bytes are written"),
    KEY("charsets", CFG_LIST, charsets, .sub = &charset_schema, .help = "words of the charset field"),
    KEY("twice_encoded", CFG_BOOL, twice_encoded, .dflt = "false",
        .help = "mend UTF-8 that was taken for Latin-1 and encoded again"),
    KEY("part_ref", CFG_STRINGS, part_ref, .help = "what the parts of one SMS have in common"),
    KEY("part_no", CFG_STRINGS, part_no, .help = "number of the part, from 1"),
    KEY("part_count", CFG_STRINGS, part_count, .help = "how many parts there are"),
    KEY("udh", CFG_STRINGS, udh, .help = "the user data header in hex, which says the same"),
    KEY("statuses", CFG_LIST, statuses, .sub = &status_schema, .help = "what a receipt's words mean"),
    KEY("events", CFG_LIST, events, .sub = &event_schema,
        .help = "USSD: what a request is, the first that fits"),
    KEY("cumulative", CFG_BOOL, cumulative, .dflt = "false", .help = "USSD: text holds all answers so far"),
    KEY("separator", CFG_STRING, separator, .dflt = "*", .min = 1, .max = 1, .help = "between them"),
    KEY("page_septets", CFG_INT, page_septets, .dflt = "160", .min = 40, .max = 182,
        .help = "USSD page in GSM characters"),
    KEY("page_ucs2", CFG_INT, page_ucs2, .dflt = "70", .min = 30, .max = 91,
        .help = "USSD page in UCS-2 characters"),
    KEY("auth", CFG_GROUP, auth, .required = true, .sub = &auth_schema,
        .help = "how the aggregator proves itself"),
    KEY("reply", CFG_GROUP, reply, .required = true, .sub = &reply_schema, .help = "how it is answered"),
    END_OF_KEYS};
static const struct cfg_schema callback_schema = {"callback", sizeof(struct callback_def), callback_keys,
                                                  true};
#undef AT

#define AT(m) offsetof(struct send_auth_def, m)
static const struct cfg_key send_auth_keys[] = {
    KEY("by", CFG_ENUM, by, .required = true, .words = send_proofs, .help = "what we prove ourselves by"),
    KEY("user", CFG_STRING, user, .help = "basic: our name, a template"),
    KEY("secret", CFG_STRING, secret, .help = "name of the secret"), END_OF_KEYS};
static const struct cfg_schema send_auth_schema = {"send.auth", sizeof(struct send_auth_def), send_auth_keys,
                                                   true};
#undef AT
#define AT(m) offsetof(struct sign_def, m)
static const struct cfg_key sign_keys[] = {
    KEY("algorithm", CFG_ENUM, algorithm, .dflt = "sha256", .words = algorithms,
        .help = "the digest of the HMAC"),
    KEY("secret", CFG_STRING, secret, .help = "name of the secret"),
    KEY("key_encoding", CFG_ENUM, key_encoding, .dflt = "plain", .words = key_encodings,
        .help = "how the secret's file holds the key"),
    KEY("encoding", CFG_ENUM, encoding, .dflt = "hex", .words = signature_encodings,
        .help = "how the signature is written"),
    KEY("over", CFG_STRING, over, .required = true, .help = "what is signed, a template"),
    END_OF_KEYS};
static const struct cfg_schema sign_schema = {"sign", sizeof(struct sign_def), sign_keys, true};
#undef AT

#define AT(m) offsetof(struct send_def, m)
static const struct cfg_key send_keys[] = {
    KEY("method", CFG_STRING, method, .help = "HTTP method; POST with a form or body, else GET"),
    KEY("url", CFG_STRING, url, .required = true, .help = "the send API, a template"),
    KEY("query", CFG_TREE, query, .help = "parameters of the URL"),
    KEY("form", CFG_TREE, form, .help = "fields of a form body"),
    KEY("body", CFG_TREE, body, .help = "a body: a template, or a group that becomes JSON"),
    KEY("content_type", CFG_STRING, content_type, .help = "of the body; JSON for a group, if left out"),
    KEY("headers", CFG_MAP, headers, .help = "headers, templates"),
    KEY("auth", CFG_GROUP, auth, .sub = &send_auth_schema, .help = "how we prove ourselves"),
    KEY("sign", CFG_GROUP, sign, .sub = &sign_schema, .help = "what {signature} is"),
    KEY("part", CFG_TREE, part, .help = "template of one piece of a long text; {parts} is all of them"),
    KEY("part_join", CFG_STRING, part_join, .dflt = ",", .help = "between the pieces"),
    KEY("segments_max", CFG_INT, segments_max, .dflt = "10", .min = 1, .max = 10,
        .help = "a text of more segments goes in several requests"),
    KEY("plain_signs", CFG_BOOL, plain_signs, .dflt = "true",
        .help = "make typographic signs plain when the text then fits the GSM alphabet"),
    KEY("unaccent", CFG_BOOL, unaccent, .dflt = "true",
        .help = "drop accents when that saves segments and the language allows it"),
    KEY("answer", CFG_ENUM, answer, .dflt = "text", .words = answers, .help = "what the answer is"),
    KEY("results", CFG_LIST, results, .sub = &result_schema,
        .help = "what answers mean, the first that fits"),
    KEY("success", CFG_STRINGS, success, .help = "conditions, one of which a successful answer meets"),
    KEY("message_id", CFG_STRINGS, message_id, .help = "where the answer tells the aggregator's id"),
    KEY("id_required", CFG_BOOL, id_required, .dflt = "false", .help = "without an id it was not taken"),
    KEY("retry_after", CFG_STRINGS, retry_after, .help = "where the answer tells how many seconds to wait"),
    KEY("permanent", CFG_STRINGS, permanent, .help = "HTTP statuses that trying again does not help"),
    KEY("timeout", CFG_DURATION, timeout, .dflt = "15s", .min = 100, .max = 300e3, .help = "longest wait"),
    END_OF_KEYS};
static const struct cfg_schema send_schema = {"send", sizeof(struct send_def), send_keys, true};
#undef AT

#define AT(m) offsetof(struct corpus_set_def, m)
static const struct cfg_key account_keys[] = {
    KEY("if", CFG_STRINGS, if_any, .help = "conditions on the case; every case if left out"),
    KEY("set", CFG_MAP, set, .required = true, .help = "settings of the account it was made with"),
    END_OF_KEYS};
static const struct cfg_schema account_schema = {"account", sizeof(struct corpus_set_def), account_keys,
                                                 true};
#undef AT
#define AT(m) offsetof(struct corpus_differs_def, m)
static const struct cfg_key differs_keys[] = {
    KEY("if", CFG_STRINGS, if_any, .required = true, .help = "conditions on the case"),
    KEY("why", CFG_STRING, why, .required = true, .min = 1, .max = 300,
        .help = "why this profile does otherwise"),
    END_OF_KEYS};
static const struct cfg_schema differs_schema = {"differs", sizeof(struct corpus_differs_def), differs_keys,
                                                 true};
#undef AT
#define AT(m) offsetof(struct corpus_def, m)
static const struct cfg_key corpus_keys[] = {
    KEY("aggregator", CFG_STRINGS, aggregator, .help = "whose cases this profile is for; the id if left out"),
    KEY("only", CFG_STRINGS, only, .help = "and only those that meet one of these conditions"),
    KEY("now", CFG_STRING, now, .help = "the source's time of sending, RFC 3339"),
    KEY("account", CFG_LIST, account, .sub = &account_schema,
        .help = "what the cases do not tell of the account"),
    KEY("differs", CFG_LIST, differs, .sub = &differs_schema,
        .help = "cases that this profile answers otherwise"),
    END_OF_KEYS};
static const struct cfg_schema corpus_schema = {"corpus", sizeof(struct corpus_def), corpus_keys, true};
#undef AT

#define AT(m) offsetof(struct profile_def, m)
static const struct cfg_key profile_keys[] = {
    KEY("id", CFG_STRING, id, .min = 1, .max = 31,
        .help = "its part of the URL; the file's name if left out"),
    KEY("about", CFG_STRING, about, .help = "what it describes, and what that was checked against"),
    KEY("settings", CFG_MAP, settings, .help = "what is the account's own and no secret; {set:NAME}"),
    KEY("numbers", CFG_ENUM, numbers, .dflt = "auto", .words = number_words,
        .help = "how senders are written"),
    KEY("sms", CFG_GROUP, callbacks[CALLBACK_SMS], .sub = &callback_schema, .help = "SMS in"),
    KEY("ussd", CFG_GROUP, callbacks[CALLBACK_USSD], .sub = &callback_schema, .help = "USSD steps"),
    KEY("dlr", CFG_GROUP, callbacks[CALLBACK_DLR], .sub = &callback_schema, .help = "delivery receipts"),
    KEY("send", CFG_GROUP, send, .sub = &send_schema, .help = "SMS out"),
    KEY("corpus", CFG_GROUP, corpus, .sub = &corpus_schema, .help = "which recorded cases it is tested with"),
    END_OF_KEYS};
const struct cfg_schema profile_schema = {"aggregators/*.conf", sizeof(struct profile_def), profile_keys,
                                          false};
