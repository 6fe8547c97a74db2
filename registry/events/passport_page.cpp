#include "registry/events/passport_page.h"

#include <string_view>

#include "registry/events/event_time.h"
#include "registry/events/stages.h"

namespace idnode::events {

namespace {

constexpr std::string_view kStyle =
    "body{font:16px/1.5 system-ui,'Noto Sans CJK SC',sans-serif;max-width:60em;margin:2em auto;"
    "padding:0 1em;color:#1a1a1a}h1{font-size:1.5em;margin-bottom:0}h2{font-size:1.15em;"
    "border-bottom:1px solid #bbb;margin-top:1.8em}table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;vertical-align:top;padding:.3em .6em .3em 0;"
    "border-bottom:1px solid #e2e2e2;overflow-wrap:anywhere}th{font-weight:600;width:14em}"
    "thead th{width:auto}.id{overflow-wrap:anywhere;color:#555}"
    ".recalled{border:2px solid #b00020;color:#b00020;padding:.5em 1em;font-weight:600}"
    "@media print{body{margin:0;max-width:none;font-size:11pt}h2{break-after:avoid}"
    "tr{break-inside:avoid}a{color:inherit;text-decoration:none}}";

/// Everything that comes from outside goes through here.
void append_escaped(std::string_view text, std::string& out) {
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    }
}

class Page {
  public:
    explicit Page(const Passport& passport) : passport_(passport) {}

    std::string write() {
        out_ =
            "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">"
            "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>";
        append_escaped(passport_.cid, out_);
        out_ += "</title><style>";
        out_ += kStyle;
        out_ += "</style></head><body>";
        header();
        product();
        record();
        state();
        timeline();
        links();
        out_ += "</body></html>\n";
        return std::move(out_);
    }

  private:
    void element(std::string_view name, std::string_view text) {
        out_.append("<").append(name).append(">");
        append_escaped(text, out_);
        out_.append("</").append(name).append(">");
    }
    void section(std::string_view title) { element("h2", title); }
    void row(std::string_view name, std::string_view value) {
        if (value.empty()) return;
        out_ += "<tr>";
        element("th", name);
        element("td", value);
        out_ += "</tr>";
    }
    void row(std::string_view name, const std::optional<Said>& said) {
        if (!said) return;
        row(name, said->via.empty() ? said->value : said->value + " (" + said->via + ")");
    }
    void rows(std::string_view name, const std::vector<Kin>& kin) {
        for (const Kin& one : kin) row(name, one.cid);
    }

    void header() {
        out_ += "<header>";
        element("h1", "产品护照 Product passport");
        out_ += "<p class=\"id\">";
        append_escaped(passport_.cid, out_);
        out_ += "</p>";
        if (passport_.status() == "recalled") {
            out_ += "<p class=\"recalled\">召回 This product is recalled.</p>";
        }
        out_ += "</header>";
    }
    void product() {
        section("产品 Product");
        out_ += "<table>";
        row("标识 Identifier", passport_.cid);
        row("粒度 Granularity", passport_.granularity());
        row("状态 Status", passport_.status());
        row("企业 Operator", passport_.operator_name);
        row("统一社会信用代码 Operator id", passport_.operator_id);
        row("前缀 Prefix", passport_.operator_prefix);
        row("生产地 Facility", passport_.facility);
        row("商品编码 Commodity code", passport_.commodity_code());
        row("签发 Issued", format_event_time(passport_.issued_ns));
        out_ += "</table>";
    }
    void record() {
        if (!passport_.record || passport_.record->values().empty()) return;
        section("登记数据 Registered data");
        out_ += "<table>";
        for (const v1::ItemValue& value : passport_.record->values()) {
            row(value.type(), value.value());
        }
        out_ += "</table>";
    }
    void state() {
        const State& state = passport_.state;
        if (!state.is_known()) return;
        section("现状 Present state");
        out_ += "<table>";
        if (state.stage) row("阶段 Stage", stage_text(state.stage->value));
        row("处置 Disposition", state.disposition);
        for (const std::string& word : state.persistent) row("持续状态 Persistent", word);
        row("地点 Place", state.biz_location ? state.biz_location : state.read_point);
        if (state.owner) row("所有者 Owner", state.owner->party);
        if (state.possessor) row("持有者 Possessor", state.possessor->party);
        rows("位于 Part of", state.parents);
        rows("包含 Contains", state.children);
        out_ += "</table>";
    }
    void timeline() {
        const History& history = passport_.timeline;
        if (history.events.empty()) return;
        section("履历 Timeline");
        out_ +=
            "<table><thead><tr><th>时间 Time</th><th>阶段 Stage</th><th>Step</th>"
            "<th>Disposition</th><th>地点 Place</th></tr></thead><tbody>";
        for (const HistoryEvent& one : history.events) event(one);
        out_ += "</tbody></table>";
        if (!history.cursor.empty()) element("p", "更多事件见下列链接 There are more events.");
    }
    void event(const HistoryEvent& one) {
        const v1::EventRecord& record = one.record;
        out_ += "<tr>";
        element("td", format_event_time(record.event_time_ns()));
        element("td", stage_text(record.stage()));
        element("td", one.via.empty() ? record.biz_step() : record.biz_step() + " · " + one.via);
        element("td", record.disposition());
        element("td", record.biz_location().empty() ? record.read_point() : record.biz_location());
        out_ += "</tr>";
    }
    void links() {
        section("链接 Links");
        out_ += "<ul>";
        link("事件 Events", passport_.links.events);
        link("履历 History", passport_.links.history);
        link("追溯 Trace", passport_.links.trace);
        out_ += "</ul>";
    }
    void link(std::string_view text, std::string_view url) {
        out_ += "<li><a href=\"";
        append_escaped(url, out_);
        out_ += "\">";
        append_escaped(text, out_);
        out_ += "</a></li>";
    }

    static std::string stage_text(const std::string& word) {
        const StageRow* row = find_stage(word);
        return row == nullptr ? word : std::string(row->chinese) + " " + word;
    }

    const Passport& passport_;
    std::string out_;
};

}  // namespace

std::string passport_page(const Passport& passport) {
    return Page(passport).write();
}

}  // namespace idnode::events
