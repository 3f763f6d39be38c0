/* The officers' pages in Vietnamese: what the program says in English, and how it is said. */
#include "web/internal.h"

#include <string.h>

/* A star stands for what is not ours to translate: numbers and ids. The first that fits counts. */
static const struct {
    const char *english, *vietnamese;
} words[] = {
    /* the page */
    {"Referrals", "Các ca chuyển gửi"},
    {"State", "Tình trạng"},
    {"all", "tất cả"},
    {"Commune", "Xã, phường"},
    {"From", "Từ ngày"},
    {"To", "Đến ngày"},
    {"Show", "Xem"},
    {"Everything", "Bỏ lọc"},
    {"no such commune", "không có xã, phường này"},
    {"no such date", "ngày không hợp lệ"},
    {"No referral fits.", "Không có ca nào phù hợp."},
    {"None of the last ones fits; look at older ones.",
     "Không có ca nào gần đây phù hợp; hãy xem các ca cũ hơn."},
    {"Older", "Cũ hơn"},
    {"Newest", "Mới nhất"},
    {"Id", "Mã"},
    {"Opened", "Lúc"},
    {"Need", "Nhu cầu"},
    {"With", "Người phụ trách"},
    {"Host", "Nơi tiếp nhận"},
    {"nobody", "chưa ai"},
    {"drill", "diễn tập"},
    {"urgent", "khẩn cấp"},
    {"not known", "chưa rõ"},
    {"All referrals", "Tất cả các ca"},
    {"Referral *", "Ca *"},
    {"That this page was opened is in the journal.", "Việc mở trang này được ghi vào nhật ký."},
    {"What happened", "Diễn biến"},
    {"Why", "Lý do"},
    {"Choice of *", "Lần chọn lúc *"},
    {"by configuration *", "theo cấu hình *"},
    {"Collaborators, in the order they would be asked", "Cộng tác viên, theo thứ tự sẽ được hỏi"},
    {"Collaborators who were not", "Cộng tác viên không được chọn"},
    {"Hosts, best first", "Nơi tiếp nhận, phù hợp nhất trước"},
    {"Hosts that cannot", "Nơi không thể tiếp nhận"},
    {"If nobody can be asked", "Khi không hỏi được ai"},
    {"* more", "và * nữa"},
    {"none", "không có"},
    {"Order", "Thứ tự"},
    {"Children", "Trẻ em"},
    {"Language", "Ngôn ngữ"},
    {"Who", "Ai"},
    {"Not from", "Không lấy từ"},
    {"The place is not known, so there is no host.", "Chưa biết địa điểm nên chưa chọn được nơi tiếp nhận."},
    {"The reasons were erased with the contact.", "Lý do đã được xóa cùng với dữ liệu của người liên hệ."},
    {"No reasons were kept: it is older than they are.", "Ca này có trước khi lý do được lưu."},
    {"Older choices: hotlinectl journal why *", "Các lần chọn cũ hơn: hotlinectl journal why *"},
    {"* h * min", "* giờ * phút"},
    {"* d * h", "* ngày * giờ"},
    {"* min", "* phút"},
    {"after *", "sau *"},
    {"at once", "ngay lập tức"},
    /* needs, people, states, events */
    {"danger", "nguy hiểm"},
    {"shelter", "nơi tạm lánh"},
    {"talk", "trò chuyện, tư vấn"},
    {"medical", "y tế"},
    {"legal", "pháp lý"},
    {"child", "trẻ em"},
    {"info", "thông tin"},
    {"harm", "sợ làm hại người khác"},
    {"self", "chính mình"},
    {"other", "hỏi hộ"},
    {"man", "nam giới"},
    {"elder", "người cao tuổi"},
    {"disabled", "người khuyết tật"},
    {"open", "đang mở"},
    {"opened", "mở ca"},
    {"offered", "đã gửi lời đề nghị"},
    {"accepted", "đã nhận"},
    {"declined", "từ chối"},
    {"expired", "hết hạn trả lời"},
    {"failed", "không gửi được"},
    {"arrived", "đã đến nơi"},
    {"closed", "đã đóng"},
    {"unmet", "chưa ai giúp được"},
    {"nobody accepted", "không ai nhận"},
    {"nobody eligible", "không ai phù hợp"},
    {"place unknown and nobody on duty", "chưa rõ địa điểm và không có ai trực"},
    {"erased", "đã xóa dữ liệu"},
    /* the order */
    {"urgent: the nearest first", "khẩn cấp: gần nhất trước"},
    {"the nearest first, within * min the least burdened",
     "gần nhất trước, trong cùng * phút thì nơi ít việc hơn trước"},
    {"the nearest first", "gần nhất trước"},
    /* why a host */
    {"known time by motorbike", "thời gian đã biết, đi xe máy"},
    {"known time by car", "thời gian đã biết, đi ô tô"},
    {"known time by foot", "thời gian đã biết, đi bộ"},
    {"known time by boat", "thời gian đã biết, đi thuyền"},
    {"known time by *, x * at this time by *", "thời gian đã biết (*), x * lúc này theo *"},
    {"estimate: * km, great circle x * at * km/h, x * at this time by *",
     "ước tính: * km đường chim bay x *, * km/h, x * lúc này theo *"},
    {"estimate: * km, great circle x * at * km/h", "ước tính: * km đường chim bay x *, * km/h"},
    {"at this time by *", "lúc này theo *"},
    {"counts as * min further: children are not received, not accessible, the language is not spoken there",
     "tính xa thêm * phút: không nhận trẻ em, khó tiếp cận, không nói ngôn ngữ này"},
    {"counts as * min further: children are not received, not accessible",
     "tính xa thêm * phút: không nhận trẻ em, khó tiếp cận"},
    {"counts as * min further: children are not received, the language is not spoken there",
     "tính xa thêm * phút: không nhận trẻ em, không nói ngôn ngữ này"},
    {"counts as * min further: not accessible, the language is not spoken there",
     "tính xa thêm * phút: khó tiếp cận, không nói ngôn ngữ này"},
    {"counts as * min further: children are not received", "tính xa thêm * phút: không nhận trẻ em"},
    {"counts as * min further: not accessible", "tính xa thêm * phút: khó tiếp cận"},
    {"counts as * min further: the language is not spoken there",
     "tính xa thêm * phút: không nói ngôn ngữ này"},
    {"* of * places taken", "đã dùng * trên * chỗ"},
    {"receives * now", "đang tiếp nhận * ca"},
    /* why somebody */
    {"for no host", "không gắn với nơi tiếp nhận"},
    {"for *", "cho *"},
    {"last in line", "trực, hỏi sau cùng"},
    {"speaks vi", "nói được tiếng Việt"},
    {"speaks hmn", "nói được tiếng Mông"},
    {"speaks blt", "nói được tiếng Thái"},
    {"speaks *", "nói được tiếng *"},
    {"serves the commune", "phụ trách xã, phường này"},
    {"* open", "đang có * ca"},
    {"stands in for *", "thay cho *"},
    /* why not */
    {"does not take this need", "không nhận nhu cầu này"},
    {"closed at this hour", "đóng cửa vào giờ này"},
    {"full", "đã kín chỗ"},
    {"cannot take so many children", "không nhận được nhiều trẻ em như vậy"},
    {"does not take men", "không nhận nam giới"},
    {"in a commune that was excluded", "thuộc xã, phường người liên hệ không muốn"},
    {"too far away", "quá xa"},
    {"not in service at this date", "không hoạt động vào ngày này"},
    {"not on duty at this hour", "không trực vào giờ này"},
    {"has enough open referrals", "đang có đủ số ca"},
    {"nobody of it is on duty", "không có ai trực"},
    {"serves neither the place nor a host that can take it",
     "không phụ trách nơi này hay nơi tiếp nhận phù hợp"},
    {"takes men only", "chỉ nhận nam giới"},
    {"does not receive from this commune", "không nhận từ xã, phường này"},
    {"must not receive from this commune, for safety", "không được nhận từ xã, phường này, vì an toàn"},
    {"the way there is closed at this time", "đường đến đó đang bị chặn"},
    {"away on this date", "vắng mặt vào ngày này"},
    {"takes drills only", "chỉ nhận diễn tập"},
    {"further back in line", "đứng sau trong hàng"},
};

enum { STARS = 6 };

/* How much of `text` a star takes: up to the piece behind it, or all of it but that piece when it is the last
 * one. 0: that piece does not come. */
static size_t taken(struct str text, struct str piece, bool last)
{
    if (piece.n >= text.n)
        return 0;
    if (last)
        return memcmp(text.s + text.n - piece.n, piece.s, piece.n) == 0 ? text.n - piece.n : 0;
    for (size_t at = 1; at + piece.n <= text.n; at++)
        if (memcmp(text.s + at, piece.s, piece.n) == 0)
            return at;
    return 0;
}

static bool matches(struct str text, const char *pattern, struct str stars[STARS])
{
    struct str rest = str_of(pattern), piece = str_split(&rest, '*');
    bool starred = strchr(pattern, '*') != NULL;
    if (!starred)
        return str_is(text, pattern);
    if (piece.n > text.n || memcmp(text.s, piece.s, piece.n) != 0)
        return false;
    text = (struct str){text.s + piece.n, text.n - piece.n};
    for (size_t n = 0; n < STARS; n++) {
        bool last = !rest.n || !memchr(rest.s, '*', rest.n);
        piece = last ? rest : str_split(&rest, '*');
        size_t at = piece.n || last ? taken(text, piece, last) : 0;
        if (!at)
            return false;
        stars[n] = (struct str){text.s, at};
        text = (struct str){text.s + at + piece.n, text.n - at - piece.n};
        if (last)
            return true;
    }
    return false;
}

static void fill(const char *with, const struct str stars[STARS], struct out *o)
{
    size_t n = 0;
    for (; *with; with++) {
        if (*with == '*' && n < STARS)
            out_str(o, stars[n++]);
        else
            out_char(o, *with);
    }
}

bool web_vietnamese(struct str english, struct out *o)
{
    struct str stars[STARS] = {{NULL, 0}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (matches(english, words[i].english, stars)) {
            fill(words[i].vietnamese, stars, o);
            return true;
        }
    }
    out_str(o, english);
    return false;
}
