/* Words for what a journal row tells. */
#include "engine/engine.h"

const char *row_kind_name(enum row_kind k)
{
    switch (k) {
    case ROW_START:
        return "start";
    case ROW_STOP:
        return "stop";
    case ROW_CONFIG:
        return "config";
    case ROW_OUTAGE:
        return "outage";
    case ROW_MO:
        return "mo";
    case ROW_USSD:
        return "ussd";
    case ROW_DLR:
        return "dlr";
    case ROW_MT:
        return "mt";
    case ROW_REFERRAL:
        return "referral";
    case ROW_ROUTED:
        return "routed";
    case ROW_SEND:
        return "send";
    case ROW_ERASED:
        return "erased";
    case ROW_ACCESS:
        return "access";
    case ROW_EXPORT:
        return "export";
    }
    return "unknown";
}

const char *row_event_name(const struct row *row)
{
    if (row->kind == ROW_REFERRAL)
        return referral_event_name((enum referral_event)row->event);
    if (row->kind == ROW_DLR)
        return dlr_status_name((enum dlr_status)row->event);
    if (row->kind == ROW_SEND)
        return row->event == SEND_DELIVERED ? "delivered"
               : row->event == SEND_FAILED  ? "failed"
                                            : "no receipt";
    return "";
}
